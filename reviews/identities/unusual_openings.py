"""Openings of identities that are out of the ordinary, and who is written to about them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

import sqlalchemy as sa

from reviews.access.case_rights import bars_of
from reviews.core.clock import LONDON
from reviews.models import (
    AccountMail,
    AccountMailKind,
    Case,
    EventKind,
    IdentityOpening,
    Membership,
    Person,
)
from reviews.transactions.unit_of_work import Unit
from workflows.core.vocabulary import Realm, Role


class AlertReason(StrEnum):
    MANY = "many"
    OUT_OF_HOURS = "out_of_hours"
    CLOSED_CASE = "closed_case"


MANY, WITHIN = 10, timedelta(minutes=10)
"""So many openings by one person in so short a time are unusual."""
FROM, UNTIL = time(7), time(20)
"""The hours of a working day, in London."""
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class AlertRule:
    """How a reason reads in the mail, and for how long the same is not written again.

    What is the same: of this person, and where `each_case`, about this case.
    """

    words: str
    again_after: timedelta
    each_case: bool


ALERT_RULES: Mapping[AlertReason, AlertRule] = {
    AlertReason.MANY: AlertRule(f"they opened {MANY} or more within {WITHIN.seconds // 60} minutes", WITHIN, False),
    AlertReason.OUT_OF_HOURS: AlertRule("it was at night or at a weekend", timedelta(hours=1), True),
    AlertReason.CLOSED_CASE: AlertRule("the case is closed", timedelta(hours=1), True),
}

ALERTED: Mapping[Realm, tuple[Role, ...]] = {
    Realm.REVIEWS: (Role.PRIVACY_OFFICER, Role.SUBGROUP_CHAIR, Role.BUSINESS_MANAGER),
    Realm.CHILD_DEATHS: (Role.PRIVACY_OFFICER, Role.CDOP_MANAGER),
}
"""Who is written to: those with the first of these roles that somebody holds who is not the opener. Of a child death
review nobody of the reviews is, because the reference alone would tell of it."""


def unusual_reasons(unit: Unit, case: Case, opened_by_id: int | None) -> Iterator[AlertReason]:
    """Say why an opening that happens now is unusual, if it is."""
    since = sa.select(sa.func.count()).where(
        IdentityOpening.opened_by_id == opened_by_id, IdentityOpening.opened_at > unit.now - WITHIN
    )
    if (unit.session.scalar(since) or 0) + 1 >= MANY:
        yield AlertReason.MANY
    if is_out_of_hours(unit.now):
        yield AlertReason.OUT_OF_HOURS
    if case.closed_on is not None:
        yield AlertReason.CLOSED_CASE


def is_out_of_hours(at: datetime) -> bool:
    local = at.astimezone(LONDON)
    return local.weekday() >= SATURDAY or not FROM <= local.time() < UNTIL


def alert(unit: Unit, case: Case, opening: IdentityOpening) -> None:
    """Have the privacy role written to where an opening is unusual and they were not lately; it is on record too."""
    reasons = [
        reason
        for reason in unusual_reasons(unit, case, opening.opened_by_id)
        if not _was_alerted(unit, case, opening.opened_by_id, reason)
    ]
    opening.alerted_for = " ".join(reasons)
    unit.session.add(opening)
    if not reasons:
        return
    unit.session.flush()  # for its number
    event = unit.record(
        EventKind.IDENTITY_ALERTED,
        partnership_id=case.partnership_id,
        details={
            "opening": opening.id,
            "reference": case.reference,
            "opened_by": opening.opened_by.partition(" <")[0],
            "why": [reason.value for reason in reasons],
        },
    )
    unit.session.flush()
    unit.session.add_all(
        AccountMail(
            kind=AccountMailKind.IDENTITY_ALERT,
            email="",
            person_id=person_id,
            partnership_id=case.partnership_id,
            event_id=event.id,
            asked_at=unit.now,
        )
        for person_id in alerted_people(unit, case, opening.opened_by_id)
    )


def alerted_people(unit: Unit, case: Case, opened_by_id: int | None) -> list[int]:
    """Give who is written to about an opening. Whoever is excluded from the case is not, and who may not see a
    confined one is only as privacy officer."""
    bars = bars_of(unit.session, case.partnership_id, today=unit.today)
    for role in ALERTED[case.realm]:
        holders = unit.session.scalars(
            sa.select(Membership.person_id)
            .join(Person, Person.id == Membership.person_id)
            .where(
                Membership.partnership_id == case.partnership_id,
                Membership.role == role,
                Membership.ended_on.is_(None),
                Person.disabled_at.is_(None),
            )
            .distinct()
            .order_by(Membership.person_id)
        )
        found = [
            person_id
            for person_id in holders
            if person_id != opened_by_id
            and (case.id, person_id) not in bars.excluded
            and (role is Role.PRIVACY_OFFICER or not bars.bar(person_id, case.id))
        ]
        if found:
            return found
    return []


def _was_alerted(unit: Unit, case: Case, opened_by_id: int | None, reason: AlertReason) -> bool:
    rule = ALERT_RULES[reason]
    query = sa.select(IdentityOpening.alerted_for).where(
        IdentityOpening.opened_by_id == opened_by_id, IdentityOpening.opened_at > unit.now - rule.again_after
    )
    if rule.each_case:
        query = query.where(IdentityOpening.case_id == case.id)
    return any(reason in alerted_for.split() for alerted_for in unit.session.scalars(query))
