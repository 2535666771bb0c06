"""How does a partnership set a period or ladder of its own, and take it back?"""

from datetime import date

from reviews.access.permissions import Permission
from reviews.cases.validation import FIRST_YEAR, LAST_YEAR
from reviews.definitions.catalogue import present_catalogue
from reviews.definitions.local_rules import local_rules_of
from reviews.models import EventKind, LocalRule, Partnership
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.deadlines import Deadline
from workflows.core.engine import Refused
from workflows.core.local_periods import against_ladder, against_period, editions_from
from workflows.core.working_days import Period
from workflows.definitions.shared.ladder_policies import CLOCK_LADDERS

LONGEST_AUTHORITY = 300


def set_local_rule(
    unit: Unit,
    partnership: Partnership,
    *,
    workflow: str,
    deadline: str,
    effective_from: date,
    authority: str,
    period: Period | None = None,
    ladder: str | None = None,
) -> LocalRule:
    """Set what holds here for clocks counted from a day on; those that run keep theirs. Raises NotFound, NotAllowed.

    Custom is replaced by any period; what binds can only have an earlier target beside it, and no ladder that is
    silent once it is late. Raises Refused with the sentence. Nothing set before is changed: the newest of a day holds.
    """
    found = _deadline(unit, partnership, workflow, deadline)
    if period is None and ladder is None:
        raise Refused("Give a period, a ladder or both.")
    _check_day(found, effective_from)
    if period is not None:
        _refuse(next(against_period(found, period.count, period.unit, on=effective_from), None))
    if ladder is not None:
        _check_ladder(found, ladder, effective_from)
    return _write(unit, partnership, workflow, deadline, effective_from, period, ladder, authority)


def clear_local_rule(
    unit: Unit, partnership: Partnership, *, workflow: str, deadline: str, effective_from: date, authority: str
) -> LocalRule:
    """Take back what was set, for clocks counted from a day on. Raises Refused where nothing is set by then."""
    found = _deadline(unit, partnership, workflow, deadline)
    _check_day(found, effective_from)
    if local_rules_of(unit.session, partnership.id).in_force(workflow, deadline, effective_from) is None:
        raise Refused(f"No period or ladder of your own holds for “{found.title}” on {_said(effective_from)}.")
    return _write(unit, partnership, workflow, deadline, effective_from, None, None, authority)


def _deadline(unit: Unit, partnership: Partnership, workflow: str, deadline: str) -> Deadline:
    kind = present_catalogue(unit.session, partnership.id).newest().get(workflow)
    found = next((each for each in kind.deadlines if each.name == deadline), None) if kind else None
    if kind is None or found is None:
        raise NotFound
    unit.actor.require(Permission.SET_LOCAL_RULES, partnership.id, None if kind.inside else kind.realm)
    return found


def _check_day(deadline: Deadline, day: date) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Refused(f"The day must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    if not editions_from(deadline, day):
        raise Refused(f"“{deadline.title}” has no period from {_said(day)} on.")


def _check_ladder(deadline: Deadline, name: str, day: date) -> None:
    if name not in CLOCK_LADDERS:
        raise Refused(f"There is no ladder “{name}” for clocks. There is: {', '.join(sorted(CLOCK_LADDERS))}.")
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
    }


def _line(text: str) -> str:
    said = " ".join(text.split())
    if not said or len(said) > LONGEST_AUTHORITY or not said.isprintable():
        raise Refused(f"Say in one line of up to {LONGEST_AUTHORITY} characters who agreed it and when.")
    return said


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
