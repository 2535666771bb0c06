"""What is due for review by the schedule, what stops its disposal, and what was decided: references, and no text."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor
from reviews.access.visibility import for_retention
from reviews.definitions.installed import present_catalogue
from reviews.models import (
    Action,
    Case,
    CaseLink,
    DisposalAnswer,
    Partnership,
    RetentionDecision,
    RetentionHold,
    RetentionOutcome,
    RetentionRule,
)
from reviews.requests.queries import requests_holding
from reviews.retention.schedule import rules_of, years_after
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.days import PartialDay
from workflows.core.engine import Refused


class RetentionState(StrEnum):
    """Where a case is with its retention. An approved one waits for the command that disposes of it."""

    OPEN = "open"
    NOT_DUE = "not due"
    DUE = "due for review"
    STOPPED = "do not destroy"
    KEEP = "to be kept until a day"
    PROPOSED = "disposal proposed"
    APPROVED = "disposal approved"


@dataclass(frozen=True, slots=True)
class RetentionLine:
    """One case as its retention is managed: `number` names it in addresses, `case_ids` are it and its child cases.

    `due_since` is the day by which it is due, also where that is to come; None where no rule or no known day says so.
    `obstacles` are sentences: while there is one, nobody can dispose of it.
    """

    number: int
    partnership_id: int
    partnership: str
    reference: str
    workflow: str
    title: str
    closed: PartialDay | None
    is_closed: bool
    version: int
    case_ids: tuple[int, ...]
    rule: RetentionRule | None
    due_since: date | None
    holds: tuple[RetentionHold, ...]
    obstacles: tuple[str, ...]
    decision: RetentionDecision | None
    state: RetentionState

    @property
    def is_due(self) -> bool:
        return self.state not in (RetentionState.OPEN, RetentionState.NOT_DUE) and self.due_since is not None


def review_list(
    session: Session, actor: Actor, *, today: date, partnership_id: int | None = None
) -> list[RetentionLine]:
    """List what is due or decided, and what has a hold, due or not; the longest due first."""
    held = sa.select(RetentionHold.case_id).where(RetentionHold.released_at.is_(None))
    held_with = sa.select(Case.parent_id).where(Case.id.in_(held), Case.parent_id.is_not(None))
    ways: list[sa.ColumnElement[bool]] = [Case.id.in_(held), Case.id.in_(held_with)]
    for partnership in _partnerships(session, partnership_id):
        for rule in rules_of(session, partnership).values():
            if rule.years is not None:
                ways.append(
                    sa.and_(
                        Case.partnership_id == partnership,
                        Case.workflow == rule.workflow,
                        Case.closed_on <= _years_before(today, rule.years),
                    )
                )
    query = sa.select(Case).where(for_retention(actor, Case), Case.parent_id.is_(None), sa.or_(*ways))
    if partnership_id is not None:
        query = query.where(Case.partnership_id == partnership_id)
    lines = lines_of(session, session.scalars(query.order_by(Case.id)).all(), today=today)
    wanted = [line for line in lines if line.state is not RetentionState.NOT_DUE or line.closed is None or line.holds]
    return sorted(wanted, key=lambda line: (line.due_since or date.max, line.partnership, line.reference, line.number))


def retention_line(
    session: Session, actor: Actor, *, today: date, number: int | None = None, reference: str = "", code: str = ""
) -> RetentionLine:
    """Give one case by its number, or by its reference; raises NotFound, Refused where two have the reference."""
    return lines_of(session, [_find(session, actor, number, reference, code)], today=today)[0]


def find_retained(unit: Unit, *, number: int | None = None, reference: str = "", code: str = "") -> Case:
    """Find a case whose retention the actor manages, locked for this unit; raises as `retention_line` does."""
    return _find(unit.session, unit.actor, number, reference, code, locks=True)


def lines_of(session: Session, cases: Sequence[Case], *, today: date) -> list[RetentionLine]:
    """Say of each main case how its retention is, in so many statements whatever their number."""
    trees = case_trees(session, [case.id for case in cases])
    every = [number for tree in trees.values() for number in tree]
    partnerships = {each.id: each.code for each in session.scalars(sa.select(Partnership))} if cases else {}
    of_partnership = {case.partnership_id for case in cases}
    rules = {each: rules_of(session, each) for each in of_partnership}
    titles = {each: present_catalogue(session, each).newest() for each in of_partnership}
    holds = _running_holds(session, every)
    decisions = _latest_decisions(session, [case.id for case in cases])
    obstacles = _Obstacles(session, every)
    found = []
    for case in cases:
        tree = trees[case.id]
        rule = rules[case.partnership_id].get(case.workflow)
        due_since = years_after(case.closed.last, rule.years) if rule and rule.years and case.closed else None
        held = tuple(hold for each in tree for hold in holds[each])
        stops = obstacles.of(tree, case)
        kind = titles[case.partnership_id].get(case.workflow)
        decision = decisions.get(case.id)
        found.append(
            RetentionLine(
                number=case.id,
                partnership_id=case.partnership_id,
                partnership=partnerships[case.partnership_id],
                reference=case.reference,
                workflow=case.workflow,
                title=kind.title if kind else case.workflow,
                closed=case.closed,
                is_closed=case.closed_on is not None,
                version=case.version,
                case_ids=tree,
                rule=rule,
                due_since=due_since,
                holds=held,
                obstacles=stops,
                decision=decision,
                state=_state(case, due_since, held, decision, today),
            )
        )
    return found


def case_trees(session: Session, numbers: Collection[int]) -> Mapping[int, tuple[int, ...]]:
    """Give each case with the child cases inside it, and those inside these."""
    root_of = {number: number for number in numbers}
    level = list(root_of)
    while level:
        rows = session.execute(sa.select(Case.id, Case.parent_id).where(Case.parent_id.in_(level)).order_by(Case.id))
        level = []
        for number, parent in rows:
            root_of[number] = root_of[parent or number]
            level.append(number)
    trees: dict[int, list[int]] = defaultdict(list)
    for number, root in root_of.items():
        trees[root].append(number)
    return {root: tuple(tree) for root, tree in trees.items()}


def kinds_of_holds(session: Session, case_id: int) -> Sequence[str]:
    """Give for what a case must not be destroyed, each once."""
    query = sa.select(RetentionHold.kind).where(RetentionHold.case_id == case_id, RetentionHold.released_at.is_(None))
    return [kind.value for kind in session.scalars(query.distinct().order_by(RetentionHold.kind))]


def _find(
    session: Session, actor: Actor, number: int | None, reference: str, code: str, *, locks: bool = False
) -> Case:
    query = sa.select(Case).where(for_retention(actor, Case), Case.parent_id.is_(None))
    query = query.where(Case.id == number) if number is not None else query.where(Case.reference == reference)
    if code:
        named = sa.select(Partnership.id).where(Partnership.code == code.upper())
        query = query.where(Case.partnership_id == named.scalar_subquery())
    if locks:
        query = query.with_for_update(of=Case, key_share=True)
    found = session.scalars(query.order_by(Case.id).limit(2)).all()
    if not found:
        raise NotFound
    if len(found) > 1:
        raise Refused(f"{reference} is there twice. Name the partnership, or act as a person who sees one of them.")
    return found[0]


def _state(
    case: Case, due_since: date | None, holds: Sequence[RetentionHold], decision: RetentionDecision | None, today: date
) -> RetentionState:
    if holds:
        return RetentionState.STOPPED
    if case.closed_on is None:
        return RetentionState.OPEN
    if due_since is None or due_since > today:
        return RetentionState.NOT_DUE
    if decision is None:
        return RetentionState.DUE
    if decision.outcome is RetentionOutcome.KEEP:
        return RetentionState.KEEP if decision.keep_until and decision.keep_until >= today else RetentionState.DUE
    if decision.answer is None:
        return RetentionState.PROPOSED
    return RetentionState.APPROVED if decision.answer is DisposalAnswer.APPROVED else RetentionState.DUE


class _Obstacles:
    """What is still going on in cases or about them, by the number of a case."""

    def __init__(self, session: Session, every: Sequence[int]) -> None:
        self._requests = requests_holding(session, every)
        open_now = sa.select(Action.case_id, sa.func.count()).where(
            Action.ended_on.is_(None), Action.case_id.in_(every)
        )
        self._actions = _counted(session, open_now.group_by(Action.case_id))
        children = sa.select(Case.id, sa.literal(1)).where(
            Case.id.in_(every), Case.parent_id.is_not(None), Case.closed_on.is_(None)
        )
        self._children = _counted(session, children)
        self._linked: dict[int, int] = defaultdict(int)
        other = aliased(Case)
        for here, there in (
            (CaseLink.from_case_id, CaseLink.to_case_id),
            (CaseLink.to_case_id, CaseLink.from_case_id),
        ):
            linked = sa.select(here, sa.func.count()).join(other, other.id == there)
            counts = _counted(session, linked.where(here.in_(every), other.closed_on.is_(None)).group_by(here))
            for number, count in counts.items():
                self._linked[number] += count

    def of(self, tree: Collection[int], case: Case) -> tuple[str, ...]:
        actions, children, linked = (
            sum(counts.get(each, 0) for each in tree) for counts in (self._actions, self._children, self._linked)
        )
        requests = sum(len(self._requests.get(each, ())) for each in tree)
        sentences = (
            ("It is open.", case.closed_on is None),
            (
                "The day it closed is not known. Correct that in the case first.",
                bool(case.closed_on and not case.closed),
            ),
            ("1 action is open." if actions == 1 else f"{actions} actions are open.", actions),
            ("1 child case is open." if children == 1 else f"{children} child cases are open.", children),
            ("A case that is linked with it is open.", linked),
            ("A request for access to it, or for its disclosure, is not answered.", requests),
        )
        return tuple(sentence for sentence, holds in sentences if holds)


def _counted(session: Session, query: sa.Select[int, int]) -> dict[int, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def _running_holds(session: Session, every: Collection[int]) -> Mapping[int, list[RetentionHold]]:
    found: dict[int, list[RetentionHold]] = defaultdict(list)
    query = sa.select(RetentionHold).where(RetentionHold.released_at.is_(None), RetentionHold.case_id.in_(every))
    for hold in session.scalars(query.order_by(RetentionHold.id)):
        found[hold.case_id].append(hold)
    return found


def _latest_decisions(session: Session, numbers: Collection[int]) -> Mapping[int, RetentionDecision]:
    query = sa.select(RetentionDecision).where(RetentionDecision.case_id.in_(numbers)).order_by(RetentionDecision.id)
    return {decision.case_id: decision for decision in session.scalars(query)}


def _partnerships(session: Session, only: int | None) -> Iterable[int]:
    return [only] if only is not None else session.scalars(sa.select(Partnership.id)).all()


def _years_before(today: date, years: int) -> date:
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return date(today.year - years, 2, 28)
