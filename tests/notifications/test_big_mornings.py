"""Cost of a reminder round for many people: database statements and emails held in memory."""

from datetime import date

import sqlalchemy as sa

from notifications.models import Letter
from notifications.outbox.claims import BATCH_SIZE, claim_letters
from reviews.core.clock import read_moment
from reviews.models import Absence, ActionPart, ImpactCheck, Snooze
from tests.builders import NOW, a_person, an_action
from tests.notifications.mornings import Pigeonhole, a_morning, deliver_to, hush, letters_of, mail_comes_back, said
from tests.web.visitor import statements
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

FRIDAY, LONG_AGO = date(2026, 12, 4), date(2026, 1, 5)
MONDAY = "2026-12-07"


def fill(database, place, case, count):
    """Give so many owners an action each, and beside it one that rests, one that is shared and one to be checked.

    Each has a colleague who is away and whose action is theirs to hear of.
    """
    with database.begin() as session:
        agency = place.agencies["Council"]
        for _ in range(count):
            owner, away = (a_person(session, place.partnership, agency=agency) for _ in range(2))
            of_away = Absence(person_id=away.id, deputy_id=owner.id, from_on=FRIDAY, until_on=date(2027, 1, 5))
            of_away.partnership_id, of_away.recorded_by, of_away.recorded_at = place.partnership.id, "x", NOW
            _, resting, shared, checked = (
                an_action(session, case, due_on=FRIDAY, owner=person, agency=agency, stage=stage)
                for person, stage in ((owner, ""), (owner, ""), (away, ""), (owner, ActionStage.AWAITING_IMPACT))
            )
            rest = Snooze(action_id=resting.id, person_id=owner.id, about=FRIDAY, until_on=date(2026, 12, 20))
            rest.reason, rest.asked_at = "x", NOW
            part = ActionPart(action_id=shared.id, agency_id=agency.id, agency_text="")
            session.add_all([of_away, rest, part, ImpactCheck(action_id=checked.id, months=3, due_on=FRIDAY)])
    hush(database)


def test_a_morning_asks_as_often_for_sixty_people_as_for_one(database, anyshire, case):
    fill(database, anyshire, case, 1)
    mail_comes_back(database, anyshire, anyshire.people[Role.AGENCY_LEAD], on="2026-12-01")
    a_morning(database, "2026-12-04")  # what is read once only has been read
    with statements(database) as for_one:
        few = a_morning(database, MONDAY)
    fill(database, anyshire, case, 60)
    with statements(database) as for_sixty:
        many = a_morning(database, "2026-12-08")

    assert 0 < len(said(few)) < 10
    assert len(said(many)) > 60
    assert [_without_rows(each) for each in for_sixty] == [_without_rows(each) for each in for_one]


def test_a_letter_is_handed_over_with_three_statements(database, anyshire, case, clock):
    fill(database, anyshire, case, 12)
    a_morning(database, MONDAY)
    clock.at = read_moment(MONDAY)
    with statements(database) as asked:
        sent = deliver_to(Pigeonhole(), database, clock).sent

    assert sent == len(letters_of(database)) > 12
    # whether it was restored and is held, whether an account's letter waits, who holds a letter, each claimed and
    # noted, and that there is no other
    assert len([statement for statement in asked if not statement.startswith("BEGIN")]) == 3 + 3 * sent + 1


def test_letters_are_in_the_database_before_the_last_of_many_are_written(database, anyshire):
    with database.begin() as session:
        people = [a_person(session, anyshire.partnership, agency=anyshire.agencies["Council"]).id for _ in range(3)]
        there = []

        def letters():
            for number in range(BATCH_SIZE + 3):
                there.append(session.scalar(sa.select(sa.func.count()).select_from(Letter)))
                yield a_claim(anyshire, people[number % 3], number)

        claimed = claim_letters(session, letters())

    assert there == [0] * BATCH_SIZE + [BATCH_SIZE] * 3
    assert claimed.keys() == set(people)
    assert len(letters_of(database)) == BATCH_SIZE + 3


def a_claim(place, person_id, number):
    return {
        "letter_key": f"letter {number}",
        "kind": "morning",
        "partnership_id": place.partnership.id,
        "person_id": person_id,
        "morning": FRIDAY,
        "subject": "x",
        "body": "x",
        "html": "",
        "message_id": f"<{number}@followthrough.example>",
        "next_try_at": NOW,
    }


def _without_rows(statement: str) -> str:
    """Rows written at once are as many as there are people; that they are written is one statement."""
    return statement.partition(" VALUES ")[0]
