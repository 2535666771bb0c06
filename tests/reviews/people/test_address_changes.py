"""Another e-mail address for somebody: who asks, who confirms, and what changes until then."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.returns.address_problems import confirm_for_old_address
from reviews.access.permissions import NotAllowed, system
from reviews.models import AccountMail, AddressChange, Event, EventKind, Person
from reviews.people.accounts import add_person
from reviews.people.address_changes import ask_for_address, change_email, withdraw_change
from reviews.people.offboarding import disable_person
from reviews.settings.partnership_settings import set_email_domains
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from tests.builders import BUILDER, a_person, a_unit, a_world
from tests.changes import changes_of, nothing_changes
from tests.notifications.mornings import mail_comes_back
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

OWNER, NEW = "owner@anyshire.example", "new@anyshire.example"


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def ask(database, clock, world):
    def ask(role=Role.BUSINESS_MANAGER, email=OWNER, to=NEW, place=world.anyshire, actor=None):
        with unit_of_work(database, actor or place.actors[role], clock) as unit:
            return ask_for_address(unit, email=email, to=to)

    return ask


@pytest.fixture
def confirm(database, clock, world):
    def confirm(change, role=Role.BUSINESS_UNIT_ADMIN, actor=None):
        with unit_of_work(database, actor or world.anyshire.actors[role], clock) as unit:
            return confirm_for_old_address(unit, change.id)

    return confirm


@pytest.mark.parametrize("role", [Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.ACTION_OWNER])
def test_d6_who_asks_changes_nothing_and_both_addresses_are_written_to(database, world, ask, role):
    with changes_of(database) as changes:
        asked = ask(role, " OWNER@anyshire.example", " New@Anyshire.example ")
    assert (changes.added, changes.changed) == ({"events": 1, "address_changes": 1, "account_mails": 2}, {})
    assert (asked.was, asked.email) == (OWNER, NEW)
    with database() as session:
        assert session.scalars(sa.select(AccountMail.email).order_by(AccountMail.id)).all() == [OWNER, NEW]
        event = session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
    owner = world.anyshire.people[Role.ACTION_OWNER]
    assert (event.kind, event.details) == (EventKind.EMAIL_ASKED, {"person": owner.id, "change": asked.id})


def test_d6_a_loop_over_a_whole_partnership_moves_nobody(database, world, ask):
    before = addresses(database)
    for number, email in enumerate(before):
        if email.endswith("@anyshire.example") and not email.startswith("cdop"):
            ask(Role.BUSINESS_UNIT_ADMIN, email, f"stolen{number}@evil.example")
    assert addresses(database) == before
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(AddressChange)) > 5


def addresses(database):
    with database() as session:
        return session.scalars(sa.select(Person.email).order_by(Person.id)).all()


def test_nobody_else_asks(database, world, ask):
    unit = {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.ACTION_OWNER}
    for role in set(Role) - unit:
        with nothing_changes(database), pytest.raises(NotAllowed):
            ask(role)
    with nothing_changes(database), pytest.raises(NotFound):
        ask(place=world.midmarch)


@pytest.mark.parametrize(
    "to", ["", "nobody", "a b@c.example", "a@b.example\nBcc: c@d.example", f"{'a' * 250}@b.example"]
)
def test_what_is_no_address_is_refused(database, ask, to):
    with nothing_changes(database), pytest.raises(Refused, match="Enter an e-mail address in the correct format"):
        ask(to=to)


def test_an_address_that_somebody_has_is_refused_only_where_the_asker_may_know(database, ask):
    with nothing_changes(database):
        with pytest.raises(Refused, match=r"Somebody else already has the address chair@anyshire\.example"):
            ask(to="Chair@Anyshire.example")
        with pytest.raises(Refused, match="already have"):
            ask(to=OWNER.upper())
    assert ask(to="chair@midmarch.example").email == "chair@midmarch.example"


def test_who_works_in_two_partnerships_is_for_who_keeps_both(database, world, ask):
    with database.begin() as session:
        a_person(session, world.midmarch.partnership, Role.AGENCY_LEAD, world.midmarch.agencies["Police"], OWNER)
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(NotAllowed):
        ask()
    theirs = world.midmarch.actors[Role.BUSINESS_UNIT_ADMIN].roles_held
    with changes_of(database) as changes:
        ask(actor=replace(manager, roles_held=(*manager.roles_held, *theirs)))
    assert changes.added["events"] == 2


@pytest.mark.parametrize("word", ["cdop", "cdop-member"])
def test_mail_about_child_deaths_is_not_led_elsewhere(database, world, ask, word):
    manager, cdop = (world.anyshire.actors[role] for role in (Role.BUSINESS_MANAGER, Role.CDOP_MANAGER))
    with nothing_changes(database), pytest.raises(NotAllowed, match="Only the CDOP manager"):
        ask(email=f"{word}@anyshire.example")
    both = replace(manager, roles_held=(*manager.roles_held, *cdop.roles_held))
    assert ask(email=f"{word}@anyshire.example", actor=both).email == NEW


def test_who_has_left_keeps_their_address(database, world, ask):
    with database.begin() as session:
        disable_person(a_unit(session), email=OWNER)
    with nothing_changes(database), pytest.raises(Refused, match="has left"):
        ask()


def test_the_operator_changes_it_at_once_and_both_addresses_are_written_to(database, clock, world):
    with unit_of_work(database, system("operator"), clock) as unit:
        assert change_email(unit, email=OWNER, to=NEW).email == NEW
    with database() as session:
        event = session.scalars(sa.select(Event).order_by(Event.id.desc())).first()
        mails = session.execute(sa.select(AccountMail.kind, AccountMail.email).order_by(AccountMail.id)).all()
    owner = world.anyshire.people[Role.ACTION_OWNER]
    assert (event.kind, event.details, event.recorded_by) == (
        EventKind.EMAIL_CHANGED,
        {"person": owner.id, "was": OWNER},
        "operator",
    )
    assert mails == [("address_changed", NEW), ("address_left", OWNER)]
    with nothing_changes(database), unit_of_work(database, BUILDER, clock) as unit:
        with pytest.raises(Refused, match=r"Somebody else already has the address chair@midmarch\.example"):
            change_email(unit, email=NEW, to="chair@midmarch.example")
        unit.session.rollback()
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database), pytest.raises(NotAllowed), unit_of_work(database, manager, clock) as unit:
        change_email(unit, email=NEW, to=OWNER)


def test_in_place_of_a_closed_address_a_second_person_confirms_who_has_not_asked(database, clock, world, ask, confirm):
    asked = ask()
    with nothing_changes(database), pytest.raises(Refused, match="Mail to the old address arrives"):
        confirm(asked)
    mail_comes_back(database, world.anyshire, world.anyshire.people[Role.ACTION_OWNER])
    with nothing_changes(database):
        with pytest.raises(Refused, match="somebody else must confirm"):
            confirm(asked, Role.BUSINESS_MANAGER)
        with pytest.raises(Refused, match="your own address"):
            confirm(asked, Role.ACTION_OWNER)
        with pytest.raises(NotAllowed):
            confirm(asked, Role.AGENCY_LEAD)
        with pytest.raises(NotFound):
            confirm(asked, actor=world.midmarch.actors[Role.BUSINESS_MANAGER])
    found = confirm(asked)
    assert found.old_confirmed_by == world.anyshire.actors[Role.BUSINESS_UNIT_ADMIN].signature
    assert (found.asked_by, found.ended_at) == (world.anyshire.actors[Role.BUSINESS_MANAGER].signature, None)
    with database() as session:
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.EMAIL_CONFIRMED)).one()
        assert event.details["by"] == "second"
        assert session.get_one(Person, asked.person_id).email == OWNER


def test_a_change_that_is_withdrawn_replaced_or_too_old_is_over(database, clock, world, ask, confirm):
    mail_comes_back(database, world.anyshire, world.anyshire.people[Role.ACTION_OWNER])
    first = ask()
    second = ask(to="newer@anyshire.example")
    with pytest.raises(NotFound):
        confirm(first)
    with unit_of_work(database, world.anyshire.actors[Role.ACTION_OWNER], clock) as unit:
        withdraw_change(unit, second.id)
    with pytest.raises(NotFound):
        confirm(second)
    third = ask()
    clock.at += timedelta(days=7)
    with pytest.raises(NotFound):
        confirm(third)


def test_d6_only_addresses_in_a_domain_the_partnership_allows(database, clock, world, ask):
    manager, anyshire = world.anyshire.actors[Role.BUSINESS_MANAGER], world.anyshire
    with unit_of_work(database, manager, clock) as unit:
        here = unit.partnership("ANYSHIRE")
        with pytest.raises(Refused, match="“anyshire” is not a domain"):
            set_email_domains(unit, here, ["anyshire"])
        assert set_email_domains(unit, here, ["@NHS.example", " anyshire.example "]) == [
            "anyshire.example",
            "nhs.example",
        ]
    with nothing_changes(database):
        for to in ("x@evil.example", "x@notanyshire.example", "x@anyshire.example.evil.example"):
            with pytest.raises(Refused, match="ANYSHIRE allows only addresses that end in @anyshire"):
                ask(to=to)
    assert ask(to="x@trust.nhs.example").email == "x@trust.nhs.example"
    with (
        nothing_changes(database),
        pytest.raises(Refused, match="allows only"),
        unit_of_work(database, manager, clock) as unit,
    ):
        add_person(
            unit,
            unit.partnership("ANYSHIRE"),
            email="x@freemail.example",
            name="X",
            job_title="X",
            agency=anyshire.agencies["Police"],
            role=Role.ACTION_OWNER,
        )
    with pytest.raises(NotAllowed), unit_of_work(database, anyshire.actors[Role.SUBGROUP_CHAIR], clock) as unit:
        set_email_domains(unit, unit.partnership("ANYSHIRE"), [])
