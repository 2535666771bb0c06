"""Adding an action to a plan by hand, with every field or only the required ones."""

import pytest
import sqlalchemy as sa

from reviews.models import Action
from tests.builders import a_case, a_recommendation
from workflows.core.vocabulary import Role

MANAGER = "manager@anyshire.example"
WHERE = "/actions/new?case=RR-2026-03"


@pytest.fixture
def case(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-03")
        a_recommendation(session, case, "Plan each discharge together.")
        return case


def added(doors):
    with doors.database() as session:
        return session.scalars(sa.select(Action)).all()


def test_an_action_is_added_with_everything(doors, world, case):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{WHERE}&recommendation=R1") == 200
    assert 'value="R1" selected' in visitor.html
    code = visitor.send(
        WHERE,
        recommendation="R1",
        text="Write one plan for every ward.",
        title="One discharge plan",
        title_safe_to_mail="y",
        success_measure="Every baby goes home with a plan.",
        owner="owner@anyshire.example",
        lead_agency="",
        due_on="2027-01-15",
    )
    assert code == 303
    assert visitor.follow() == 200
    assert "RR-2026-03/R1/A1 is in the plan." in visitor.said
    (action,) = added(doors)
    assert (action.title, action.title_safe_to_mail, action.stage) == ("One discharge plan", True, "not_started")
    assert action.owner_id == world.anyshire.people[Role.ACTION_OWNER].id
    assert action.lead_agency_id == world.anyshire.agencies["Council"].id


def test_it_is_given_a_reference_name_by_somebody_who_says_that_the_name_is_safe(doors, case):
    visitor = doors.visitor(MANAGER)
    words = {"text": "Write it.", "reference_name": "Discharge plan"}
    assert visitor.send(WHERE, **words) == 422
    assert "The reference name goes into mails. Say that nobody can be recognised by it." in visitor.said
    assert "#name_is_safe" in visitor.links
    assert added(doors) == []
    assert visitor.send(WHERE, **words, name_is_safe="y") == 303
    (action,) = added(doors)
    assert action.reference_name == "Discharge plan"


def test_without_a_date_it_is_agreed_with_the_date_to_follow(doors, case):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(WHERE, text="Write it.", title_safe_to_mail="y", due_text="End of term") == 303
    (action,) = added(doors)
    assert (action.stage, action.due_text, action.reference) == ("agreed_no_date", "End of term", "RR-2026-03/A1")
    assert action.title_safe_to_mail is False


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"text": "", "title": "Kept"}, "Say what will be done"),
        ({"text": "Kept", "title": "x" * 201}, "200 characters"),
        ({"text": "Kept", "due_on": "2027-02-30"}, "Due date must be a real date"),
        ({"text": "Kept", "due_on": "0027-03-31"}, "Due date must be in the years 1950 to 2100"),
        ({"text": "Kept", "due_on": "0001-01-01"}, "Due date must be in the years 1950 to 2100"),
        ({"text": "Kept", "due_on": "1900-01-01"}, "Due date must be in the years 1950 to 2100"),
        ({"text": "Kept", "due_on": "9999-03-31"}, "Due date must be in the years 1950 to 2100"),
        ({"text": "Kept", "start_on": "0027-03-31"}, "Begins on must be in the years 1950 to 2100"),
        ({"text": "Kept", "owner": "owner@midmarch.example"}, "“Owner”: choose one from the list"),
        ({"text": "Kept", "lead_agency": "abc"}, "“Lead agency”: choose one of “Anyshire Council”"),
        ({"text": "Kept", "recommendation": "R9"}, "“Recommendation it answers”: choose one of “R1: "),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(doors, case, typed, sentence):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(WHERE, **typed) == 422
    assert sentence in visitor.said
    assert "Kept" in visitor.html
    assert added(doors) == []


def test_one_press_adds_one_action(doors, case):
    visitor = doors.visitor(MANAGER)
    visitor.open(WHERE)
    typed = {"text": "Write it.", "form_id": visitor.hidden("form_id")}
    assert [visitor.send(WHERE, **typed) for _ in range(2)] == [303, 303]
    assert len(added(doors)) == 1


@pytest.mark.parametrize(
    ("who", "where", "code"),
    [
        (MANAGER, "/actions/new", 200),
        (MANAGER, "/actions/new?case=RR-1999-99", 404),
        ("manager@midmarch.example", WHERE, 404),
        ("owner@anyshire.example", WHERE, 403),
        ("chair@anyshire.example", WHERE, 403),
        ("cdop@anyshire.example", WHERE, 404),
    ],
)
def test_only_who_keeps_the_plan_adds_to_it(doors, case, who, where, code):
    visitor = doors.visitor(who)
    assert visitor.open(where) == code
