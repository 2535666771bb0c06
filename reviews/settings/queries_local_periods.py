"""Which period holds for each deadline, nationally or by custom, and here?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.definitions.catalogue import present_catalogue
from reviews.definitions.local_rules import LocalRules, local_rules_of
from reviews.models import LocalRule
from reviews.transactions.unit_of_work import NotFound
from workflows.core.deadlines import Deadline, Edition
from workflows.core.local_periods import is_binding, own_period
from workflows.core.vocabulary import Workflow
from workflows.core.working_days import Period


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A deadline with its edition today, and what one partnership set: `own` holds today, `rules` is all of it."""

    kind: Workflow
    deadline: Deadline
    edition: Edition
    own: LocalRule | None
    rules: Sequence[LocalRule]

    @property
    def is_binding(self) -> bool:
        return is_binding(self.edition)

    @property
    def own_period(self) -> Period | None:
        return self.period_of(self.own) if self.own else None

    def period_of(self, rule: LocalRule) -> Period | None:
        return own_period(self.edition, rule.period, rule.unit)

    def coming(self, today: date) -> Sequence[LocalRule]:
        return [rule for rule in self.rules if rule.effective_from > today]


def local_periods(session: Session, actor: Actor, *, partnership_id: int, today: date) -> list[PeriodLine]:
    """List every deadline of the kinds that are theirs to set in a partnership, kind by kind."""
    rules = local_rules_of(session, partnership_id)
    return [
        line
        for kind in present_catalogue(session, partnership_id).newest().values()
        if may_set(actor, partnership_id, kind)
        for line in _lines(kind, rules, today)
    ]


def one_local_period(
    session: Session, actor: Actor, *, partnership_id: int, workflow: str, deadline: str, today: date
) -> PeriodLine:
    """Find one of them; raises NotFound for one that is unknown or not theirs."""
    kind = present_catalogue(session, partnership_id).newest().get(workflow)
    if kind is None or not may_set(actor, partnership_id, kind):
        raise NotFound
    lines = _lines(kind, local_rules_of(session, partnership_id), today)
    found = next((line for line in lines if line.deadline.name == deadline), None)
    if found is None:
        raise NotFound
    return found


def may_set(actor: Actor, partnership_id: int, kind: Workflow) -> bool:
    """A small case is in the realm of the one it lives in, so whoever may set for either realm may for its kind."""
    return actor.may(Permission.SET_LOCAL_RULES, partnership_id, None if kind.inside else kind.realm)


def _lines(kind: Workflow, rules: LocalRules, today: date) -> Iterator[PeriodLine]:
    for deadline in kind.deadlines:
        edition = deadline.edition_on(today) or deadline.editions[0]
        own = rules.in_force(kind.name, deadline.name, today)
        yield PeriodLine(kind, deadline, edition, own, rules.of(kind.name, deadline.name))
