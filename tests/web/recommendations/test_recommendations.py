"""The pages of recommendations and responses, also when two people respond at once."""

import pytest
import sqlalchemy as sa

from reviews.models import Case, Event, EventKind, Recommendation
from tests.builders import a_case, a_recommendation
from tests.web.visitor import rows

MANAGER, CHAIR = "manager@anyshire.example", "chair@anyshire.example"
DECIDED = {"by": "Executive group", "on": "2026-11-18"}
PARTNER, CDOP = "partner@anyshire.example", "cdop@anyshire.example"


def a_rapid_review(doors, world):
    with doors.database.begin() as session:
        a_case(session, world.anyshire.partnership, reference="RR-2026-50")
    return "/cases/RR-2026-50"


def test_a_recommendation_is_added_and_answered(doors, world):
    address = a_rapid_review(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{address}/recommendations/new") == 200
    sent = {"text": "Share what is known.", "form_id": visitor.hidden("form_id")}
    assert [visitor.send(f"{address}/recommendations/new", **sent) for _ in range(2)] == [303, 303]
    visitor.follow()
    assert "You have added recommendation R1." in visitor.said
    assert rows(doors.database, Recommendation) == 1
    answer = f"{address}/recommendations/R1/response"
    assert visitor.open(answer) == 200
    assert visitor.send(answer, response="rejected", reason="", **DECIDED) == 422
    assert "Enter a reason" in visitor.said
    assert visitor.send(answer, response="rejected", reason="It is done.", **DECIDED) == 303
    visitor.follow()
    assert "Response Rejected Reason It is done. Decided by Executive group" in visitor.said
    visitor.open(answer)
    assert 'value="rejected" checked' in visitor.html


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001])
def test_a_recommendation_needs_a_text_that_fits(doors, world, text):
    address = a_rapid_review(doors, world)
    assert doors.visitor(MANAGER).send(f"{address}/recommendations/new", text=text) == 422
    assert rows(doors.database, Recommendation) == 0


def test_the_second_answer_to_a_recommendation_sees_the_first(doors, world):
    address = f"{a_rapid_review(doors, world)}/recommendations/R1/response"
    with doors.database.begin() as session:
        a_recommendation(session, session.scalars(sa.select(Case)).one())
    visitor = doors.visitor(MANAGER)
    visitor.open(address)
    seen = visitor.hidden("version")
    assert visitor.send(address, response="accepted", reason="We agree.", **DECIDED, version=seen) == 303
    assert visitor.send(address, response="rejected", reason="We do not.", **DECIDED, version=seen) == 409
    assert "Response now Accepted Reason now We agree." in visitor.said
    assert "We do not." in visitor.html
    assert rows(doors.database, Event, Event.kind == EventKind.RECOMMENDATION_ANSWERED) == 1
    again = visitor.hidden("version")
    assert visitor.send(address, response="rejected", reason="We do not.", **DECIDED, version=again) == 303


@pytest.mark.parametrize(("email", "code"), [(CHAIR, 403), (PARTNER, 403), (CDOP, 404)])
def test_recommendations_are_for_the_business_unit_to_keep(doors, world, email, code):
    address = a_rapid_review(doors, world)
    visitor = doors.visitor(email)
    assert visitor.open(f"{address}/recommendations/new") == code
    assert visitor.send(f"{address}/recommendations/new", text="Share.") == code
    assert visitor.open(f"{address}/recommendations/R9/response") == code


def test_there_is_no_such_recommendation(doors, world):
    assert doors.visitor(MANAGER).open(f"{a_rapid_review(doors, world)}/recommendations/R9/response") == 404
