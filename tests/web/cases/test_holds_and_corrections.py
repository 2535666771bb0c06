"""The pages of a case on hold, and of correcting a recorded step."""

from datetime import date
from re import search

import pytest
import sqlalchemy as sa

from reviews.models import Event, EventKind
from tests.builders import TO_THE_PANEL, a_case, take
from tests.web.visitor import rows, statements, typed

MANAGER, CHAIR, PARTNER = "manager@anyshire.example", "chair@anyshire.example", "partner@anyshire.example"
PLACED = date(2026, 8, 3)
AWARE, DISCUSSED, NOTIFIED = date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 5)
CORRECTED = typed("rapid_review", "convene_discussion", on=AWARE, reason="The minutes say the first")


@pytest.fixture
def held(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "lcspr", opened_on=date(2026, 6, 1), reference="LCSPR-1")
        told = {"pause_told": "The coroner's officer", "pause_told_on": PLACED, "pause_reason": "inquest"}
        days = {"pause_review_on": date(2026, 12, 1), "pause_expected_end_on": date(2027, 3, 1)}
        take(session, case, "pause", on=PLACED, **told, **days)


@pytest.fixture
def review(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=AWARE, reference="RR-1")
        take(session, case, "convene_discussion", on=DISCUSSED)
        take(session, case, *TO_THE_PANEL[1:3], on=NOTIFIED)


def address_of(doors, step):
    with doors.database() as session:
        wanted = (Event.step == step) & (Event.kind == EventKind.STEP_TAKEN)
        return f"/cases/RR-1/history/{session.scalar(sa.select(sa.func.max(Event.id)).where(wanted))}/correct"


def test_the_case_says_what_is_on_hold_why_and_where_it_goes_back_to(doors, held):
    visitor = doors.visitor(CHAIR)
    assert visitor.open("/cases/LCSPR-1") == 200
    assert "Review is on hold: inquest" in visitor.said
    assert (
        "Since 3 August 2026. It will be reviewed on 1 December 2026, expected to end on 1 March 2027. "
        "When the hold ends, it goes back to decided. No clock stops." in visitor.said
    )
    assert "Told: The coroner's officer, 3 August 2026" in visitor.said


def test_a_step_of_a_track_on_hold_says_until_when_it_waits(doors, held):
    visitor = doors.visitor(PARTNER)
    assert visitor.open("/cases/LCSPR-1/steps/commission") == 409
    assert "waits: the review is on hold. The hold is looked at again on 1 December 2026." in visitor.said


def test_the_form_of_a_correction_holds_what_was_recorded(doors, review):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/cases/RR-1/history") == 200
    assert address_of(doors, "convene_discussion") in visitor.links
    assert visitor.open(address_of(doors, "convene_discussion")) == 200
    days = "Enter a day from 1 October 2026 on, up to 5 October 2026, between the steps before and after it."
    assert days in visitor.said
    assert 'value="2"' in visitor.html
    assert visitor.html.count("checked") == 4


def test_the_history_shows_what_was_corrected_by_whom_and_why(doors, review):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(address_of(doors, "convene_discussion"), **CORRECTED) == 303
    assert visitor.follow() == 200
    assert "Discuss the threshold: corrected" in visitor.said
    assert search(r"<s>(<[^>]*>)?2 October 2026", visitor.html)
    assert "Corrected on 20 November 2026 at 8:00am by Business manager" in visitor.said
    assert "The minutes say the first" in visitor.said


def test_the_dates_that_moved_stand_in_the_history(doors, review):
    visitor = doors.visitor(PARTNER)
    visitor.open(address_of(doors, "submit_sin"))
    fields = {name: visitor.hidden(name) for name in ("form_id", "version")}
    sent = typed("rapid_review", "submit_sin", on=date(2026, 10, 6), reason="Sent a day later", **fields)
    assert visitor.send(address_of(doors, "submit_sin"), **sent) == 303
    visitor.follow()
    assert "Rapid review to the Panel: was due 26 October 2026, now 27 October 2026" in visitor.said


@pytest.mark.parametrize(
    ("changed", "code", "sentence"),
    [
        ({"reason": ""}, 422, "Enter what was wrong"),
        ({"happened_on": "2026-10-07"}, 422, "The day must be 5 October 2026 or earlier"),
        ({"happened_on": "2026-02-30"}, 422, "must be a real date"),
        ({"partners_invited": ["Anyshire Council"]}, 409, "an invitation to Anyshire Police"),
        ({"happened_on": "2026-10-02"}, 422, "Change the day or a fact"),
    ],
)
def test_what_is_wrong_with_a_correction_comes_back_with_what_was_typed(doors, review, changed, code, sentence):
    visitor = doors.visitor(MANAGER)
    address = address_of(doors, "convene_discussion")
    assert visitor.send(address, **CORRECTED | changed) == code
    assert sentence in visitor.said
    assert changed.get("reason", "The minutes say the first") in visitor.html
    assert rows(doors.database, Event, Event.kind == EventKind.STEP_CORRECTED) == 0


def test_one_press_is_one_correction(doors, review):
    visitor = doors.visitor(MANAGER)
    address = address_of(doors, "convene_discussion")
    visitor.open(address)
    sent = CORRECTED | {name: visitor.hidden(name) for name in ("form_id", "version")}
    assert [visitor.send(address, **sent), visitor.send(address, **sent)] == [303, 303]
    assert rows(doors.database, Event, Event.kind == EventKind.STEP_CORRECTED) == 1


def test_whoever_was_overtaken_sees_what_holds_now(doors, review):
    visitor, other = doors.visitor(MANAGER), doors.visitor(MANAGER)
    address = address_of(doors, "convene_discussion")
    visitor.open(address)
    version = visitor.hidden("version")
    assert other.send(address, **CORRECTED) == 303
    assert visitor.send(address, **CORRECTED | {"happened_on": "2026-10-04", "version": version}) == 409
    assert "The day is now 1 October 2026." in visitor.said


def test_a_correction_is_for_whoever_may_record_the_step_and_in_their_case(doors, review):
    address = address_of(doors, "convene_discussion")
    assert doors.visitor(CHAIR).open(address) == 404
    assert doors.visitor("manager@midmarch.example").open(address) == 404
    assert doors.visitor("cdop@anyshire.example").open(address) == 404
    assert doors.visitor(MANAGER).open(address.replace("/correct", "9/correct")) == 404


def test_a_history_with_many_corrections_asks_no_more_of_the_database(doors, review):
    visitor = doors.visitor(MANAGER)

    def asked():
        with statements(doors.database) as said:
            assert visitor.open("/cases/RR-1/history") == 200
        return len(said)

    few = asked()
    for day in ("2026-10-01", "2026-10-03", "2026-10-04", "2026-10-01"):
        assert visitor.send(address_of(doors, "convene_discussion"), **CORRECTED | {"happened_on": day}) == 303
    assert asked() == few
