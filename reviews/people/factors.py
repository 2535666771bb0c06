"""The second factors of a person: who must have one, who has which, and changing them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import GRANTS, Permission
from reviews.models import (
    AuthenticatorApp,
    EventKind,
    FactorKind,
    FactorRule,
    Membership,
    Partnership,
    Passkey,
    RecoveryCode,
)
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

LONGEST_FACTOR_NAME = 100
TABLES: dict[FactorKind, type[Passkey] | type[AuthenticatorApp]] = {
    FactorKind.PASSKEY: Passkey,
    FactorKind.APP: AuthenticatorApp,
}


@dataclass(frozen=True, slots=True)
class FactorLine:
    """A passkey or an app of a person. `backed_up` passkeys are copied between the person's devices."""

    kind: FactorKind
    id: int
    name: str
    made_at: datetime
    used_at: datetime | None
    backed_up: bool
    host: str


def factors_of(session: Session, person_id: int) -> list[FactorLine]:
    """List the passkeys and confirmed apps of a person, the oldest first."""
    passkeys: Iterable[Any] = session.execute(
        sa.select(Passkey.id, Passkey.name, Passkey.made_at, Passkey.used_at, Passkey.backed_up, Passkey.rp_id).where(
            Passkey.person_id == person_id
        )
    )
    apps: Iterable[Any] = session.execute(
        sa.select(
            AuthenticatorApp.id, AuthenticatorApp.name, AuthenticatorApp.confirmed_at, AuthenticatorApp.used_at
        ).where(AuthenticatorApp.person_id == person_id, AuthenticatorApp.confirmed_at.is_not(None))
    )
    found = [FactorLine(FactorKind.PASSKEY, *row) for row in passkeys]
    found += [
        FactorLine(FactorKind.APP, row.id, row.name, row.confirmed_at, row.used_at, backed_up=False, host="")
        for row in apps
    ]
    return sorted(found, key=lambda line: (line.made_at, line.kind, line.id))


def has_factor(session: Session, person_id: int) -> bool:
    passkey = sa.select(Passkey.id).where(Passkey.person_id == person_id)
    app = sa.select(AuthenticatorApp.id).where(
        AuthenticatorApp.person_id == person_id, AuthenticatorApp.confirmed_at.is_not(None)
    )
    return bool(session.scalar(sa.select(passkey.exists() | app.exists())))


def must_have_factor(session: Session, person_id: int) -> bool:
    """Whether a partnership in which the person holds a role asks them for a second factor."""
    asked = (Partnership.factor_rule == FactorRule.EVERYBODY) | (
        (Partnership.factor_rule == FactorRule.CASE_READERS) & Membership.role.in_(GRANTS[Permission.SEE_CASE])
    )
    query = (
        sa.select(Membership.id)
        .join(Partnership, Partnership.id == Membership.partnership_id)
        .where(Membership.person_id == person_id, Membership.ended_on.is_(None), asked)
    )
    return session.scalar(query.limit(1)) is not None


def find_factor(session: Session, person_id: int, kind: FactorKind, factor_id: int) -> FactorLine:
    """Give one factor of a person; raises NotFound, also for one of somebody else."""
    found = (line for line in factors_of(session, person_id) if (line.kind, line.id) == (kind, factor_id))
    line = next(found, None)
    if line is None:
        raise NotFound
    return line


def rename_factor(unit: Unit, kind: FactorKind, factor_id: int, *, name: str) -> None:
    """Rename a factor of the actor's own; raises NotFound, and Refused for a name that is no line of text."""
    person_id = actor_number(unit)
    find_factor(unit.session, person_id, kind, factor_id)
    name = factor_name(name)
    unit.session.execute(sa.update(TABLES[kind]).where(TABLES[kind].id == factor_id).values(name=name))
    record_factor(unit, person_id, "renamed", kind, name)


def remove_factor(unit: Unit, kind: FactorKind, factor_id: int) -> FactorLine:
    """Remove a factor of the actor's own, and with the last one their recovery codes.

    Raises NotFound, and Refused for the last one of somebody who must have one.
    """
    person_id = actor_number(unit)
    # locked, so that of two last factors not both are removed at once
    for table in TABLES.values():
        unit.session.execute(sa.select(table.id).where(table.person_id == person_id).with_for_update()).all()
    line = find_factor(unit.session, person_id, kind, factor_id)
    is_last = len(factors_of(unit.session, person_id)) == 1
    if is_last and must_have_factor(unit.session, person_id):
        raise Refused("Your partnership asks you for a second factor. Add another one before you remove this.")
    unit.session.execute(sa.delete(TABLES[kind]).where(TABLES[kind].id == factor_id))
    if is_last:
        unit.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    record_factor(unit, person_id, "removed", kind, line.name)
    return line


def remove_factors(unit: Unit, person_id: int) -> None:
    """Remove every factor and recovery code of a person."""
    for table in (Passkey, AuthenticatorApp, RecoveryCode):
        unit.session.execute(sa.delete(table).where(table.person_id == person_id))


def factor_name(text: str) -> str:
    """Give a name on one line; raises Refused."""
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_FACTOR_NAME or not name.isprintable():
        raise Refused(f"The name must be one line of 1 to {LONGEST_FACTOR_NAME} characters.", field="name")
    return name


def actor_number(unit: Unit) -> int:
    """Give the number of the acting person; raises NotFound where the system acts, which has no factor."""
    if unit.actor.person_id is None:
        raise NotFound
    return unit.actor.person_id


def record_factor(unit: Unit, person_id: int, what: str, kind: FactorKind, name: str = "") -> None:
    """Write into the history of each partnership of a person what became of a factor of theirs."""
    details = {"person": person_id, "what": what, "factor": kind.value} | ({"name": name} if name else {})
    for partnership_id in partnerships_of(unit.session, person_id):
        unit.record(EventKind.FACTOR_CHANGED, partnership_id=partnership_id, details=details)


def partnerships_of(session: Session, person_id: int) -> list[int]:
    """Give the partnerships in which a person holds a role today."""
    query = sa.select(Membership.partnership_id).where(Membership.person_id == person_id, Membership.ended_on.is_(None))
    return sorted(set(session.scalars(query)))
