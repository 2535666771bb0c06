"""The actions of a plan, the page of one action, and the list of a person's own actions."""

from datetime import timedelta

import pytest

from reviews.actions.steps import extend_action, record_progress
from reviews.people.accounts import add_person
from tests.builders import TODAY, a_case, a_recommendation, a_unit, an_action
from tests.web.visitor import statements
from workflows.core.vocabulary import Role

MANAGER, OWNER = "manager@anyshire.example", "owner@anyshire.example"


def in_days(days):
    return TODAY + timedelta(days=days)


def a_plan(doors, world, **more):
    """A review with an agency, which every action of these tests belongs to."""
    with doors.database.begin() as session:
        place = world.anyshire
        known = {"reference": "RR-2026-03", "title": "Babies who go home early"}
        return a_case(session, place.partnership, agencies=(place.agencies["Council"],), **{**known, **more})


def put(doors, case, **more):
    """Add an action and give its address."""
    with doors.database.begin() as session:
        return an_action(session, case, **more).address


def owned(world):
    return {"owner": world.anyshire.people[Role.ACTION_OWNER], "agency": world.anyshire.agencies["Council"]}


def four_actions(doors, world):
    case, place = a_plan(doors, world), world.anyshire
    put(doors, case, due_on=in_days(-3), text="Late one", **owned(world))
    put(doors, case, due_on=in_days(5), text="Soon one", agency=place.agencies["Police"], owner_text="All GPs")
    put(doors, case, due_on=None, text="Undated one", due_text="End of term")
    put(doors, case, due_on=in_days(-40), text="Submitted one", stage="submitted", **owned(world))
    return case


def test_the_plan_shows_what_matters_of_each_action(doors, world):
    four_actions(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/actions") == 200
    assert "All actions: 4" in visitor.said
    assert "17 November 2026 3 days late" in visitor.said
    assert "All GPs (not yet a person)" in visitor.said
    assert "“End of term”" in visitor.said


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ("group=outstanding", "Outstanding actions: 4"),
        ("group=overdue", "Overdue actions: 2"),
        ("group=due_soon", "Actions due in the next 30 days: 1"),
        ("group=awaiting_sign_off", "Actions awaiting sign-off: 1"),
        ("group=no_owner", "Actions without an owner: 2"),
        ("group=no_date", "Actions without a date: 1"),
        ("owner=none&age=1-30", "Actions without an owner, 1 to 30 days late: 0"),
        ("age=1-30", "Actions, 1 to 30 days late: 1"),
        ("age=31-90", "Actions, 31 to 90 days late: 1"),
        ("rating=Red", "Actions, rated red: 2"),
        ("agency=none", "Actions of no agency: 1"),
        ("source=rapid_review", "Actions, source: Rapid review: 4"),
        ("source=lcspr", "Actions, source: Local child safeguarding practice review: 0"),
        ("case=RR-2026-03", "Actions, from RR-2026-03: 4"),
        ("q=late+one", "Actions, with the words “late one”: 1"),
        ("q=100%25", "Actions, with the words “100%”: 0"),
        ("group=overdue&as-of=2026-11-17", "Overdue actions: 1"),
        ("group=overdue&as-of=0001-01-01", "Overdue actions: 2"),
        ("group=x&age=x&rating=x&agency=x&owner=x&source=x&sort=x&page=x&as-of=x&partnership=x", "All actions: 4"),
        ("page=99999999999999999999&agency=99999999999999999999", "All actions: 4"),
        ("page=7", "All actions: 4"),
        ("agency=999999999", "Actions: 0"),
    ],
)
def test_the_address_narrows_the_plan_and_the_heading_says_how(doors, world, words, heading):
    four_actions(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/actions?{words}") == 200
    assert heading in visitor.said


def test_the_heading_names_the_agency(doors, world):
    four_actions(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/actions?group=overdue&agency={world.anyshire.agencies['Council'].id}")
    assert "Overdue actions of Anyshire Council: 2" in visitor.said


@pytest.mark.parametrize("sort", ["due", "reference", "agency", "owner"])
def test_the_plan_is_sorted_both_ways(doors, world, sort):
    case = four_actions(doors, world)
    put(doors, case, due_on=in_days(400), owner=world.anyshire.people[Role.AGENCY_LEAD])
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/actions?sort={sort}")
    upward = [link for link in visitor.links if link.startswith("/actions/RR")]
    visitor.open(f"/actions?sort=-{sort}")
    downward = [link for link in visitor.links if link.startswith("/actions/RR")]
    assert sorted(upward) == sorted(downward)
    assert upward != downward


def test_a_moved_date_shows_the_first_one_and_how_often(doors, world):
    address = put(doors, a_plan(doors, world), due_on=in_days(5))
    with doors.database.begin() as session:
        unit = a_unit(session)
        extend_action(
            unit, unit.action(address), new_due_on=in_days(20), reason="The ward is closed.", happened_on=TODAY
        )
    visitor = doors.visitor(MANAGER)
    visitor.open("/actions")
    assert "10 December 2026 first 25 November 2026, moved once" in visitor.said
    visitor.open(f"/actions/{address}")
    assert "Amber: extended once" in visitor.said
    assert "From 25 November 2026 to 10 December 2026" in visitor.said
    assert "The ward is closed." in visitor.said


def test_the_plan_asks_the_database_no_more_for_many_rows(doors, world):
    case = a_plan(doors, world)
    put(doors, case)
    visitor = doors.visitor(MANAGER)
    with statements(doors.database) as for_one:
        visitor.open("/actions")
    with doors.database.begin() as session:
        for _ in range(59):
            an_action(session, case, **owned(world))
    with statements(doors.database) as for_many:
        visitor.open("/actions")
    assert "Showing 1 to 50 of 60" in visitor.said
    assert len(for_many) == len(for_one)


def test_an_empty_plan_says_so(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/actions") == 200
    assert "There are no actions yet that you may see." in visitor.said


def test_another_partnerships_actions_do_not_exist(doors, world):
    address = put(doors, a_plan(doors, world), **owned(world))
    stranger = doors.visitor("manager@midmarch.example")
    stranger.open("/actions")
    assert "There are no actions yet that you may see." in stranger.said
    assert stranger.open(f"/actions/{address}") == 404
    assert stranger.open(f"/actions/{address}/progress") == 404


def test_my_actions_come_by_what_presses_most(doors, world):
    case = four_actions(doors, world)
    put(doors, case, due_on=in_days(90), text="Far one", **owned(world))
    put(doors, case, due_on=in_days(2), text="Near one", **owned(world))
    put(doors, case, due_on=in_days(-60), text="Done one", stage="closed_complete", **owned(world))
    visitor = doors.visitor(OWNER)
    assert visitor.open("/actions/mine") == 200
    said = visitor.said
    places = [said.index(words) for words in ("Late one", "Near one", "Far one", "Submitted one")]
    assert places == sorted(places)
    assert "You have 4 actions that are not finished." in said
    assert "This is late. Report today what has been done" in said
    assert "You have nothing to do for now. You submitted it" in said
    assert "Done one" not in said
    assert "Soon one" not in said


def test_nothing_on_the_desk_is_said(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/actions/mine") == 200
    assert "You have no actions to do." in visitor.said


def test_an_action_shows_its_steps_progress_evidence_and_history(doors, world):
    case = a_plan(doors, world)
    with doors.database.begin() as session:
        asked = a_recommendation(session, case, "Plan each discharge together.")
        action = an_action(session, case, recommendation=asked, evidence="Minutes of May", **owned(world))
        for text, days in (("Older report", -9), ("Newer report", -2)):
            record_progress(a_unit(session), action, text=text, happened_on=in_days(days))
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/actions/{action.address}") == 200
    said = visitor.said
    assert "Amber: due within 14 days" in said
    assert "Plan each discharge together." in said
    assert "Minutes of May" in said
    assert said.index("Newer report") < said.index("Older report")
    assert "11 November 2026, recorded 20 November 2026 at 8:00am by builder" in said
    assert f"/actions/{action.address}/progress" in visitor.links
    assert "Give more time: safeguarding partner, subgroup chair" in said


def test_a_step_held_back_says_why_and_what_is_missing(doors, world):
    person, agency = world.anyshire.people[Role.SUBGROUP_CHAIR], world.anyshire.agencies["Council"]
    plan = a_plan(doors, world)
    address = put(doors, plan, stage="submitted", owner=person, agency=agency)
    visitor = doors.visitor("chair@anyshire.example")
    visitor.open(f"/actions/{address}")
    assert "“Accept and close” is for somebody else to record. It is not open to: the owner" in visitor.said
    other = put(doors, plan, stage="submitted", agency=agency)
    visitor.open(f"/actions/{other}")
    assert "Accept and close: The action needs at least one piece of evidence." in visitor.said
    assert "Missing: at least one piece of evidence." in visitor.said


def test_the_owner_sees_the_action_and_of_its_case_the_kind_alone(doors, world):
    case = a_plan(doors, world)
    with doors.database.begin() as session:
        asked = a_recommendation(session, case, "Plan each discharge together.")
        address = an_action(session, case, recommendation=asked, **owned(world)).address
    visitor = doors.visitor(OWNER)
    assert visitor.open(f"/actions/{address}") == 200
    assert "Comes from Rapid review" in visitor.said
    assert "Babies who go home early" not in visitor.said
    assert "Plan each discharge together." not in visitor.said
    visitor.open("/actions")
    assert not [link for link in visitor.links if link.startswith("/cases/")]


def test_scrutiny_reads_text_and_standing_of_published_reviews_alone(doors, world):
    case = a_plan(doors, world, workflow="lcspr", reference="LC-2025-01")
    with doors.database.begin() as session:
        action = an_action(session, case, evidence="Minutes of May", text="Teach it", **owned(world))
        record_progress(a_unit(session), action, text="Half of the staff", happened_on=TODAY)
    visitor = doors.visitor("scrutiny@anyshire.example")
    assert visitor.open(f"/actions/{action.address}") == 404
    publish(doors, case)
    assert visitor.open(f"/actions/{action.address}") == 200
    assert "Teach it" in visitor.said
    assert "In progress" in visitor.said
    hidden = ("Minutes of May", "Half of the staff", "History", world.anyshire.people[Role.ACTION_OWNER].name)
    assert [words for words in hidden if words in visitor.said] == []
    visitor.open("/actions")
    assert world.anyshire.people[Role.ACTION_OWNER].name not in visitor.said


def publish(doors, case):
    with doors.database.begin() as session:
        found = a_unit(session).case(case.reference)
        next(track for track in found.tracks if track.name == "publication").stage = "published"


def test_a_child_death_action_is_seen_by_its_own_people_and_its_owner(doors, world):
    case = a_plan(doors, world, workflow="cdop_case", reference="CD-2026-07", title="")
    address = put(doors, case, **owned(world))
    codes = {word: doors.visitor(f"{word}@anyshire.example").open(f"/actions/{address}") for word in ROLES}
    assert codes == {"cdop": 200, "owner": 200, "manager": 404, "chair": 404, "agency-lead": 404, "partner": 404}


ROLES = ("cdop", "owner", "manager", "chair", "agency-lead", "partner")


def test_somebody_in_two_partnerships_is_led_to_the_right_one(doors, world):
    with doors.database.begin() as session:
        add_person(
            a_unit(session),
            world.midmarch.partnership,
            email=MANAGER,
            name="",
            job_title="Business manager",
            agency=world.midmarch.agencies["Council"],
            role=Role.BUSINESS_MANAGER,
        )
        for place in (world.anyshire, world.midmarch):
            case = a_case(session, place.partnership, reference="RR-2026-03")
            an_action(session, case, text=f"Action of {place.partnership.name}")
    visitor = doors.visitor(MANAGER)
    visitor.open("/actions")
    assert "All actions: 2" in visitor.said
    assert "/actions/RR-2026-03.A1?partnership=MIDMARCH" in visitor.links
    visitor.open("/actions/RR-2026-03.A1?partnership=MIDMARCH")
    assert "Action of Midmarch" in visitor.said
    visitor.open("/actions?partnership=MIDMARCH")
    assert "All actions: 1" in visitor.said


def test_a_long_text_stands_whole_on_its_page_and_short_in_the_list(doors, world):
    address = put(doors, a_plan(doors, world), text="Teach " * 400 + "everybody <b>now</b>")
    visitor = doors.visitor(MANAGER)
    visitor.open("/actions")
    assert "everybody" not in visitor.said
    assert "…" in visitor.said
    visitor.open(f"/actions/{address}")
    assert "&lt;b&gt;now&lt;/b&gt;" in visitor.html


def test_the_many_reports_of_an_action_cost_no_more_to_read(doors, world):
    address = put(doors, a_plan(doors, world), **owned(world))
    visitor = doors.visitor(MANAGER)
    with statements(doors.database) as for_few:
        visitor.open(f"/actions/{address}")
    with doors.database.begin() as session:
        action = a_unit(session).action(address)
        for days in range(60):
            record_progress(a_unit(session), action, text=f"Report {days}", happened_on=in_days(-days))
    with statements(doors.database) as for_many:
        visitor.open(f"/actions/{address}")
    assert len(for_many) == len(for_few)
    assert "Report 59" in visitor.said


def test_an_action_says_which_reminder_comes_next_or_why_none_does(doors, world):
    case = a_plan(doors, world)
    late = put(doors, case, due_on=in_days(-3), **owned(world))
    undated = put(doors, case, due_on=None, **owned(world))
    visitor = doors.visitor("manager@anyshire.example")
    visitor.open(f"/actions/{late}")
    day = in_days(11)
    expected = f"Next: 14 days after the date, to the owner, agency lead and business manager, on {day.day} {day:%B %Y}"
    assert expected in visitor.said
    visitor.open(f"/actions/{undated}")
    assert "Reminders None: it has no due date, so its owner is asked for one once a month." in visitor.said
