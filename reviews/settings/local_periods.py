"""Local periods, ladders and starts: a partnership sets its own for a deadline, and clears them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.definitions.installed import present_catalogue
from reviews.definitions.local_rules import LocalRules, local_rules_of
from reviews.models import EventKind, LocalRule, Partnership
from reviews.transactions.references import require_credible
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.local_periods import against_ladder, against_period, editions_from, is_binding, local_period
from workflows.core.vocabulary import Deadline, Edition, Workflow
from workflows.core.working_days import Period
from workflows.definitions.shared.ladder_policies import CLOCK_LADDERS

LONGEST_AUTHORITY = 300


def set_local_period(
    unit: Unit,
    partnership: Partnership,
    *,
    workflow: str,
    deadline: str,
    effective_from: date,
    authority: str,
    period: Period | None = None,
    ladder: str | None = None,
    counted_from: str | None = None,
) -> LocalRule:
    """Set a period, a ladder, or what is counted from, for clocks that start from a day on; running clocks keep theirs.

    A customary period can be replaced by any. A binding one can only have an earlier target beside it, and no ladder
    that is silent once the clock is late. `counted_from` names one of the starts of the deadline, or its rule. Earlier
    rules are not changed: the newest of a day holds. Raises NotFound, NotAllowed, and Refused with the reason.
    """
    found = _deadline(unit, partnership, workflow, deadline)
    start = _start_named(found, counted_from) if counted_from is not None else None
    if period is None and ladder is None and start is None:
        raise Refused("Enter a period, or choose a ladder or what it is counted from.")
    _check_day(found, effective_from)
    if period is not None:
        _refuse(next(against_period(found, period.count, period.unit, on=effective_from), None))
    if ladder is not None:
        _check_ladder(found, ladder, effective_from)
    return _write(unit, partnership, workflow, deadline, effective_from, period, ladder, start, authority)


def clear_local_period(
    unit: Unit, partnership: Partnership, *, workflow: str, deadline: str, effective_from: date, authority: str
) -> LocalRule:
    """Clear what was set, for clocks that start from a day on. Raises Refused if nothing is in force then."""
    found = _deadline(unit, partnership, workflow, deadline)
    _check_day(found, effective_from)
    if local_rules_of(unit.session, partnership.id).in_force(workflow, deadline, effective_from) is None:
        raise Refused(f"There is no local period or ladder for “{found.title}” on {_day(effective_from)}.")
    return _write(unit, partnership, workflow, deadline, effective_from, None, None, None, authority)


def _deadline(unit: Unit, partnership: Partnership, workflow: str, deadline: str) -> Deadline:
    kind = present_catalogue(unit.session, partnership.id).newest().get(workflow)
    found = next((each for each in kind.deadlines if each.name == deadline), None) if kind else None
    if kind is None or found is None:
        raise NotFound
    unit.actor.require(Permission.SET_LOCAL_RULES, partnership.id, None if kind.inside else kind.realm)
    return found


def _check_day(deadline: Deadline, day: date) -> None:
    require_credible(day, "The day")
    if not editions_from(deadline, day):
        raise Refused(f"“{deadline.title}” has no period from {_day(day)}.")


def _start_named(deadline: Deadline, wanted: str) -> str:
    found = next((name for name, rule in deadline.starts if wanted in (name, rule)), None)
    if found is None and not deadline.starts:
        raise Refused(f"“{deadline.title}” can be counted from one thing only, so there is nothing to choose.")
    if found is None:
        raise Refused(f"“{deadline.title}” is counted from {' or '.join(rule for _, rule in deadline.starts)}.")
    return found


def _check_ladder(deadline: Deadline, name: str, day: date) -> None:
    if name not in CLOCK_LADDERS:
        raise Refused(f"There is no ladder “{name}” for clocks. Choose one of: {', '.join(sorted(CLOCK_LADDERS))}.")
    _refuse(next(against_ladder(deadline, CLOCK_LADDERS[name], on=day), None))


def _refuse(sentence: str | None) -> None:
    if sentence is not None:
        raise Refused(sentence)


def _write(
    unit: Unit,
    partnership: Partnership,
    workflow: str,
    deadline: str,
    effective_from: date,
    period: Period | None,
    ladder: str | None,
    counted_from: str | None,
    authority: str,
) -> LocalRule:
    rule = LocalRule(
        partnership_id=partnership.id,
        workflow=workflow,
        deadline=deadline,
        effective_from=effective_from,
        period=period.count if period else None,
        unit=period.unit if period else None,
        ladder=ladder,
        counted_from=counted_from,
        authority=_line(authority),
        set_at=unit.now,
        set_by=unit.actor.signature[:200],
    )
    unit.session.add(rule)
    unit.session.flush()
    unit.record(EventKind.LOCAL_RULE_SET, partnership_id=partnership.id, details=_details(rule))
    return rule


def _details(rule: LocalRule) -> dict[str, str | int | None]:
    return {
        "rule": rule.id,
        "workflow": rule.workflow,
        "deadline": rule.deadline,
        "from": rule.effective_from.isoformat(),
        "period": rule.period,
        "unit": rule.unit.value if rule.unit else None,
        "ladder": rule.ladder,
        "counted_from": rule.counted_from,
    }


def _line(text: str) -> str:
    line = " ".join(text.split())
    if not line or len(line) > LONGEST_AUTHORITY or not line.isprintable():
        raise Refused(f"Enter who agreed it and when, in one line of up to {LONGEST_AUTHORITY} characters.")
    return line


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A deadline with its edition today. `in_force` is the local rule of today, `rules` are all that were ever set."""

    kind: Workflow
    deadline: Deadline
    edition: Edition
    in_force: LocalRule | None
    rules: Sequence[LocalRule]

    @property
    def is_binding(self) -> bool:
        return is_binding(self.edition)

    @property
    def local_period(self) -> Period | None:
        return self.period_of(self.in_force) if self.in_force else None

    def period_of(self, rule: LocalRule) -> Period | None:
        return local_period(self.edition, rule.period, rule.unit)

    def coming(self, today: date) -> Sequence[LocalRule]:
        return [rule for rule in self.rules if rule.effective_from > today]


def local_periods(session: Session, actor: Actor, *, partnership_id: int, today: date) -> list[PeriodLine]:
    """List every deadline the actor may set in a partnership, kind by kind."""
    rules = local_rules_of(session, partnership_id)
    return [
        line
        for kind in present_catalogue(session, partnership_id).newest().values()
        if may_set(actor, partnership_id, kind)
        for line in _lines(kind, rules, today)
    ]


def find_local_period(
    session: Session, actor: Actor, *, partnership_id: int, workflow: str, deadline: str, today: date
) -> PeriodLine:
    """Find a deadline the actor may set; raises NotFound."""
    kind = present_catalogue(session, partnership_id).newest().get(workflow)
    if kind is None or not may_set(actor, partnership_id, kind):
        raise NotFound
    lines = _lines(kind, local_rules_of(session, partnership_id), today)
    found = next((line for line in lines if line.deadline.name == deadline), None)
    if found is None:
        raise NotFound
    return found


def may_set(actor: Actor, partnership_id: int, kind: Workflow) -> bool:
    """Whether the actor may set the deadlines of a kind; those of a kind of small case in either realm."""
    return actor.may(Permission.SET_LOCAL_RULES, partnership_id, None if kind.inside else kind.realm)


def _lines(kind: Workflow, rules: LocalRules, today: date) -> Iterator[PeriodLine]:
    for deadline in kind.deadlines:
        edition = deadline.edition_on(today) or deadline.editions[0]
        in_force = rules.in_force(kind.name, deadline.name, today)
        yield PeriodLine(kind, deadline, edition, in_force, rules.of(kind.name, deadline.name))
