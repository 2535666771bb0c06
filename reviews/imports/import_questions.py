"""What imports left open in a plan: storing it as questions, and listing and counting what still waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import in_realms_of, visible
from reviews.core.fast_sql import table_of
from reviews.core.paging import Page
from reviews.imports.decisions import AnswerKind, DecisionGroup, kind_of
from reviews.imports.readers.answers import AS_IT_STANDS, Answers
from reviews.models import Action, Case, ImportQuestion, ImportRun
from reviews.transactions.unit_of_work import Unit

LONGEST_FIELD = 200
MOST_ROWS_NAMED = 6
MOST_AT_A_TIME = 1_000
_AskedKey = tuple[int | None, str, str]


AWAITING = "awaiting"


def as_asked(action: Any, name: str) -> str:
    """Give what a question about a field is about, as text: owner, due date, or whether the state is awaited."""
    if kind_of(name) is AnswerKind.STAGE:
        return AWAITING if action.awaiting_status else ""
    value = {"owner": action.owner_id, "due": action.due_on}.get(name)
    return "" if value is None else str(value)


STILL_AS_ASKED = sa.case(
    (ImportQuestion.field == "owner", sa.func.coalesce(sa.cast(Action.owner_id, sa.String), "")),
    (ImportQuestion.field == "due", sa.func.coalesce(sa.cast(Action.due_on, sa.String), "")),
    (ImportQuestion.as_asked == AWAITING, sa.case((Action.awaiting_status, AWAITING), else_="")),
    else_=ImportQuestion.as_asked,
)
OF_AN_UNDONE_IMPORT = sa.and_(
    ImportQuestion.run_id.is_not(None),
    ImportQuestion.run_id.in_(sa.select(ImportRun.id).where(ImportRun.undone_at.is_not(None))),
)
IS_OPEN = sa.and_(
    ImportQuestion.answered_at.is_(None),
    sa.not_(OF_AN_UNDONE_IMPORT),
    sa.or_(
        ImportQuestion.action_id.is_(None),
        sa.and_(
            ImportQuestion.as_asked == STILL_AS_ASKED,
            sa.or_(ImportQuestion.of_ended, Action.ended_on.is_(None)),
        ),
    ),
)
"""What still waits: nobody has decided it, and the action has not got an owner, a date or an end in another way.

One answer about the state of an action settles all that is asked about it.

The questions of an import end with it, and its answers: imported again, its rows ask anew.
"""


def open_questions(actor: Actor, *columns: Any) -> sa.Select[Any]:
    """Select from the open questions of plans that the actor may import into."""
    return (
        sa.select(*columns)
        .select_from(ImportQuestion)
        .join(Case, Case.id == ImportQuestion.case_id)
        .outerjoin(Action, Action.id == ImportQuestion.action_id)
        .where(IS_OPEN, visible(actor, Case), in_realms_of(actor, Case, Permission.IMPORT_ACTIONS))
    )


def _asked_together(actor: Actor) -> sa.Select[Any]:
    """Select plan, field and text of what is asked as one question: once for all rows with the same text."""
    return open_questions(actor, ImportQuestion.case_id, ImportQuestion.field, ImportQuestion.text).distinct()


def count_open(session: Session, actor: Actor, case: Case) -> int:
    """Count the questions of a plan, each text of a field once."""
    together = _asked_together(actor).where(ImportQuestion.case_id == case.id)
    return session.scalar(sa.select(sa.func.count()).select_from(together.subquery())) or 0


def count_all_open(session: Session, actor: Actor) -> int:
    """Count the questions of all plans that the actor may import into."""
    return session.scalar(sa.select(sa.func.count()).select_from(_asked_together(actor).subquery())) or 0


@dataclass(frozen=True, slots=True)
class PlanWithQuestions:
    """A plan in which something waits for a decision."""

    reference: str
    partnership_id: int
    title: str
    questions: int


def plans_with_questions(session: Session, actor: Actor) -> list[PlanWithQuestions]:
    """Give the plans with open questions, most first."""
    together, number = _asked_together(actor).subquery(), sa.func.count()
    query = sa.select(Case.reference, Case.partnership_id, Case.title, number).join(
        together, together.c.case_id == Case.id
    )
    grouped = query.group_by(Case.id).order_by(number.desc(), Case.reference, Case.id)
    return [PlanWithQuestions(*row) for row in session.execute(grouped)]


def groups_waiting(
    session: Session,
    actor: Actor,
    case: Case,
    *,
    name: str = "",
    filled: bool = False,
    number: int = 1,
    size: int | None = None,
) -> Page[DecisionGroup]:
    """Give the open questions of a plan, one for each field and text, most rows first in each field.

    `filled` leaves out those about empty cells; `size` None gives all. The key of a group is the number of its first
    question.
    """
    first, times = sa.func.min(ImportQuestion.id), sa.func.count(ImportQuestion.id)
    query = open_questions(actor, ImportQuestion.field, ImportQuestion.text, first, times).where(
        ImportQuestion.case_id == case.id
    )
    if name:
        query = query.where(ImportQuestion.field == name)
    if filled:
        query = query.where(ImportQuestion.text != "")
    query = query.group_by(ImportQuestion.field, ImportQuestion.text)
    query = query.order_by(ImportQuestion.field, times.desc(), first)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    if size is not None:
        query = query.limit(size).offset((number - 1) * size)
    rows = session.execute(query).all()
    firsts = _by_id(session, [row[2] for row in rows])
    named = _rows_named(session, actor, case, rows) if size is not None else {}
    groups = [
        DecisionGroup(
            key=str(row[2]),
            field=row[0],
            text=row[1],
            reason=firsts[row[2]].reason,
            offered=tuple(firsts[row[2]].offered),
            count=row[3],
            rows=tuple(named.get((row[0], row[1]), ())),
        )
        for row in rows
    ]
    return Page(groups, number, total, size or max(total, 1))


def fields_waiting(session: Session, actor: Actor, case: Case) -> dict[str, int]:
    """Count the questions that wait, by field, most first: each distinct text once."""
    distinct = _asked_together(actor).where(ImportQuestion.case_id == case.id).subquery()
    times = sa.func.count()
    query = sa.select(distinct.c.field, times).group_by(distinct.c.field).order_by(times.desc(), distinct.c.field)
    return {row[0]: row[1] for row in session.execute(query)}


def questions_of_action(session: Session, actor: Actor, action: Action) -> Sequence[ImportQuestion]:
    """Give what is still asked about one action."""
    query = open_questions(actor, ImportQuestion).where(ImportQuestion.action_id == action.id)
    return session.scalars(query.order_by(ImportQuestion.id)).all()


def questions_alike(session: Session, actor: Actor, case: Case, number: int) -> list[tuple[ImportQuestion, str, str]]:
    """Give the open questions with field and text of one of them, each with reference and text of its action."""
    one = sa.select(ImportQuestion.field, ImportQuestion.text).where(
        ImportQuestion.id == number, ImportQuestion.case_id == case.id
    )
    row = session.execute(one).first()
    if row is None:
        return []
    query = open_questions(actor, ImportQuestion, Action.reference, Action.text).where(
        ImportQuestion.case_id == case.id, ImportQuestion.field == row[0], ImportQuestion.text == row[1]
    )
    found = session.execute(query.order_by(ImportQuestion.id)).all()
    return [(each[0], each[1] or "", each[2] or "") for each in found]


def _by_id(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    columns = (ImportQuestion.id, ImportQuestion.reason, ImportQuestion.offered)
    for start in range(0, len(ids), 1_000):
        some = sa.select(*columns).where(ImportQuestion.id.in_(ids[start : start + 1_000]))
        found |= {row.id: row for row in session.execute(some)}
    return found


def _rows_named(
    session: Session, actor: Actor, case: Case, groups: Sequence[Any]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Give the first actions of each group on one page: reference and beginning of the text."""
    fields, texts = {row[0] for row in groups}, {row[1] for row in groups}
    nth = sa.func.row_number().over(
        partition_by=(ImportQuestion.field, ImportQuestion.text), order_by=ImportQuestion.id
    )
    inner = (
        open_questions(
            actor,
            ImportQuestion.field,
            ImportQuestion.text,
            ImportQuestion.id,
            Action.reference,
            sa.func.substr(Action.text, 1, 160).label("action"),
            nth.label("nth"),
        )
        .where(ImportQuestion.case_id == case.id, ImportQuestion.field.in_(fields), ImportQuestion.text.in_(texts))
        .subquery()
    )
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in session.execute(sa.select(inner).where(inner.c.nth <= MOST_ROWS_NAMED).order_by(inner.c.id)):
        if row.reference:
            found.setdefault((row.field, row.text), []).append((row.reference, row.action))
    return found


class NewQuestions:
    """What one import leaves open, or what was decided about it: `store` writes what was not asked in the plan before.

    `references` are those of the actions by sheet and row, `made` those that the import made.
    """

    def __init__(
        self,
        unit: Unit,
        case: Case,
        run_id: int | None,
        references: Mapping[tuple[str, int], str],
        made: frozenset[str],
        answers: Answers,
    ) -> None:
        self._unit, self._case, self._run_id, self._answers = unit, case, run_id, answers
        self._references, self._made = references, made
        self._signature = unit.actor.signature[:200]
        self._before = _asked_before(unit, case)
        self._new: list[dict[str, Any]] = []
        query = sa.select(
            Action.reference, Action.id, Action.owner_id, Action.due_on, Action.ended_on, Action.awaiting_status
        )
        rows = unit.session.execute(query.where(Action.case_id == case.id))
        self._actions = {row.reference: row for row in rows}

    def add(self, doubt: Mapping[str, Any], *, settled: bool = False) -> bool:
        """Take a doubt, and give whether it waits for a decision; `settled` says that its answer has been obeyed."""
        reference = self._references.get((doubt["sheet"], doubt["row"]), "")
        action = self._actions.get(reference)
        key = (action.id if action else None, doubt["field"][:LONGEST_FIELD], doubt["text"])
        if key in self._before:
            return not self._before[key]
        answer = self._answers.of(doubt["row"], doubt["field"], doubt["text"])
        is_decided = answer is not None and (settled or answer == AS_IT_STANDS)
        self._before[key] = is_decided
        self._new.append(
            {
                "case_id": self._case.id,
                "action_id": key[0],
                "run_id": self._run_id,
                "sheet": doubt["sheet"][:LONGEST_FIELD],
                "row": doubt["row"],
                "field": key[1],
                "text": doubt["text"],
                "reason": doubt["reason"],
                "offered": list(doubt["offered"]),
                "as_asked": as_asked(action, doubt["field"]) if action else "",
                "of_new": reference in self._made,
                "of_ended": action is not None and action.ended_on is not None,
                "answer": answer if is_decided else "",
                "answered_by": self._signature if is_decided else "",
                "answered_at": self._unit.now if is_decided else None,
            }
        )
        if len(self._new) == MOST_AT_A_TIME:
            self.store()
        return not is_decided

    def store(self) -> None:
        """Write what was taken since the last time. Twenty thousand at once would be a tenth of the memory."""
        if self._new:
            self._unit.session.execute(sa.insert(table_of(ImportQuestion)), self._new)
            self._new = []


def _asked_before(unit: Unit, case: Case) -> dict[_AskedKey, bool]:
    """Give what was asked before in a plan, and whether it was decided."""
    query = sa.select(
        ImportQuestion.action_id, ImportQuestion.field, ImportQuestion.text, ImportQuestion.answered_at.is_not(None)
    ).where(ImportQuestion.case_id == case.id, sa.not_(OF_AN_UNDONE_IMPORT))
    return {(row[0], row[1], row[2]): bool(row[3]) for row in unit.session.execute(query.order_by(ImportQuestion.id))}
