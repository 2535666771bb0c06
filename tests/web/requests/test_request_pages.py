"""The pages of the register of requests."""

import io
from datetime import date

import openpyxl
import pytest
import sqlalchemy as sa

from reviews.models import DisclosureRequest, RequestKind, RequestOutcome
from reviews.requests.commands import RequestDetails, add_request, answer_request
from tests.builders import a_case, a_unit

OFFICER, MANAGER = "privacy@anyshire.example", "manager@anyshire.example"
NEW = {"kind": "subject-access", "council_reference": "CRM-4711", "received_on": "2026-11-02"}
REGISTER = "/registers/requests"


@pytest.fixture
def officer(doors, world):
    return doors.visitor(OFFICER)


def enter(officer, **typed):
    assert officer.send(f"{REGISTER}/new", **{**NEW, **typed}) == 303
    number = int(officer.location.rsplit("/", 1)[1])
    officer.follow()
    return number


def test_a_request_is_entered_stopped_extended_answered_and_reopened(officer):
    number = enter(officer)
    here = f"{REGISTER}/{number}"
    assert "The request is in the register as SAR-2026-01" in officer.said
    assert "2 December 2026 in 12 days" in officer.said
    for page, typed, shown in (
        ("clarification", {"asked_on": "2026-11-10"}, "Stands still since 10 November 2026"),
        ("clarification", {"clarified_on": "2026-11-12"}, "4 December 2026 in 14 days"),
        (
            "extend",
            {"until": "2027-01-29", "notified_on": "2026-11-20", "reason": "Nine volumes."},
            "29 January 2027 in 70 days",
        ),
        (
            "answer",
            {"outcome": "given-in-part", "exemptions": "section 40(2)", "answered_on": "2026-11-20"},
            "Given in part",
        ),
        ("reopen", {"reason": "The regulator asked for more."}, "Open"),
    ):
        assert officer.open(f"{here}/{page}") == 200
        assert officer.send(f"{here}/{page}", **typed) == 303, officer.said
        officer.follow()
        assert shown in officer.said
    assert officer.open(REGISTER) == 200
    assert "SAR-2026-01" in officer.said


def test_a_refusal_stands_at_its_field(officer):
    number = enter(officer)
    late = {"until": "2026-12-30", "notified_on": "2026-10-30", "reason": "More."}
    assert officer.send(f"{REGISTER}/{number}/extend", **late) == 422
    assert "The day you told them must be from 2 November 2026 to today" in officer.said
    assert officer.send(f"{REGISTER}/{number}/answer", outcome="refused", answered_on="2026-11-20") == 409
    assert "Name the exemptions" in officer.said
    assert officer.send(f"{REGISTER}/new", **{**NEW, "cases": "Jane Doe"}) == 422
    assert "Name cases by their references alone" in officer.said


def test_a_change_over_somebody_elses_is_refused_with_what_it_says_now(doors, world, officer):
    number = enter(officer)
    manager = doors.visitor(MANAGER)
    manager.open(f"{REGISTER}/{number}/clarification")
    version = manager.hidden("version")
    assert officer.send(f"{REGISTER}/{number}/change", council_reference="CRM-1", handler=MANAGER) == 303
    answer = manager.send(f"{REGISTER}/{number}/clarification", asked_on="2026-11-10", version=version)
    assert answer == 409
    assert "It says now: open" in manager.said


def test_a_day_it_counts_from_that_is_taken_out_is_the_day_of_receipt_again(doors, officer):
    number = enter(officer, received_on="2026-11-02", counted_from_on="2026-11-09")
    assert days_of(doors, number) == (date(2026, 11, 2), date(2026, 11, 9))
    assert officer.send(f"{REGISTER}/{number}/change", council_reference="CRM-4711", counted_from_on="") == 303
    assert days_of(doors, number) == (date(2026, 11, 2), date(2026, 11, 2))


def days_of(doors, number):
    with doors.database() as session:
        request = session.get_one(DisclosureRequest, number)
        return request.received_on, request.counted_from_on


def test_a_case_is_a_link_only_for_whoever_may_open_it(doors, world, officer):
    with doors.database.begin() as session:
        reference = a_case(session, world.anyshire.partnership, "rapid_review").reference
    number = enter(officer, cases=f"{reference}\nRR-1999-01")
    assert f"/cases/{reference}" not in officer.links
    assert officer.said.count("not a case that you can open") == 2
    manager = doors.visitor(MANAGER)
    manager.open(f"{REGISTER}/{number}")
    assert f"/cases/{reference}" in manager.links
    assert manager.said.count("not a case that you can open") == 1


def test_the_register_is_downloaded_as_excel_and_csv(officer):
    enter(officer, note="=1+1")
    workbook = io.BytesIO(officer.client.get(f"{REGISTER}.xlsx").get_data())
    rows = list(openpyxl.load_workbook(workbook).active.iter_rows(values_only=True))
    assert (rows[0][0], rows[1][0], rows[1][3].date()) == ("Reference", "SAR-2026-01", date(2026, 11, 2))
    assert officer.open(f"{REGISTER}.csv") == 200
    assert '"\'=1+1"' in officer.html
    assert officer.open(f"{REGISTER}.pdf") == 404


def test_an_empty_register_and_a_long_one_are_pages(doors, world, officer):
    officer.open(REGISTER)
    assert "No request is open." in officer.said
    with doors.database.begin() as session:
        unit = a_unit(session)
        for number in range(120):
            facts = {"kind": RequestKind.FREEDOM_OF_INFORMATION, "received_on": date(2026, 9, 1 + number % 28)}
            add_request(
                unit, session.merge(world.anyshire.partnership), RequestDetails(council_reference="W" * 80), **facts
            )
        first = session.scalars(sa.select(DisclosureRequest).order_by(DisclosureRequest.id)).first()
        answer_request(unit, first, outcome=RequestOutcome.GIVEN, answered_on=date(2026, 9, 3))
    officer.open(f"{REGISTER}?show=late&page=9")
    assert "of 119" in officer.said
    officer.open(f"{REGISTER}?show=answered")
    assert "FOI-2026-01" in officer.said
