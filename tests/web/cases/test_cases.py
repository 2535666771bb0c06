"""Each person sees the cases they may see, with their stages and clocks."""

from datetime import date

import pytest

from tests.builders import TO_THE_PANEL, a_case, a_person, a_recommendation, an_action, take
from tests.web.cases.casework import NOTIFIED, a_day, a_gathering, a_practice_review, some_cases
from tests.web.visitor import statements, typed
from workflows.core.vocabulary import Role

MANAGER, CDOP = "manager@anyshire.example", "cdop@anyshire.example"
PARTNER = "partner@anyshire.example"


def test_another_partnerships_case_does_not_exist(doors, world):
    with doors.database.begin() as session:
        a_case(session, world.midmarch.partnership, reference="RR-2026-77", title="Midmarch matter")
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases?standing=all")
    assert "RR-2026-77" not in visitor.html
    assert "Midmarch" not in visitor.html
    for page in ("", "/clocks", "/history", "/steps/convene_discussion", "/recommendations/new"):
        assert visitor.open(f"/cases/RR-2026-77{page}") == 404
        assert visitor.open(f"/cases/RR-2026-77{page}?partnership=MIDMARCH") == 404


def test_child_deaths_are_seen_by_their_own_people_only(doors, world):
    (reference,) = some_cases(doors, world, 1, workflow="cdop_case")
    for email, code in ((CDOP, 200), ("cdop-member@anyshire.example", 200), (MANAGER, 404)):
        assert doors.visitor(email).open(f"/cases/{reference}") == code


def test_a_member_sees_the_cases_of_their_agency(doors, world):
    council = world.anyshire.agencies["Council"]
    (involved,) = some_cases(doors, world, 1, agencies=(council,))
    (other,) = some_cases(doors, world, 1)
    visitor = doors.visitor("member@anyshire.example")
    visitor.open("/cases")
    assert (involved in visitor.said, other in visitor.said) == (True, False)
    assert visitor.open(f"/cases/{other}") == 404


@pytest.mark.parametrize("page", ["/cases", "/cases/RR-2026-01", "/cases/new"])
def test_an_action_owner_is_told_that_cases_are_not_theirs(doors, page):
    visitor = doors.visitor("owner@anyshire.example")
    assert visitor.open(page) == 403
    assert "Your role cannot open this page." in visitor.said


def test_nobody_gets_in_without_signing_in(doors):
    visitor = doors.visitor()
    assert visitor.open("/cases/RR-2026-01") == 303
    assert visitor.location.endswith("/sign-in?next=/cases/RR-2026-01")


def test_pseudonyms_are_shown_to_those_who_may_see_them(doors, world):
    council = world.anyshire.agencies["Council"]
    (reference,) = some_cases(doors, world, 1, pseudonyms=("Child Q",), agencies=(council,))
    for email, shown in ((MANAGER, True), ("agency-lead@anyshire.example", False)):
        visitor = doors.visitor(email)
        assert visitor.open(f"/cases/{reference}") == 200
        assert ("Child Q" in visitor.html) is shown


def test_a_review_and_what_it_led_to_name_each_other(doors, world):
    rapid, practice = a_practice_review(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{rapid}")
    assert f"Led to {practice} (local child safeguarding practice review)" in visitor.said
    visitor.open(f"/cases/{practice}")
    assert f"Came from {rapid} (rapid review)" in visitor.said
    assert "Publication Not ready since" in visitor.said


def test_a_review_and_what_it_was_taken_into_name_each_other(doors, world):
    rapid = "RR-2026-77"
    with doors.database.begin() as session:
        joint = a_case(session, world.anyshire.partnership, "thematic_review", opened_on=a_day(9)).reference
        case = a_case(session, world.anyshire.partnership, opened_on=a_day(60), reference=rapid)
        take(session, case, *TO_THE_PANEL, "panel_response", on=a_day(20))
    visitor = doors.visitor(PARTNER)
    address = f"/cases/{rapid}/steps/absorb"
    assert visitor.send(address, **typed("rapid_review", "absorb", joined_reference="TR-1999-01")) == 422
    assert "There was no thematic review or local child safeguarding practice review TR-1999-01" in visitor.said
    assert visitor.send(address, **typed("rapid_review", "absorb", joined_reference=joint)) == 303
    visitor.follow()
    assert f"Taken into {joint} (thematic review)" in visitor.said
    visitor.open(f"/cases/{joint}")
    assert f"Took in {rapid} (rapid review)" in visitor.said


def test_a_linked_case_of_another_realm_is_no_more_than_a_link(doors, world):
    with doors.database.begin() as session:
        death = a_case(session, world.anyshire.partnership, "cdop_case").reference
        found = session.merge(world.anyshire.partnership)
        case = a_case(session, found, "cdop_case", reference="CD-2026-90")
        rapid = take(session, case, "refer_abuse").reference
    visitor = doors.visitor(CDOP)
    visitor.open("/cases/CD-2026-90")
    assert "A linked case that is not yours to see" in visitor.said
    assert rapid not in visitor.html
    visitor.open(f"/cases/{death}")
    assert "A linked case" not in visitor.said


def test_the_case_says_which_steps_are_mine_held_back_or_others(doors, world):
    _, practice = a_practice_review(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{practice}")
    assert f"/cases/{practice}/steps/inform_national" in visitor.links
    assert f"/cases/{practice}/steps/nothing_to_publish" not in visitor.links
    assert "Nothing to publish is held back. This is only for a review that was discontinued" in visitor.said
    assert "Commission: safeguarding partner" in visitor.said


def test_the_plan_stands_under_its_recommendations(doors, world):
    _, practice = a_practice_review(doors, world)
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-60")
        first = a_recommendation(session, case, "Share what is known.")
        an_action(session, case, recommendation=first, text="Write to all surgeries.", due_on=a_day(3))
        an_action(session, case, text="Hold a seminar.", due_on=None)
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/RR-2026-60")
    assert "R1 Share what is known. Response: none yet" in visitor.said
    assert "RR-2026-60/R1/A1 Write to all surgeries." in visitor.said
    assert "3 days late" in visitor.said
    assert "Actions without a recommendation" in visitor.said
    assert "/actions/RR-2026-60.R1.A1" in visitor.links
    assert "/actions/new?case=RR-2026-60&recommendation=R1" in visitor.links
    assert visitor.open(f"/cases/{practice}") == 200
    assert "No recommendations or actions yet." in visitor.said


def test_a_case_asks_the_database_as_often_for_sixty_actions_as_for_one(doors, world, database):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-61")
        a_recommendation(session, case)
    visitor, counts = doors.visitor(MANAGER), []
    for more in (1, 59):
        with database.begin() as session:
            found = session.merge(case)
            for _ in range(more):
                an_action(session, found, recommendation=a_recommendation(session, found))
        with statements(database) as asked:
            assert visitor.open("/cases/RR-2026-61") == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_clock_shows_its_working_day_by_day(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=date(2026, 3, 30), reference="RR-2026-62")
        take(session, case, *NOTIFIED, on=date(2026, 3, 30))
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/cases/RR-2026-62/clocks") == 200
    assert "3 April 2026 Good Friday: not counted" in visitor.said
    assert "7 April 2026 Day 4 of 15" in visitor.said
    assert "<s><time" in visitor.html
    assert "Due 22 April 2026" in visitor.said
    assert "How binding National expectation Authority Panel guidance, June 2025" in visitor.said


def test_the_clocks_of_a_review_show_both_dates_and_the_rule_that_holds(doors, world):
    with doors.database.begin() as session:
        day = date(2019, 3, 1)
        case = a_case(session, world.anyshire.partnership, opened_on=day, la_aware_at=day, reference="RR-2019-7")
        take(session, case, *NOTIFIED, on=date(2019, 3, 8))
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/RR-2019-7/clocks")
    assert "Counted from 1 March 2019 (awareness) Period 15 working days Due 22 March 2019" in visitor.said
    assert "By the other rule 29 March 2019, counted from 8 March 2019 (notification)" in visitor.said
    assert "Guidance of the national Panel; Working Together 2018, chapter 4, the edition in force from" in visitor.said
    visitor.open("/cases/RR-2019-7")
    assert "Counted from awareness" in visitor.said


def test_a_clock_that_starts_today_cites_the_book_of_2026(doors, world):
    (reference,) = some_cases(doors, world, 1)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{reference}/clocks")
    assert "Authority Working Together 2026, chapter 5, the edition in force from 18 March 2026" in visitor.said
    assert "verified" not in visitor.said


def test_a_clock_met_late_says_why(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=a_day(60), reference="RR-2026-63")
        take(session, case, *NOTIFIED, on=a_day(60))
        take(session, case, "open_gathering", on=a_day(50))
        case.clocks[1].late_reason = "Two agencies were closed."
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/RR-2026-63/clocks")
    assert "Why it was late Two agencies were closed." in visitor.said
    assert "Late by 7 working days" in visitor.said


def test_the_history_says_what_happened_and_what_was_recorded(doors, world):
    reference = a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/cases/{reference}/history") == 200
    assert "Decide to notify 11 November 2026 Threshold discussion → Notification due" in visitor.said
    assert "What happened to the child: The child was seriously harmed" in visitor.said
    assert "Abuse or neglect is known or suspected: Yes" in visitor.said
    assert "Recorded by builder on 20 November 2026 at 8:00am" in visitor.said
    visitor.open(f"/cases/{reference}")
    assert "The whole history (7)" in visitor.said


def test_whoever_works_in_two_partnerships_is_led_by_the_address(doors, world, database):
    with database.begin() as session:
        for place in (world.anyshire, world.midmarch):
            partnership, agency = session.merge(place.partnership), place.agencies["Council"]
            a_person(session, partnership, Role.BUSINESS_MANAGER, agency, "both@anyshire.example")
            a_case(session, partnership, reference="RR-2026-70", title=f"Of {partnership.code}")
    visitor = doors.visitor("both@anyshire.example")
    visitor.open("/cases")
    assert "/cases/RR-2026-70?partnership=MIDMARCH" in visitor.links
    for code in ("ANYSHIRE", "MIDMARCH"):
        assert visitor.open(f"/cases/RR-2026-70?partnership={code}") == 200
        assert f"Of {code}" in visitor.said
        assert visitor.open(f"/cases?partnership={code}") == 200
        assert "1 case " in visitor.said


@pytest.mark.parametrize("address", ["/cases?q=a%00b", "/cases/%00", "/cases/RR-1?partnership=%00"])
def test_d10_a_nul_in_the_address_is_refused_in_words(doors, address):
    assert doors.visitor(MANAGER).open(address) == 400
