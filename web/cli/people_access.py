"""Commands for how people come in: invitations, links that set a password, sessions."""

from datetime import datetime
from typing import Any

import click
import sqlalchemy as sa

from notifications.ledger.invitation_states import InvitationStatus, invitation_states
from reviews.access.visibility import visible
from reviews.models import Membership, Partnership, Person
from reviews.people.invitations import invite, withdraw_invitation
from reviews.people.open_sessions import end_all_sessions, open_sessions
from reviews.people.passwords import send_reset
from reviews.transactions.unit_of_work import NotFound, Unit, unit_of_work
from web.cli.arguments import looking_for, named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, table
from workflows.core.engine import Refused


@click.command("invite")
@click.argument("email")
@click.option("--partnership", metavar="CODE", help="Code, where they work in more than one.")
@click.option("--withdraw", is_flag=True, help="End the invitation instead: none of its links works any more.")
@as_person
@as_json
def invite_person(email: str, partnership: str | None, withdraw: bool, as_: str | None, json_: bool) -> None:
    """Mail a person a link with which they choose a password, or one more of them."""
    app = open_app()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        person, partnership_row = _member(unit, email, partnership)
        (withdraw_invitation if withdraw else invite)(unit, partnership_row.id, person.id)
        unit.session.flush()
        states = invitation_states(unit.session, unit.actor, [partnership_row.id], [person.id], now=unit.now)
        data = _as_data(person, partnership_row.code, states[person.id, partnership_row.id])
    done = "is withdrawn" if withdraw else "is on its way"
    emit(data, json_, lambda: f"The invitation of {data['name']} <{data['email']}> {done}.")


def _member(unit: Unit, email: str, code: str | None) -> tuple[Person, Partnership]:
    """Find a person, and the one partnership that is meant. Raises NotFound and Refused."""
    rows = unit.session.execute(
        sa.select(Person, Partnership)
        .join(Membership, Membership.person_id == Person.id)
        .join(Partnership, Partnership.id == Membership.partnership_id)
        .where(
            Person.email == email.strip().lower(),
            Membership.ended_on.is_(None),
            visible(unit.actor, Person),
            visible(unit.actor, Membership),
        )
        .order_by(Partnership.code)
    ).all()
    found = {row[1].code: (row[0], row[1]) for row in rows if code is None or row[1].code == code.upper()}
    if not found:
        raise NotFound
    if len(found) > 1:
        raise Refused(f"They work in {' and '.join(found)}: name one with --partnership.")
    return next(iter(found.values()))


def _as_data(person: Person, code: str, status: InvitationStatus) -> dict[str, Any]:
    return {
        "email": person.email,
        "name": person.name,
        "partnership": code,
        "state": status.state.value,
        "mails": status.mails,
        "invited_by": status.invited_by,
        **{
            name: _moment(getattr(status, name))
            for name in ("invited_at", "sent_at", "opened_at", "used_at", "expires_at", "withdrawn_at")
        },
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


@click.command("reset")
@click.argument("email")
@as_person
@as_json
def reset(email: str, as_: str | None, json_: bool) -> None:
    """Mail a person a link with which they set their password, good for one hour."""
    app = open_app()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        person = send_reset(unit, email=email)
        data = {"email": person.email, "name": person.name, "asked_at": unit.now.isoformat()}
    emit(data, json_, lambda: f"A link that sets the password of {data['name']} <{data['email']}> is on its way.")


@click.command("sessions")
@click.argument("email")
@click.option("--end", is_flag=True, help="End them all.")
@as_json
def sessions(email: str, end: bool, json_: bool) -> None:
    """Show where a person is signed in, and end it."""
    app = open_app()
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        person = unit.session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
        if person is None:
            raise NotFound
        open_ = open_sessions(unit.session, person.id, unit.now)
        ended = end_all_sessions(unit, email=person.email) if end else 0
        data = {
            "email": person.email,
            "sessions": [
                {"browser": each.browser, "started_at": _moment(each.started_at), "seen_at": _moment(each.seen_at)}
                for each in open_
            ],
            "ended": ended,
        }
    emit(data, json_, lambda: _in_words(data))


def _in_words(data: dict[str, Any]) -> str:
    if not data["sessions"]:
        return f"{data['email']} is not signed in anywhere."
    title = f"Ended sessions of {data['email']}" if data["ended"] else f"Open sessions of {data['email']}"
    rows = [(each["browser"] or "A browser", each["started_at"], each["seen_at"]) for each in data["sessions"]]
    return table(title, ("Browser", "Signed in", "Last used"), rows)
