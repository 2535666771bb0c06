"""What happens when nobody acts by a day, carried out by the round of the next working morning."""

from datetime import date

import pytest
import sqlalchemy as sa

from notifications.ledger.forecast import ExpectedMove, foresee
from notifications.process.plan_round import plan_round
from reviews.core.clock import read_moment
from reviews.models import Case, Event, EventKind
from tests.builders import a_case, take
from tests.changes import nothing_changes
from tests.notifications.mornings import LETTERHEAD, a_morning, letters_of, said
from workflows.core.vocabulary import Role

WANTED = date(2026, 12, 4)
FRIDAY, SATURDAY, MONDAY, TUESDAY = (f"2026-12-{day}T08:00" for day in ("04", "05", "07", "08"))


@pytest.fixture
def challenge(database, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, "challenge_entry", reference="CH-1", answer_wanted_on=WANTED)


def the_round(database, morning, *, dry_run=False):
    found = plan_round(database, read_moment(morning), letterhead=LETTERHEAD, dry_run=dry_run)
    assert not found.failed_in
    return [(moved.case, moved.step, moved.reason) for moved in found.moved]


def stage(database):
    with database() as session:
        return session.scalars(sa.select(Case).where(Case.reference == "CH-1")).one().tracks[0].stage


def test_a_challenge_that_nobody_answers_is_escalated_on_the_first_working_morning(database, challenge):
    reason = "Nobody answered by the day an answer was wanted."
    found = [
        (morning, moved) for morning in (FRIDAY, SATURDAY, MONDAY, TUESDAY) for moved in the_round(database, morning)
    ]
    assert found == [(MONDAY, ("CH-1", "escalate", reason))]
    with database() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == "CH-1")).one()
        event = session.scalars(
            sa.select(Event)
            .where(Event.case_id == case.id, Event.kind == EventKind.STEP_TAKEN)
            .order_by(Event.id.desc())
        ).first()
        facts = {fact.name: fact.value for fact in case.facts if fact.event_id == event.id}
        (clock,) = case.clocks
        assert (case.tracks[0].stage, clock.dropped_on) == ("escalated", date(2026, 12, 7))
    assert (event.step, event.happened_on, event.recorded_by) == ("escalate", date(2026, 12, 7), "reminders")
    assert facts == {"escalated_to": "Independent chair", "escalated_reason": reason}


def test_a_dry_run_says_what_would_happen_and_does_nothing(database, challenge):
    with nothing_changes(database):
        assert [step for _, step, _ in the_round(database, MONDAY, dry_run=True)] == ["escalate"]
    assert stage(database) == "raised"


def test_an_answer_in_time_is_the_end_of_it(database, challenge):
    with database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == "CH-1")).one()
        take(session, case, "respond", on=case.opened_on)
    assert the_round(database, MONDAY) == []
    assert stage(database) == "responded"


def test_a_challenge_of_the_version_before_waits_for_a_person(database, challenge):
    with database.begin() as session:
        session.execute(sa.update(Case).values(workflow_version=1))
    assert the_round(database, MONDAY) == []
    assert stage(database) == "raised"


def test_whoever_could_still_answer_is_told_beforehand_what_happens_by_itself(database, challenge):
    found = a_morning(database, "2026-12-01T08:00")

    assert said(found) == {f"{word}@anyshire.example": [("CH-1 answer", "due-3")] for word in ("manager", "partner")}
    words = "in 3 days. If nobody acts by then, this is recorded by itself: Escalate"
    assert all(words in " ".join(letter.body.split()) for letter in letters_of(database))


@pytest.mark.parametrize(("role", "shown"), [(Role.BUSINESS_MANAGER, True), (Role.CDOP_MANAGER, False)])
def test_the_next_morning_names_what_will_be_recorded_by_itself(database, anyshire, challenge, role, shown):
    found = foresee(
        database,
        anyshire.actors[role],
        partnership_id=anyshire.partnership.id,
        code="ANYSHIRE",
        on=date(2026, 12, 7),
        letterhead=LETTERHEAD,
    )
    reason = "Nobody answered by the day an answer was wanted."
    assert [*found.moves] == ([ExpectedMove("CH-1", "Escalate", reason)] if shown else [])
