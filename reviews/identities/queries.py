"""What a page shows of identities that are not opened: that one is stored, since when, and how often it was opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.models import Case, Child, ChildIdentity, IdentityOpening, OpeningPurpose
from reviews.transactions.unit_of_work import NotFound


@dataclass(frozen=True, slots=True)
class IdentityLine:
    """A child of a case. Without `recorded_at` no identity is stored; `openings` are those since it is.

    `number` counts the children of the case from 1, `child_id` names the child in addresses.
    """

    number: int
    child_id: int
    pseudonym: str
    recorded_at: datetime | None
    recorded_by: str
    changed_at: datetime | None
    changed_by: str
    openings: int
    last_opened_at: datetime | None
    last_opened_by: str


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """One opening of an identity of a case; the child by pseudonym, empty where it was removed since."""

    pseudonym: str
    opened_at: datetime
    opened_by: str
    purpose: OpeningPurpose
    reason: str
    is_unusual: bool


def opens_identities(actor: Actor, case: Case) -> bool:
    """Whether somebody who sees a case may open its identities: a lead reviewer those of the cases they have."""
    return actor.may(Permission.RECORD_IDENTITIES, case.partnership_id, case.realm) or (
        actor.may(Permission.OPEN_IDENTITIES, case.partnership_id, case.realm) and case.id in actor.reviewing
    )


def identity_lines(session: Session, actor: Actor, case: Case) -> list[IdentityLine]:
    """List the children of a case for those who may open their identities. Raises NotAllowed, and NotFound for whoever
    sees the case in another way."""
    actor.require(Permission.OPEN_IDENTITIES, case.partnership_id, case.realm)
    if not opens_identities(actor, case):
        raise NotFound
    rows = session.execute(
        sa.select(Child, ChildIdentity)
        .outerjoin(ChildIdentity, ChildIdentity.child_id == Child.id)
        .where(Child.case_id == case.id, visible(actor, Child))
        .order_by(Child.id)
    ).all()
    openings = session.scalars(
        sa.select(IdentityOpening)
        .where(IdentityOpening.case_id == case.id, visible(actor, IdentityOpening))
        .order_by(IdentityOpening.id)
    ).all()
    return [_line(number, child, identity, openings) for number, (child, identity) in enumerate(rows, 1)]


def opening_lines(session: Session, actor: Actor, case: Case) -> list[OpeningLine]:
    """List the openings of a case's identities, the latest first."""
    rows = session.execute(
        sa.select(IdentityOpening, Child.pseudonym)
        .outerjoin(Child, sa.and_(Child.id == IdentityOpening.child_id, Child.case_id == IdentityOpening.case_id))
        .where(IdentityOpening.case_id == case.id, visible(actor, IdentityOpening))
        .order_by(IdentityOpening.id.desc())
    )
    return [
        OpeningLine(
            pseudonym or "",
            opening.opened_at,
            _name(opening.opened_by),
            opening.purpose,
            opening.reason,
            bool(opening.alerted_for),
        )
        for opening, pseudonym in rows
    ]


def _line(
    number: int, child: Child, identity: ChildIdentity | None, openings: Sequence[IdentityOpening]
) -> IdentityLine:
    if identity is None:
        return IdentityLine(number, child.id, child.pseudonym, None, "", None, "", 0, None, "")
    of_child = [each for each in openings if each.child_id == child.id and each.opened_at >= identity.recorded_at]
    last = of_child[-1] if of_child else None
    return IdentityLine(
        number,
        child.id,
        child.pseudonym,
        identity.recorded_at,
        _name(identity.recorded_by),
        identity.changed_at,
        _name(identity.changed_by),
        len(of_child),
        last.opened_at if last else None,
        _name(last.opened_by) if last else "",
    )


def _name(signature: str) -> str:
    return signature.partition(" <")[0]
