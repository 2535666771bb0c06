"""Periods and ladders that a partnership set for its deadlines, and which is in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models.definitions import LocalRule


@dataclass(frozen=True, slots=True)
class LocalRules:
    """The rules of one partnership by workflow and deadline, in the order they come into force."""

    by_deadline: Mapping[tuple[str, str], Sequence[LocalRule]]

    def of(self, workflow: str, deadline: str) -> Sequence[LocalRule]:
        """List the rules for a deadline in the order they come into force; of the same day, the newest last."""
        return self.by_deadline.get((workflow, deadline), ())

    def in_force(self, workflow: str, deadline: str, on: date) -> LocalRule | None:
        """Give the rule for a clock that starts on that day; None without one, or where it was taken back."""
        begun = [rule for rule in self.of(workflow, deadline) if rule.effective_from <= on]
        return begun[-1] if begun and _sets_anything(begun[-1]) else None


def local_rules_of(session: Session, partnership_id: int) -> LocalRules:
    found: dict[tuple[str, str], list[LocalRule]] = {}
    query = sa.select(LocalRule).where(LocalRule.partnership_id == partnership_id)
    for rule in session.scalars(query.order_by(LocalRule.effective_from, LocalRule.id)):
        found.setdefault((rule.workflow, rule.deadline), []).append(rule)
    return LocalRules(found)


def _sets_anything(rule: LocalRule) -> bool:
    return any(setting is not None for setting in (rule.period, rule.ladder, rule.counted_from))
