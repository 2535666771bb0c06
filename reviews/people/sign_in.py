"""Signing in and out, and the sessions that begin and end with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.secrets import is_password
from reviews.models import EventKind, Membership, Person, SignIn
from reviews.people.factor_resets import remove_reset_factors
from reviews.people.factors import has_factor, must_have_factor
from reviews.people.saved_forms import delete_old_forms
from reviews.people.sign_in_tries import begin_try, count_try, forget_try, warn_holder
from reviews.transactions.unit_of_work import Unit, unit_of_work


def hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def sign_in(
    database: Database,
    clock: Clock,
    *,
    email: str,
    password: str,
    network: str = "",
    devices: Sequence[str] = (),
    browser: str = "",
) -> str | None:
    """Give the token of a new session; None alike for an unknown address, a disabled account and a wrong password.

    `devices` are the tokens of the browser's cookie, `network` is where it is. Each try is counted as wrong before the
    password is looked at, outside any transaction, and taken back where it was right. Raises Limited and Busy.
    """
    found = begin_try(
        database, clock, email=email, network=network, device_hashes=[hash_token(device) for device in devices]
    )
    with found.slots.slot():
        count_try(database, clock, found)
        matches = is_password(password, found.password_hash, slots=found.slots)
    if not matches or found.person_id is None:
        warn_holder(database, clock, found)
        return None
    with unit_of_work(database, system("sign-in"), clock) as unit:
        stored = unit.session.get_one(Person, found.person_id, with_for_update=True)
        if stored.password_hash != found.password_hash or stored.disabled_at is not None:
            return None
        forget_try(unit.session, found)
        return begin_session(unit, stored, browser=browser)


def begin_session(
    unit: Unit,
    person: Person,
    *,
    browser: str = "",
    is_proved: bool = False,
    provider_account_id: int | None = None,
    id_token: bytes | None = None,
) -> str:
    """Begin a session of a person who has shown who they are; gives its token, of which only the hash is stored.

    It is half a session until its second factor is proved, where the person has or must have one, unless they came by
    a way that has asked for one (`is_proved`). Factors that were reset are removed first.
    """
    delete_old_forms(unit)
    if remove_reset_factors(unit, person):
        end_sessions(unit, person)
    token = token_urlsafe(32)
    awaits = not is_proved and (has_factor(unit.session, person.id) or must_have_factor(unit.session, person.id))
    unit.session.add(
        SignIn(
            token_hash=hash_token(token),
            person_id=person.id,
            started_at=unit.now,
            seen_at=unit.now,
            browser=browser[:100],
            provider_account_id=provider_account_id,
            id_token=id_token,
            awaits_factor=awaits,
            proved_at=None if awaits else unit.now,
        )
    )
    return token


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account it is, for the audit log. `partnership_id` is None where they work in several or in none."""

    person_id: int
    name: str
    partnership_id: int | None
    awaits_factor: bool = False


def account_with_address(session: Session, email: str) -> Account | None:
    """Give the account that was tried; None where nobody has this address, which may be anything that was typed."""
    return _account(session, _ACCOUNTS.where(Person.email == email.strip().lower()).group_by(Person.id, Person.name))


def account_in_session(session: Session, token: str) -> Account | None:
    """Give whose session it is, where it has not ended."""
    theirs = _ACCOUNTS.add_columns(SignIn.awaits_factor).join(SignIn, SignIn.person_id == Person.id)
    open_one = theirs.where(SignIn.token_hash == hash_token(token), SignIn.ended_at.is_(None))
    return _account(session, open_one.group_by(Person.id, Person.name, SignIn.awaits_factor))


_ACCOUNTS = (
    sa.select(Person.id, Person.name, sa.func.min(Membership.partnership_id), sa.func.max(Membership.partnership_id))
    .select_from(Person)
    .outerjoin(Membership, (Membership.person_id == Person.id) & Membership.ended_on.is_(None))
)


def _account(session: Session, query: sa.Select[*tuple[Any, ...]]) -> Account | None:
    row = session.execute(query).first()
    if row is None:
        return None
    person_id, name, first, last, *awaits = row
    return Account(person_id, name, first if first == last else None, *awaits)


def holder_of(session: Session, token: str) -> int:
    """Give the id of the person whose session it is."""
    return session.scalars(sa.select(SignIn.person_id).where(SignIn.token_hash == hash_token(token))).one()


def sign_out(database: Database, clock: Clock, *, token: str) -> None:
    with unit_of_work(database, system("sign-out"), clock) as unit:
        _update_session(unit.session, token, ended_at=unit.now)


def note_seen(database: Database, clock: Clock, *, token: str) -> None:
    """Keep a session alive; called at most once a minute."""
    with unit_of_work(database, system("sign-in"), clock) as unit:
        _update_session(unit.session, token, seen_at=unit.now)


def _update_session(session: Session, token: str, **values: object) -> None:
    session.execute(sa.update(SignIn).where(SignIn.token_hash == hash_token(token)).values(**values))


def end_sessions(unit: Unit, person: Person) -> None:
    """End the sessions of a person at once."""
    theirs = (SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    unit.session.execute(sa.update(SignIn).where(*theirs).values(ended_at=unit.now))


def record_of_account(unit: Unit, kind: EventKind, person: Person, **details: object) -> None:
    """Record what happened to an account in each partnership its person works in."""
    works_in = sa.select(Membership.partnership_id).where(
        Membership.person_id == person.id, Membership.ended_on.is_(None)
    )
    for partnership_id in sorted(set(unit.session.scalars(works_in))):
        unit.record(kind, partnership_id=partnership_id, details={"person": person.id, **details})
