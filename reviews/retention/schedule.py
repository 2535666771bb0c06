"""The retention schedule: after how many years a closed case of each kind is due for review. It is shipped empty."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, NotAllowed, Permission
from reviews.definitions.installed import present_catalogue
from reviews.models import EventKind, Partnership, RetentionRule
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role

MOST_YEARS = 100
AUDIT_LOG = "audit_log"
"""Stands among the kinds of case: months of the audit log are due by the day they were written."""


@dataclass(frozen=True, slots=True)
class ScheduleLine:
    """A kind of case with its rule; `years` is None where no case of it becomes due."""

    workflow: str
    title: str
    years: int | None
    rule: RetentionRule | None

    @property
    def in_words(self) -> str:
        return rule_in_words(self.years, self.workflow)


def set_rule(unit: Unit, partnership: Partnership, *, workflow: str, years: int | None, reason: str) -> RetentionRule:
    """Set after how many years cases of a kind are due for review; None for never. Raises NotAllowed, Refused."""
    kind = _kinds(unit.session, unit.actor, partnership.id).get(workflow)
    if kind is None:
        raise Refused(f"There is no kind of case “{workflow[:40]}” that you can set a period for.")
    if years is not None and not 1 <= years <= MOST_YEARS:
        raise Refused(f"The years must be a number from 1 to {MOST_YEARS}.")
    why = check_reason(reason)
    # one after the other: the latest holds
    unit.session.execute(sa.select(Partnership.id).where(Partnership.id == partnership.id).with_for_update())
    before = rules_of(unit.session, partnership.id).get(workflow)
    was = before.years if before else None
    if was == years:
        raise Refused(f"{kind}: {rule_in_words(years, workflow)} already. You need not change this.")
    rule = RetentionRule(
        partnership_id=partnership.id,
        workflow=workflow,
        years=years,
        reason=why,
        set_by=unit.actor.signature,
        set_at=unit.now,
    )
    unit.session.add(rule)
    unit.record(
        EventKind.RETENTION_RULE_SET,
        partnership_id=partnership.id,
        details={"workflow": workflow, "was": was, "years": years, "reason": why},
    )
    unit.session.flush()
    return rule


def rules_of(session: Session, partnership_id: int) -> Mapping[str, RetentionRule]:
    """Give the rule of each kind that ever had one: the latest."""
    query = sa.select(RetentionRule).where(RetentionRule.partnership_id == partnership_id).order_by(RetentionRule.id)
    return {rule.workflow: rule for rule in session.scalars(query)}


def earlier_rules(session: Session, actor: Actor, partnership_id: int) -> list[tuple[str, RetentionRule]]:
    """Give every rule that was set, the latest first, with the title of its kind."""
    kinds = _kinds(session, actor, partnership_id)
    query = (
        sa.select(RetentionRule)
        .where(RetentionRule.partnership_id == partnership_id, RetentionRule.workflow.in_(kinds))
        .order_by(RetentionRule.id.desc())
    )
    return [(kinds[rule.workflow], rule) for rule in session.scalars(query)]


def schedule(session: Session, actor: Actor, partnership_id: int) -> list[ScheduleLine]:
    """List the kinds of case whose retention the actor manages, with the rule of each."""
    rules = rules_of(session, partnership_id)
    found = []
    for name, title in _kinds(session, actor, partnership_id).items():
        rule = rules.get(name)
        found.append(ScheduleLine(name, title, rule.years if rule else None, rule))
    return sorted(found, key=lambda line: line.title)


def schedule_line(session: Session, actor: Actor, partnership_id: int, workflow: str) -> ScheduleLine:
    """Give the line of one kind; raises NotFound."""
    for line in schedule(session, actor, partnership_id):
        if line.workflow == workflow:
            return line
    raise NotFound


def years_after(day: date, years: int) -> date:
    """Give the day so many years later; of 29 February 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def rule_in_words(years: int | None, workflow: str = "") -> str:
    if years is None:
        return "never due"
    return (
        f"due {years} year{'' if years == 1 else 's'} after it {'was written' if workflow == AUDIT_LOG else 'closed'}"
    )


def manages_realm(actor: Actor, partnership_id: int, realm: Realm) -> bool:
    """Whether the actor manages the retention of cases of a realm: the privacy officer that of both."""
    is_privacy_officer = any(each.role is Role.PRIVACY_OFFICER for each in actor.roles_held_in(partnership_id))
    return is_privacy_officer or actor.may(Permission.MANAGE_RETENTION, partnership_id, realm)


def _kinds(session: Session, actor: Actor, partnership_id: int) -> dict[str, str]:
    """Give the title of each kind of case whose retention the actor manages, and that of the audit log."""
    if not actor.may(Permission.MANAGE_RETENTION, partnership_id):
        raise NotAllowed("Your role cannot see the retention schedule.")
    kinds = present_catalogue(session, partnership_id).newest()
    of_cases = {
        name: kind.title
        for name, kind in kinds.items()
        if not kind.inside and manages_realm(actor, partnership_id, kind.realm)
    }
    return of_cases | {AUDIT_LOG: "Audit log"}
