"""Running cases move to another version of their rules, together, and back."""

from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.version_migration import MigrationTarget, migrate_cases, plan_migration, revert_migration
from reviews.models import Case, CaseClock, CaseTrack, Event, EventKind, VersionMigration
from reviews.transactions.unit_of_work import Stale, reading, unit_of_work
from tests.builders import BUILDER, TO_THE_PANEL, TODAY, a_case, a_clock, a_world, take
from tests.changes import changes_of, nothing_changes
from tests.versions import (
    LOOK,
    NEXT,
    RAPID,
    REFERRAL_LOOK,
    add_version,
    another,
    renamed,
    with_clocks,
    with_deadline,
    with_period,
    with_step,
    with_track,
)
from tests.web.visitor import statements
from workflows.catalogue import BUILT_IN
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Rank, Role
from workflows.core.working_days import Period, Unit, add
from workflows.guards.cases import all_three_signed

TO = MigrationTarget("rapid_review", NEXT)
NOTIFIED = TO_THE_PANEL[:3]
GATHERING = TO_THE_PANEL[:4]
WHY = "The subgroup agreed the new rules."


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def anyshire(world):
    return world.anyshire


@pytest.fixture
def known(database):
    """Let the installation know a version."""

    def act(workflow, partnership=None):
        with database.begin() as session:
            return add_version(session, workflow, partnership)

    return act


@pytest.fixture
def a_review(database, anyshire):
    """Open a rapid review and take it on."""

    def act(*steps, place=anyshire, on=TODAY, **more):
        with database.begin() as session:
            case = a_case(session, place.partnership, opened_on=on, **more)
            take(session, case, *steps, on=on)
            return case

    return act


@pytest.fixture
def plan(database):
    def act(target=TO, actor=BUILDER):
        with reading(database) as session:
            return plan_migration(session, actor, target)

    return act


@pytest.fixture
def move(database, clock):
    def act(target=TO, actor=BUILDER, reason=WHY, seen=None):
        with unit_of_work(database, actor, clock) as unit:
            return migrate_cases(unit, target, reason=reason, seen=seen)

    return act


@pytest.fixture
def revert(database, clock):
    def act(target=TO, actor=BUILDER, seen=None):
        with unit_of_work(database, actor, clock) as unit:
            return revert_migration(unit, target, seen=seen)

    return act


@pytest.fixture
def stands(database):
    """Say where a case stands: version, stages and running clocks with their dates."""

    def act(case):
        with reading(database) as session:
            row = session.get_one(Case, case.id)
            stages = {track.name: track.stage for track in row.tracks}
            clocks = {clock.name: clock.due_on for clock in row.clocks if clock.is_running}
            return row.workflow_version, stages, clocks

    return act


def told(database, case, kind=EventKind.VERSION_MOVED):
    with reading(database) as session:
        query = sa.select(Event).where(Event.case_id == case.id, Event.kind == kind).order_by(Event.id)
        return session.scalars(query).all()


def after(count, day=TODAY):
    return add(day, Period(count, Unit.WORKING_DAYS)).due_on


def clocks_planned(found):
    (case,) = found.can
    return {each.clock: (each.was, each.now) for each in case.clocks}


def test_a_plan_writes_nothing(database, known, a_review, plan):
    known(with_period(another(), "meeting", 10))
    a_review(*GATHERING)
    with nothing_changes(database):
        found = plan()
    assert (len(found.can), len(found.cannot), found.already) == (1, 0, 0)


def test_everything_that_a_version_changes_is_done_and_written_down(database, known, a_review, move, stands):
    parts = BUILT_IN.version("lcspr", 1).track("action_plan")
    found = with_clocks(with_period(renamed(another(), "gathering", "collecting"), "meeting", 10), LOOK)
    known(with_track(with_clocks(found, without=("rapid_review",)), replace(parts, name="plan", title="Our plan")))
    case = a_review(*GATHERING, reference="RR-1")
    before = case.version
    done = move()

    assert [each.reference for each in done.can] == ["RR-1"]
    version, stages, clocks = stands(case)
    assert (version, stages) == (NEXT, {"rapid_review": "collecting", "plan": str(parts.initial)})
    assert clocks == {"meeting": after(10), "early_look": after(8)}
    (event,) = told(database, case)
    assert (event.happened_on, event.recorded_by) == (TODAY, "builder")
    details = event.details
    assert (details["from"], details["to"], details["reason"]) == (RAPID.version, NEXT, WHY)
    assert {(each["track"], each["was"], each["now"]) for each in details["stages"]} == {
        ("rapid_review", "gathering", "collecting"),
        ("plan", None, str(parts.initial)),
    }
    assert {each["clock"]: (each["was"], each["now"]) for each in details["clocks"]} == {
        "meeting": (after(12).isoformat(), after(10).isoformat()),
        "rapid_review": (after(15).isoformat(), None),
        "early_look": (None, after(8).isoformat()),
    }
    assert all(each["because"] for each in details["clocks"])
    with reading(database) as session:
        assert session.get_one(Case, case.id).version == before + 1
        (row,) = session.scalars(sa.select(VersionMigration))
    assert (row.workflow, row.to_version, row.reason, row.cases, row.reverted_at) == (
        "rapid_review",
        NEXT,
        WHY,
        1,
        None,
    )


def test_what_was_planned_is_what_is_done(known, a_review, plan, move):
    known(with_clocks(with_period(renamed(another(), "gathering", "collecting"), "meeting", 10), LOOK))
    a_review(*GATHERING)
    a_review(*NOTIFIED, on=TODAY - timedelta(days=5))
    looked_at = plan()
    done = move(seen=looked_at.fingerprint)
    assert [each.fingerprint_parts for each in done.can] == [each.fingerprint_parts for each in looked_at.can]


def test_a_plan_that_has_changed_since_is_not_done(database, known, a_review, plan, move):
    known(with_period(another(), "meeting", 10))
    case = a_review(*NOTIFIED)
    seen = plan().fingerprint
    with database.begin() as session:
        take(session, session.get_one(Case, case.id), "open_gathering")
    with nothing_changes(database), pytest.raises(Stale):
        move(seen=seen)
    assert len(move(seen=plan().fingerprint).can) == 1


def test_the_clocks_are_what_the_editions_of_the_new_version_say(database, known, a_review, move):
    workflow = known(with_clocks(with_period(with_period(another(), "meeting", 9), "rapid_review", 20), LOOK))
    for days in range(0, 30, 3):
        a_review(*GATHERING, on=TODAY - timedelta(days=days))
    move()
    with reading(database) as session:
        running = sa.select(CaseClock).where(CaseClock.met_on.is_(None), CaseClock.dropped_on.is_(None))
        reviews = sa.select(Case.id).where(Case.workflow == "rapid_review")
        clocks = session.scalars(running.where(CaseClock.case_id.in_(reviews))).all()
    assert len(clocks) == 30
    for clock in clocks:
        edition = workflow.deadline(clock.name).edition_on(clock.counted_from_on)
        assert (clock.edition_from, clock.due_on) == (
            edition.effective_from,
            add(clock.counted_from_on, edition.period).due_on,
        )


def test_a_clock_that_is_added_starts_from_a_fact_that_was_recorded(known, a_review, move, stands):
    known(with_clocks(another(), REFERRAL_LOOK))
    case = a_review(*NOTIFIED, la_aware_at=date(2026, 11, 16))
    move()
    assert stands(case)[2]["referral_look"] == after(8, date(2026, 11, 16))


def test_a_clock_that_history_has_met_does_not_start(known, a_review, plan):
    known(with_clocks(another(), LOOK))
    a_review(*TO_THE_PANEL[:6])
    assert "early_look" not in clocks_planned(plan())


def test_a_clock_that_no_step_can_meet_any_more_does_not_start(known, a_review, plan):
    known(with_clocks(another(), replace(REFERRAL_LOOK, met_by=("convene_discussion",))))
    a_review("convene_discussion")
    assert "referral_look" not in clocks_planned(plan())


def test_a_clock_counted_from_something_else_now_runs_from_there(known, a_review, move, stands, database):
    known(with_deadline(another(), "meeting", counted_from="open_gathering"))
    day = TODAY - timedelta(days=7)
    case = a_review(*NOTIFIED, on=day)
    with database.begin() as session:
        take(session, session.get_one(Case, case.id), "open_gathering", on=TODAY)
    move()
    assert stands(case)[2]["meeting"] == after(12)
    (event,) = told(database, case)
    (change,) = [each for each in event.details["clocks"] if each["clock"] == "meeting"]
    assert (change["was"], change["now"]) == (after(12, day).isoformat(), after(12).isoformat())


def test_a_clock_that_other_steps_meet_now_is_met_by_what_happened(known, a_review, move, database):
    known(with_deadline(another(), "meeting", met_by=("open_gathering", "hold_meeting")))
    case = a_review(*GATHERING)
    move()
    with reading(database) as session:
        (clock,) = session.scalars(
            sa.select(CaseClock).where(CaseClock.case_id == case.id, CaseClock.name == "meeting")
        )
    assert (clock.met_on, clock.dropped_on) == (TODAY, None)


def test_a_clock_without_a_period_in_force_on_its_first_day_ends(known, a_review, plan):
    meeting = RAPID.deadline("meeting")
    later = tuple(replace(edition, effective_from=date(2026, 12, 1)) for edition in meeting.editions)
    known(with_deadline(another(), "meeting", editions=later))
    a_review(*NOTIFIED)
    found = plan()
    assert clocks_planned(found)["meeting"] == (after(12), None)


def test_losing_a_clock_of_law_is_said(known, a_review, plan):
    known(with_clocks(another(), without=("sin",)))
    a_review("convene_discussion")
    (case,) = plan().can
    assert case.warnings == ["It loses “Serious incident notification”, which runs by law or statutory guidance."]


def test_nothing_is_said_of_losing_custom(known, a_review, plan):
    known(with_clocks(another(), without=("letters",)))
    a_review(*NOTIFIED)
    (case,) = plan().can
    assert (clocks_planned(plan())["letters"], case.warnings) == ((after(1), None), [])
    assert RAPID.deadline("letters").editions[0].rank is Rank.LOCAL


def test_a_stage_that_is_neither_there_nor_mapped_keeps_a_case_where_it_is(known, a_review, move, stands):
    known(renamed(another(), "gathering", "collecting", mapped=False))
    stays, goes = a_review(*GATHERING, reference="RR-1"), a_review(*NOTIFIED, reference="RR-2")
    done = move()

    assert [each.reference for each in done.can] == ["RR-2"]
    assert [(each.reference, each.reasons) for each in done.cannot] == [
        ("RR-1", [f"Version {NEXT} has no stage “Gathering” in the track “Rapid review”."])
    ]
    assert (stands(stays)[0], stands(goes)[0]) == (RAPID.version, NEXT)


def test_a_stage_at_which_a_case_would_be_finished_keeps_it_where_it_is(known, a_review, plan):
    track = RAPID.tracks[0]
    known(another(tracks=(replace(track, settled=frozenset({"gathering"})),)))
    a_review(*GATHERING)
    (case,) = plan().cannot
    assert "a case is finished by a step, not by other rules" in case.reasons[0]


def test_a_track_that_is_not_finished_and_gone_keeps_a_case_where_it_is(database, anyshire, known, plan):
    lcspr = BUILT_IN.newest_of("lcspr")
    tracks = tuple(track for track in lcspr.tracks if track.name != "publication")
    kept = {step.name for track in tracks for step in track.steps}
    deadlines = tuple(d for d in lcspr.deadlines if kept.issuperset(d.met_by) and kept.issuperset(d.ended_by))
    target = MigrationTarget("lcspr", lcspr.version + 1)
    known(another(lcspr, target.version, tracks=tracks, deadlines=deadlines))
    with database.begin() as session:
        a_case(session, anyshire.partnership, "lcspr")
    (case,) = plan(target).cannot
    assert case.reasons == [
        f"Version {target.version} has no track “Publication”, and it is not finished in this case."
    ]


def test_a_finished_track_is_left_behind_and_comes_back(database, anyshire, known, move, revert, stands):
    lcspr = BUILT_IN.newest_of("lcspr")
    tracks = tuple(track for track in lcspr.tracks if track.name != "publication")
    kept = {step.name for track in tracks for step in track.steps}
    deadlines = tuple(d for d in lcspr.deadlines if kept.issuperset(d.met_by) and kept.issuperset(d.ended_by))
    target = MigrationTarget("lcspr", lcspr.version + 1)
    known(another(lcspr, target.version, tracks=tracks, deadlines=deadlines))
    with database.begin() as session:
        case = a_case(session, anyshire.partnership, "lcspr")
        track = next(each for each in case.tracks if each.name == "publication")
        track.stage, track.ended_on = "published", TODAY
    before = stands(case)
    move(target)
    assert "publication" not in stands(case)[1]
    revert(target)
    assert stands(case) == before
    with reading(database) as session:
        rows = session.scalars(
            sa.select(CaseTrack).where(CaseTrack.case_id == case.id, CaseTrack.name == "publication")
        )
        assert [row.ended_on for row in rows] == [TODAY]


def test_a_case_on_hold_goes_back_to_the_stage_by_its_new_name(database, anyshire, known, move, revert):
    lcspr = BUILT_IN.newest_of("lcspr")
    target = MigrationTarget("lcspr", lcspr.version + 1)
    first = str(lcspr.tracks[0].initial)
    known(renamed(another(lcspr, target.version), first, "begun"))
    case = _on_hold(database, anyshire, first)
    move(target)
    assert _held(database, case) == ("on_hold", "begun")
    revert(target)
    assert _held(database, case) == ("on_hold", first)


def test_a_hold_at_a_stage_that_is_gone_keeps_a_case_where_it_is(database, anyshire, known, plan):
    lcspr = BUILT_IN.newest_of("lcspr")
    target = MigrationTarget("lcspr", lcspr.version + 1)
    first = str(lcspr.tracks[0].initial)
    known(renamed(another(lcspr, target.version), first, "begun", mapped=False))
    _on_hold(database, anyshire, first)
    (case,) = plan(target).cannot
    assert len(case.reasons) == 1
    assert "is on hold and goes back to" in case.reasons[0]


def test_closed_cases_stay_as_they_are_and_are_not_listed(database, known, a_review, move, stands):
    known(another())
    closed = a_review("convene_discussion", "record_view", "decide_not_notifiable")
    with nothing_changes(database):
        done = move()
    assert (done.can, done.cannot, stands(closed)[0]) == ([], [], RAPID.version)


def test_a_second_move_moves_nothing_and_says_so(database, known, a_review, move):
    known(another())
    a_review(*NOTIFIED)
    move()
    with nothing_changes(database):
        again = move()
    assert (again.can, again.cannot, again.already) == ([], [], 1)


def test_a_move_without_a_reason_or_to_nowhere_is_refused(database, known, a_review, move):
    known(another())
    a_review()
    with nothing_changes(database):
        for target, reason in (
            (TO, " "),
            (TO, "x" * 501),
            (MigrationTarget("rapid_review", 77), WHY),
            (MigrationTarget("nil", 1), WHY),
        ):
            with pytest.raises(Refused):
                move(target, reason=reason)


def test_a_guard_of_the_new_version_holds_a_step_back(database, known, a_review, move, stands):
    known(with_step(renamed(another(), "notified", "told"), "open_gathering", only_if=(all_three_signed,)))
    case = a_review(*NOTIFIED)
    move()
    with database.begin() as session, pytest.raises(NotReady):
        take(session, session.get_one(Case, case.id), "open_gathering")
    assert stands(case)[:2] == (NEXT, {"rapid_review": "told"})


def test_ordinary_steps_go_on_by_the_new_rules(database, known, a_review, move, stands):
    look = replace(LOOK, met_by=("open_gathering",))
    known(with_period(with_clocks(renamed(another(), "gathering", "collecting"), look), "letters", 3))
    case = a_review(*NOTIFIED)
    move()
    with database.begin() as session:
        take(session, session.get_one(Case, case.id), "open_gathering")
        met = session.scalars(sa.select(CaseClock.name).where(CaseClock.case_id == case.id, CaseClock.met_on == TODAY))
        assert {"early_look", "letters"} <= set(met)
    assert stands(case)[1] == {"rapid_review": "collecting"}


def test_everything_goes_back_as_it_was(database, known, a_review, move, revert, stands):
    track = BUILT_IN.version("lcspr", 1).track("action_plan")
    found = with_clocks(with_period(renamed(another(), "gathering", "collecting"), "meeting", 10), LOOK)
    known(with_track(with_clocks(found, without=("rapid_review",)), replace(track, name="plan", title="Our plan")))
    case = a_review(*GATHERING)
    before, rows = stands(case), _rows(database, case)
    move()
    done = revert()

    assert [each.reference for each in done.can] == [case.reference]
    assert stands(case) == before
    assert rows.items() <= _rows(database, case).items()
    (event,) = told(database, case, EventKind.VERSION_REVERTED)
    assert (event.details["from"], event.details["to"]) == (NEXT, RAPID.version)
    with reading(database) as session:
        assert session.scalars(sa.select(VersionMigration)).one().reverted_at is not None


def test_a_case_moves_and_goes_back_again_and_again(known, a_review, move, revert, stands):
    known(with_clocks(with_period(another(), "meeting", 10), LOOK, without=("letters",)))
    case = a_review(*NOTIFIED)
    before = stands(case)
    move()
    moved = stands(case)
    for _ in range(2):
        revert()
        assert stands(case) == before
        move()
        assert stands(case) == moved


def test_with_nothing_to_take_back_it_says_so(database, known, a_review, move, revert):
    known(another())
    a_review()
    with nothing_changes(database), pytest.raises(Refused, match="no move to version"):
        revert()
    move()
    revert()
    with nothing_changes(database), pytest.raises(Refused, match="no move to version"):
        revert()


def test_a_case_in_which_something_was_recorded_since_stays(database, known, a_review, move, revert, stands):
    known(another())
    goes, stays = a_review(reference="RR-1"), a_review(reference="RR-2")
    move()
    with database.begin() as session:
        take(session, session.get_one(Case, stays.id), "convene_discussion")
    done = revert()
    assert [each.reference for each in done.can] == ["RR-1"]
    assert [(each.reference, each.why_not) for each in done.cannot] == [
        ("RR-2", "“Discuss the threshold” of 20 November 2026 was recorded since.")
    ]
    assert (stands(goes)[0], stands(stays)[0]) == (RAPID.version, NEXT)


def test_where_none_can_go_back_nothing_is_written(database, known, a_review, move, revert):
    known(another())
    case = a_review(reference="RR-1")
    move()
    with database.begin() as session:
        take(session, session.get_one(Case, case.id), "convene_discussion")
    with nothing_changes(database), pytest.raises(Refused) as refusal:
        revert()
    assert refusal.value.missing == ("ANYSHIRE RR-1: “Discuss the threshold” of 20 November 2026 was recorded since.",)


def test_the_latest_move_goes_back_first(known, a_review, move, revert, stands):
    known(another())
    known(another(number=NEXT + 1))
    case, later = a_review(), MigrationTarget("rapid_review", NEXT + 1)
    move()
    move(later)
    with pytest.raises(Refused):
        revert()
    revert(later)
    assert stands(case)[0] == NEXT
    revert()
    assert stands(case)[0] == RAPID.version


def test_a_manager_moves_the_cases_of_their_own_partnership(world, known, a_review, plan, move, revert, stands):
    known(another())
    ours, theirs = a_review(reference="RR-1"), a_review(place=world.midmarch, reference="RR-2")
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]

    assert [each.reference for each in plan(actor=manager).can] == ["RR-1"]
    move(actor=manager)
    assert (stands(ours)[0], stands(theirs)[0]) == (NEXT, RAPID.version)
    with pytest.raises(Refused):
        revert(actor=world.midmarch.actors[Role.BUSINESS_MANAGER])
    assert stands(ours)[0] == NEXT


def test_a_manager_takes_back_their_part_of_a_move_of_all(world, known, a_review, move, revert, stands, database):
    known(another())
    ours, theirs = a_review(), a_review(place=world.midmarch)
    move()
    revert(actor=world.anyshire.actors[Role.BUSINESS_MANAGER])
    assert (stands(ours)[0], stands(theirs)[0]) == (RAPID.version, NEXT)
    with reading(database) as session:
        assert session.scalars(sa.select(VersionMigration.reverted_at)).one() is None
    revert()
    assert stands(theirs)[0] == RAPID.version


def test_the_operator_moves_one_partnership_or_all(world, known, a_review, move, stands):
    known(another())
    ours, theirs = a_review(), a_review(place=world.midmarch)
    move(MigrationTarget("rapid_review", NEXT, "midmarch"))
    assert (stands(ours)[0], stands(theirs)[0]) == (RAPID.version, NEXT)
    move()
    assert stands(ours)[0] == NEXT


def test_a_version_of_one_partnership_takes_no_case_of_another(world, known, a_review, move):
    known(another(), world.anyshire.partnership)
    a_review(reference="RR-1")
    a_review(place=world.midmarch, reference="RR-2")
    with pytest.raises(Refused, match="no version"):
        move(actor=world.midmarch.actors[Role.BUSINESS_MANAGER])
    done = move()
    assert [each.reference for each in done.can] == ["RR-1"]
    assert [(each.reference, each.reasons) for each in done.cannot] == [
        ("RR-2", [f"Version {NEXT} was added for another partnership alone."])
    ]


@pytest.mark.parametrize("role", [Role.SUBGROUP_CHAIR, Role.AGENCY_LEAD, Role.CDOP_MANAGER, Role.SCRUTINY_MEMBER])
def test_others_move_no_rapid_review(world, known, a_review, move, database, role):
    known(another())
    a_review()
    with nothing_changes(database), pytest.raises(NotAllowed):
        move(actor=world.anyshire.actors[role])


def test_child_deaths_are_for_their_own_manager(database, world, known, move, stands):
    cdop = BUILT_IN.newest_of("cdop_case")
    target = MigrationTarget("cdop_case", cdop.version + 1)
    known(another(cdop, target.version))
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "cdop_case")
    with nothing_changes(database), pytest.raises(NotAllowed):
        move(target, actor=world.anyshire.actors[Role.BUSINESS_MANAGER])
    done = move(target, actor=world.anyshire.actors[Role.CDOP_MANAGER])
    assert (len(done.can), stands(case)[0]) == (1, target.version)


def test_small_cases_move_as_a_kind_of_their_own_in_the_realm_they_live_in(world, known, a_review, plan, move, stands):
    request = BUILT_IN.newest_of("information_request")
    target = MigrationTarget("information_request", request.version + 1)
    known(renamed(another(request, target.version), "sent", "asked"))
    case = a_review(*GATHERING)
    assert plan(target, world.anyshire.actors[Role.CDOP_MANAGER]).can == []
    (small,) = move(target, actor=world.anyshire.actors[Role.BUSINESS_MANAGER]).can
    assert small.reference == f"{case.reference}.I1"
    assert stands(small.snapshot.case)[:2] == (target.version, {"request": "asked"})
    assert stands(case)[0] == RAPID.version


def test_of_two_moves_at_once_only_one_moves(database, known, a_review):
    known(another())
    cases = [a_review(*NOTIFIED) for _ in range(5)]
    together, found = Barrier(2), []

    def one():
        together.wait()
        with unit_of_work(database, BUILDER, a_clock()) as unit:
            found.append(len(migrate_cases(unit, TO, reason=WHY).can))

    threads = [Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [0, 5]
    assert all(len(told(database, case)) == 1 for case in cases)


def test_a_move_that_is_killed_in_the_middle_has_moved_nothing(database, known, a_review):
    known(with_clocks(renamed(another(), "notified", "told"), LOOK))
    a_review(*NOTIFIED)
    a_review(*NOTIFIED)
    with nothing_changes(database), pytest.raises(KeyboardInterrupt):
        _killed(database)


def test_a_move_asks_no_more_of_the_database_for_many_cases(database, known, a_review, plan):
    known(with_clocks(another(), LOOK))

    def asked():
        with statements(database) as found:
            plan()
        return len(found)

    a_review(*NOTIFIED)
    one = asked()
    for _ in range(12):
        a_review(*NOTIFIED)
    assert asked() == one < 20


def test_a_move_changes_nothing_but_the_cases_it_names(database, known, a_review, move):
    known(with_period(another(), "meeting", 10))
    a_review(*NOTIFIED)
    with changes_of(database) as changes:
        move()
    assert changes.added == {"version_moves": 1, "events": 1}
    assert changes.changed == {"cases": {"workflow_version", "version"}, "case_clocks": {"due_on"}}


def _killed(database):
    with unit_of_work(database, BUILDER, a_clock()) as unit:
        migrate_cases(unit, TO, reason=WHY)
        raise KeyboardInterrupt


def _on_hold(database, place, stage):
    with database.begin() as session:
        case = a_case(session, place.partnership, "lcspr")
        track = case.tracks[0]
        track.stage, track.held_at = "on_hold", stage
        return case


def _held(database, case):
    with reading(database) as session:
        row = session.scalars(sa.select(CaseTrack).where(CaseTrack.case_id == case.id).order_by(CaseTrack.id)).first()
        return row.stage, row.held_at


def _rows(database, case):
    """Give every clock and track of a case, column by column."""
    with reading(database) as session:
        return {
            (table.__tablename__, row.id): tuple(getattr(row, column.name) for column in table.__table__.columns)
            for table in (CaseClock, CaseTrack)
            for row in session.scalars(sa.select(table).where(table.case_id == case.id))
        }
