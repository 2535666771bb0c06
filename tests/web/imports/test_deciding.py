"""What a file leaves open is decided on its preview, on the page of the plan, and with the people that it names."""

import re

import pytest
import sqlalchemy as sa

from reviews.models import (
    AccountMail,
    AccountMailKind,
    Action,
    Agency,
    ColumnMapping,
    ImportQuestion,
    Membership,
    Person,
)
from reviews.people.queries import actor_by_email
from tests.builders import TODAY
from tests.changes import nothing_changes
from tests.web.imports.test_import_page import form, looked_at, uploads
from tests.web.visitor import rows, statements

__all__ = ["uploads"]

OWNER = "owner@anyshire.example"
HEAD = "Ref,Action,Officer,By when\n"
TRACKER = (
    HEAD + "1,Train the staff,Officer A,31/03/2027\n2,Audit thirty files,Officer A,Sept 16\n3,Ask schools,Officer B,\n"
)


@pytest.fixture
def manager(doors):
    return doors.visitor("manager@anyshire.example")


def question(visitor, text):
    """Give the name of the field in which a text of the file is decided."""
    found = re.search(rf'<fieldset[^>]*id="(d_\w+)"(?:(?!</fieldset>).)*?“{re.escape(text)}”', visitor.html, re.DOTALL)
    assert found is not None, text
    return found[1]


def owners(doors):
    with doors.database() as session:
        return {
            row.source_reference: row.owner.email if row.owner else row.owner_text
            for row in session.scalars(sa.select(Action))
        }


def imported(visitor, content=TRACKER, **more):
    here = looked_at(visitor, content, **more)
    assert visitor.send(here, **form(visitor, do="all")) == 303
    return visitor.location


def test_one_answer_on_the_preview_decides_every_row_with_the_text(doors, manager):
    here = looked_at(manager, TRACKER)
    assert "Owner: “Officer A” in 2 rows" in manager.said
    sent = {f"{question(manager, 'Officer A')}_other": OWNER, question(manager, "Officer B"): "-"}
    sent |= {f"{question(manager, 'Sept 16')}_other": "16 9 2027", question(manager, "Sept 16"): ""}
    with nothing_changes(doors.database):
        assert manager.send(here, **form(manager, do="look"), **sent) == 303
        manager.follow()
    assert "Officer A”: " in manager.said
    assert "Decided already: 3" in manager.said
    assert manager.send(here, **form(manager, do="all")) == 303
    assert owners(doors) == {"1": OWNER, "2": OWNER, "3": "Officer B"}
    with doors.database() as session:
        assert {row.due_on.isoformat() for row in session.scalars(sa.select(Action)) if row.due_on} == {
            "2027-03-31",
            "2027-09-16",
        }


def test_an_answer_that_cannot_be_is_refused_at_its_question_and_one_is_asked_again(doors, manager):
    here = looked_at(manager, TRACKER)
    name = question(manager, "Officer A")
    assert manager.send(here, **form(manager, do="look"), **{f"{name}_other": "nobody@x.example"}) == 422
    assert "Nobody here has the address" in manager.said
    assert 'value="nobody@x.example"' in manager.html
    manager.send(here, **form(manager, do="look"), **{f"{name}_other": OWNER})
    manager.follow()
    drop = re.search(r'name="(drop_d_\w+)"', manager.html)[1]
    manager.send(here, **form(manager, do="look"), **{drop: "y"})
    manager.follow()
    assert "Owner: “Officer A” in 2 rows" in manager.said


def test_what_was_answered_is_not_imported_before_it_was_looked_at(doors, manager):
    here = looked_at(manager, TRACKER)
    with nothing_changes(doors.database):
        assert manager.send(here, **form(manager, do="all"), **{question(manager, "Officer B"): "-"}) == 409
    assert manager.send(here, **form(manager, do="all")) == 303


def test_hundreds_of_questions_are_bounded_with_a_link_on_and_each_row_can_be_answered_by_itself(doors, manager):
    lines = "".join(f"{n},Action {n},Officer {n},31/03/2027\n" for n in range(1, 61))
    here = looked_at(manager, HEAD + lines + "61,Another,Officer 1,31/03/2027\n")
    assert manager.html.count('class="govuk-fieldset ft-question"') == 15
    assert "All 60 questions" in manager.said
    assert manager.open(f"{here}/decide?field=owner&page=3") == 200
    assert "Showing 51 to 60 of 60" in manager.said
    manager.open(f"{here}/decide")
    by_row = next(link for link in manager.links if "decide?text=" in link)
    manager.open(by_row)
    names = re.findall(r'<fieldset[^>]*id="(d_\w+)"', manager.html)
    assert len(names) == 2
    assert manager.send(by_row, form_id=manager.hidden("form_id"), **{f"{names[0]}_other": OWNER}) == 303
    manager.open(here)
    assert manager.send(here, **form(manager, do="all")) == 303
    found = owners(doors)
    assert (found["1"], found["61"]) == (OWNER, "Officer 1")


def test_columns_and_answers_are_remembered_said_and_dropped(doors, manager):
    here = looked_at(manager, TRACKER)
    manager.send(here, **form(manager, do="look", remember="y"), **{f"{question(manager, 'Officer A')}_other": OWNER})
    manager.follow()
    manager.send(here, **form(manager, do="all", remember="y"))
    with doors.database() as session:
        assert session.scalars(sa.select(ColumnMapping.answers)).one() == {"owner/Officer A": OWNER}
    there = looked_at(manager, TRACKER.replace("Train", "Teach"), plan="SP-2026-08")
    assert "What was decided about such a file before is used" in manager.said
    assert "Owner: “Officer A”" not in manager.said.partition("Decided already")[0]
    assert manager.send(there, **form(manager, do="without")) == 303
    manager.follow()
    assert "Owner: “Officer A” in 2 rows" in manager.said
    assert rows(doors.database, ColumnMapping) == 1
    manager.send(there, **form(manager, do="forget"))
    assert rows(doors.database, ColumnMapping) == 0


def test_what_is_left_open_waits_on_the_plan_its_action_and_the_lists_and_is_decided_later(doors, manager):
    plan = imported(manager)
    manager.open(plan)
    assert "3 questions about the imported file wait for a decision." in manager.said
    manager.open("/cases")
    assert "Questions about imported plans: " in manager.said
    assert manager.open("/actions/questions") == 200
    assert "SP-2026-07" in manager.said
    manager.open("/actions/SP-2026-07.1")
    assert "The imported file leaves open" in manager.said
    page = f"{plan}/questions"
    manager.open(page)
    sent = {"form_id": manager.hidden("form_id"), f"{question(manager, 'Officer A')}_other": OWNER}
    other = doors.visitor("admin@anyshire.example")
    other.open(page)
    late = {"form_id": other.hidden("form_id"), question(other, "Officer A"): "-"}
    assert manager.send(page, **sent) == 303
    with nothing_changes(doors.database):
        assert other.send(page, **late) == 409
    assert "Somebody else changed this" in other.said
    assert owners(doors) == {"1": OWNER, "2": OWNER, "3": "Officer B"}
    manager.open("/actions/SP-2026-07.1")
    assert "Decided what the imported file left open" in manager.said
    assert "The imported file leaves open" not in manager.said


def test_somebody_whom_a_file_names_in_two_ways_is_counted_once(doors, manager):
    page = f"{imported(manager)}/owners"
    manager.open(page)
    keys = re.findall(r'name="p_(\d+)_email"', manager.html)
    sent = {"form_id": manager.hidden("form_id"), **{f"p_{key}_email": OWNER for key in keys}}
    assert (len(keys), manager.send(page, **sent)) == (2, 303)
    manager.follow()
    assert "1 person can be named here now: 3 questions are decided." in manager.said


def test_a_role_that_waits_for_a_second_person_makes_nobody_an_owner_here(doors, manager):
    page = f"{imported(manager)}/owners"
    manager.open(page)
    assert ("Action owner" in manager.said, "Subgroup chair" in manager.said) == (True, False)
    key = re.search(r'name="p_(\d+)_email"', manager.html)[1]
    sent = {"form_id": manager.hidden("form_id"), f"p_{key}_email": "jane.fell@anyshire.example"}
    with nothing_changes(doors.database):
        assert manager.send(page, **sent, **{f"p_{key}_role": "subgroup_chair", f"p_{key}_new_agency": "Trust"}) == 422
    assert "Choose the role." in manager.said


def test_the_people_and_agencies_that_a_file_names_are_added_from_it(doors, manager):
    plan = imported(manager)
    page = f"{plan}/owners"
    assert manager.open(page) == 200
    assert "“Officer A” in 2 rows" in manager.said
    key = re.search(r'name="p_(\d+)_email"', manager.html)[1]
    sent = {"form_id": manager.hidden("form_id"), f"p_{key}_email": "Jane.Fell@anyshire.example"}
    sent |= {f"p_{key}_name": "Jane Fell", f"p_{key}_job_title": "Officer A", f"p_{key}_role": "action_owner"}
    with nothing_changes(doors.database):
        assert manager.send(page, **sent) == 422
    assert "Choose the agency, or enter the name of a new one." in manager.said
    assert rows(doors.database, AccountMail) == 0
    assert manager.send(page, **sent, **{f"p_{key}_new_agency": "Hilltop Trust"}, invite="y") == 303
    manager.follow()
    assert "1 person can be named here now: 2 questions are decided." in manager.said
    assert owners(doors) == {"1": "jane.fell@anyshire.example", "2": "jane.fell@anyshire.example", "3": "Officer B"}
    assert rows(doors.database, Agency, Agency.name == "Hilltop Trust") == 1
    with doors.database() as session:
        made = session.scalars(sa.select(Person).where(Person.email == "jane.fell@anyshire.example")).one()
        assert session.scalars(sa.select(Membership.role).where(Membership.person_id == made.id)).all() == [
            "action_owner"
        ]
        assert actor_by_email(session, made.email, today=TODAY).name == "Jane Fell"
        invited = AccountMail.kind == AccountMailKind.INVITATION
        assert session.scalars(sa.select(AccountMail.email).where(invited)).all() == [made.email]
    assert "/people/invitations" in manager.links
    assert any("/reminders/tomorrow?plan=SP-2026-07" in link for link in manager.links)
    assert manager.open("/reminders/tomorrow?plan=SP-2026-07&on=2026-11-23") == 200
    assert "SP-2026-07/3" in manager.said.partition("Held back")[2]
    manager.open("/reminders/tomorrow?plan=SP-2026-08&on=2026-11-23")
    assert "Nobody gets a mail about this plan that morning." in manager.said


def test_who_may_not_add_people_is_told_and_others_do_not_find_the_pages(doors, manager):
    plan = imported(manager)
    admin = doors.visitor("admin@anyshire.example")
    assert admin.open(f"{plan}/owners") == 200
    assert "Ask your business manager to add them." in admin.said
    with nothing_changes(doors.database):
        admin.send(f"{plan}/owners", form_id="x")
    for page in ("owners", "questions"):
        assert doors.visitor("chair@anyshire.example").open(f"{plan}/{page}") == 403
        assert doors.visitor("manager@midmarch.example").open(f"{plan}/{page}") == 404
        assert manager.open(f"/cases/SP-1999-01/{page}") == 404


def test_a_file_without_actions_is_refused_on_its_preview(doors, manager):
    with nothing_changes(doors.database):
        looked_at(manager, "Ref,Action,Officer\n")
    assert "no plan was opened" in manager.said


def test_the_page_of_questions_asks_the_database_no_more_for_many(doors, manager):
    plan = imported(manager)
    with statements(doors.database) as few:
        manager.open(f"{plan}/questions")
    lines = "".join(f"{n},Action {n},Officer {n},\n" for n in range(100, 160))
    imported(manager, HEAD + lines)
    with statements(doors.database) as many:
        manager.open(f"{plan}/questions")
    assert len(many) <= len(few)
    assert rows(doors.database, ImportQuestion) > 60
