"""Writing of definitions as YAML that people can read, and that reads back as the same definition."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from workflows.core.bank_holidays import DIVISION
from workflows.core.involvement import Involvement
from workflows.core.questions import Question, Value, When
from workflows.core.vocabulary import Deadline, Edition, Product, RenamedStage, Role, Step, TimedMove, Track, Workflow
from workflows.files.read import FORMAT
from workflows.files.schema import NOBODY_BARRED, RANKS, STAYS

PLAIN = re.compile(r"[A-Za-z0-9](?:[^:#\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]|:(?=\S)|(?<=\S)#)*(?<=\S)")
UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")
APART = ("tracks", "steps", "deadlines")
"""Lists whose members are separated by an empty line."""


@dataclass(frozen=True, slots=True)
class Remarked:
    """A name with a remark that explains it to the reader."""

    name: str
    remark: str


Rows: TypeAlias = Mapping[str, "Written"]
Item: TypeAlias = "str | Remarked | Rows"
Written: TypeAlias = "Item | list[Item]"


def write_workflow(workflow: Workflow) -> str:
    """Give the text of the file, without keys that have their default (docs/workflow-files.md)."""
    heading = f"# {workflow.title}: a kind of case of Followthrough, in the format of docs/workflow-files.md"
    return "\n".join([heading, *_rows(_workflow(workflow), "")]) + "\n"


def _workflow(workflow: Workflow) -> Rows:
    last = workflow.last_opening_on
    return {
        "format": FORMAT,
        "name": workflow.name,
        "title": workflow.title,
        "version": str(workflow.version),
        "effective_from": workflow.effective_from.isoformat(),
        "last_opening_on": last.isoformat() if last else "",
        "prefix": workflow.prefix,
        "realm": workflow.realm.value,
        "inside": "yes" if workflow.inside else "",
        "moved": [_renamed_stage(stage) for stage in workflow.moved],
        "tracks": [_track(track) for track in workflow.tracks],
        "deadlines": [_deadline(deadline) for deadline in workflow.deadlines],
        "ladders": [ladder.name for ladder in workflow.ladders],
        "timed_moves": [_timed_move(move) for move in workflow.timed_moves],
        "products": [_product(product) for product in workflow.products],
    }


def _renamed_stage(stage: RenamedStage) -> Rows:
    return {"track": stage.track, "was": str(stage.was), "now": str(stage.now)}


def _track(track: Track) -> Rows:
    stages = [stage.value for stage in track.stages]
    return {
        "name": track.name,
        "title": track.title,
        "stages": [*stages],
        "initial": str(track.initial),
        "final": [stage for stage in stages if stage in track.final],
        "settled": [stage for stage in stages if stage in track.settled],
        "steps": [_step(step) for step in track.steps],
    }


def _step(step: Step) -> Rows:
    return {
        "name": step.name,
        "title": step.title,
        "from": [str(source) for source in step.source],
        "to": str(step.to) or STAYS,
        "by": [role.value for role in Role if role in step.by],
        "only_if": [Remarked(guard.name, guard.sentence) for guard in step.only_if],
        "opens": step.opens,
        "for_each": step.for_each,
        "joins": [*step.joins],
        "hold": step.hold.value if step.hold else "",
        "barred": _barred(step),
        "asks": [_question(question) for question in step.questions],
    }


def _barred(step: Step) -> list[Item]:
    if step.barred is None:
        return []
    return [each.value for each in Involvement if each in step.barred] or [NOBODY_BARRED]


def _question(question: Question) -> Rows:
    return {
        "name": question.name,
        "label": question.label,
        "kind": question.kind.value,
        "required": "" if question.required else "no",
        "needed_when": _when(question.needed_when) if question.needed_when else "",
        "choices": dict(question.choices),
        "hint": question.hint,
        "since": question.since.isoformat() if question.since else "",
        "until": question.until.isoformat() if question.until else "",
    }


def _when(when: When) -> Rows:
    return {"fact": when.fact, "answers": [_answer(answer) for answer in when.answers]}


def _answer(answer: Value) -> str:
    return ("yes" if answer else "no") if isinstance(answer, bool) else str(answer)


def _deadline(deadline: Deadline) -> Rows:
    return {
        "name": deadline.name,
        "title": deadline.title,
        "counted_from": deadline.counted_from,
        "met_by": [*deadline.met_by],
        "ended_by": [*deadline.ended_by],
        "ladder": deadline.ladder.name if deadline.ladder else "",
        "starts": dict(deadline.starts),
        "editions": [_edition(edition) for edition in deadline.editions],
    }


def _timed_move(move: TimedMove) -> Rows:
    return {
        "deadline": move.deadline,
        "step": move.step,
        "reason": move.reason,
        "why": move.why,
        "answers": dict(move.answers),
    }


def _product(product: Product) -> Rows:
    return {"name": product.name, "label": product.label, "factors": [*product.factors]}


def _edition(edition: Edition) -> Rows:
    return {
        "effective_from": edition.effective_from.isoformat(),
        "period": str(edition.period.count),
        "unit": edition.period.unit.value,
        "back": "yes" if edition.period.back else "",
        "bank_holidays": "" if edition.period.bank_holidays is DIVISION else edition.period.bank_holidays.value,
        "rank": next(name for name, rank in RANKS.items() if rank is edition.rank),
        "counted_from": edition.counted_from,
        "cites": [Remarked(book.name, book.title) for book in edition.cites],
        "authority": edition.authority,
        "unverified": edition.unverified,
    }


def _rows(rows: Rows, indent: str) -> Iterator[str]:
    for key, value in rows.items():
        match value:
            case "" | []:
                continue
            case [str() | Remarked() as only]:
                yield f"{indent}{as_word(key)}: {_in_text(only)}"
            case list():
                yield f"{indent}{as_word(key)}:"
                yield from _items(value, f"{indent}  ", apart=key in APART)
            case str():
                yield f"{indent}{as_word(key)}: {as_word(value)}"
            case dict() if value:
                yield f"{indent}{as_word(key)}:"
                yield from _rows(value, f"{indent}  ")


def _items(items: Iterable[Item], indent: str, *, apart: bool) -> Iterator[str]:
    for number, item in enumerate(items):
        if isinstance(item, str | Remarked):
            yield f"{indent}- {_in_text(item)}"
            continue
        if apart and number:
            yield ""
        first, *others = _rows(item, f"{indent}  ")
        yield f"{indent}- {first.lstrip()}"
        yield from others


def _in_text(item: str | Remarked) -> str:
    return f"{as_word(item.name)}  # {item.remark}" if isinstance(item, Remarked) else as_word(item)


def as_word(text: str) -> str:
    """Write a word as it is where YAML reads it back unchanged, and in quotation marks otherwise."""
    if PLAIN.fullmatch(text):
        return text
    return UNSAFE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(text, ensure_ascii=False))
