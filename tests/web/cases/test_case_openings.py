"""A case is opened at most once, with the answers to its opening step, by those who may."""

import pytest

from reviews.models import Case, Partner
from tests.web.visitor import rows, typed
from workflows.definitions import CASE_WORKFLOWS

MANAGER, CHAIR = "manager@anyshire.example", "chair@anyshire.example"
PARTNER, CDOP = "partner@anyshire.example", "cdop@anyshire.example"


ALL = {name for name, workflow in CASE_WORKFLOWS.items() if not workflow.inside}


def opening(workflow, **more):
    return typed(workflow, CASE_WORKFLOWS[workflow].opening.name, **more)


def test_a_rapid_review_is_opened_with_agencies_and_pseudonyms(doors, world):
    visitor = doors.visitor(MANAGER)
    address = "/cases/new?kind=rapid_review"
    assert visitor.open(address) == 200
    answers = opening(
        "rapid_review",
        la_aware_at_time="9.05",
        title="Harm to an infant",
        agencies=[str(world.anyshire.agencies["Police"].id)],
        pseudonyms="Child A\r\n\r\n Child B ",
        form_id=visitor.hidden("form_id"),
    )
    assert [visitor.send(address, **answers) for _ in range(2)] == [303, 303]
    assert visitor.follow() == 200
    assert "Rapid review RR-2026-01 is open." in visitor.said
    assert "Children Child A, Child B" in visitor.said
    assert "Agencies involved Anyshire Police" in visitor.said
    visitor.open("/cases/RR-2026-01/history")
    assert "When the local authority became aware: 20 November 2026 at 9:05am" in visitor.said
    assert rows(doors.database, Case) == 1


def test_a_first_case_asks_for_the_statutory_partners_that_are_not_named(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/new?kind=rapid_review")
    assert "First name the statutory partners" not in visitor.said
    with doors.database.begin() as session:
        police = session.get_one(Partner, world.anyshire.agencies["Police"].id)
        session.delete(police)
    visitor.open("/cases/new?kind=rapid_review")
    assert "First name the statutory partners: the police. Without it no review can be discussed" in visitor.said
    assert visitor.open("/partners?partnership=ANYSHIRE") == 200


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("la_aware_at", "", "Answer “When the local authority became aware”"),
        ("la_aware_at_time", "25:00", "The time must be like 14:30"),
        ("la_aware_at_time", "soon", "The time must be like 14:30"),
        ("title", "x" * 201, "Field cannot be longer than 200 characters."),
        ("pseudonyms", "\n".join("abcdefghijk"), "Enter up to 10 pseudonyms, one on each line"),
        ("pseudonyms", "x" * 61, "Each pseudonym must be 60 characters or fewer"),
        ("agencies", "999", "“Agencies involved”: choose one or more of “Anyshire Council”"),
        ("happened_on", "2027-01-01", "this day lies in the future"),
    ],
)
def test_a_case_is_not_opened_on_a_wrong_answer(doors, field, value, sentence):
    visitor = doors.visitor(MANAGER)
    answers = opening("rapid_review", title="Harm to an infant", summary="It was said.") | {field: value}
    assert visitor.send("/cases/new?kind=rapid_review", **answers) == 422
    assert sentence in visitor.said
    assert "It was said." in visitor.html
    assert rows(doors.database, Case) == 0


def test_an_agency_of_another_partnership_cannot_be_involved(doors, world):
    visitor = doors.visitor(MANAGER)
    answers = opening("rapid_review", agencies=[str(world.midmarch.agencies["Police"].id)])
    assert visitor.send("/cases/new?kind=rapid_review", **answers) == 422


@pytest.mark.parametrize(
    ("email", "kinds"),
    [
        (MANAGER, ALL - {"lcspr", "cdop_case", "scr_legacy"}),
        (CDOP, {"cdop_case"}),
        (PARTNER, {"lcspr", "thematic_review", "challenge_entry"}),
    ],
)
def test_each_opens_the_kinds_that_are_theirs(doors, email, kinds):
    visitor = doors.visitor(email)
    for name in CASE_WORKFLOWS:
        assert visitor.open(f"/cases/new?kind={name}") == (200 if name in kinds else 404)
        code = visitor.send(f"/cases/new?kind={name}", **opening(name))
        assert code == (303 if name in kinds else 404)
    code = visitor.open("/cases/new")
    assert code == (200 if len(kinds) > 1 else 303)


def test_a_case_is_not_opened_in_another_partnership(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/cases/new?kind=rapid_review&partnership=MIDMARCH") == 404


@pytest.mark.parametrize("email", [CHAIR, "member@anyshire.example", "cdop-member@anyshire.example"])
def test_opening_a_case_is_for_some_only(doors, email):
    assert doors.visitor(email).open("/cases/new") == 403


def test_a_case_is_not_opened_while_a_guard_holds_it_back(doors):
    visitor = doors.visitor(CDOP)
    answers = opening("cdop_case", title="Death of an adult", notified_by="It was said.") | {"under_18": "no"}
    assert visitor.send("/cases/new?kind=cdop_case", **answers) == 409
    assert "The child must have been under 18." in visitor.said
    assert "It was said." in visitor.html
    assert rows(doors.database, Case) == 0
