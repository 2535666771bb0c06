"""Bank holidays were taken over and the clocks left: who approves what, and what happens to each clock."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.cases.due_date_changes import due_date_changes, load_holidays
from reviews.definitions.bank_holidays import present_calendar
from reviews.models import Case, CaseClock, Event, EventKind
from reviews.settings.local_periods import set_local_period
from reviews.transactions.unit_of_work import Unit
from tests.builders import BUILDER, TO_THE_PANEL, TODAY, a_case, a_unit, take
from tests.changes import nothing_changes
from tests.feeds import listed
from tests.web.visitor import rows, statements
from workflows.core.working_days import Period
from workflows.core.working_days import Unit as PeriodUnit

MANAGER = "manager@anyshire.example"
CDOP = "cdop@anyshire.example"
PAGE = "/settings/holidays"
WHY = "National day of thanks on 27 November 2026 is a bank holiday now"


def notified(session, place, reference):
    case = a_case(session, place.partnership, reference=reference, opened_on=TODAY)
    take(session, case, *TO_THE_PANEL[:3], on=TODAY)
    return case


def load(session, source="list.json", **more):
    days = listed(**more or {"d2026_11_27": "National day of thanks"})
    return load_holidays(a_unit(session), days, source=source, leave_clocks=True)


@pytest.fixture
def waiting(doors, world):
    """A rapid review in each partnership, two clocks of which wait for approval."""
    with doors.database.begin() as session:
        for place, reference in ((world.anyshire, "RR-1"), (world.midmarch, "RR-2")):
            notified(session, place, reference)
        load(session)


def due(doors, reference, clock):
    with doors.database() as session:
        query = sa.select(CaseClock.due_on).join(Case, Case.id == CaseClock.case_id)
        return session.scalars(query.where(Case.reference == reference, CaseClock.name == clock)).one()


def still_waiting(doors):
    with doors.database() as session:
        return [(each.case, each.clock) for each in due_date_changes(session, present_calendar(session))]


def shown(doors, email=MANAGER):
    visitor = doors.visitor(email)
    assert visitor.open(PAGE) == 200
    return visitor


def sent(visitor, which="all", **more):
    return visitor.send(PAGE, which=which, seen=visitor.hidden("seen"), form_id=visitor.hidden("form_id"), **more)


def test_leaving_the_clocks_takes_over_the_days_alone(doors, waiting):
    assert due(doors, "RR-1", "rapid_review") == date(2026, 12, 11)
    with doors.database() as session:
        assert date(2026, 11, 27) in present_calendar(session).days
    assert rows(doors.database, Event, Event.kind == EventKind.CLOCK_MOVED) == 0


def test_the_page_says_what_would_move_from_when_to_when_and_why(doors, waiting):
    visitor = shown(doors)
    assert f"RR-1 Rapid review to the Panel 11 December 2026 14 December 2026 {WHY}" in visitor.said
    assert f"RR-1 Rapid review meeting 8 December 2026 9 December 2026 {WHY}" in visitor.said
    assert "RR-2" not in visitor.said
    assert "loaded up to 31 December 2028" in visitor.said
    assert "list.json builder 31 December 2028 27 November 2026: National day of thanks" in visitor.said


def test_approving_moves_what_was_shown_and_the_history_names_who_approved(doors, waiting, world):
    visitor = shown(doors)
    assert sent(visitor) == 303
    assert visitor.follow() == 200
    assert "2 clocks moved." in visitor.said
    assert "No clock needs to move." in visitor.said
    assert due(doors, "RR-1", "rapid_review") == date(2026, 12, 14)
    assert due(doors, "RR-2", "rapid_review") == date(2026, 12, 11)
    with doors.database() as session:
        signed = session.scalars(sa.select(Event.recorded_by).where(Event.kind == EventKind.CLOCK_MOVED)).all()
    assert signed == [world.anyshire.actors["business_manager"].signature] * 2


def test_pressed_twice_moves_once(doors, waiting):
    visitor = shown(doors)
    form = {"which": "all", "seen": visitor.hidden("seen"), "form_id": visitor.hidden("form_id")}
    assert [visitor.send(PAGE, **form) for _ in range(2)] == [303, 303]
    assert rows(doors.database, Event, Event.kind == EventKind.CLOCK_MOVED) == 2


def test_those_chosen_move_and_the_others_wait(doors, waiting):
    visitor = shown(doors)
    with doors.database() as session:
        (meeting,) = (
            each.clock_id
            for each in due_date_changes(session, present_calendar(session))
            if (each.case, each.clock) == ("RR-1", "meeting")
        )
    assert sent(visitor, "chosen", clocks=[meeting]) == 303
    assert ("RR-1", "rapid_review") in still_waiting(doors)
    assert ("RR-1", "meeting") not in still_waiting(doors)


@pytest.mark.parametrize("clocks", [[], [10**12], ["some"]], ids=["none", "unknown", "no number"])
def test_where_none_is_chosen_nothing_moves(doors, waiting, clocks):
    visitor = shown(doors)
    with nothing_changes(doors.database):
        assert sent(visitor, "chosen", clocks=clocks) == 422


def test_what_is_another_list_by_now_is_shown_again_and_not_moved(doors, waiting):
    visitor = shown(doors)
    with doors.database.begin() as session:
        load(session, d2026_11_27="National day of thanks", d2026_12_10="Another day of thanks")
    with nothing_changes(doors.database):
        assert sent(visitor) == 409
    assert "Somebody else changed this while you had it open." in visitor.said
    assert "Another day of thanks on 10 December 2026 is a bank holiday now" in visitor.said
    assert sent(visitor) == 303
    assert due(doors, "RR-1", "rapid_review") == date(2026, 12, 15)


def test_a_clock_that_was_met_meanwhile_is_no_longer_moved(doors, waiting):
    visitor = shown(doors)
    with doors.database.begin() as session:
        found = session.scalars(sa.select(CaseClock).where(CaseClock.name == "meeting")).all()
        for clock in found:
            clock.met_on = TODAY
    with nothing_changes(doors.database):
        assert sent(visitor) == 409


def test_another_partnerships_manager_approves_nothing_here(doors, waiting):
    here, there = shown(doors), shown(doors, "manager@midmarch.example")
    with nothing_changes(doors.database):
        code = there.send(f"{PAGE}?partnership=ANYSHIRE", which="all", seen=here.hidden("seen"), form_id="theirs")
    assert code == 404
    assert "RR-1" not in there.said


@pytest.mark.parametrize("word", ["admin", "chair", "partner", "member", "owner"])
def test_only_managers_open_the_page_and_send_it(doors, waiting, word):
    visitor = doors.visitor(f"{word}@anyshire.example")
    with nothing_changes(doors.database):
        assert visitor.open(PAGE) == 403
        assert visitor.send(PAGE, which="all", seen="", form_id="x") == 403


def test_each_realm_approves_its_own(doors, world, waiting):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "cdop_case", reference="CD-1", opened_on=TODAY)
        (clock, *_) = (clock for clock in case.clocks if clock.is_running)
        clock.provisional = True
    manager, cdop = shown(doors), shown(doors, CDOP)
    assert "CD-1" not in manager.said
    assert "RR-1" not in cdop.said
    assert "CD-1" in cdop.said
    assert sent(cdop) == 303
    assert {case for case, _ in still_waiting(doors)} == {"RR-1", "RR-2"}


def test_a_provisional_date_that_becomes_firm_waits_too(doors, world):
    with doors.database.begin() as session:
        a_case(session, world.anyshire.partnership, reference="RR-1", la_aware_at=date(2029, 1, 8))
        load(session, d2029_01_01="New Year’s Day", d2029_03_30="Good Friday")
    visitor = shown(doors)
    assert "15 January 2029 firm The bank holidays are known to 31 December 2029" in visitor.said
    assert sent(visitor) == 303
    visitor.open("/cases/RR-1/history")
    assert "15 January 2029 is firm, because the bank holidays are known to 31 December 2029" in visitor.said


def test_the_target_moves_with_the_date_and_the_history_says_both(doors, world):
    with doors.database.begin() as session:
        set_local_period(
            a_unit(session),
            world.anyshire.partnership,
            workflow="rapid_review",
            deadline="rapid_review",
            effective_from=date(2026, 1, 1),
            period=Period(12, PeriodUnit.WORKING_DAYS),
            authority="Executive",
        )
        notified(session, world.anyshire, "RR-1")
        load(session)
    visitor = shown(doors)
    assert "11 December 2026 target 8 December 2026 14 December 2026 target 9 December 2026" in visitor.said
    assert sent(visitor) == 303
    visitor.open("/cases/RR-1/history")
    said = (
        "Rapid review to the Panel: was 11 December 2026, now 14 December 2026; "
        "the target was 8 December 2026, now 9 December 2026, because National day of thanks"
    )
    assert said in visitor.said


def test_each_move_names_only_the_days_that_were_not_counted_yet(doors, world, waiting):
    assert sent(shown(doors)) == 303
    with doors.database.begin() as session:
        load(session, d2026_11_27="National day of thanks", d2026_12_10="Another day of thanks")
    visitor = shown(doors)
    assert "15 December 2026 Another day of thanks on 10 December 2026 is a bank holiday now" in visitor.said


def test_a_day_that_was_dropped_gives_it_back(doors, world, waiting):
    assert sent(shown(doors)) == 303
    with doors.database.begin() as session:
        load_holidays(a_unit(session), listed(), source="list.json", leave_clocks=True)
    visitor = shown(doors)
    assert "14 December 2026 11 December 2026" in visitor.said
    assert "27 November 2026: no longer a bank holiday" in visitor.said
    assert "Changed again since" in visitor.said


def test_loading_without_leaving_moves_what_waited(doors, waiting, clock):
    with doors.database.begin() as session:
        unit = Unit(session, BUILDER, clock.now())
        load_holidays(unit, listed(d2026_11_27="National day of thanks"), source="list.json")
    assert still_waiting(doors) == []


def test_the_summary_tells_the_manager_that_clocks_wait(doors, waiting):
    manager, chair = doors.visitor(MANAGER), doors.visitor("chair@anyshire.example")
    manager.open("/summary")
    assert "2 clocks wait for your approval" in manager.said
    chair.open("/summary")
    assert "approval" not in chair.said
    assert sent(shown(doors)) == 303
    manager.open("/summary")
    assert "approval" not in manager.said


def test_the_page_asks_as_little_for_many_clocks_as_for_two(doors, world, waiting):
    visitor, counts = shown(doors), []
    for more in (0, 30):
        with doors.database.begin() as session:
            for number in range(more):
                case = notified(session, world.anyshire, f"RR-9{number}")
                for clock in case.clocks:
                    clock.provisional = True
        with statements(doors.database) as asked:
            assert visitor.open(PAGE) == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
