"""Pages on who the children of a case are."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.cases.case_access import exclude
from reviews.core.db import engine_of
from reviews.core.keyring import keyring_of
from reviews.identities.commands import store_identity
from reviews.models import AccountMail, AuditEntry, AuditKind, Case, Child, ChildIdentity, IdentityOpening, SavedForm
from tests.builders import a_case, a_unit, give_review
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

CANARY = "Canary Wren Marigold"
MANAGER, ADMIN, CDOP = ("manager@anyshire.example", "admin@anyshire.example", "cdop@anyshire.example")


def a_stored_identity(doors, world, workflow="rapid_review"):
    """Make a case with one child whose identity is stored; gives the address of the pages about it."""
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, workflow)
        session.flush()
        child = session.scalars(sa.select(Child.id).where(Child.case_id == case.id)).one()
        keyring = keyring_of(doors.app.extensions["followthrough"].settings)
        role = Role.CDOP_MANAGER if workflow == "cdop_case" else Role.BUSINESS_MANAGER
        values = {"name": CANARY, "birth": "2019-03-27", "home_address": "7 Quarry Lane"}
        store_identity(a_unit(session, world.anyshire.actors[role]), keyring, case, child, values=values)
        return f"/cases/{case.reference}", f"/cases/{case.reference}/children/{child}/identity"


def test_it_is_stored_and_opened_for_a_purpose_and_shown_in_that_answer_alone(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        session.flush()
        child = session.scalars(sa.select(Child.id).where(Child.case_id == case.id)).one()
        reference = case.reference
    identity = f"/cases/{reference}/children/{child}/identity"
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/cases/{reference}") == 200
    assert f"/cases/{reference}/identities" in visitor.links
    assert visitor.open(f"/cases/{reference}/identities") == 200
    assert "Not stored" in visitor.said
    assert visitor.send(identity, **{"birth-day": "27", "birth-month": "3", "birth-year": "2019"}) == 422
    assert "Enter the name" in visitor.said
    assert visitor.send(identity, name=CANARY, home_address="7 Quarry Lane\nAnytown", nhs_number="9434765919") == 303
    assert visitor.follow() == 200
    assert "Stored since" in visitor.said
    assert CANARY not in visitor.html
    assert visitor.open(f"{identity}/open") == 200
    assert visitor.send(f"{identity}/open") == 422
    assert "Choose what you open the identity for" in visitor.said
    assert visitor.send(f"{identity}/open", purpose="other") == 422
    assert rows(doors.database, IdentityOpening) == 0
    assert visitor.send(f"{identity}/open", purpose="coroner_or_court", reason="The inquest opens.") == 200
    assert f"Name {CANARY}" in visitor.said
    assert "NHS number 943 476 5919" in visitor.said
    answer = visitor.client.post(f"{identity}/open", data={"purpose": "family"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert visitor.open(f"/cases/{reference}/identities") == 200
    assert "2 times last" in visitor.said
    assert "The coroner or a court The inquest opens." in visitor.said
    with doors.database.audit() as session:
        found = session.scalars(sa.select(AuditEntry).where(AuditEntry.kind == AuditKind.IDENTITY_OPENED)).all()
    assert [each.outcome for each in found] == ["coroner_or_court", "family"]
    assert found[0].route == "/cases/<reference>/children/<int:number>/identity/open"
    assert found[0].request_id


def test_the_form_that_changes_it_shows_nothing(doors, world):
    _, identity = a_stored_identity(doors, world)
    visitor = doors.visitor(ADMIN)
    assert visitor.open(identity) == 200
    assert "Quarry" not in visitor.html
    assert "2019" not in visitor.html
    assert visitor.send(identity, home_address="9 Mill Road", cleared="birth") == 303
    assert visitor.send(f"{identity}/open", purpose="correction") == 200
    assert f"Name {CANARY} Address 9 Mill Road" in visitor.said
    assert "Date of birth" not in visitor.said


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(doors, world):
    _, identity = a_stored_identity(doors, world)
    one, other = doors.visitor(MANAGER), doors.visitor(ADMIN)
    one.open(identity)
    version = one.hidden("version")
    assert other.send(identity, home_address="9 Mill Road") == 303
    assert one.send(identity, home_address="1 Old Road", version=version) == 409


def test_removing_it_needs_a_reason(doors, world):
    page, identity = a_stored_identity(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"{identity}/remove") == 422
    assert visitor.send(f"{identity}/remove", reason="The family asked for it.") == 303
    assert rows(doors.database, ChildIdentity) == 0
    assert visitor.open(f"{identity}/open") == 404
    assert visitor.open(f"{page}/history") == 200
    assert "The identity of a child was removed, and its key destroyed" in visitor.said


@pytest.mark.parametrize("rest", ["/open", "/remove"])
def test_it_asks_for_a_fresh_proof(doors, world, rest):
    _, identity = a_stored_identity(doors, world)
    visitor = doors.visitor(MANAGER)
    doors.clock.at += timedelta(minutes=11)
    assert visitor.open(f"{identity}{rest}") == 303
    assert visitor.location.startswith("/confirm-it-is-you?to=identity")
    assert visitor.send(f"{identity}{rest}", purpose="family", reason="x") == 303
    assert rows(doors.database, IdentityOpening) == 0
    assert rows(doors.database, ChildIdentity) == 1


def test_a_saved_form_opens_nothing_until_it_is_sent_and_is_gone_then(doors, world):
    _, identity = a_stored_identity(doors, world)
    visitor = doors.visitor(MANAGER)
    doors.clock.at += timedelta(minutes=11)
    assert visitor.send(f"{identity}/open", purpose="family", reason="They ask.") == 303
    saved = visitor.location.partition("next=")[2].replace("%2F", "/")
    again = doors.visitor(MANAGER)
    assert again.open(saved) == 303
    shown = again.location
    assert again.follow() == 200
    assert "Nothing was recorded" in again.said
    assert rows(doors.database, IdentityOpening) == 0
    assert again.send(shown, purpose="family", reason="They ask.") == 200
    assert CANARY in again.said
    assert rows(doors.database, SavedForm) == 0


def test_a14_the_business_manager_reaches_no_identity_of_child_death_review(doors, world):
    page, identity = a_stored_identity(doors, world, "cdop_case")
    visitor = doors.visitor(MANAGER)
    for address in (f"{page}/identities", identity, f"{identity}/open", f"{identity}/remove"):
        assert visitor.open(address) == 404
    assert visitor.send(f"{identity}/open", purpose="family") == 404
    coordinator = doors.visitor(CDOP)
    assert coordinator.send(f"{identity}/open", purpose="family") == 200
    assert CANARY in coordinator.said


def test_a14_an_opening_needs_a_purpose_and_thirty_are_told_by_reference_alone(doors, world):
    page, identity = a_stored_identity(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"{identity}/open") == 422
    assert [visitor.send(f"{identity}/open", purpose="matching") for _ in range(30)] == [200] * 30
    assert rows(doors.database, IdentityOpening) == 30
    assert rows(doors.database, AccountMail) == 1
    with doors.database.audit() as session:
        kinds = session.scalars(sa.select(AuditEntry.kind).where(AuditEntry.reference == page.removeprefix("/cases/")))
        assert list(kinds).count(AuditKind.IDENTITY_OPENED) == 30


def test_a_lead_reviewer_opens_it_while_they_have_the_case_and_changes_nothing(doors, world):
    page, identity = a_stored_identity(doors, world)
    reviewer = world.anyshire.people[Role.LEAD_REVIEWER]
    visitor = doors.visitor(reviewer.email)
    assert visitor.open(f"{page}/identities") == 404
    with doors.database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == page.removeprefix("/cases/"))).one()
        give_review(session, case, session.merge(reviewer), until_on=doors.clock.now().date())
    assert visitor.open(page) == 200
    assert f"{page}/identities" in visitor.links
    assert visitor.open(f"{page}/identities") == 200
    assert identity not in visitor.links
    assert visitor.send(f"{identity}/open", purpose="family") == 200
    assert visitor.send(identity, name="x") == 403
    doors.clock.at += timedelta(days=1)
    visitor = doors.visitor(reviewer.email)
    assert visitor.send(f"{identity}/open", purpose="family") == 404


def test_a_member_of_the_subgroup_finds_no_way_there(doors, world):
    page, identity = a_stored_identity(doors, world)
    for role in (Role.SUBGROUP_CHAIR, Role.SAFEGUARDING_PARTNER, Role.PRIVACY_OFFICER):
        visitor = doors.visitor(world.anyshire.people[role].email)
        visitor.open(page)
        assert f"{page}/identities" not in visitor.links
        assert visitor.send(f"{identity}/open", purpose="family") == 403


def test_whoever_is_excluded_finds_nothing(doors, world):
    page, identity = a_stored_identity(doors, world)
    with doors.database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == page.removeprefix("/cases/"))).one()
        exclude(a_unit(session), case, email=ADMIN, reason="They know the family.")
    visitor = doors.visitor(ADMIN)
    assert visitor.open(f"{page}/identities") == 404
    assert visitor.send(f"{identity}/open", purpose="family") == 404


def test_what_cannot_be_put_on_record_is_not_shown(doors, world):
    _, identity = a_stored_identity(doors, world)
    visitor = doors.visitor(MANAGER)
    engine = engine_of(doors.database.audit)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entries RENAME TO audit_entries_away")
    try:
        assert visitor.send(f"{identity}/open", purpose="family") == 503
        assert "could not be put on record" in visitor.said
        assert CANARY not in visitor.html
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE audit_entries_away RENAME TO audit_entries")


def test_a_missing_key_is_named_and_nothing_shown(doors, world):
    _, identity = a_stored_identity(doors, world)
    key = keyring_of(doors.app.extensions["followthrough"].settings)
    (there,) = key.every()
    there.path.rename(there.path.with_suffix(".away"))
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"{identity}/open", purpose="family") == 409
    assert there.fingerprint in visitor.said
    assert CANARY not in visitor.html
