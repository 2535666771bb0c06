"""Child cases: requests to agencies, and processes that run in parallel to a case."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, system
from reviews.cases.child_cases import start_child_case
from reviews.cases.list_queries import CaseFilter, tracker
from reviews.cases.page_queries import case_file, child_cases, find_case
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import Case, CaseClock, Event, EventKind
from reviews.recommendations.commands import add_recommendation
from reviews.summary.queries import cases_by_stage
from reviews.transactions.unit_of_work import NotFound, reading, unit_of_work
from tests.builders import (
    RETURNS_IN,
    TO_THE_PANEL,
    TODAY,
    Place,
    World,
    a_case,
    a_person,
    a_process,
    a_unit,
    a_world,
    actor_of,
    facts_for,
    small_cases,
    take,
)
from tests.changes import nothing_changes
from tests.web.visitor import statements
from workflows.core.engine import NotReady, Refused, WrongRole, WrongStage
from workflows.core.questions import Value
from workflows.core.vocabulary import Realm, Role
from workflows.definitions import CASE_WORKFLOWS

MARCH = date(2026, 3, 2)
DUE = date(2026, 3, 16)
ASKED = ("Anyshire Police", "Anyshire Hospitals", "Anyshire Council")


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database) -> Session:
    with database() as opened:
        yield opened


def gathering(session: Session, place: Place, asked: tuple[str, ...] = ASKED) -> Case:
    case = a_case(session, place.partnership, opened_on=MARCH)
    take(session, case, *TO_THE_PANEL[:3], on=MARCH)
    take(session, case, "open_gathering", on=MARCH, agencies_asked=asked, returns_due_on=DUE)
    return case


def a_death_with_reports(session: Session, place: Place, asked: tuple[str, ...] = ASKED) -> Case:
    case = a_case(session, place.partnership, "cdop_case", opened_on=MARCH)
    take(session, case, "triage", on=MARCH)
    take(session, case, "request_reports", on=MARCH, agencies_asked=asked, returns_due_on=DUE)
    return case


def a_lead(session: Session, place: Place, word: str) -> Actor:
    return actor_of(session, a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies[word]))


def process_facts(**answers: Value) -> dict[str, Value]:
    opening = CASE_WORKFLOWS["parallel_process"].opening
    assert opening is not None
    return facts_for(opening, **answers)


def stages(cases: list[Case]) -> list[str]:
    return [case.tracks[0].stage for case in cases]


def test_each_agency_asked_gets_a_small_case_with_its_own_clock(session: Session, world: World) -> None:
    case = gathering(session, world.anyshire)
    small = small_cases(session, case)
    assert [one.reference for one in small] == [f"{case.reference}.I{number}" for number in (1, 2, 3)]
    assert [one.title for one in small] == list(ASKED)
    for one in small:
        assert [row.agency.name for row in one.involved] == [one.title]
        assert (one.realm, one.workflow, one.closed_on) == (Realm.REVIEWS, "information_request", None)
        assert [(clock.name, clock.due_on) for clock in one.clocks] == [("return", DUE)]


def test_the_case_around_says_in_its_history_what_was_opened_inside(session: Session, world: World) -> None:
    case = gathering(session, world.anyshire)
    event = session.scalars(sa.select(Event).where(Event.kind == EventKind.CASE_OPENED_INSIDE)).one()
    assert event.case_id == case.id
    assert event.details["references"] == [f"{case.reference}.I{number}" for number in (1, 2, 3)]


def test_more_agencies_are_asked_later_and_numbers_go_on(session: Session, world: World) -> None:
    case = gathering(session, world.anyshire, asked=ASKED[:1])
    more = {"agencies_asked": ASKED[:2], "form_asked": "supplementary", "supplementary_form": "Drowning"}
    take(session, case, "ask_more_agencies", on=MARCH, **more)
    assert [one.reference[-2:] for one in small_cases(session, case)] == ["I1", "I2", "I3"]
    assert {fact.name: fact.value for fact in small_cases(session, case)[1].facts}["supplementary_form"] == "Drowning"


def test_an_agency_that_is_none_of_the_partnership_cannot_be_asked(session: Session, world: World) -> None:
    case = gathering(session, world.anyshire)
    asked = {"agencies_asked": ("Midmarch Police",), "returns_due_on": DUE, "form_asked": "initial"}
    before = session.scalar(sa.select(sa.func.count()).select_from(Case))
    with pytest.raises(Refused, match="“Midmarch Police” is not an agency"):
        take_case_step(a_unit(session), case, "ask_more_agencies", happened_on=MARCH, answers=asked)
    assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == before


def test_an_audit_that_opens_with_its_questions_asks_at_once(session: Session, world: World) -> None:
    case = a_case(session, world.anyshire.partnership, "section_11_audit", agencies_asked=ASKED[:2])
    assert [one.title for one in small_cases(session, case)] == list(ASKED[:2])


def test_an_answer_meets_the_clock_and_more_time_counts_it_anew(session: Session, world: World) -> None:
    first, second, third = small_cases(session, gathering(session, world.anyshire))
    take(session, first, "receive", on=date(2026, 3, 18))
    take(session, second, "report_no_involvement", on=DUE)
    take(session, third, "chase", on=date(2026, 3, 17))
    take(session, third, "give_more_time", on=date(2026, 3, 18), returns_due_on=date(2026, 3, 30))
    assert stages([first, second, third]) == ["received", "no_involvement", "sent"]
    assert [clock.met_on for clock in (*first.clocks, *second.clocks)] == [date(2026, 3, 18), DUE]
    ran = {clock.due_on: (clock.met_on, clock.dropped_on) for clock in third.clocks}
    assert ran == {DUE: (None, date(2026, 3, 18)), date(2026, 3, 30): (None, None)}
    assert (first.closed_on, third.closed_on) == (date(2026, 3, 18), None)


def test_a_request_called_off_is_waited_for_no_longer(session: Session, world: World) -> None:
    case = gathering(session, world.anyshire, asked=ASKED[:2])
    police, hospitals = small_cases(session, case)
    take(session, police, "call_off", on=MARCH)
    with pytest.raises(NotReady) as refusal:
        take(session, case, "hold_meeting", on=MARCH)
    assert refusal.value.missing == ("the return of Anyshire Hospitals",)
    take(session, hospitals, "receive", on=MARCH)
    take(session, case, "hold_meeting", on=MARCH)


def test_a_return_that_is_in_is_not_chased(session: Session, world: World) -> None:
    police = small_cases(session, gathering(session, world.anyshire))[0]
    take(session, police, "receive", on=MARCH)
    with pytest.raises(WrongStage):
        take(session, police, "chase")


def test_the_lead_of_the_agency_asked_answers_and_no_other_lead(
    database: Database, clock: StoppedClock, world: World
) -> None:
    with database.begin() as session:
        place = world.anyshire
        reference = small_cases(session, gathering(session, place))[0].reference
        police, hospitals = a_lead(session, place, "Police"), a_lead(session, place, "Hospitals")
    with nothing_changes(database), pytest.raises(NotFound), unit_of_work(database, hospitals, clock) as unit:
        unit.case(reference)
    with nothing_changes(database), pytest.raises(WrongRole), unit_of_work(database, police, clock) as unit:
        take_case_step(unit, unit.case(reference), "chase", happened_on=TODAY, answers={})
    with unit_of_work(database, police, clock) as unit:
        take_case_step(unit, unit.case(reference), "receive", happened_on=TODAY, answers={})


def test_another_partnership_sees_nothing_of_what_is_inside(
    database: Database, clock: StoppedClock, world: World
) -> None:
    with database.begin() as session:
        reference = small_cases(session, gathering(session, world.anyshire))[0].reference
        theirs = a_lead(session, world.midmarch, "Police")
    for actor in (*world.midmarch.actors.values(), theirs):
        with reading(database) as session, pytest.raises(NotFound):
            find_case(session, actor, reference)


@pytest.mark.parametrize("role", [Role.BUSINESS_MANAGER, Role.REVIEW_SUBGROUP_MEMBER, Role.AGENCY_LEAD])
def test_who_sees_which_requests_of_a_review(database: Database, world: World, role: Role) -> None:
    """The unit and the members of an agency that is in the case see all; a lead sees what their own agency is asked."""
    with database.begin() as session:
        case = gathering(session, world.anyshire)
    with reading(database) as session:
        seen = [one.agency for one in child_cases(session, world.anyshire.actors[role], case, today=TODAY)]
    assert set(seen) == ({"Anyshire Council"} if role is Role.AGENCY_LEAD else set(ASKED))


def test_a_lead_sees_of_a_childs_death_their_own_request_and_nothing_else(
    database: Database, clock: StoppedClock, world: World
) -> None:
    with database.begin() as session:
        place = world.anyshire
        death = a_death_with_reports(session, place)
        a_process(session, death)
        police = a_lead(session, place, "Police")
        own = next(one.reference for one in small_cases(session, death) if one.title == "Anyshire Police")
        others = [one.reference for one in small_cases(session, death) if one.title != "Anyshire Police"]
    with reading(database) as session:
        file = case_file(session, police, own, today=TODAY)
        assert (file.case.realm, file.children, file.links) == (Realm.CHILD_DEATHS, [], [])
        for reference in (death.reference, *others):
            with pytest.raises(NotFound):
                find_case(session, police, reference)
        listed = tracker(session, police, today=TODAY, near=TODAY, filters=CaseFilter(status="all"))
        assert listed.total == 0
    with unit_of_work(database, police, clock) as unit:
        receive = CASE_WORKFLOWS["report_request"].step("receive")
        assert receive is not None
        take_case_step(unit, unit.case(own), "receive", happened_on=TODAY, answers=facts_for(receive, on=TODAY))


def test_the_business_unit_sees_no_request_of_a_childs_death(database: Database, world: World) -> None:
    with database.begin() as session:
        reference = small_cases(session, a_death_with_reports(session, world.anyshire))[0].reference
    with reading(database) as session:
        for role in (Role.BUSINESS_MANAGER, Role.REVIEW_SUBGROUP_MEMBER, Role.SAFEGUARDING_PARTNER):
            with pytest.raises(NotFound):
                find_case(session, world.anyshire.actors[role], reference)
        find_case(session, world.anyshire.actors[Role.CDOP_MANAGER], reference)


def test_small_cases_are_in_no_list_and_no_count(database: Database, world: World) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with database.begin() as session:
        case = gathering(session, world.anyshire)
        a_process(session, case)
    with reading(database) as session:
        page = tracker(session, manager, today=TODAY, near=TODAY, filters=CaseFilter(status="all"))
        assert [row.reference for row in page.rows] == [case.reference]
        assert cases_by_stage(session, manager) == {"rapid_review": {"gathering": 1}}


def test_a_small_case_is_not_opened_by_itself_and_nothing_is_opened_inside_one(session: Session, world: World) -> None:
    case = gathering(session, world.anyshire)
    facts = process_facts()
    with pytest.raises(NotFound):
        open_case(
            a_unit(session),
            workflow="parallel_process",
            partnership=world.anyshire.partnership,
            happened_on=TODAY,
            answers=facts,
        )
    for where, kind in ((small_cases(session, case)[0], "parallel_process"), (case, "lcspr"), (case, "unheard_of")):
        with pytest.raises(NotFound):
            start_child_case(a_unit(session), where, workflow=kind, happened_on=TODAY, answers=facts)


def test_a_request_names_the_agency_it_is_made_to(session: Session, world: World) -> None:
    case, police = gathering(session, world.anyshire), world.anyshire.agencies["Police"]
    opening = CASE_WORKFLOWS["information_request"].opening
    assert opening is not None
    asked = {"workflow": "information_request", "happened_on": TODAY, "answers": facts_for(opening)}
    with pytest.raises(Refused, match="choose the agency to ask"):
        start_child_case(a_unit(session), case, **asked)
    with pytest.raises(NotFound):
        start_child_case(a_unit(session), case, **asked, agency_id=world.midmarch.agencies["Police"].id)
    assert start_child_case(a_unit(session), case, **asked, agency_id=police.id).reference.endswith(".I4")


def test_a_process_is_listed_by_the_office_of_its_realm(database: Database, clock: StoppedClock, world: World) -> None:
    place = world.anyshire
    with database.begin() as session:
        review = a_case(session, place.partnership, "lcspr", agencies=tuple(place.agencies.values()))
        death = a_case(session, place.partnership, "cdop_case")
    able = {"lcspr": set(), "cdop_case": set()}
    for role, actor in place.actors.items():
        for case in (review, death):
            try:
                with unit_of_work(database, actor, clock) as unit:
                    found = unit.case(case.reference)
                    facts = process_facts(on=TODAY)
                    start_child_case(unit, found, workflow="parallel_process", happened_on=TODAY, answers=facts)
                able[case.workflow].add(role)
            except (NotFound, WrongRole):
                continue
    assert able == {"lcspr": {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN}, "cdop_case": {Role.CDOP_MANAGER}}


def test_a_step_waits_for_the_process_that_blocks_it_and_goes_on_when_it_ends(session: Session, world: World) -> None:
    review = a_case(session, world.anyshire.partnership, "lcspr")
    trial = a_process(session, review, "commission", next_check_on=date(2027, 5, 3))
    with pytest.raises(NotReady) as refusal:
        take(session, review, "commission")
    assert refusal.value.sentence == "“Commission” must wait for a parallel process."
    assert refusal.value.missing == (
        f"the end of the criminal proceedings ({review.reference}.P1, to be checked on 3 May 2027)",
    )
    take(session, review, "inform_national")
    take(session, trial, "end")
    take(session, review, "commission")
    assert review.tracks[0].stage == "commissioning"


def test_a_check_may_lift_what_a_process_blocks_or_leave_it(session: Session, world: World) -> None:
    review = a_case(session, world.anyshire.partnership, "lcspr")
    trial = a_process(session, review, "commission")
    checked = {"learnt": "The trial goes on.", "next_check_on": TODAY + timedelta(days=30)}
    take_case_step(a_unit(session), trial, "check", happened_on=TODAY, answers=checked)
    session.flush()
    with pytest.raises(NotReady):
        take(session, review, "commission")
    take_case_step(a_unit(session), trial, "check", happened_on=TODAY, answers={**checked, "blocks": ()})
    session.flush()
    take(session, review, "commission")
    assert {clock.counted_from_on for clock in trial.clocks if clock.is_running} == {TODAY + timedelta(days=30)}


def test_only_steps_of_the_case_around_can_be_made_to_wait(session: Session, world: World) -> None:
    review = a_case(session, world.anyshire.partnership, "lcspr")
    for name in ("open_gathering", "decide_lcspr"):
        with pytest.raises(Refused, match=f"has no step “{name}” to hold back"):
            a_process(session, review, name)
    trial = a_process(session, review)
    with pytest.raises(Refused, match="has no step “fly”"):
        take(session, trial, "check", blocks=("fly",))


def test_when_the_case_is_over_what_runs_inside_it_is_ended_with_it(session: Session, world: World) -> None:
    case = gathering(session, world.anyshire)
    trial = a_process(session, case)
    first, second, third, _ = small_cases(session, case)
    take(session, first, "receive", on=MARCH)
    take(session, case, "withdraw", on=date(2026, 3, 10))
    assert stages([first, second, third, trial]) == ["received", "called_off", "called_off", "ended"]
    assert [one.closed_on for one in (first, second)] == [MARCH, date(2026, 3, 10)]
    assert trial.closed_on == TODAY, "it was listed after the day of the withdrawal, and cannot end before"
    facts = {fact.name: fact.value for fact in second.facts}
    assert facts["call_off_reason"] == f"{case.reference} is over."
    events = session.scalars(sa.select(Event.step).where(Event.case_id == second.id).order_by(Event.id)).all()
    assert events == [None, "send", "call_off"]
    running = sa.select(CaseClock).where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None))
    small = {one.id for one in (first, second, third, trial)}
    assert [clock for clock in session.scalars(running) if clock.case_id in small] == []
    with pytest.raises(Refused, match="is closed"):
        a_process(session, case)


def test_a_meeting_does_not_end_what_is_still_awaited(session: Session, world: World) -> None:
    case = gathering(session, world.anyshire)
    take(session, case, "hold_meeting", on=MARCH, gaps_noted="They answer on Friday.")
    assert stages(small_cases(session, case)) == ["sent", "sent", "sent"]


def test_requests_made_at_the_same_moment_get_numbers_of_their_own(
    database: Database, clock: StoppedClock, world: World
) -> None:
    with database.begin() as session:
        case = gathering(session, world.anyshire, asked=ASKED[:1])

    def list_one(number: int) -> None:
        with unit_of_work(database, system(f"clerk {number}"), clock) as unit:
            found = unit.case(case.reference)
            facts = process_facts(contact_body=f"Court {number}")
            start_child_case(unit, found, workflow="parallel_process", happened_on=TODAY, answers=facts)

    at_once(list_one, 8)
    with reading(database) as session:
        references = [one.reference for one in small_cases(session, case)][1:]
    assert sorted(references) == [f"{case.reference}.P{number}" for number in range(1, 9)]


def test_nothing_is_recommended_by_a_small_case(session: Session, world: World) -> None:
    small = small_cases(session, gathering(session, world.anyshire))[0]
    with pytest.raises(Refused, match="to the main case"):
        add_recommendation(a_unit(session), small, text="Ask sooner.")


@pytest.mark.parametrize("agencies", [1, 60])
def test_a_status_change_asks_the_database_as_often_with_one_request_as_with_sixty(
    database: Database, clock: StoppedClock, world: World, agencies: int
) -> None:
    names = tuple(f"Anyshire Surgery {number:02}" for number in range(agencies))
    with database.begin() as session:
        case = gathering(session, world.anyshire, asked=names)
        take(session, case, RETURNS_IN, on=MARCH)
    manager, meeting = world.anyshire.actors[Role.BUSINESS_MANAGER], CASE_WORKFLOWS["rapid_review"].step("hold_meeting")
    assert meeting is not None
    with statements(database) as asked, unit_of_work(database, manager, clock) as unit:
        facts = facts_for(meeting)
        take_case_step(unit, unit.case(case.reference), "hold_meeting", happened_on=TODAY, answers=facts)
    assert sum(statement.startswith("SELECT") for statement in asked) <= 12
    with statements(database) as asked, reading(database) as session:
        assert len(child_cases(session, manager, case, today=TODAY)) == agencies
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 6


def at_once(work: Callable[[int], None], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
