"""Recipients of reminders about deadlines of cases and requests, and who must not receive them."""

from datetime import date

import pytest
import sqlalchemy as sa

from notifications.models import LetterState
from reviews.core.clock import StoppedClock, read_moment
from reviews.models import Membership
from reviews.settings.local_periods import set_local_period
from tests.builders import a_case, a_person, a_unit
from tests.notifications.mornings import (
    Pigeonhole,
    a_morning,
    a_quiet_case,
    a_request,
    deliver_to,
    letters_of,
    morning_after_morning,
    said,
    states,
    why,
)
from workflows.core.vocabulary import Role

WEDNESDAY = date(2026, 12, 2)
LATER = "2026-12-03T08:00"


@pytest.fixture
def other_lead(database, anyshire):
    with database.begin() as session:
        return a_person(
            session,
            anyshire.partnership,
            Role.AGENCY_LEAD,
            anyshire.agencies["Hospitals"],
            "other-lead@anyshire.example",
        )


def a_review(database, place, reference, *agencies, workflow="rapid_review"):
    with database.begin() as session:
        return a_case(session, place.partnership, workflow, reference=reference, agencies=agencies)


def end_role(database, person):
    with database.begin() as session:
        of_person = Membership.person_id == person.id
        session.execute(sa.update(Membership).where(of_person).values(ended_on=date(2026, 11, 1)))


def test_the_lead_of_another_agency_hears_nothing_of_a_request(database, anyshire, case, other_lead):
    a_request(database, case, anyshire.agencies["Council"], WEDNESDAY)

    heard = morning_after_morning(database, "2026-11-23T08:00", days=40)

    assert set(heard) == {"agency-lead", "manager", "admin"}


def test_each_lead_hears_of_their_own_request_alone(database, anyshire, case, other_lead):
    for agency in ("Council", "Hospitals"):
        a_request(database, case, anyshire.agencies[agency], WEDNESDAY)

    assert said(a_morning(database, "2026-12-02T08:00")) == {
        "agency-lead@anyshire.example": [("RR-2025-03.I1 return", "due")],
        "other-lead@anyshire.example": [("RR-2025-03.I2 return", "due")],
    }


def test_no_lead_hears_of_the_clocks_of_a_case_their_agency_is_involved_in(database, anyshire, other_lead):
    a_review(database, anyshire, "RR-2026-07", anyshire.agencies["Council"], anyshire.agencies["Hospitals"])

    heard = morning_after_morning(database, "2026-11-21T08:00", days=40)

    assert set(heard) == {"manager", "chair", "partner"}


def test_every_partner_hears_of_a_statutory_clock_and_of_a_request_that_of_the_agency(database, anyshire, case):
    with database.begin() as session:
        police = anyshire.agencies["Police"]
        a_person(session, anyshire.partnership, Role.SAFEGUARDING_PARTNER, police, "police@anyshire.example")
        set_local_period(
            a_unit(session),
            session.merge(anyshire.partnership),
            workflow="information_request",
            deadline="return",
            effective_from=date(2026, 11, 1),
            authority="The executive",
            ladder="statutory-ladder",
        )
    a_review(database, anyshire, "RR-2026-07")
    a_request(database, case, police, WEDNESDAY)

    heard = said(a_morning(database, LATER))

    assert heard["partner@anyshire.example"] == [("RR-2026-07 sin", "due+1")]
    assert heard["police@anyshire.example"] == [("RR-2026-07 sin", "due+1"), ("RR-2025-03.I1 return", "due+1")]


def test_clocks_of_child_death_reviews_are_told_to_the_cdop_manager_in_place_of_the_others(database, anyshire):
    a_review(database, anyshire, "CD-2026-01", workflow="cdop_case")

    heard = morning_after_morning(database, "2026-11-21T08:00", days=120)

    assert set(heard) == {"cdop"}
    assert ("11-23", "due+1") in heard["cdop"]


def test_the_lead_of_an_agency_asked_about_a_child_death_hears_of_that_alone(database, anyshire):
    review = a_review(database, anyshire, "CD-2026-01", anyshire.agencies["Council"], workflow="cdop_case")
    a_request(database, review, anyshire.agencies["Council"], WEDNESDAY, "report_request")

    rounds = [a_morning(database, f"2026-12-{day:02}T08:00") for day in range(1, 12)]

    told = {to: {item for item, _ in items} for result in rounds for to, items in said(result).items()}
    assert told["agency-lead@anyshire.example"] == {"CD-2026-01.I1 return"}
    assert set(told) == {"agency-lead@anyshire.example", "cdop@anyshire.example"}


def test_two_partnerships_hear_nothing_of_each_others_clocks(database, anyshire):
    a_review(database, anyshire, "RR-2026-07")

    result = a_morning(database, LATER)

    assert {mail.to.partition("@")[2] for mail in result.mails} == {"anyshire.example"}


def test_a_clock_that_nobody_can_be_told_of_is_held_back_with_the_reason(database, anyshire, case):
    a_review(database, anyshire, "RR-2026-07")
    a_request(database, case, anyshire.agencies["Hospitals"], WEDNESDAY)
    end_role(database, anyshire.people[Role.BUSINESS_MANAGER])

    result = a_morning(database, "2026-12-01T08:00")

    assert (
        why(result)["RR-2025-03.I1 return"] == "Nobody holds the role that is told 3 days before the date: agency lead."
    )
    assert {mail.to.partition("@")[0] for mail in result.mails} == {"chair", "partner"}
    held = [each for each in result.as_json()["held_back"] if "clock" in each]
    assert [(each["case"], each["clock"]) for each in held] == [("RR-2025-03.I1", "return")]


def test_somebody_mailed_already_this_morning_hears_of_the_clock_on_the_next(database, anyshire, case):
    a_request(database, case, anyshire.agencies["Council"], WEDNESDAY)
    a_morning(database, "2026-12-02T08:00")
    a_request(database, case, anyshire.agencies["Council"], WEDNESDAY)

    noon = a_morning(database, "2026-12-02T12:00")

    assert (noon.mails, list(why(noon))) == ([], ["RR-2025-03.I2 return"])
    assert said(a_morning(database, LATER))["agency-lead@anyshire.example"] == [
        ("RR-2025-03.I1 return", "due+1"),
        ("RR-2025-03.I2 return", "due+1"),
    ]


def test_who_lost_access_after_queueing_is_not_written_to(database, anyshire, case):
    a_request(database, case, anyshire.agencies["Council"], WEDNESDAY)
    a_morning(database, "2026-12-02T08:00")
    end_role(database, anyshire.people[Role.AGENCY_LEAD])
    transport = Pigeonhole()

    deliver_to(transport, database, StoppedClock(read_moment("2026-12-02T08:01")))

    assert (transport.letters, states(database)) == ([], [LetterState.SUPPRESSED])


def test_a_mail_of_clocks_holds_nothing_of_the_case(database, anyshire):
    with database.begin() as session:
        agency = anyshire.agencies["Council"]
        review = a_quiet_case(session, anyshire.partnership, reference="RR-2026-07", title="Canary House")
        a_case(session, anyshire.partnership, reference="RR-2026-08", title="Canary Lane", agencies=(agency,))
    a_request(database, review, agency, WEDNESDAY)

    a_morning(database, LATER)

    letters = {letter.person_id: letter.subject + letter.body for letter in letters_of(database)}
    told = "".join(letters.values())
    assert all(word not in told for word in ("Canary", "Child K", agency.name, "some words"))
    lead, manager = (letters[anyshire.people[role].id] for role in (Role.AGENCY_LEAD, Role.BUSINESS_MANAGER))
    assert "Case RR-2026-07.I1: due on 2 December 2026" in lead
    assert "Your agency was asked to send information for RR-2026-07 by 2 December 2026, now 1 day late" in lead
    assert "https://followthrough.example/cases/RR-2026-07.I1?partnership=ANYSHIRE" in lead
    assert "Serious incident notification: was due on 27 November 2026, 4 working days late" in manager
    assert "https://followthrough.example/cases/RR-2026-08/clocks?partnership=ANYSHIRE" in manager
