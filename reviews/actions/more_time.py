"""How is more time for an action asked for, and how is that answered?"""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.actions.take_step import take_action_step
from reviews.models import Action, Event, EventKind, ExtensionRequest
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

LONGEST_EXTENSION = timedelta(days=3 * 366)
ASKED = (EventKind.EXTENSION_ASKED, EventKind.EXTENSION_ASKED_AGAIN)


def ask_extension(
    unit: Unit, action: Action, *, wanted_due_on: date, reason: str, meanwhile: str = "", happened_on: date
) -> Action:
    """Ask for a later date, one wish at a time; the date stays until it is granted. Raises Refused.

    Once more time was given, the wish is the partners' to answer, and they are told of it in the place of the chair.
    """
    check_new_date(action, wanted_due_on, happened_on)
    take_action_step(
        unit,
        action,
        "ask_extension",
        happened_on=happened_on,
        given={"wanted_due_on": wanted_due_on, "extension_reason": reason.strip(), "meanwhile": meanwhile.strip()},
        kind=EventKind.EXTENSION_ASKED_AGAIN if action.times_extended else EventKind.EXTENSION_ASKED,
    )
    action.requests.append(
        ExtensionRequest(
            wanted_due_on=wanted_due_on,
            reason=reason.strip(),
            meanwhile=meanwhile.strip(),
            asked_by=unit.actor.signature,
            asked_at=unit.now,
        )
    )
    flag_modified(action, "due_on")  # of two wishes at once the second finds the action changed
    return action


def refuse_extension(unit: Unit, action: Action, *, reason: str, happened_on: date) -> Action:
    """Let the date stay, with the sentence that says why. Raises Refused, also where nobody has asked."""
    take_action_step(
        unit,
        action,
        "refuse_extension",
        happened_on=happened_on,
        given={"refusal_reason": reason.strip()},
        kind=EventKind.EXTENSION_REFUSED,
    )
    answer_request(unit, action, granted=False, answer=reason.strip())
    flag_modified(action, "due_on")
    return action


def open_request(action: Action) -> ExtensionRequest | None:
    """Give the wish that waits for its answer."""
    return next((each for each in action.requests if each.answered_at is None), None)


def answer_request(unit: Unit, action: Action, *, granted: bool | None, answer: str) -> None:
    """Write the answer beside the wish that waits, if one does; whoever was still to be told of it need not be.

    `granted` is None where the wish was called off.
    """
    request = open_request(action)
    if request is None:
        return
    request.granted, request.answer = granted, answer
    request.answered_by, request.answered_at = unit.actor.signature, unit.now
    of_wish = (Event.action_id == action.id, Event.kind.in_(ASKED), Event.announced_at.is_(None))
    unit.session.execute(sa.update(Event).where(*of_wish).values(announced_at=unit.now))


def check_new_date(action: Action, new_due_on: date, on: date) -> date:
    """Give the present date, where the new one may follow it. Raises Refused."""
    previous = action.due_on
    if previous is None:
        raise Refused("This action has no date yet: set its first date instead.")
    if new_due_on <= max(previous, on):
        raise Refused("The new date must be after the present due date and after today.")
    if new_due_on > on + LONGEST_EXTENSION:
        raise Refused("The new date must be within three years.")
    return previous
