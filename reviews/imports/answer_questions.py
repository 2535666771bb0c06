"""Decides what imports left open in a plan: the one place where an answer changes an action."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.actions.details import first_stage, title_of
from reviews.actions.impact import check_days
from reviews.cases.late import ACCEPTED
from reviews.core.fast_sql import table_of
from reviews.imports.changes import call_off_impact_checks
from reviews.imports.decisions import AnswerKind, accepted_answer, kind_of
from reviews.imports.import_questions import AWAITING, IS_OPEN
from reviews.imports.owner_bars import refuse_owner
from reviews.imports.readers.answers import AS_IT_STANDS, Answers
from reviews.imports.readers.table_reading import decided_day
from reviews.imports.readers.written_dates import read_date
from reviews.imports.rows import Directory, directory
from reviews.imports.settle_status import settle_status
from reviews.models import Action, Case, EventKind, ImpactCheck, ImportQuestion, PlanRules
from reviews.transactions.unit_of_work import NotFound, Stale, Unit, record_each
from workflows.core.engine import Refused
from workflows.definitions.action import OPEN, ActionStage

WHOLE_COLUMN = (
    "“{text}” concerns a whole column of the file. Import the file again and decide it there, "
    "or answer - to leave it as it stands."
)
PLAN_HOLDS = "{reference}: the plan says something else. Change it on the page of the action, or answer - to leave it."
_MOST_IDS = 1_000


@dataclass(slots=True)
class _ActionToChange:
    """The columns of an action, and those among them that answers have changed."""

    columns: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)

    def change(self, values: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
        """Set columns, and give what differs before and after as the history has it."""
        changed = {name: value for name, value in values.items() if self.columns[name] != value}
        before = {name: _as_text(self.columns[name]) for name in changed}
        for name, value in changed.items():
            self.before.setdefault(name, self.columns[name])
            self.columns[name] = value
        return before, {name: _as_text(value) for name, value in changed.items()}


_COLUMNS = (
    "id",
    "reference",
    "version",
    "owner_id",
    "owner_text",
    "deputy_id",
    "lead_agency_id",
    "lead_agency_text",
    "due_on",
    "due_known_to",
    "original_due_on",
    "original_due_known_to",
    "times_extended",
    "stage",
    "ended_on",
    "done_on",
    "brought_in_on",
    "last_progress_on",
    "text",
    "title",
    "title_safe_to_mail",
    "awaiting_status",
)


def answer_questions(unit: Unit, case: Case, answers: Mapping[int, str]) -> int:
    """Decide open questions of a plan by number, all or none; "-" leaves a text as it stands. Gives how many.

    The columns of the actions change with a row of the history for each question. What an import brings is not news:
    nobody is mailed about it, and nobody is reminded of what was due up to today. Raises NotAllowed, NotFound for a
    question of another plan, Stale for one that has been decided already, and Refused for an answer it cannot have.
    """
    unit.actor.require(Permission.IMPORT_ACTIONS, case.partnership_id, case.realm)
    questions = _locked(unit, case, sorted(answers))
    people = directory(unit.session, unit.actor, case.partnership_id)
    actions = _actions(unit, case, {each.action_id for each in questions if each.action_id is not None})
    events, done = [], []
    for question in questions:
        action = actions.get(question.action_id or 0)
        answer = accepted_answer(question.field, answers[question.id], people, question.offered)
        before, after = dict[str, str](), dict[str, str]()
        if action is not None:
            before, after = action.change(_values(_Decision(unit, case, question, action.columns, answer, people)))
        elif answer != AS_IT_STANDS:
            raise Refused(WHOLE_COLUMN.format(text=question.text[:80]))
        done.append({"of": question.id, "answer": answer})
        events.append(_event(case, question, answer, before, after))
    changed = [each for each in actions.values() if each.before]
    for each in changed:
        refuse_owner(unit.actor, case.partnership_id, {**each.columns, **each.before}, each.columns)
    _write(unit, changed)
    signature = unit.actor.signature[:200]
    table = table_of(ImportQuestion)
    update = sa.update(table).where(table.c.id == sa.bindparam("of"))
    if done:  # many at a time: a tracker can have thousands of owners
        update = update.values(answer=sa.bindparam("answer"), answered_by=signature, answered_at=unit.now)
        unit.session.connection().execute(update, done)
    unit.session.expire_all()
    record_each(unit, EventKind.QUESTION_DECIDED, events)
    return len(done)


def matching_answers(unit: Unit, case: Case, answers: Answers) -> dict[int, str]:
    """Give the open questions that a file of answers decides, by number."""
    columns = (ImportQuestion.id, ImportQuestion.row, ImportQuestion.field, ImportQuestion.text)
    query = (
        sa.select(*columns)
        .outerjoin(Action, Action.id == ImportQuestion.action_id)
        .where(ImportQuestion.case_id == case.id, IS_OPEN)
    )
    found = {row.id: answers.of(row.row, row.field, row.text) for row in unit.session.execute(query)}
    return {number: answer for number, answer in found.items() if answer is not None}


def _locked(unit: Unit, case: Case, ids: Sequence[int]) -> list[ImportQuestion]:
    """Read and lock questions of a plan. The case is locked already, so two who decide take turns."""
    found: list[ImportQuestion] = []
    for start in range(0, len(ids), _MOST_IDS):
        some = ids[start : start + _MOST_IDS]
        query = sa.select(ImportQuestion).where(ImportQuestion.id.in_(some), ImportQuestion.case_id == case.id)
        query = query.order_by(ImportQuestion.id).with_for_update().execution_options(populate_existing=True)
        found += unit.session.scalars(query)
    if len(found) < len(ids):
        raise NotFound
    if any(each.answered_at is not None for each in found):
        raise Stale
    return found


def _actions(unit: Unit, case: Case, ids: set[int]) -> dict[int, _ActionToChange]:
    query = sa.select(*(getattr(Action, name) for name in _COLUMNS)).where(Action.case_id == case.id)
    query = query.order_by(Action.id).with_for_update(of=Action)
    if len(ids) <= _MOST_IDS:
        query = query.where(Action.id.in_(ids))
    return {row.id: _ActionToChange(dict(row._mapping)) for row in unit.session.execute(query)}


@dataclass(frozen=True, slots=True)
class _Decision:
    """An answer to one question, and the action as it is now, by column."""

    unit: Unit
    case: Case
    question: ImportQuestion
    now: Mapping[str, Any]
    answer: str
    people: Directory

    def refuse(self) -> Refused:
        return Refused(PLAN_HOLDS.format(reference=self.now["reference"]))


def _values(decision: _Decision) -> dict[str, Any]:
    """Give the columns that an answer sets. Raises Refused where the plan has come to say something else."""
    if kind_of(decision.question.field) is AnswerKind.STAGE and decision.question.as_asked == AWAITING:
        if not decision.now["awaiting_status"]:
            return {}  # another answer of the same moment has settled it
        return {"brought_in_on": decision.unit.today, **_settled(decision)}
    if decision.answer == AS_IT_STANDS:
        return {}
    if decision.question.field == "completed_on":
        return _completed_on(decision)
    set_columns = _BY_KIND[kind_of(decision.question.field)]
    return set_columns(decision)


def _owner(decision: _Decision) -> dict[str, Any]:
    """The first person who is named becomes the owner; further owners of the same cell stay as text."""
    now, question = decision.now, decision.question
    person = decision.people.person(decision.answer)
    if person is None:
        return {} if now["owner_id"] is not None else _agency(decision)
    if now["owner_id"] == person.person_id:
        return {}
    if now["owner_id"] is not None and not question.as_asked:
        return {}
    if now["owner_id"] is not None and not (question.of_new and _as_text(now["owner_id"]) == question.as_asked):
        raise decision.refuse()
    others = [line for line in now["owner_text"].split("\n") if line != question.text]
    return {
        "owner_id": person.person_id,
        "owner_text": "\n".join(others),
        "lead_agency_id": now["lead_agency_id"] or person.agency_id,
        "deputy_id": None if now["deputy_id"] == person.person_id else now["deputy_id"],
        "brought_in_on": decision.unit.today,
    }


def _deputy(decision: _Decision) -> dict[str, Any]:
    person = decision.people.person(decision.answer)
    return {"deputy_id": person.person_id} if person and person.person_id != decision.now["owner_id"] else {}


def _agency(decision: _Decision) -> dict[str, Any]:
    return {"lead_agency_id": decision.people.agency(decision.answer), "lead_agency_text": ""}


def _words(decision: _Decision) -> dict[str, Any]:
    return {"text": decision.answer, "title": title_of(decision.answer), "title_safe_to_mail": False}


def _due(decision: _Decision) -> dict[str, Any]:
    """Set a first date, or one that the import read in another way and nobody has moved since.

    The last day of a month that the text names means the month.
    """
    now, question = decision.now, decision.question
    read = decided_day(decision.answer, read_date(question.text), question.row)
    if read.on is None or (now["due_on"], now["due_known_to"]) == (read.on, read.known_to):
        return {}
    if now["due_on"] is not None and (not decision.question.of_new or now["times_extended"]):
        raise decision.refuse()
    values: dict[str, Any] = {
        "due_on": read.on,
        "due_known_to": read.known_to,
        "original_due_on": read.on,
        "original_due_known_to": read.known_to,
        "brought_in_on": decision.unit.today,
    }
    if now["stage"] == ActionStage.AGREED_NO_DATE:
        values["stage"] = first_stage(read.on, started=now["last_progress_on"] is not None).value
    return values


def _completed_on(decision: _Decision) -> dict[str, Any]:
    """Set the day it was done; impact checks that wait are counted from there."""
    now, day = decision.now, date.fromisoformat(decision.answer)
    if day > decision.unit.today:
        raise Refused(f"{now['reference']}: {day:%-d %B %Y} has not come yet. Enter the day it was completed.")
    if now["stage"] == ActionStage.AWAITING_IMPACT:
        _check_impact(decision, day)
    ended = {"ended_on": day} if now["stage"] == ActionStage.COMPLETE else {}
    return {"done_on": day, **ended} if now["stage"] in ACCEPTED else {}


def _settled(decision: _Decision) -> dict[str, Any]:
    """Give the columns of an action whose tracker left its state in doubt."""
    stage = None if decision.answer == AS_IT_STANDS else ActionStage(decision.answer)
    if stage is ActionStage.AWAITING_IMPACT:
        _check_impact(decision, decision.unit.today)
    return settle_status(stage, decision.now, decision.unit.today)


def _stage(decision: _Decision) -> dict[str, Any]:
    """Set the stage of an action that the import made and nobody has taken further; without a date it waits for one."""
    now = decision.now
    if decision.answer not in set(ActionStage) or now["stage"] == decision.answer:
        return {}
    stage = ActionStage(decision.answer)
    if stage in (ActionStage.NOT_STARTED, ActionStage.IN_PROGRESS) and now["due_on"] is None and now["stage"] in OPEN:
        return {}
    if not decision.question.of_new or now["stage"] not in OPEN:
        raise decision.refuse()
    if stage is ActionStage.AWAITING_IMPACT:
        _check_impact(decision, decision.unit.today)
    return settle_status(stage, now, decision.unit.today)


_BY_KIND: Mapping[AnswerKind, Callable[[_Decision], dict[str, Any]]] = {
    AnswerKind.DAY: _due,
    AnswerKind.OWNER: _owner,
    AnswerKind.DEPUTY: _deputy,
    AnswerKind.AGENCY: _agency,
    AnswerKind.WORDS: _words,
    AnswerKind.STAGE: _stage,
    AnswerKind.OFFERED: lambda _decision: {},
}


def _check_impact(decision: _Decision, accepted_on: date) -> None:
    unit, case, action_id = decision.unit, decision.case, decision.now["id"]
    call_off_impact_checks(unit, [action_id])
    days = check_days(unit.session.get(PlanRules, case.id), accepted_on)
    checks = [{"action_id": action_id, "months": months, "due_on": day} for months, day in days]
    unit.session.execute(sa.insert(ImpactCheck), checks)


def _write(unit: Unit, changed: Sequence[_ActionToChange]) -> None:
    """Write the changed actions, those with the same columns at a time, each with its next version."""
    table = table_of(Action)
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for action in changed:
        names = tuple(sorted(action.before))
        values = {f"new_{name}": action.columns[name] for name in names}
        alike.setdefault(names, []).append({"of": action.columns["id"], **values})
    for names, rows in alike.items():
        values = {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
        update = sa.update(table).where(table.c.id == sa.bindparam("of"))
        unit.session.connection().execute(update.values(version=table.c.version + 1, **values), rows)


def _event(
    case: Case, question: ImportQuestion, answer: str, before: Mapping[str, str], after: Mapping[str, str]
) -> dict[str, Any]:
    details = {
        "question": question.id,
        "field": question.field,
        "text": question.text,
        "answer": answer,
        "before": dict(before),
        "after": dict(after),
        "file_import": question.run_id,
    }
    same = {"partnership_id": case.partnership_id, "case_id": case.id, "action_id": question.action_id}
    stages = {"from_stage": before.get("stage"), "to_stage": after.get("stage")}
    return {**same, **stages, "details": details}


def _as_text(value: object) -> str:
    return "" if value is None else str(value)
