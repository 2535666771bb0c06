"""The first mornings after an import: nothing of the past is climbed, and a silent plan says nothing."""

import csv
from datetime import date

import pytest
import sqlalchemy as sa

from notifications.ledger.forecast import foresee
from notifications.models import Letter
from notifications.rounds.digests import FROM_TOMORROW, LONG_PAST, SILENT, UNDECIDED
from notifications.rounds.next_rung import next_rung
from reviews.access.permissions import NotAllowed, system
from reviews.actions.details import assign_action
from reviews.actions.extensions import explain_delay
from reviews.actions.plan_rules import start_reminders
from reviews.imports.history import import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.models import Action, ActionPart, CaseClock, Event, EventKind
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_clock
from tests.notifications.mornings import LETTERHEAD, a_morning, morning_after_morning, said, why
from tests.reviews.imports.lists import NO_LCSPR, REVIEW, write
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

HEADINGS = ("Ref", "Action", "Lead", "Due date")
OWNER = "owner@anyshire.example"
LONG_OVERDUE = ("1", "Train the staff.", OWNER, "20/08/2026")
JUST_OVERDUE = ("2", "Audit thirty files.", OWNER, "13/11/2026")
DUE_SOON = ("3", "Agree one form.", OWNER, "23/11/2026")
WITHOUT_A_DATE = ("4", "Write to the schools.", OWNER, "")


@pytest.fixture
def bring_in(database, tmp_path, anyshire):
    def act(*rows, headings=HEADINGS, on="2026-11-19", silent=False, plan="SP-1"):
        path = tmp_path / "tracker.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        with unit_of_work(database, BUILDER, a_clock(on)) as unit:
            partnership = unit.partnership(anyshire.partnership.code)
            return import_plan(unit, partnership, reference=plan, plan=read_plan(path), silent=silent)

    return act


def start(database, on, actor=BUILDER, plan="SP-1"):
    with unit_of_work(database, actor, a_clock(on)) as unit:
        start_reminders(unit, unit.case(plan))


def looked_up(database, reference, day):
    with database() as session:
        action = session.scalars(sa.select(Action).where(Action.reference == reference)).one()
        found = next_rung(session, action, date.fromisoformat(day))
    return (found.rung, found.recipients, f"{found.on}") if found.on else found.why


def test_what_was_overdue_is_one_line_to_the_owner_and_no_rung_of_the_past_is_climbed(database, bring_in):
    bring_in(LONG_OVERDUE, JUST_OVERDUE, DUE_SOON)

    heard = morning_after_morning(database, "2026-11-19T08:00", days=40)

    assert heard == {
        "owner": [
            *[("11-20", "brought-in"), ("11-20", "brought-in"), ("11-23", "due"), ("11-24", "due+1")],
            *[("11-26", "due+98"), ("11-27", "due+14"), ("12-07", "due+14"), ("12-10", "due+112")],
            *[("12-11", "due+28"), ("12-21", "due+28"), ("12-24", "due+126")],
        ],
        "agency-lead": [("11-24", "due+1"), ("11-27", "due+14"), ("12-07", "due+14")],
        "manager": [("11-27", "due+14"), ("12-07", "due+14")],
    }


def test_an_owner_who_has_said_when_to_expect_it_is_not_told_that_it_was_overdue(database, bring_in):
    bring_in(LONG_OVERDUE)
    with unit_of_work(database, BUILDER, a_clock("2026-11-19")) as unit:
        action = unit.action(unit.session.scalars(sa.select(Action.reference)).one())
        given = {"expected_on": date(2026, 11, 24), "reason": "The trainer is ill.", "happened_on": unit.today}
        explain_delay(unit, action, **given)
    assert morning_after_morning(database, "2026-11-20", 6) == {"owner": [("11-25", "brought-in")]}


def test_the_mail_says_that_it_was_overdue_before(database, bring_in):
    bring_in(LONG_OVERDUE)
    a_morning(database, "2026-11-20")

    with database() as session:
        [body] = session.scalars(sa.select(Letter.body))
    assert "Already overdue when it was brought in\n\n  SP-1/1\n  was due on 20 August 2026" in body


def test_on_the_day_of_the_import_nothing_is_said_yet(database, bring_in):
    bring_in(LONG_OVERDUE, DUE_SOON, WITHOUT_A_DATE, on="2026-11-20")

    result = a_morning(database, "2026-11-20T17:00")

    assert result.mails == []
    assert why(result) == dict.fromkeys(("SP-1/1", "SP-1/3", "SP-1/4"), FROM_TOMORROW)


def test_what_falls_on_the_day_of_the_import_is_told_on_the_next_morning(database, bring_in):
    bring_in(("5", "Write to the schools.", OWNER, "26/11/2026"))

    assert looked_up(database, "SP-1/5", "2026-11-19") == ("7 days before the date", "owner", "2026-11-20")
    assert said(a_morning(database, "2026-11-19T17:00")) == {}
    assert said(a_morning(database, "2026-11-20")) == {OWNER: [("SP-1/5", "due-7")]}


def test_a_new_owner_is_told_once_too_and_nobody_else(database, bring_in, anyshire):
    bring_in(LONG_OVERDUE)
    a_morning(database, "2026-11-20")
    other = anyshire.people[Role.BUSINESS_UNIT_ADMIN]
    with unit_of_work(database, BUILDER, a_clock("2026-11-20T09:00")) as unit:
        assign_action(unit, unit.action("SP-1/1"), owner_email=other.email)

    assert said(a_morning(database, "2026-11-23")) == {other.email: [("SP-1/1", "brought-in")]}
    assert a_morning(database, "2026-11-24").mails == []


def test_an_import_that_gives_a_first_date_climbs_nothing_either(database, bring_in):
    bring_in(WITHOUT_A_DATE, on="2026-10-01")
    assert said(a_morning(database, "2026-10-02")) == {OWNER: [("SP-1/4", "no-date")]}

    bring_in((*WITHOUT_A_DATE[:3], "20/08/2026"), on="2026-11-19")

    assert morning_after_morning(database, "2026-11-20", days=20) == {
        "owner": [("11-20", "brought-in"), ("11-26", "due+98")]
    }


def test_of_a_silent_plan_nothing_is_said_until_somebody_starts_it(database, bring_in, anyshire):
    done = bring_in(LONG_OVERDUE, DUE_SOON, WITHOUT_A_DATE, silent=True)
    other = anyshire.people[Role.BUSINESS_UNIT_ADMIN]
    with unit_of_work(database, BUILDER, a_clock("2026-11-20T09:00")) as unit:
        assign_action(unit, unit.action("SP-1/4"), owner_email=other.email)

    assert done.silent
    assert morning_after_morning(database, "2026-11-20T08:00", days=20) == {}
    assert why(a_morning(database, "2026-12-09")) == dict.fromkeys(("SP-1/1", "SP-1/3", "SP-1/4"), SILENT)
    assert looked_up(database, "SP-1/1", "2026-12-09") == "its plan is silent until its reminders are started"

    start(database, "2026-12-10")

    assert looked_up(database, "SP-1/1", "2026-12-10") == (
        "already overdue when its reminders began",
        "owner",
        "2026-12-11",
    )
    heard = morning_after_morning(database, "2026-12-10T08:00", days=9)
    assert heard == {
        "owner": [("12-11", "began"), ("12-11", "began")],
        "admin": [("12-11", "no-date")],
    }
    with database() as session:
        kinds = session.scalars(sa.select(Event.kind).where(Event.case_id.is_not(None), Event.action_id.is_(None)))
        assert {EventKind.PLAN_SILENCED, EventKind.REMINDERS_STARTED} <= set(kinds)


def test_what_tomorrow_holds_back_names_the_silent_plan(database, bring_in, anyshire):
    bring_in(LONG_OVERDUE, silent=True)

    found = foresee(
        database,
        system("test"),
        partnership_id=anyshire.partnership.id,
        code=anyshire.partnership.code,
        on=date(2026, 11, 20),
        letterhead=LETTERHEAD,
    )

    assert {why: [item.reference for item in items] for why, items in found.held_back.items()} == {SILENT: ["SP-1/1"]}


def test_a_plan_stays_silent_through_another_import_and_starts_once(database, bring_in, anyshire):
    bring_in(LONG_OVERDUE, silent=True)
    assert bring_in(LONG_OVERDUE, JUST_OVERDUE).silent

    with pytest.raises(NotAllowed):
        start(database, "2026-11-19", anyshire.actors[Role.SUBGROUP_CHAIR])
    start(database, "2026-11-19", anyshire.actors[Role.BUSINESS_MANAGER])
    with pytest.raises(Refused, match="not silent"):
        start(database, "2026-11-19")

    assert said(a_morning(database, "2026-11-20")) == {OWNER: [("SP-1/1", "brought-in"), ("SP-1/2", "brought-in")]}


def test_of_parts_and_checks_that_were_past_nobody_is_told_and_the_ledger_says_why(database, bring_in, anyshire):
    complete = ("6", "Agree one form.", OWNER, "20/08/2025", "Complete, awaiting impact", "20/08/2025")
    bring_in(complete, headings=(*HEADINGS, "Status", "Date completed"))
    bring_in(LONG_OVERDUE, plan="SP-2")
    with database.begin() as session:
        action = session.scalars(sa.select(Action).where(Action.reference == "SP-2/1")).one()
        session.add(ActionPart(action_id=action.id, agency_id=anyshire.agencies["Police"].id, agency_text=""))

    result = a_morning(database, "2026-11-20")

    assert said(result) == {OWNER: [("SP-2/1", "brought-in")]}
    assert why(result) == {"SP-1/6": LONG_PAST, "SP-2/1": LONG_PAST}


def test_a_clock_that_comes_in_late_is_one_line_to_the_manager(database, anyshire, tmp_path):
    running = {**REVIEW, **NO_LCSPR, "notified_date": "2026-10-01", "incident_date": "2026-09-30"}
    running |= {"la_aware_date": "2026-09-30", "rapid_review_completed": "", "rapid_review_outcome": ""}
    workflow, today = CASE_WORKFLOWS["rapid_review"], date(2026, 11, 19)
    histories = read_histories(write(tmp_path / "list.csv", running), workflow=workflow, today=today)
    with unit_of_work(database, BUILDER, a_clock(today.isoformat())) as unit:
        import_cases(unit, unit.partnership(anyshire.partnership.code), workflow, histories)

    with database() as session:
        clocks = session.scalars(
            sa.select(CaseClock).where(CaseClock.brought_in_on == today, CaseClock.met_on.is_(None))
        )
        assert [clock.name for clock in clocks if clock.due_on < today]
    heard = morning_after_morning(database, "2026-11-20T08:00", days=20)
    assert heard.keys() == {"manager"}
    assert {rung for _, rung in heard["manager"]} == {"brought-in"}


def test_what_its_tracker_says_has_ended_or_may_have_is_told_to_nobody(database, bring_in):
    headings = (*HEADINGS, "Status")
    words = ("Closed - Superseded", "Rejected", "No longer applicable", "Discontinued", "Complete", "Merged with 5")
    ended = [(f"{number}", word, OWNER, "02/03/2026", word) for number, word in enumerate((*words, "Duplicate"), 1)]
    doubtful = [("8", "Print it.", OWNER, "02/03/2026", "in place"), ("9", "Post it.", OWNER, "", "Signed off")]
    bring_in(*ended, *doubtful, headings=headings)

    result = a_morning(database, "2026-11-20")

    assert result.mails == []
    assert why(result) == dict.fromkeys(("SP-1/8", "SP-1/9"), UNDECIDED)
    assert looked_up(database, "SP-1/8", "2026-11-20").startswith("its tracker may say that it has ended")

    bring_in(*ended, *(("8", "Print it.", OWNER, "02/03/2026", "In progress"), doubtful[1]), headings=headings)
    assert {reference for reference, _ in heard_of(a_morning(database, "2026-11-23"))} == {"SP-1/8"}


def heard_of(result):
    return {(item.action, item.rung) for mail in result.mails for item in mail.items}
