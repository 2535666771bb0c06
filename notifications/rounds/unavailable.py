"""People who are away, whose mail comes back, or who snoozed an action, on one morning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import AddressProblem
from notifications.returns.address_problems import closes_address
from reviews.models import Absence, Action, Membership, Person, Snooze


@dataclass(frozen=True, slots=True)
class Away:
    deputy_id: int
    until_on: date


@dataclass(frozen=True, slots=True)
class Unavailable:
    """`away` is by person id; `unreachable` are people whose mail comes back.

    `snoozed` gives the last day of a snooze by action id, person id and the due date it was asked for.
    """

    away: Mapping[int, Away] = field(default_factory=dict)
    unreachable: frozenset[int] = frozenset()
    snoozed: Mapping[tuple[int, int, date | None], date] = field(default_factory=dict)


def read_unavailable(session: Session, partnership_id: int, morning: date) -> Unavailable:
    """Read one partnership in three queries."""
    return Unavailable(
        away=_away(session, partnership_id, morning),
        unreachable=_unreachable(session, partnership_id),
        snoozed=_snoozed(session, partnership_id, morning),
    )


def _unreachable(session: Session, partnership_id: int) -> frozenset[int]:
    """Return the people whose present address has an unsolved problem."""
    works_here = sa.select(Membership.person_id).where(Membership.partnership_id == partnership_id)
    query = (
        sa.select(AddressProblem.person_id)
        .join(Person, Person.id == AddressProblem.person_id)
        .where(closes_address(), AddressProblem.person_id.in_(works_here))
    )
    return frozenset(session.scalars(query))


def _away(session: Session, partnership_id: int, morning: date) -> dict[int, Away]:
    rows = session.execute(
        sa.select(Absence.person_id, Absence.deputy_id, Absence.until_on).where(
            Absence.partnership_id == partnership_id,
            Absence.from_on <= morning,
            Absence.until_on >= morning,
            Absence.ended_at.is_(None),
        )
    )
    return {row.person_id: Away(row.deputy_id, row.until_on) for row in rows}


def _snoozed(session: Session, partnership_id: int, morning: date) -> dict[tuple[int, int, date | None], date]:
    rows = session.execute(
        sa.select(Snooze.action_id, Snooze.person_id, Snooze.about, sa.func.max(Snooze.until_on))
        .join(Action, Action.id == Snooze.action_id)
        .where(Action.partnership_id == partnership_id, Action.ended_on.is_(None), Snooze.until_on > morning)
        .group_by(Snooze.action_id, Snooze.person_id, Snooze.about)
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}
