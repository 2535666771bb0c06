"""Managers see what another version would change, move the cases with a button, and take the move back."""

import re
from datetime import timedelta

import pytest

from reviews.models import Case, VersionMigration
from tests.builders import TO_THE_PANEL, TODAY, a_case, take
from tests.changes import nothing_changes
from tests.versions import LOOK, NEXT, RAPID, add_version, another, renamed, with_clocks, with_period, with_track
from tests.web.visitor import rows, statements
from workflows.catalogue import BUILT_IN

MANAGER = "manager@anyshire.example"
HERE = "/workflows/rapid_review/versions"
PLAN = f"{HERE}?to={NEXT}"
BACK = f"{HERE}/{NEXT}/take-back"
GATHERING = TO_THE_PANEL[:4]
WHY = "The subgroup agreed the new rules."


@pytest.fixture
def known(doors):
    """A version with a stage called otherwise, a shorter period, a new deadline and one that is gone."""
    found = with_clocks(with_period(renamed(another(), "gathering", "collecting"), "meeting", 10), LOOK)
    with doors.database.begin() as session:
        return add_version(session, with_clocks(found, without=("letters",)))


@pytest.fixture
def reviews(doors, world):
    """Open rapid reviews and take each on."""

    def act(count, *steps, place=world.anyshire):
        with doors.database.begin() as session:
            found = [a_case(session, place.partnership, opened_on=TODAY - timedelta(days=3)) for _ in range(count)]
            for case in found:
                take(session, case, *steps, on=TODAY)
            return [case.reference for case in found]

    return act


def moved(visitor):
    """Press the button below the plan."""
    assert visitor.open(PLAN) == 200
    return visitor.send(PLAN, form_id=visitor.hidden("form_id"), plan=visitor.hidden("plan"), reason=WHY)


def at(doors, version):
    return rows(doors.database, Case, Case.workflow == "rapid_review", Case.workflow_version == version)


def test_the_versions_stand_with_their_days_and_running_cases(doors, known, reviews):
    reviews(2)
    visitor = doors.visitor(MANAGER)
    visitor.open("/workflows/rapid_review")
    assert HERE in visitor.links
    assert visitor.open(HERE) == 200
    assert f"Version {NEXT} 1 December 2026 not in force yet 0 See what would change" in visitor.said
    assert f"Version {RAPID.version} 1 November 2026 In force 2 No case to move" in visitor.said
    assert "No case has been moved yet." in visitor.said


def test_the_plan_says_what_would_change_and_writes_nothing(doors, known, reviews):
    (reference,) = reviews(1, *GATHERING)
    visitor = doors.visitor(MANAGER)
    with nothing_changes(doors.database):
        assert visitor.open(PLAN) == 200
    assert "1 case can move, 0 cases cannot." in visitor.said
    assert f"{reference} Version {RAPID.version} Gathering → Collecting" in visitor.said
    assert "Rapid review meeting: 8 December 2026 → 4 December 2026" in visitor.said
    assert "First look: starts, due 2 December 2026" in visitor.said
    assert "1 clock keeps its date" in visitor.said


def test_a_button_moves_them_and_the_history_says_why(doors, known, reviews):
    (reference,) = reviews(1, *GATHERING)
    visitor = doors.visitor(MANAGER)
    assert (moved(visitor), visitor.location, at(doors, NEXT)) == (303, HERE, 1)
    visitor.follow()
    assert f"Version {NEXT} 1 {WHY} Business manager" in visitor.said

    for page in ("", "/history", "/clocks"):
        assert visitor.open(f"/cases/{reference}{page}") == 200
    assert visitor.open(f"/cases/{reference}/history") == 200
    assert f"Moved from version {RAPID.version} of the rules to version {NEXT}" in visitor.said
    assert f"Why: {WHY}" in visitor.said
    assert "Rapid review: Gathering → Collecting" in visitor.said
    assert "Rapid review meeting: was 8 December 2026, now 4 December 2026, because" in visitor.said


def test_a_case_is_read_and_goes_on_when_its_version_has_other_tracks_and_no_such_steps(doors, reviews):
    parts = BUILT_IN.version("lcspr", 1).track("action_plan")
    found = with_track(renamed(another(), "open_gathering", "begin_gathering"), parts)
    with doors.database.begin() as session:
        add_version(session, renamed(found, "gathering", "collecting"))
    (reference,) = reviews(1, *GATHERING)
    visitor = doors.visitor(MANAGER)
    moved(visitor)
    for page in ("", "/history", "/clocks"):
        assert visitor.open(f"/cases/{reference}{page}") == 200, page
    assert visitor.open(f"/workflows/rapid_review?case={reference}") == 200
    assert visitor.open("/cases") == 200
    assert visitor.open("/summary") == 200


def test_pressing_twice_moves_once(doors, known, reviews):
    reviews(1)
    visitor = doors.visitor(MANAGER)
    visitor.open(PLAN)
    typed = {"form_id": visitor.hidden("form_id"), "plan": visitor.hidden("plan"), "reason": WHY}
    assert [visitor.send(PLAN, **typed) for _ in range(2)] == [303, 303]
    assert rows(doors.database, VersionMigration) == 1


def test_what_is_moved_is_what_was_shown(doors, known, reviews):
    (reference,) = reviews(1, *GATHERING[:3])
    visitor = doors.visitor(MANAGER)
    visitor.open(PLAN)
    typed = {"form_id": visitor.hidden("form_id"), "plan": visitor.hidden("plan"), "reason": WHY}
    reviews(1)
    with nothing_changes(doors.database):
        assert visitor.send(PLAN, **typed) == 409
    assert "The plan has changed since you opened this page" in visitor.said
    assert "2 cases can move" in visitor.said
    assert WHY in visitor.html
    again = {**typed, "plan": visitor.hidden("plan")}
    assert (visitor.send(PLAN, **again), at(doors, NEXT)) == (303, 2)
    assert reference


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_needed_and_what_was_typed_comes_back(doors, known, reviews, reason):
    reviews(1)
    visitor = doors.visitor(MANAGER)
    visitor.open(PLAN)
    with nothing_changes(doors.database):
        assert visitor.send(PLAN, form_id="1", plan=visitor.hidden("plan"), reason=reason) == 422
    assert reason in visitor.html


def test_a_move_is_taken_back(doors, known, reviews):
    first, second = reviews(2, *GATHERING)
    visitor = doors.visitor(MANAGER)
    moved(visitor)
    with doors.database.begin() as session:
        case = session.query(Case).filter_by(reference=second).one()
        take(session, case, "transfer")
    visitor.open(HERE)
    assert BACK in visitor.links
    assert visitor.open(BACK) == 200
    assert "1 case can go back" in visitor.said
    assert f"{second} “Hand over to another area” of 20 November 2026 was recorded since." in visitor.said
    sent = visitor.send(BACK, form_id=visitor.hidden("form_id"), version=visitor.hidden("version"))
    assert (sent, visitor.location, at(doors, RAPID.version)) == (303, HERE, 1)
    visitor.follow()
    assert "1 went back" in visitor.said
    visitor.open(f"/cases/{first}/history")
    assert f"Taken back from version {NEXT} of the rules to version {RAPID.version}" in visitor.said


def test_only_the_move_that_was_shown_is_taken_back(doors, known, reviews):
    reviews(1)
    visitor = doors.visitor(MANAGER)
    moved(visitor)
    with nothing_changes(doors.database):
        assert visitor.send(BACK, form_id="1", version="999") == 409
    assert visitor.send(BACK, form_id="1", version=visitor.hidden("version")) == 303


def test_with_nothing_to_take_back_the_page_says_so(doors, known):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(BACK) == 200
    assert "no move to version" in visitor.said
    assert visitor.send(BACK, form_id="1", version="1") == 422


def test_nobody_sees_or_moves_the_cases_of_another_partnership(doors, world, known, reviews):
    (ours,), (theirs,) = reviews(1), reviews(1, place=world.midmarch)
    visitor = doors.visitor(MANAGER)
    visitor.open(PLAN)
    assert "1 case can move" in visitor.said
    moved(visitor)
    other = doors.visitor("manager@midmarch.example")
    other.open(HERE)
    assert "No case has been moved yet." in other.said
    other.open(PLAN)
    assert "1 case can move" in other.said
    with nothing_changes(doors.database):
        assert other.send(BACK, form_id="1", version="1") == 422
    assert at(doors, NEXT) == 1
    assert ours == theirs


def test_child_deaths_are_for_their_own_manager(doors, world):
    cdop = BUILT_IN.newest_of("cdop_case")
    with doors.database.begin() as session:
        add_version(session, another(cdop, cdop.version + 1))
        a_case(session, world.anyshire.partnership, "cdop_case")
    page = f"/workflows/cdop_case/versions?to={cdop.version + 1}"
    manager, cdop_manager = doors.visitor(MANAGER), doors.visitor("cdop@anyshire.example")
    assert (manager.open(page), cdop_manager.open(page)) == (403, 200)
    assert "1 case can move" in cdop_manager.said
    assert manager.send(page, form_id="1", plan=cdop_manager.hidden("plan"), reason=WHY) == 403
    assert cdop_manager.open(PLAN) == 403


@pytest.mark.parametrize("who", ["chair", "owner", "member", "scrutiny"])
def test_others_do_not_open_the_page(doors, who):
    visitor = doors.visitor(f"{who}@anyshire.example")
    assert visitor.open(HERE) == 403
    visitor.open("/workflows/rapid_review")
    assert HERE not in visitor.links


def test_an_unknown_kind_or_version_is_not_there(doors, known):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/workflows/nil/versions") == 404
    assert visitor.open(f"{HERE}/99/take-back") == 404
    assert visitor.open(f"{HERE}?to=99") == 200
    assert "What a move" not in visitor.said


def test_hundreds_of_cases_are_paged_and_ask_no_more_of_the_database(doors, known, reviews):
    visitor = doors.visitor(MANAGER)

    def asked():
        with statements(doors.database) as found:
            assert visitor.open(PLAN) == 200
        return len(found)

    reviews(1, *GATHERING[:3])
    one = asked()
    reviews(59, *GATHERING[:3])
    assert asked() == one
    assert "60 cases can move" in visitor.said
    assert len(re.findall(r"/cases/RR-", visitor.html)) == 50
    visitor.open(f"{PLAN}&page=2")
    assert len(re.findall(r"/cases/RR-", visitor.html)) == 10


def test_lists_show_cases_of_a_version_whose_tracks_the_newest_has_no_more(doors, world):
    lcspr = BUILT_IN.newest_of("lcspr")
    tracks = tuple(track for track in lcspr.tracks if track.name != "publication")
    steps = {step.name for track in tracks for step in track.steps}
    deadlines = tuple(one for one in lcspr.deadlines if steps.issuperset((*one.met_by, *one.ended_by)))
    with doors.database.begin() as session:
        add_version(session, another(lcspr, lcspr.version + 1, tracks=tracks, deadlines=deadlines))
        case = a_case(session, world.anyshire.partnership, "lcspr")
    visitor = doors.visitor(MANAGER)
    pages = ("/cases", "/cases?workflow=lcspr", "/summary", f"/cases/{case.reference}", "/workflows/lcspr")
    assert {page: visitor.open(page) for page in pages} == dict.fromkeys(pages, 200)
