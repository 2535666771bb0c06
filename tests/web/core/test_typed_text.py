"""What was typed survives a session that ended, a token of an earlier session and an id of an earlier form."""

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask_wtf import FlaskForm
from wtforms import PasswordField

from reviews.core.secrets import hash_password
from reviews.models import Action, Person, SavedForm
from reviews.people.saved_forms import SECRET
from tests.builders import a_case, a_recommendation, an_action
from tests.changes import changes_of
from tests.web.core.test_routes import OPEN_TO_ANYBODY, addresses
from tests.web.visitor import Visitor, rows
from workflows.core.vocabulary import Role

MANAGER, CHAIR = "manager@anyshire.example", "chair@anyshire.example"
PASSWORD = "correct horse battery"
HASH = hash_password(PASSWORD)
WHERE = "/actions/new?case=SP-2026-03"
TEXT = "Ask “who else lives here?” at each visit."


@pytest.fixture
def plan(doors, world):
    """Check tokens as in earnest, and give the manager and the chair a password and a plan."""
    doors.app.config["WTF_CSRF_ENABLED"] = True
    with doors.database.begin() as session:
        a_recommendation(
            session, a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-2026-03"), "Ask who."
        )
        for role in (Role.BUSINESS_MANAGER, Role.SUBGROUP_CHAIR):
            session.get_one(Person, world.anyshire.people[role].id).password_hash = HASH


def sign_in(visitor: Visitor, email: str = MANAGER, where: str = "/sign-in") -> int:
    assert visitor.open(where) == 200
    token = visitor.hidden("csrf_token")
    return visitor.send(where, email=email, password=PASSWORD, csrf_token=token)


def filled_in(visitor: Visitor, where: str = WHERE, **more: object) -> dict[str, object]:
    """Give what a browser sends for the page that is open."""
    assert visitor.open(where) == 200
    ids = {name: visitor.hidden(name) for name in ("csrf_token", "form_id")}
    return {"recommendation": "R1", "text": TEXT, **ids, **more}


def pressed_again(visitor: Visitor, **typed: object) -> dict[str, object]:
    return typed | {name: visitor.hidden(name) for name in ("csrf_token", "form_id")}


def sign_out(visitor: Visitor) -> None:
    assert visitor.open("/actions/mine") == 200
    assert visitor.send("/sign-out", csrf_token=visitor.hidden("csrf_token")) == 303


def test_22_a_form_sent_after_signing_out_and_in_again_comes_back_with_its_text_and_is_taken_then(doors, plan):
    visitor = doors.visitor()
    assert sign_in(visitor) == 303
    typed = filled_in(visitor)
    sign_out(visitor)
    assert sign_in(visitor) == 303
    assert visitor.send(WHERE, **typed) == 400
    assert "nothing was recorded. This is what you typed." in visitor.said
    assert TEXT in visitor.said
    assert rows(doors.database, Action) == 0
    assert visitor.hidden("form_id") != typed["form_id"]
    assert visitor.send(WHERE, **pressed_again(visitor, **typed)) == 303
    assert rows(doors.database, Action, Action.text == TEXT) == 1


def test_a_form_sent_after_the_session_ended_waits_until_its_person_has_signed_in(doors, plan, clock):
    visitor = doors.visitor(MANAGER)
    typed = filled_in(visitor)
    clock.at += timedelta(minutes=31)
    assert visitor.send(WHERE, **typed) == 303
    assert visitor.location.startswith("/sign-in?next=/saved/")
    assert sign_in(visitor, where=visitor.location) == 303
    assert visitor.follow() == 303
    assert visitor.follow() == 200
    assert TEXT in visitor.said
    assert rows(doors.database, Action) == 0


def test_it_is_gone_when_it_was_taken(doors, plan, clock):
    visitor = doors.visitor(MANAGER)
    typed = filled_in(visitor)
    clock.at += timedelta(minutes=31)
    visitor.send(WHERE, **typed)
    sign_in(visitor, where=visitor.location)
    visitor.follow()
    address = visitor.location
    visitor.follow()
    assert visitor.send(address, **pressed_again(visitor, **typed)) == 303
    assert rows(doors.database, Action, Action.text == TEXT) == 1
    assert rows(doors.database, SavedForm) == 0


def test_whoever_signs_in_next_sees_nothing_of_it_and_its_person_finds_it_later(doors, plan):
    visitor = doors.visitor(MANAGER)
    typed = filled_in(visitor)
    visitor.client.delete_cookie("followthrough")
    assert visitor.send(WHERE, **typed) == 303
    there = visitor.location
    assert sign_in(visitor, CHAIR, where=there) == 303
    saved = visitor.location
    for address in (saved, "/saved", f"{WHERE}&saved={saved.rpartition('/')[2]}"):
        visitor.open(address)
        assert TEXT not in visitor.html
    sign_out(visitor)
    assert sign_in(visitor) == 303
    assert visitor.location == "/saved"
    assert visitor.follow() == 200
    assert TEXT in visitor.said


def test_a_form_of_somebody_else_is_refused_and_waits_for_them_alone(doors, plan):
    visitor = doors.visitor(MANAGER)
    typed = filled_in(visitor)
    visitor.client.delete_cookie("followthrough")
    assert sign_in(visitor, CHAIR) == 303
    assert visitor.send(WHERE, **typed) == 400
    assert TEXT not in visitor.html
    visitor.open("/saved")
    assert TEXT not in visitor.html
    other = doors.visitor(MANAGER)
    other.open("/saved")
    assert TEXT in other.said


def test_it_is_dropped_after_a_day(doors, plan, clock):
    visitor = doors.visitor(MANAGER)
    typed = filled_in(visitor)
    clock.at += timedelta(minutes=31)
    visitor.send(WHERE, **typed)
    clock.at += timedelta(days=1)
    assert sign_in(visitor, where=visitor.location) == 303
    assert rows(doors.database, SavedForm) == 0


def test_a_form_we_did_not_make_is_kept_for_nobody(doors, plan):
    for visitor in (doors.visitor(), doors.visitor(MANAGER)):
        for token in ("", "WyJub3Qgb3VycyJd.aaaa.bbbb"):
            assert visitor.send(WHERE, text=TEXT, csrf_token=token) == 400
    assert rows(doors.database, SavedForm) == 0


def test_nothing_readable_is_stored(doors, plan, clock):
    visitor = doors.visitor(MANAGER)
    typed = filled_in(visitor)
    clock.at += timedelta(minutes=31)
    visitor.send(WHERE, **typed)
    with doors.database() as session:
        sealed = session.scalars(sa.select(SavedForm.sealed)).one()
    assert TEXT.encode() not in sealed
    assert b"SP-2026-03" not in sealed


def test_of_a_file_its_name_comes_back(doors, world, plan, clock):
    with doors.database.begin() as session:
        action = an_action(session, a_case(session, world.anyshire.partnership))
    where = f"/actions/{action.address}/evidence/new"
    visitor = doors.visitor(MANAGER)
    words = {"evidence": TEXT, "file": (BytesIO(b"We met."), "minutes.txt")}
    typed = filled_in(visitor, where, **words)
    clock.at += timedelta(minutes=31)
    assert visitor.send(where, **typed) == 303
    sign_in(visitor, where=visitor.location)
    visitor.follow()
    assert visitor.follow() == 200
    assert "Choose your file again, because files are not saved: minutes.txt." in visitor.said
    assert TEXT in visitor.said


def test_no_password_or_code_is_ever_stored(doors):
    names = {"password", "new_password", "password_2", "code", "recovery_code", "otp", "secret"}
    assert {name for name in names if SECRET.search(name)} == names
    assert not any(SECRET.search(name) for name in ("text", "encoded_by", "description", "postcodes_asked"))
    fields = {
        name
        for form in all_forms()
        for name, field in vars(form).items()
        if getattr(field, "field_class", None) is PasswordField
    }
    assert fields
    assert [name for name in fields if not SECRET.search(name)] == []


def all_forms():
    waiting = [FlaskForm]
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        yield form


def test_every_form_is_only_shown_with_a_token_of_an_earlier_session(doors, world):
    posted = [page for endpoint, page in addresses(doors, world, "POST") if endpoint not in OPEN_TO_ANYBODY]
    doors.app.config["WTF_CSRF_ENABLED"] = True
    visitor = doors.visitor(MANAGER)
    visitor.open("/actions/mine")
    token = visitor.hidden("csrf_token")
    with visitor.client.session_transaction() as session:
        session["csrf_token"] = session["csrf_token"].partition(".")[0] + ".of another session"
    with changes_of(doors.database) as changes:
        codes = {page: (visitor.send(page, csrf_token=token, text=TEXT, do="all"), visitor.location) for page in posted}
    assert set(changes.added) <= {"saved_forms"}
    assert (changes.changed, changes.gone) == ({}, {})
    assert set(codes.values()) == {(400, ""), (303, "/saved")}
    assert codes["/actions/RR-2026-01.R1.A1/progress"] == (400, "")
    assert codes["/cases/RR-2026-01/recommendations/R1/challenge"] == (303, "/saved")


def test_b5_a_form_sent_twice_with_one_text_is_done_once_and_leads_there_again(doors, plan):
    visitor = doors.visitor(MANAGER)
    typed = filled_in(visitor)
    assert [visitor.send(WHERE, **typed) for _ in range(3)] == [303] * 3
    assert rows(doors.database, Action) == 1


def test_f15_a_used_form_id_with_other_text_is_answered_409_with_that_text(doors, plan):
    visitor = doors.visitor(MANAGER)
    typed = filled_in(visitor)
    assert visitor.send(WHERE, **typed) == 303
    other = typed | {"text": "Ask each parent alone."}
    assert visitor.send(WHERE, **other) == 409
    assert "This form was sent before with other text, and that was recorded." in visitor.said
    assert "Ask each parent alone." in visitor.said
    assert rows(doors.database, Action) == 1
    assert visitor.send(WHERE, **pressed_again(visitor, **other)) == 303
    assert rows(doors.database, Action) == 2
