"""The register of requests: each clock on the days the law names, each refusal, and who sees it."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.models import DisclosureRequest, Event, EventKind, RequestKind, RequestOutcome
from reviews.requests.commands import (
    RequestDetails,
    add_request,
    answer_request,
    ask_to_clarify,
    change_request,
    extend_request,
    find_request_numbered,
    record_clarified,
    reopen_request,
)
from reviews.requests.queries import cases_in_sight, request_history, request_line, request_lines, requests_holding
from reviews.transactions.unit_of_work import NotFound, Stale
from tests.builders import TODAY, a_case, a_unit, a_world
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Role

SAR, FOI, ORDER = RequestKind.SUBJECT_ACCESS, RequestKind.FREEDOM_OF_INFORMATION, RequestKind.DISCLOSURE


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def place(world):
    return world.anyshire


@pytest.fixture
def session(database, world):
    with database() as session:
        yield session


@pytest.fixture
def officer(session, place):
    """Give a unit of work of the privacy officer."""
    return a_unit(session, place.actors[Role.PRIVACY_OFFICER])


def add(unit, place, kind=SAR, received_on=date(2026, 11, 2), **facts):
    details = RequestDetails(**{"council_reference": "CRM-4711"} | facts)
    request = add_request(unit, place.partnership, details, kind=kind, received_on=received_on)
    unit.session.flush()
    return request


def due(unit, request):
    unit.session.flush()
    return request_line(unit.session, unit.actor, request.id, today=unit.today).due_on


@pytest.mark.parametrize(
    ("received_on", "due_on"),
    [
        (date(2026, 9, 3), date(2026, 10, 5)),  # 3 October 2026 is a Saturday
        (date(2026, 8, 31), date(2026, 9, 30)),  # September has no 31st
        (date(2026, 1, 31), date(2026, 3, 2)),  # nor has February, whose 28th is a Saturday
        (date(2025, 11, 25), date(2025, 12, 29)),  # Christmas, Boxing Day, a weekend
        (date(2026, 11, 14), date(2026, 12, 14)),  # received on a Saturday counts from then
    ],
)
def test_subject_access_is_due_a_month_later_on_a_working_day(officer, place, received_on, due_on):
    assert due(officer, add(officer, place, received_on=received_on)) == due_on


@pytest.mark.parametrize(
    ("received_on", "due_on"),
    [
        (date(2026, 10, 1), date(2026, 10, 29)),
        # St Patrick's Day counts for nobody, although England works
        (date(2026, 3, 2), date(2026, 3, 31)),
        # St Andrew's Day, which Scotland has on Monday 1 December, Christmas and Boxing Day
        (date(2025, 11, 27), date(2025, 12, 30)),
        (date(2025, 12, 15), date(2026, 1, 16)),  # New Year's Day, and 2 January for Scotland
    ],
)
def test_freedom_of_information_is_due_after_twenty_days_that_are_working_days_in_all_the_kingdom(
    officer, place, received_on, due_on
):
    assert due(officer, add(officer, place, FOI, received_on)) == due_on


def test_proof_of_identity_starts_the_month_later(officer, place):
    request = add(officer, place, counted_from_on=date(2026, 11, 10))
    assert due(officer, request) == date(2026, 12, 10)
    with pytest.raises(Refused, match=r"must be from 2 November 2026 to today"):
        change(officer, request, counted_from_on=date(2026, 11, 1))


def change(unit, request, **facts):
    present = {
        "council_reference": request.council_reference,
        "counted_from_on": request.counted_from_on,
        "ordered_due_on": request.ordered_due_on,
        "cases": [each.reference for each in request.cases],
        "handler": "",
        "note": request.note,
    }
    return change_request(unit, request, RequestDetails(**{**present, **facts}))


def test_the_month_stands_still_while_a_clarification_is_waited_for(officer, place):
    request = add(officer, place)
    ask_to_clarify(officer, request, asked_on=date(2026, 11, 5))
    assert due(officer, request) is None
    with pytest.raises(Refused, match="stands still already"):
        ask_to_clarify(officer, request, asked_on=date(2026, 11, 6))
    record_clarified(officer, request, clarified_on=date(2026, 11, 12))
    assert (due(officer, request), request.paused_days) == (date(2026, 12, 9), 7)
    ask_to_clarify(officer, request, asked_on=date(2026, 11, 16))
    record_clarified(officer, request, clarified_on=date(2026, 11, 17))
    assert (due(officer, request), request.paused_days) == (date(2026, 12, 10), 8)


def test_the_twenty_days_begin_anew_with_the_clarification(officer, place):
    request = add(officer, place, FOI, date(2026, 10, 1))
    ask_to_clarify(officer, request, asked_on=date(2026, 10, 5))
    record_clarified(officer, request, clarified_on=date(2026, 10, 20))
    assert due(officer, request) == date(2026, 11, 17)


def test_what_a_court_ordered_does_not_stop(officer, place):
    request = add(officer, place, ORDER, ordered_due_on=date(2026, 11, 27))
    assert due(officer, request) == date(2026, 11, 27)
    with pytest.raises(Refused, match="does not stop"):
        ask_to_clarify(officer, request, asked_on=TODAY)
    with pytest.raises(Refused, match="The law sets the day"):
        add(officer, place, SAR, ordered_due_on=date(2026, 11, 27))


def test_an_extension_is_told_within_the_first_month_and_is_of_two_more(officer, place):
    request = add(officer, place, received_on=date(2026, 10, 12))
    extend = {"until": date(2026, 12, 12), "notified_on": date(2026, 11, 10), "reason": "Nine volumes of records."}
    with pytest.raises(Refused, match="until 12 January 2027"):
        extend_request(officer, request, **{**extend, "until": date(2027, 1, 13)})
    with pytest.raises(Refused, match="must be told by 12 November 2026"):
        extend_request(officer, request, **{**extend, "notified_on": date(2026, 11, 13)})
    with pytest.raises(Refused, match="after the present one, 12 November 2026"):
        extend_request(officer, request, **{**extend, "until": date(2026, 11, 12)})
    with pytest.raises(Refused, match="Give the day on which you told"):
        extend_request(officer, request, **{**extend, "notified_on": None})
    with pytest.raises(NotReady):
        extend_request(officer, request, **{**extend, "reason": " "})
    extend_request(officer, request, **extend)
    line = request_line(officer.session, officer.actor, request.id, today=TODAY)
    assert (line.due_on, line.first_due_on) == (date(2026, 12, 12), date(2026, 11, 12))


def test_late_is_counted_in_the_days_of_the_clock_and_ends_with_the_answer(officer, place):
    foi, sar = add(officer, place, FOI, date(2026, 10, 14)), add(officer, place, SAR, date(2026, 10, 12))
    lines = {line.kind: line for line in request_lines(officer.session, officer.actor, today=TODAY)}
    assert (lines[FOI].due_on, lines[FOI].lateness.in_words) == (date(2026, 11, 11), "7 working days late")
    assert (lines[SAR].due_on, lines[SAR].lateness.in_words) == (date(2026, 11, 12), "8 days late")
    answer_request(officer, foi, outcome=RequestOutcome.GIVEN, answered_on=date(2026, 11, 11))
    answer_request(officer, sar, outcome=RequestOutcome.NOTHING_HELD, answered_on=date(2026, 11, 13))
    officer.session.flush()
    lines = {line.kind: line for line in request_lines(officer.session, officer.actor, today=TODAY)}
    assert (lines[FOI].lateness.in_words, lines[SAR].lateness.in_words) == ("", "1 day late")


def test_an_answer_that_holds_back_names_its_exemptions_and_can_be_reopened(officer, place):
    request = add(officer, place, FOI)
    with pytest.raises(NotReady, match="Name the exemptions"):
        answer_request(officer, request, outcome=RequestOutcome.GIVEN_IN_PART, answered_on=TODAY)
    answer_request(
        officer, request, outcome=RequestOutcome.GIVEN_IN_PART, answered_on=TODAY, exemptions="section 40(2)"
    )
    with pytest.raises(Refused, match="was answered on 20 November 2026"):
        extend_request(officer, request, until=date(2027, 1, 1), notified_on=TODAY, reason="More.")
    reopen_request(officer, request, reason="The regulator set it aside.")
    officer.session.flush()
    line = request_line(officer.session, officer.actor, request.id, today=TODAY)
    assert (line.state, line.exemptions) == ("Open", "")
    history = request_history(officer.session, officer.actor, line)
    assert [each.title for each in history] == ["Reopened", "Answered", "Entered"]
    assert ("Exemptions", "section 40(2)") in history[1].facts


def test_the_list_has_the_first_due_at_the_top_and_the_answered_at_the_end(officer, place):
    later = add(officer, place, SAR, date(2026, 11, 10))
    waits = add(officer, place, FOI, date(2026, 9, 1))
    ask_to_clarify(officer, waits, asked_on=date(2026, 9, 2))
    answered = add(officer, place, SAR, date(2026, 8, 3))
    answer_request(officer, answered, outcome=RequestOutcome.WITHDRAWN, answered_on=date(2026, 8, 4))
    late = add(officer, place, FOI, date(2026, 9, 3))
    officer.session.flush()
    lines = request_lines(officer.session, officer.actor, today=TODAY)
    assert [line.number for line in lines] == [late.id, later.id, waits.id, answered.id]
    assert [late.reference, waits.reference, answered.reference] == ["FOI-2026-02", "FOI-2026-01", "SAR-2026-02"]


def test_only_its_own_partnerships_officer_and_manager_have_it(session, world, place, officer):
    request = add(officer, place)
    for role, actor in place.actors.items():
        if role in (Role.PRIVACY_OFFICER, Role.BUSINESS_MANAGER):
            assert find_request_numbered(a_unit(session, actor), request.id)
            continue
        assert request_lines(session, actor, today=TODAY) == []
        with pytest.raises(NotFound):
            find_request_numbered(a_unit(session, actor), request.id)
        with pytest.raises(NotAllowed):
            add(a_unit(session, actor), place)
    for actor in world.midmarch.actors.values():
        with pytest.raises(NotFound):
            find_request_numbered(a_unit(session, actor), request.id)
    with pytest.raises(Stale):
        find_request_numbered(officer, request.id, version=request.version + 1)


def test_a_reference_is_taken_as_it_is_and_tells_nothing_of_the_case(session, place, officer):
    case = a_case(session, place.partnership, "rapid_review")
    request = add(officer, place, cases=[case.reference, "RR-1999-99"])
    manager = place.actors[Role.BUSINESS_MANAGER]
    line = request_line(session, officer.actor, request.id, today=TODAY)
    assert set(line.cases) == {case.reference, "RR-1999-99"}
    assert cases_in_sight(session, officer.actor, line) == frozenset()
    assert cases_in_sight(session, manager, line) == {case.reference}
    with pytest.raises(Refused, match="by their references alone"):
        add(officer, place, cases=["Jane Doe"])


def test_subject_access_and_disclosure_hold_the_disposal_of_their_cases_until_they_are_answered(
    session, world, place, officer
):
    case, free = a_case(session, place.partnership), a_case(session, place.partnership)
    theirs = a_case(session, world.midmarch.partnership)
    assert theirs.reference == case.reference
    sar = add(officer, place, SAR, cases=[case.reference])
    order = add(officer, place, ORDER, cases=[case.reference])
    add(officer, place, FOI, cases=[free.reference])
    numbers = [case.id, free.id, theirs.id]
    assert requests_holding(session, numbers) == {case.id: [order.reference, sar.reference]}
    answer_request(officer, sar, outcome=RequestOutcome.GIVEN, answered_on=TODAY)
    answer_request(officer, order, outcome=RequestOutcome.GIVEN, answered_on=TODAY)
    session.flush()
    assert requests_holding(session, numbers) == {}


def test_a_change_is_in_the_history_without_note_and_cases(session, place, officer):
    request = add(officer, place)
    handler = place.people[Role.BUSINESS_MANAGER].email
    change(officer, request, note="Something about somebody", cases=["RR-2026-01"], handler=handler)
    session.flush()
    event = session.scalars(sa.select(Event).where(Event.kind == EventKind.REQUEST_CHANGED)).one()
    assert event.details["changed"] == ["cases", "handler", "note"]
    assert "somebody" not in str(event.details)
    assert "RR-2026-01" not in str(event.details)
    with pytest.raises(Refused, match="Nothing has changed"):
        change(officer, request, handler=handler)
    with pytest.raises(Refused, match="business manager or privacy officer"):
        change(officer, request, handler=place.people[Role.SUBGROUP_CHAIR].email)
    with pytest.raises(Refused, match="in the future"):
        add(officer, place, SAR, date(2026, 11, 21))
    assert session.scalar(sa.select(sa.func.count()).select_from(DisclosureRequest)) == 1
