"""Opening a case, and who may."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.opening import new_case
from reviews.cases.steps import open_case
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import Case, CaseFact, Child, Event, EventKind
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import TODAY, World, a_case, a_unit, a_world, facts_for
from tests.changes import changes_of, nothing_changes
from workflows.core.engine import NotReady, Refused, WrongRole
from workflows.core.questions import Kind, Value
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

TOMORROW = date(2026, 11, 21)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


def the_facts(workflow: str = "rapid_review", **answers: Value) -> dict[str, Value]:
    opening = CASE_WORKFLOWS[workflow].opening
    assert opening is not None
    return facts_for(opening, **answers)


def test_opening_a_case_writes_the_case_its_facts_clocks_and_history_together(
    database: Database, clock: StoppedClock, world: World
) -> None:
    place = world.anyshire
    with (
        changes_of(database) as changes,
        unit_of_work(database, place.actors[Role.BUSINESS_MANAGER], clock) as unit,
    ):
        opened = open_case(
            unit,
            workflow="rapid_review",
            partnership=unit.partnership("ANYSHIRE"),
            happened_on=TODAY,
            answers=the_facts(la_aware_at=date(2026, 11, 18)),
            title="A neutral title",
            pseudonyms=["Child K", " ", "Child L"],
            agency_ids=[place.agencies["Police"].id],
        )
    assert changes.changed == {}
    assert changes.added == {
        "cases": 1,
        "case_tracks": 1,
        "case_facts": 5,
        "case_clocks": 1,
        "case_agencies": 1,
        "children": 2,
        "events": 2,
    }
    assert (opened.reference, opened.tracks[0].stage, opened.closed_on) == ("RR-2026-01", "referred", None)


def test_what_was_answered_is_kept_in_the_column_of_its_kind(database: Database, world: World) -> None:
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, under_18=False, age_reason="A child when harmed.")
    with reading(database) as session:
        facts = {fact.name: fact for fact in session.scalars(sa.select(CaseFact).where(CaseFact.case_id == case.id))}
    assert (facts["under_18"].kind, facts["under_18"].value) == (Kind.YES_NO, False)
    assert facts["age_reason"].value == "A child when harmed."
    assert facts["la_aware_at"].value == TODAY


def test_the_history_tells_the_day_it_happened_apart_from_the_moment_it_was_recorded(
    database: Database, clock: StoppedClock, world: World
) -> None:
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=date(2026, 3, 2))
    with reading(database) as session:
        step = sa.select(Event).where(Event.case_id == case.id, Event.kind == EventKind.STEP_TAKEN)
        event = session.scalars(step).one()
    assert (event.step, event.from_stage, event.to_stage) == ("receive_referral", "unopened", "referred")
    assert (event.happened_on, event.recorded_at) == (date(2026, 3, 2), clock.now())
    assert case.reference == "RR-2026-01"


def test_numbers_run_by_kind_year_and_partnership(database: Database, world: World) -> None:
    here, there = world.anyshire.partnership, world.midmarch.partnership
    with database.begin() as session:
        assert a_case(session, here).reference == "RR-2026-01"
        assert a_case(session, here).reference == "RR-2026-02"
        assert a_case(session, here, opened_on=date(2025, 1, 6)).reference == "RR-2025-01"
        assert a_case(session, here, "cdop_case").reference == "CD-2026-01"
        assert a_case(session, there).reference == "RR-2026-01"
        assert a_case(session, here, reference="RR-2026-99").reference == "RR-2026-99"
        assert a_case(session, here).reference == "RR-2026-100"


@pytest.mark.parametrize("reference", ["RR 2026 03", "RR/2026", "-RR", "R" * 41, "RR-2026-03\n", "été"])
def test_a_reference_that_could_not_stand_in_an_address_is_refused(
    database: Database, world: World, reference: str
) -> None:
    with database() as session, pytest.raises(Refused, match="up to 40 letters"):
        a_case(session, world.anyshire.partnership, reference=reference)


def test_a_reference_is_given_once_in_a_partnership(database: Database, world: World) -> None:
    with database() as session:
        a_case(session, world.anyshire.partnership, reference="RR-2025-03")
        a_case(session, world.midmarch.partnership, reference="RR-2025-03")
        with pytest.raises(Refused, match="The reference RR-2025-03 is taken"):
            a_case(session, world.anyshire.partnership, reference="RR-2025-03")


OPENERS = {
    "rapid_review": {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN},
    "lcspr": {Role.SAFEGUARDING_PARTNER},
    "cdop_case": {Role.CDOP_MANAGER},
    **{
        kind: {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN}
        for kind in (
            *("strategy_plan", "learning_review", "multi_agency_audit", "dardr_involvement", "inspection_plan"),
            *("section_11_audit", "restraint_review", "scrutiny_recommendation", "national_review_learning"),
            "risk_entry",
        )
    },
    **{
        kind: {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.SAFEGUARDING_PARTNER}
        for kind in ("thematic_review", "challenge_entry")
    },
}


@pytest.mark.parametrize("workflow", OPENERS)
def test_a_case_is_opened_by_those_whose_step_it_is_and_nobody_else(
    database: Database, clock: StoppedClock, world: World, workflow: str
) -> None:
    able = set()
    for role, actor in world.anyshire.actors.items():
        try:
            with unit_of_work(database, actor, clock) as unit:
                here = unit.partnership("ANYSHIRE")
                open_case(unit, workflow=workflow, partnership=here, happened_on=TODAY, answers=the_facts(workflow))
            able.add(role)
        except (NotAllowed, WrongRole):
            continue
    assert able == OPENERS[workflow]


def test_somebody_may_open_each_kind_but_the_old_one() -> None:
    assert {name for name, kind in CASE_WORKFLOWS.items() if not kind.inside} - set(OPENERS) == {"scr_legacy"}


def test_an_old_serious_case_review_comes_in_by_import_and_none_after_the_transition(
    database: Database, clock: StoppedClock, world: World
) -> None:
    old, answers = CASE_WORKFLOWS["scr_legacy"], the_facts("scr_legacy")
    with database() as session:
        unit, here = a_unit(session), world.anyshire.partnership
        with pytest.raises(Refused, match="you cannot open a new one"):
            open_case(unit, workflow=old.name, partnership=here, happened_on=date(2018, 3, 1), answers=answers)
        assert new_case(unit, old, here, opened_on=date(2019, 9, 29)).reference == "SCR-2019-01"
        with pytest.raises(Refused, match="you cannot open one after 29 September 2019"):
            new_case(unit, old, here, opened_on=date(2019, 9, 30))


def test_nobody_opens_a_case_in_another_partnership(database: Database, clock: StoppedClock, world: World) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(NotAllowed), unit_of_work(database, manager, clock) as unit:
        open_case(
            unit,
            workflow="rapid_review",
            partnership=world.midmarch.partnership,
            happened_on=TODAY,
            answers=the_facts(),
        )


def test_a_day_that_lies_ahead_is_refused(database: Database, world: World) -> None:
    with database() as session, pytest.raises(Refused, match="lies in the future"):
        a_case(session, world.anyshire.partnership, opened_on=TOMORROW)


def test_what_is_missing_is_listed_by_its_label(database: Database, world: World) -> None:
    answers = the_facts() | {"referred_by": "  ", "summary": None}
    with database() as session, pytest.raises(NotReady) as refusal:
        open_case(
            a_unit(session),
            workflow="rapid_review",
            partnership=world.anyshire.partnership,
            happened_on=TODAY,
            answers=answers,
        )
    assert refusal.value.missing == ("Who referred, by role", "What is said to have happened")


def test_a_case_out_of_scope_is_not_opened_without_its_reason(database: Database, world: World) -> None:
    """A child when harmed may be 18 by now; the guard of an opening step counts like any other."""
    with database() as session:
        with pytest.raises(NotReady) as refusal:
            a_case(session, world.anyshire.partnership, under_18=False, age_reason="")
        assert refusal.value.missing == ("Why the case is taken although the child is not under 18",)
        a_case(session, world.anyshire.partnership, under_18=False, age_reason="A child when it began.")
        with pytest.raises(NotReady, match="under 18"):
            a_case(session, world.anyshire.partnership, "cdop_case", under_18=False)
        with pytest.raises(NotReady, match="live-born"):
            a_case(session, world.anyshire.partnership, "cdop_case", birth="attended_stillbirth")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"shoe_size": "38"}, "does not ask for “shoe_size”"),
        ({"under_18": "yes"}, "not of the kind"),
        ({"la_aware_at": "2026-11-18"}, "not of the kind"),
        ({"la_aware_at": date(1066, 10, 14)}, "in the years 1950 to 2100"),
        ({"referred_by": "x" * 501}, "500 characters or fewer"),
        ({"summary": "x" * 20_001}, "20,000 characters or fewer"),
    ],
)
def test_a_wrong_fact_is_refused_with_a_sentence(
    database: Database, world: World, answers: dict[str, Value], sentence: str
) -> None:
    with database() as session, pytest.raises(Refused, match=sentence):
        a_case(session, world.anyshire.partnership, **answers)


def test_a_day_is_not_a_moment_and_a_yes_is_not_a_number(database: Database, clock: StoppedClock, world: World) -> None:
    with database() as session:
        with pytest.raises(Refused, match="not of the kind"):
            a_case(session, world.anyshire.partnership, "cdop_case", death_on=clock.now())
        with pytest.raises(Refused, match="must be one of the answers"):
            a_case(session, world.anyshire.partnership, "cdop_case", birth="by stork")


def test_a_pseudonym_that_is_too_long_is_refused_on_both_databases(database: Database, world: World) -> None:
    with database() as session, pytest.raises(Refused, match="60 characters"):
        a_case(session, world.anyshire.partnership, pseudonyms=("K" * 61,))


def test_a_refused_opening_leaves_nothing_behind(database: Database, clock: StoppedClock, world: World) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(NotReady), unit_of_work(database, manager, clock) as unit:
        here = unit.partnership("ANYSHIRE")
        open_case(unit, workflow="rapid_review", partnership=here, happened_on=TODAY, answers={})


def test_each_kind_of_case_begins_with_all_its_tracks(database: Database, world: World) -> None:
    with database() as session:
        kinds = {name: workflow for name, workflow in CASE_WORKFLOWS.items() if not workflow.inside}
        for name, workflow in kinds.items():
            case = a_case(session, world.anyshire.partnership, name)
            assert [track.name for track in case.tracks] == [track.name for track in workflow.tracks]
            assert (case.workflow_version, case.realm) == (workflow.version, workflow.realm)
            assert session.scalars(sa.select(Child.pseudonym).where(Child.case_id == case.id)).all() == ["Child K"]
        assert session.scalar(sa.select(sa.func.count()).where(Case.parent_id.is_(None))) == len(kinds)
