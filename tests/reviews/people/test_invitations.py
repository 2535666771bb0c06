"""Who may invite whom, and what the links of invitations and resets open."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.models import Event, EventKind, Invitation, LinkPurpose, Person
from reviews.people.account_links import LASTS, find_link, make_link
from reviews.people.accounts import add_person
from reviews.people.address_changes import ask_for_address, change_email, open_change_of
from reviews.people.invitations import accept_invitation, invite, invite_all, people_to_invite, withdraw_invitation
from reviews.people.offboarding import disable_person, end_role
from reviews.people.passwords import give_password, send_reset
from reviews.transactions.unit_of_work import Gone, NotFound
from tests.builders import NOW, a_person, a_unit, a_world, actor_of
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def anyshire(world):
    return world.anyshire


@pytest.fixture
def session(database):
    with database.begin() as session:
        yield session


def acting(session, anyshire, role):
    return a_unit(session, actor_of(session, session.merge(anyshire.people[role])))


def an_invitation(session, anyshire, role=Role.ACTION_OWNER):
    """Invite the person with a role, and give their link's token."""
    unit, person = a_unit(session), anyshire.people[role]
    invitation = invite(unit, anyshire.partnership.id, person.id)
    return _link(unit, person, invitation)


def _link(unit, person, invitation):
    return make_link(unit, LinkPurpose.INVITATION, person_id=person.id, email=person.email, invitation_id=invitation.id)


def a_reset(session, anyshire, role=Role.ACTION_OWNER):
    person = anyshire.people[role]
    return make_link(a_unit(session), LinkPurpose.RESET, person_id=person.id, email=person.email)


def a_link(session, anyshire, purpose):
    if purpose is LinkPurpose.INVITATION:
        return an_invitation(session, anyshire)
    if purpose is LinkPurpose.RESET:
        return a_reset(session, anyshire)
    unit, person = a_unit(session), session.merge(anyshire.people[Role.ACTION_OWNER])
    waiting = open_change_of(session, person.id)
    change = waiting or ask_for_address(unit, email=person.email, to="new@anyshire.example")
    email = change.email if purpose is LinkPurpose.ADDRESS_NEW else change.was
    return make_link(unit, purpose, person_id=person.id, email=email, address_change_id=change.id)


def found(session, purpose, token, now=NOW):
    session.flush()
    return find_link(session, purpose, token, now=now)[1].email


def test_the_manager_invites_and_the_history_says_so(session, anyshire):
    owner = anyshire.people[Role.ACTION_OWNER]
    invitation = invite(acting(session, anyshire, Role.BUSINESS_MANAGER), anyshire.partnership.id, owner.id)
    session.flush()
    assert invitation.invited_by == anyshire.people[Role.BUSINESS_MANAGER].name
    kinds = session.scalars(sa.select(Event.details).where(Event.kind == EventKind.PERSON_INVITED)).all()
    assert kinds == [{"person": owner.id}]


@pytest.mark.parametrize("role", [Role.AGENCY_LEAD, Role.BUSINESS_UNIT_ADMIN, Role.CDOP_MANAGER, Role.SUBGROUP_CHAIR])
def test_c13_who_does_not_manage_people_invites_nobody(session, anyshire, role):
    unit, partnership = acting(session, anyshire, role), session.merge(anyshire.partnership)
    police = session.merge(anyshire.agencies["Police"])
    new = {"email": "new@anyshire.example", "name": "New", "job_title": "x", "agency": police}
    with pytest.raises(NotAllowed):
        invite(unit, partnership.id, anyshire.people[Role.ACTION_OWNER].id)
    with pytest.raises(NotAllowed):
        add_person(unit, partnership, **new, role=Role.BUSINESS_MANAGER)
    with pytest.raises(NotAllowed):
        invite_all(unit, partnership.id, [anyshire.people[Role.ACTION_OWNER].id])


def test_c13_a_manager_invites_nobody_to_child_death_review_and_nobody_of_elsewhere(session, world, anyshire):
    unit = acting(session, anyshire, Role.BUSINESS_MANAGER)
    with pytest.raises(NotAllowed, match="CDOP manager"):
        invite(unit, anyshire.partnership.id, anyshire.people[Role.CDOP_PANEL_MEMBER].id)
    elsewhere = world.midmarch
    with pytest.raises(NotFound):
        invite(unit, anyshire.partnership.id, elsewhere.people[Role.ACTION_OWNER].id)
    with pytest.raises(NotAllowed):
        invite(unit, elsewhere.partnership.id, elsewhere.people[Role.ACTION_OWNER].id)
    listed = {each.person_id for each in people_to_invite(session, unit.actor, anyshire.partnership.id)}
    assert anyshire.people[Role.ACTION_OWNER].id in listed
    assert listed.isdisjoint({anyshire.people[Role.CDOP_PANEL_MEMBER].id, anyshire.people[Role.CDOP_MANAGER].id})


def test_c13_an_invitation_is_used_once_and_by_the_address_it_went_to(session, anyshire):
    unit = a_unit(session)
    token = an_invitation(session, anyshire)
    owner = session.merge(anyshire.people[Role.ACTION_OWNER])
    change_email(unit, email=owner.email, to="other@anyshire.example")
    with pytest.raises(Gone):
        accept_invitation(unit, token)
    change_email(unit, email="other@anyshire.example", to="owner@anyshire.example")
    with pytest.raises(Gone):
        accept_invitation(unit, token)
    token = an_invitation(session, anyshire)
    session.flush()
    assert accept_invitation(unit, token, name="Olive  New").name == "Olive New"
    with pytest.raises(Gone):
        accept_invitation(unit, token)


def test_all_links_of_an_invitation_work_until_one_is_used(session, anyshire):
    unit = a_unit(session)
    first = an_invitation(session, anyshire)
    second = an_invitation(session, anyshire)
    assert session.scalar(sa.select(sa.func.count(Invitation.id))) == 1
    assert {found(session, LinkPurpose.INVITATION, each) for each in (first, second)} == {"owner@anyshire.example"}
    accept_invitation(unit, first)
    session.flush()
    with pytest.raises(Gone):
        found(session, LinkPurpose.INVITATION, second)


def test_who_comes_in_by_another_door_needs_no_password(session, anyshire):
    token = an_invitation(session, anyshire)
    session.flush()
    accepted = accept_invitation(a_unit(session), token)
    session.flush()
    assert accepted.password_hash is None
    kinds = session.scalars(sa.select(Event.kind).where(Event.kind == EventKind.INVITATION_ACCEPTED)).all()
    assert len(kinds) == 1


def test_c2_a_token_of_one_purpose_is_unknown_under_another_and_so_is_every_other_letter(session, anyshire):
    tokens = {purpose: a_link(session, anyshire, purpose) for purpose in LinkPurpose}
    for purpose, other in zip(LinkPurpose, reversed(LinkPurpose), strict=True):
        assert found(session, purpose, tokens[purpose]) == "owner@anyshire.example"
        with pytest.raises(NotFound):
            found(session, other, tokens[purpose])
    token = tokens[LinkPurpose.RESET]
    for n, letter in enumerate(token):
        changed = token[:n] + ("x" if letter != "x" else "y") + token[n + 1 :]
        with pytest.raises(NotFound):
            found(session, LinkPurpose.RESET, changed)
    for odd in ("", token[:-1], f"{token}=", f" {token}", "\udc80", "ü" * 43):
        with pytest.raises(NotFound):
            found(session, LinkPurpose.RESET, odd)


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_c3_an_expired_link_is_over(session, anyshire, purpose):
    token, until = a_link(session, anyshire, purpose), NOW + LASTS[purpose]
    assert found(session, purpose, token, until - timedelta(seconds=1))
    with pytest.raises(Gone):
        found(session, purpose, token, until)


@pytest.mark.parametrize("purpose", LinkPurpose)
@pytest.mark.parametrize("how", ["disabled", "role ended", "has a password now"])
def test_c3_the_links_of_somebody_who_left_or_came_in_are_over(session, anyshire, purpose, how):
    token, unit, email = a_link(session, anyshire, purpose), a_unit(session), "owner@anyshire.example"
    session.flush()
    if how == "disabled":
        disable_person(unit, email=email)
    elif how == "role ended":
        end_role(unit, session.merge(anyshire.partnership), email=email, role=Role.ACTION_OWNER)
    else:
        give_password(unit, session.merge(anyshire.people[Role.ACTION_OWNER]), "a hash")
    with pytest.raises(Gone):
        found(session, purpose, token)


def test_c3_a_withdrawn_invitation_is_over_and_a_new_one_is_another(session, anyshire):
    unit, owner = a_unit(session), anyshire.people[Role.ACTION_OWNER]
    token = an_invitation(session, anyshire)
    withdraw_invitation(unit, anyshire.partnership.id, owner.id)
    with pytest.raises(Gone):
        found(session, LinkPurpose.INVITATION, token)
    session.flush()
    with pytest.raises(Refused, match="no invitation that you can withdraw"):
        withdraw_invitation(unit, anyshire.partnership.id, owner.id)
    again = an_invitation(session, anyshire)
    assert found(session, LinkPurpose.INVITATION, again) == owner.email
    with pytest.raises(Gone):
        found(session, LinkPurpose.INVITATION, token)


def test_nobody_is_invited_who_can_sign_in_or_has_left(session, anyshire):
    unit, partnership_id = a_unit(session), anyshire.partnership.id
    owner, chair = (session.merge(anyshire.people[role]) for role in (Role.ACTION_OWNER, Role.SUBGROUP_CHAIR))
    owner.password_hash = "a hash"
    disable_person(unit, email=chair.email)
    session.flush()
    with pytest.raises(Refused, match="can sign in already"):
        invite(unit, partnership_id, owner.id)
    with pytest.raises(Refused, match="is disabled"):
        invite(unit, partnership_id, chair.id)


def test_of_a_list_only_those_are_invited_who_were_on_it_and_still_cannot_sign_in(session, anyshire):
    unit, partnership_id = a_unit(session), anyshire.partnership.id
    listed = [each.person_id for each in people_to_invite(session, unit.actor, partnership_id)]
    assert len(listed) == 14
    owner = session.merge(anyshire.people[Role.ACTION_OWNER])
    owner.password_hash = "a hash"
    a_person(session, session.merge(anyshire.partnership), email="later@anyshire.example")
    session.flush()
    assert invite_all(unit, partnership_id, listed) == 13
    session.flush()
    people = sa.select(Person.email).join(Invitation, Invitation.person_id == Person.id)
    assert {"later@anyshire.example", owner.email}.isdisjoint(session.scalars(people))


def test_a_link_that_sets_a_password_is_sent_by_whoever_manages_people(session, world, anyshire):
    manager = acting(session, anyshire, Role.BUSINESS_MANAGER)
    assert send_reset(manager, email="Owner@anyshire.example").email == "owner@anyshire.example"
    with pytest.raises(NotFound):
        send_reset(manager, email="owner@midmarch.example")
    with pytest.raises(NotAllowed):
        send_reset(acting(session, anyshire, Role.AGENCY_LEAD), email="owner@anyshire.example")
