"""What is looked at of the cases that may move to another version?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.cases.clock_fates import Happened
from reviews.cases.commands_version_plan import Inner, Rulebook, Standing
from reviews.cases.history import Recorded, put_together
from reviews.definitions.local_rules import LocalRules
from reviews.models import Case, CaseClock, CaseFact, CaseHold, CaseTrack, Event, EventKind, LocalRule, Partnership
from workflows.core.facts import Value
from workflows.core.vocabulary import BLOCKS

T = TypeVar("T")


def standings(session: Session, which: sa.ColumnElement[bool], *, lock: bool = False) -> list[Standing]:
    """Read the cases and what belongs to them, in as many queries for one as for a thousand.

    With `lock` they are locked as for a step, in the order in which every other work over many cases locks them.
    """
    cases = _cases(session, which, lock)
    wanted = sa.select(Case.id).where(which)
    tracks = _of(session, CaseTrack, wanted)
    clocks = _of(session, CaseClock, wanted)
    holds = _of(session, CaseHold, wanted, CaseHold.lifted_on.is_(None))
    history, inside = _history(session, wanted), _inside(session, wanted)
    return [
        Standing(
            case, code, tracks[case.id], clocks[case.id], holds[case.id], history.get(case.id, ()), inside[case.id]
        )
        for case, code in cases
    ]


def rulebook(session: Session, workflow: str) -> Rulebook:
    """Give what each partnership set itself for a kind."""
    found: dict[int, dict[tuple[str, str], list[LocalRule]]] = {}
    query = sa.select(LocalRule).where(LocalRule.workflow == workflow)
    for rule in session.scalars(query.order_by(LocalRule.effective_from, LocalRule.id)):
        found.setdefault(rule.partnership_id, {}).setdefault((rule.workflow, rule.deadline), []).append(rule)
    return {key: LocalRules(rules) for key, rules in found.items()}


def _cases(session: Session, which: sa.ColumnElement[bool], lock: bool) -> list[tuple[Case, str]]:
    query = (
        sa.select(Case, Partnership.code)
        .join(Partnership, Partnership.id == Case.partnership_id)
        .where(which)
        .order_by(Partnership.code, Case.reference)
    )
    if lock:
        query = query.with_for_update(of=Case, key_share=True)
    return [(case, code) for case, code in session.execute(query)]


def _of(
    session: Session, table: type[T], wanted: sa.Select[Any], *conditions: sa.ColumnElement[bool]
) -> Mapping[int, Sequence[T]]:
    columns: Any = table
    query = sa.select(columns).where(columns.case_id.in_(wanted), *conditions).order_by(columns.id)
    return _by_case((row.case_id, row) for row in session.scalars(query))


def _history(session: Session, wanted: sa.Select[Any]) -> Mapping[int, Sequence[Happened]]:
    """Give the steps of each case as they hold now: what was corrected is read as it was corrected."""
    given = _given(session, wanted)
    kinds = (EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED)
    query = sa.select(Event).where(Event.case_id.in_(wanted), Event.kind.in_(kinds), Event.step.is_not(None))
    rows = _by_case((event.case_id, event) for event in session.scalars(query.order_by(Event.id)))
    return {case_id: [_happened(one, given) for one in put_together(events).steps] for case_id, events in rows.items()}


def _happened(taken: Recorded, given: Mapping[int, Mapping[str, Value]]) -> Happened:
    facts = {name: value for row in taken.facts_with for name, value in given.get(row, {}).items()}
    return Happened(taken.step, taken.on if taken.day_known else None, facts)


def _given(session: Session, wanted: sa.Select[Any]) -> Mapping[int, Mapping[str, Value]]:
    """Give the days and moments recorded with each event: no clock is counted from anything else."""
    found: dict[int, dict[str, Value]] = defaultdict(dict)
    query = sa.select(CaseFact).where(
        CaseFact.case_id.in_(wanted), CaseFact.day.is_not(None) | CaseFact.moment.is_not(None)
    )
    for fact in session.scalars(query.order_by(CaseFact.id)):
        if fact.value is not None:
            found[fact.event_id][fact.name] = fact.value
    return found


def _inside(session: Session, wanted: sa.Select[Any]) -> Mapping[int, Sequence[Inner]]:
    """Give the running small cases in each case, with the steps they hold back by what was said last."""
    query = (
        sa.select(Case.parent_id, Case.id, Case.reference, Case.workflow, CaseFact.words)
        .outerjoin(CaseFact, (CaseFact.case_id == Case.id) & (CaseFact.name == BLOCKS))
        .where(Case.parent_id.in_(wanted), Case.closed_on.is_(None))
        .order_by(Case.id, CaseFact.id)
    )
    latest: dict[int, tuple[int | None, Inner]] = {
        case_id: (parent_id, Inner(reference, workflow, tuple((blocks or "").splitlines())))
        for parent_id, case_id, reference, workflow, blocks in session.execute(query)
    }
    return _by_case(latest.values())


def _by_case(rows: Iterable[tuple[int | None, T]]) -> Mapping[int, Sequence[T]]:
    found: dict[int, list[T]] = defaultdict(list)
    for case_id, row in rows:
        if case_id is not None:
            found[case_id].append(row)
    return found
