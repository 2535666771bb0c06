"""A case that was opened as the wrong kind goes on as the right one, and nothing of the wrong one counts any more."""

from datetime import date
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.case_access import confine, exclude
from reviews.cases.change_kind import change_kind, facts_in_common, kinds_to_change_to
from reviews.cases.corrections import correct_step
from reviews.cases.facts import facts_of
from reviews.cases.history import facts_that_hold, read_history
from reviews.cases.late import next_due
from reviews.cases.list_queries import CaseFilter, tracker
from reviews.cases.page_queries import case_file, clocks_of
from reviews.cases.partner_statements import partner_statements, recorded_on_behalf
from reviews.cases.record import record_of
from reviews.cases.version_migration import MigrationTarget, migrate_cases, plan_revert, revert_migration
from reviews.cases.version_queries import past_migrations
from reviews.definitions.installed import ADDED_DEFINITIONS_KEY, definition_of
from reviews.imports.history import import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.models import Case, CaseClock, CaseHold, CasePerson, CaseRight, CaseTrack, Event, EventKind
from reviews.summary.queries import cases_by_stage, chair_summary
from reviews.transactions.unit_of_work import NotFound, Stale, unit_of_work
from tests.builders import (
    BUILDER,
    TO_THE_PANEL,
    TODAY,
    a_case,
    a_clock,
    a_process,
    a_recommendation,
    a_unit,
    a_world,
    an_action,
    facts_for,
    give_review,
    small_cases,
    take,
)
from tests.changes import nothing_changes
from tests.reviews.imports.lists import REVIEW, write
from tests.versions import NEXT, add_version, another
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

SIGNED = TO_THE_PANEL[: TO_THE_PANEL.index("sign") + 1]
OPENED, CHANGED = date(2026, 11, 2), date(2026, 11, 3)
WHY = "The criteria were never in question."


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def anyshire(world):
    return world.anyshire


@pytest.fixture
def session(database):
    with database() as opened:
        yield opened


def change(session, case, to="learning_review", *, on=CHANGED, actor=BUILDER, reason=WHY, **answers):
    facts = facts_for(CASE_WORKFLOWS[to].opening, on=on, **answers)
    change_kind(a_unit(session, actor), case, to=to, happened_on=on, answers=facts, reason=reason)
    session.flush()


def another_version(session):
    add_version(session, another(CASE_WORKFLOWS["learning_review"]))
    session.info.pop(ADDED_DEFINITIONS_KEY, None)


@pytest.fixture
def changed(session, anyshire):
    """Give a rapid review, signed by the partners, which is a local learning review since."""
    case = a_case(session, anyshire.partnership, opened_on=OPENED, pseudonyms=("Child K", "Child L"))
    take(session, case, *SIGNED, on=OPENED)
    change(session, case)
    return case


def test_it_stands_as_newly_opened_and_keeps_what_belongs_to_the_case(session, anyshire):
    case = a_case(session, anyshire.partnership, opened_on=OPENED, agencies=(anyshire.agencies["Police"],))
    take(session, case, *SIGNED, on=OPENED)
    action = an_action(session, case, recommendation=a_recommendation(session, case))
    reference, kept, requests = case.reference, (case.title, action.address), len(small_cases(session, case))
    change(session, case)
    session.expire_all()
    assert (case.reference, case.workflow, case.workflow_version) == (reference, "learning_review", 1)
    assert [(track.name, track.stage, track.since_on) for track in case.tracks] == [("review", "proposed", CHANGED)]
    assert (case.opened_on, case.closed_on) == (CHANGED, None)
    file = case_file(session, BUILDER, reference, today=TODAY)
    assert (case.title, action.address) == kept
    assert "Anyshire Police" in file.agencies
    assert file.children == ["Child K"]
    assert len(file.recommendations) == 1
    assert len(small_cases(session, case)) == requests > 0


def test_a8_a_confined_case_stays_confined_under_its_new_kind(session, anyshire):
    case = a_case(session, anyshire.partnership, opened_on=OPENED)
    confine(a_unit(session), case, reason=WHY)
    exclude(a_unit(session), case, email="chair@anyshire.example", reason=WHY)
    change(session, case)
    session.expire_all()
    assert case.workflow == "learning_review"
    assert case.confined_at is not None
    assert session.scalars(sa.select(CaseRight.ended_at).where(CaseRight.case_id == case.id)).all() == [None]


def test_the_event_between_says_what_ended(session, changed):
    events = session.scalars(sa.select(Event).where(Event.case_id == changed.id).order_by(Event.id)).all()
    kinds = [event.kind for event in events]
    assert kinds[-2:] == [EventKind.KIND_CHANGED, EventKind.STEP_TAKEN]
    details = events[-2].details
    assert (details["from"], details["to"], details["reason"]) == ("rapid_review", "learning_review", WHY)
    assert {(each["clock"], each["due"]) for each in details["clocks"]} == {
        (clock.name, clock.due_on.isoformat())
        for clock in session.scalars(sa.select(CaseClock).where(CaseClock.earlier_workflow == "rapid_review"))
        if clock.dropped_on == TODAY and clock.met_on is None
    }
    assert details["clocks"]


def test_no_step_fact_or_signature_of_the_earlier_kind_counts(session, changed):
    workflow = definition_of(session, changed)
    history = read_history(session, changed)
    assert [recorded.step for recorded in history.steps] == ["propose"]
    asked = {question.name for question in workflow.opening.questions}
    assert {fact.name for fact in facts_that_hold(session, changed)} <= asked
    facts = facts_of(session, BUILDER, changed, workflow, on=TODAY)
    assert set(facts.happened) == {"propose"}
    assert "sin_reference" not in facts.known
    assert [section.step for section in record_of(changed, workflow, history)] == ["propose"]
    assert not partner_statements(session, changed, workflow).signatures
    assert clocks_of(session, changed) == []


def test_signatures_on_behalf_are_listed_for_the_present_kind_alone(session, anyshire):
    case = a_case(session, anyshire.partnership, opened_on=OPENED)
    take(session, case, *SIGNED[:-1], on=OPENED)
    take(session, case, "sign_on_behalf", on=OPENED)
    assert recorded_on_behalf(session, BUILDER).total == 1
    change(session, case, "risk_entry")
    assert recorded_on_behalf(session, BUILDER).total == 0


def test_lists_and_numbers_count_it_under_the_new_kind_alone(session, anyshire, changed):
    manager = anyshire.actors[Role.BUSINESS_MANAGER]

    def listed(workflow):
        filters = CaseFilter(workflow=workflow)
        return [line.reference for line in tracker(session, manager, today=TODAY, near=TODAY, filters=filters).rows]

    assert (listed("rapid_review"), listed("learning_review")) == ([], [changed.reference])
    assert cases_by_stage(session, manager) == {"learning_review": {"proposed": 1}}
    summary = chair_summary(session, manager, partnership_id=anyshire.partnership.id, today=date(2027, 6, 1))
    assert (summary.late_cases, summary.near) == (0, [])
    assert session.scalar(sa.select(next_due(manager)).where(Case.id == changed.id)) is None


def test_clocks_start_from_the_new_opening_step_and_may_be_called_as_those_of_before(session, anyshire):
    """A case goes to another kind and back: the clock of the same name and day is another one."""
    case = a_case(session, anyshire.partnership, "challenge_entry", opened_on=OPENED, answer_wanted_on=TODAY)
    change(session, case, "risk_entry", next_review_on=TODAY)
    change(session, case, "challenge_entry", on=OPENED, answer_wanted_on=TODAY)
    every = session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id).order_by(CaseClock.id)).all()
    assert [(clock.earlier_workflow, clock.dropped_on) for clock in every] == [
        ("challenge_entry", TODAY),
        ("risk_entry", TODAY),
        (None, None),
    ]
    assert [(clock.name, clock.counted_from_on) for clock in case.clocks] == [(every[0].name, TODAY)]
    assert [recorded.step for recorded in read_history(session, case).steps] == ["raise_challenge"]


def test_a_hold_and_the_lead_reviewer_of_the_earlier_kind_end(session, anyshire):
    case = a_case(session, anyshire.partnership, "learning_review", opened_on=OPENED)
    take(session, case, "agree", "pause", on=OPENED)
    give_review(session, case, anyshire.people[Role.LEAD_REVIEWER], date(2027, 3, 1))
    change(session, case, "thematic_review")
    assert all(track.held_at is None for track in case.tracks)
    assert session.scalars(sa.select(CaseHold)).all() == []
    assert session.scalars(sa.select(CasePerson.until_on)).all() == [TODAY]


def test_the_form_of_the_new_kind_takes_over_facts_of_the_same_name(session, anyshire):
    case = a_case(session, anyshire.partnership, "learning_review", opened_on=OPENED, under_18=True)
    common = facts_in_common(session, case, CASE_WORKFLOWS["rapid_review"], on=OPENED)
    assert common == {"under_18": True}
    kinds = kinds_to_change_to(session, anyshire.actors[Role.BUSINESS_MANAGER], case, today=TODAY)
    names = {kind.name for kind in kinds}
    assert "rapid_review" in names
    assert not {"learning_review", "cdop_case", "scr_legacy"} & names


def test_a_step_is_corrected_and_clocks_worked_out_again_under_the_new_kind_alone(session, changed):
    opening = read_history(session, changed).steps[0]
    answers = read_history(session, changed).values(changed)[opening.event_id]
    take(session, changed, "agree", on=CHANGED)
    correct_step(
        a_unit(session), changed, opening.event_id, happened_on=OPENED, answers=answers, reason="It was a day earlier."
    )
    assert (changed.opened_on, changed.tracks[0].stage) == (OPENED, "agreed")
    assert [clock.name for clock in changed.clocks if clock.is_running] == ["learning"]
    earlier = session.scalars(sa.select(CaseClock).where(CaseClock.earlier_workflow.is_not(None))).all()
    assert earlier
    assert not any(clock.is_running for clock in earlier)
    of_before = session.scalars(
        sa.select(Event.id).where(Event.case_id == changed.id, Event.step == "receive_referral")
    ).one()
    with pytest.raises(NotFound):
        correct_step(a_unit(session), changed, of_before, happened_on=OPENED, answers={}, reason="x")


def test_it_moves_to_another_version_and_back_by_its_present_history(session, changed):
    take(session, changed, "agree", on=CHANGED)
    another_version(session)
    target, unit = MigrationTarget("learning_review", NEXT), a_unit(session)
    plan = migrate_cases(unit, target, reason="New rules.")
    assert [each.reference for each in plan.can] == [changed.reference]
    assert [clock.clock for clock in plan.can[0].clocks] == ["learning"]
    assert (changed.workflow_version, len(past_migrations(session, BUILDER, "learning_review"))) == (NEXT, 1)
    revert_migration(unit, target)
    assert changed.workflow_version == 1


def test_a_move_of_the_earlier_kind_cannot_be_taken_back(session, anyshire):
    case = a_case(session, anyshire.partnership, "learning_review", opened_on=OPENED)
    another_version(session)
    target = MigrationTarget("learning_review", NEXT)
    migrate_cases(a_unit(session), target, reason="New rules.")
    change(session, case, "risk_entry")
    change(session, case, "learning_review", on=TODAY)
    with pytest.raises(Refused, match="there is no move"):
        plan_revert(session, BUILDER, target)
    assert past_migrations(session, BUILDER, "learning_review") == []


def test_an_open_request_or_a_step_that_waits_stands_against_it_by_name(session, anyshire):
    case = a_case(session, anyshire.partnership, opened_on=OPENED)
    take(session, case, *TO_THE_PANEL[:4], on=OPENED)
    process = a_process(session, case, "hold_meeting", on=OPENED)
    with pytest.raises(Refused) as refused:
        change(session, case, "risk_entry")
    first, last = refused.value.missing
    assert first.startswith(f"{case.reference}.I1 (request for information) is open")
    assert "waits for" in last
    assert process.reference in last
    assert case.workflow == "rapid_review"


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("cdop_case", "reviews and child death reviews are kept apart"),
        ("rapid_review", "is of the kind “Rapid review” already"),
        ("scr_legacy", "you cannot open a new one"),
    ],
)
def test_what_it_cannot_become_is_refused(session, anyshire, to, sentence):
    case = a_case(session, anyshire.partnership, opened_on=OPENED)
    with pytest.raises(Refused, match=sentence):
        change(session, case, to)


def test_a_request_has_no_kind_to_change_and_no_kind_lies_inside(session, anyshire):
    case = a_case(session, anyshire.partnership, opened_on=OPENED)
    take(session, case, *TO_THE_PANEL[:4], on=OPENED)
    with pytest.raises(Refused, match="cannot be changed"):
        change(session, small_cases(session, case)[0])
    with pytest.raises(NotFound):
        change(session, case, "information_request")
    with pytest.raises(NotReady, match="Give a reason"):
        change(session, case, reason=" ")


def test_only_who_may_edit_a_case_and_open_the_other_kind_changes_it(session, anyshire, world):
    case = a_case(session, anyshire.partnership, opened_on=OPENED)
    for role in (Role.SAFEGUARDING_PARTNER, Role.AGENCY_LEAD, Role.SUBGROUP_CHAIR):
        with pytest.raises(NotAllowed):
            change(session, case, actor=anyshire.actors[role])
    with pytest.raises(NotAllowed):
        change(session, case, actor=world.midmarch.actors[Role.BUSINESS_MANAGER])
    change(session, case, actor=anyshire.actors[Role.BUSINESS_UNIT_ADMIN])
    assert case.workflow == "learning_review"


def test_of_two_at_once_the_second_is_told(database, anyshire):
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, opened_on=OPENED)
    start, found = Barrier(2), []

    def work(to):
        start.wait()
        try:
            with unit_of_work(database, BUILDER, a_clock()) as unit:
                row = unit.case(case.reference, version=case.version)
                facts = facts_for(CASE_WORKFLOWS[to].opening, on=CHANGED)
                change_kind(unit, row, to=to, happened_on=CHANGED, answers=facts, reason=WHY)
            found.append(to)
        except Stale:
            found.append("stale")

    threads = [Thread(target=work, args=(to,)) for to in ("learning_review", "risk_entry")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count("stale") == 1
    with database() as session:
        assert session.scalars(sa.select(Case.workflow)).one() in found
        assert session.scalar(sa.select(sa.func.count()).select_from(CaseTrack)) == 1


def test_a_case_of_an_imported_history_is_changed_too(session, anyshire, tmp_path):
    path = write(tmp_path / "list.csv", REVIEW)

    def bring_in():
        workflow = CASE_WORKFLOWS["rapid_review"]
        histories = read_histories(path, workflow=workflow, today=TODAY)
        return import_cases(a_unit(session), anyshire.partnership, workflow, histories)

    bring_in()
    case = session.scalars(sa.select(Case).where(Case.reference == "ES-19-01")).one()
    assert case.closed_on is not None
    change(session, case, on=date(2019, 4, 11))
    assert (case.closed_on, case.tracks[0].stage, list(case.clocks)) == (None, "proposed", [])
    assert [recorded.imported for recorded in read_history(session, case).steps] == [False]
    (refused,) = bring_in().refused
    assert refused.reason == "ES-19-01 is already the reference of another kind of case."


def test_a_refused_change_leaves_nothing(database, anyshire):
    with database.begin() as session:
        reference = a_case(session, anyshire.partnership, opened_on=OPENED).reference
    with nothing_changes(database), pytest.raises(NotReady), unit_of_work(database, BUILDER, a_clock()) as unit:
        row = unit.case(reference)
        change_kind(unit, row, to="learning_review", happened_on=CHANGED, answers={}, reason=WHY)
