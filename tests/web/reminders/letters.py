"""A helper for the tests of pages that stores a sent email without running a reminder round."""

from sqlalchemy.orm import Session

from notifications.models import Letter, Reminder
from reviews.models import Action
from tests.builders import NOW, TODAY, Place
from workflows.core.vocabulary import Role


def a_letter(
    session: Session,
    place: Place,
    *actions: Action,
    to: Role = Role.ACTION_OWNER,
    letter_key: str = "key",
    rungs: tuple[str, ...] = ("due",),
    **more: object,
) -> Letter:
    """Write a letter that was handed over, with a line for each action and rung."""
    known = {"kind": "morning", "morning": TODAY, "subject": "Your actions", "body": "Words of the mail"}
    handed = {"state": "sent", "sent_at": NOW, "first_tried_at": NOW, "tries": 1, "next_try_at": NOW}
    person = place.people[to]
    letter = Letter(
        letter_key=letter_key,
        partnership_id=place.partnership.id,
        person_id=person.id,
        message_id=f"<{letter_key}@followthrough.example>".replace(" ", "-"),
        **{**known, **handed, **more},
    )
    session.add(letter)
    session.flush()
    session.add_all(
        Reminder(action_id=action.id, person_id=person.id, rung=rung, about=letter_key[:40], letter_id=letter.id)
        for action in actions
        for rung in rungs
    )
    session.flush()
    return letter
