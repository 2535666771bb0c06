"""Requests and parallel processes over all cases: late first, narrowed by the address, and on the home of a lead."""

import pytest

from tests.builders import a_case, a_person, a_process, small_cases, take
from tests.web.cases.casework import NOTIFIED, a_day
from tests.web.visitor import statements
from workflows.core.vocabulary import Role

MANAGER = "manager@anyshire.example"
ASKED = ("Anyshire Police", "Anyshire Hospitals", "Anyshire Council")


def a_review(doors, world, number=60, due=5):
    """A rapid review whose agencies were to answer so many days ago."""
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=a_day(20), reference=f"RR-2026-{number}")
        take(session, case, *NOTIFIED, on=a_day(20))
        take(session, case, "open_gathering", on=a_day(19), agencies_asked=ASKED, returns_due_on=a_day(due))
    return case


def a_child_death(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "cdop_case", opened_on=a_day(40), reference="CD-2026-60")
        take(session, case, "triage", on=a_day(40))
        take(session, case, "request_reports", on=a_day(30), agencies_asked=ASKED, returns_due_on=a_day(9))


def the_lead(doors, world, word="Police"):
    with doors.database.begin() as session:
        place = world.anyshire
        return a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies[word]).email


def test_requests_of_all_cases_are_listed_late_longest_first(doors, world):
    a_review(doors, world, 60, due=-5)
    a_review(doors, world, 61, due=12)
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases")
    assert "/cases/requests" in visitor.links

    assert visitor.open("/cases/requests") == 200

    assert "6 requests. 3 open and late" in visitor.said
    assert visitor.said.index("RR-2026-61.I1") < visitor.said.index("RR-2026-60.I1")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("clock=late", True),
        ("clock=near", False),
        ("standing=closed", False),
        ("standing=all", True),
        ("q=hospitals", False),
        ("q=Police", True),
        ("q=50%25", False),
        ("sort=-agency", True),
        ("standing=x&clock=y&sort=z&agency=w&page=-1&partnership=NOWHERE", True),
        ("agency=999999999", False),
    ],
)
def test_the_address_narrows_the_list(doors, world, words, shown):
    a_review(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/cases/requests?{words}") == 200
    assert ("RR-2026-60.I1" in visitor.said) is shown


def test_one_agency_can_be_chosen(doors, world):
    a_review(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/requests?agency={world.anyshire.agencies['Police'].id}")
    assert "1 request" in visitor.said


def test_parallel_processes_have_a_list_of_their_own(doors, world):
    a_review(doors, world)
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "lcspr", reference="LCSPR-2026-60")
        a_process(session, case, contact_role="Officer in the case", contact_body="Anyshire Police")
    visitor = doors.visitor(MANAGER)

    assert visitor.open("/cases/processes") == 200

    assert "1 process" in visitor.said
    assert "LCSPR-2026-60.P1" in visitor.said
    assert "RR-2026-60.I1" not in visitor.said


def test_a_lead_sees_what_the_own_agency_owes_in_either_realm_on_the_home_page(doors, world):
    case = a_review(doors, world)
    a_child_death(doors, world)
    lead = doors.visitor(the_lead(doors, world))
    assert lead.open("/") == 303
    assert lead.follow() == 200

    assert "Asked of your agency: 2, 2 late" in lead.said
    assert lead.said.index("CD-2026-60.I") < lead.said.index("RR-2026-60.I")
    lead.open("/actions/mine")
    assert "Asked of your agency: 2, 2 late" in lead.said
    assert "You have no actions of your own to do." in lead.said
    lead.open("/cases/requests")
    assert "2 requests. 2 open and late" in lead.said
    assert "Anyshire Hospitals" not in lead.said.partition("2 requests")[2]

    with doors.database.begin() as session:
        asked = [each for each in small_cases(session, case) if each.title == "Anyshire Police"]
        take(session, asked[0], "receive", on=a_day(0))
    lead.open("/actions/mine")
    assert "Asked of your agency: 1, 1 late" in lead.said


def test_nobody_else_is_told_that_they_owe_something_or_of_the_other_realm(doors, world):
    a_child_death(doors, world)
    for email in (MANAGER, "owner@anyshire.example"):
        visitor = doors.visitor(email)
        visitor.open("/actions/mine")
        assert "Asked of your agency" not in visitor.said
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/requests?standing=all")
    assert "CD-2026-60" not in visitor.html


def test_the_list_asks_the_database_as_often_for_twelve_requests_as_for_three(doors, world, database):
    visitor = doors.visitor(MANAGER)
    counts = []
    for numbers in ((60,), (61, 62, 63)):
        for number in numbers:
            a_review(doors, world, number)
        with statements(database) as asked:
            visitor.open("/cases/requests")
        counts.append(len(asked))
    assert counts[0] == counts[1]
