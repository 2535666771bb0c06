"""What can be decided about a text of a tracker: kinds of answers, near names to choose from, what is accepted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz, process
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.imports.readers.answers import AS_IT_STANDS
from reviews.imports.readers.written_dates import read_date
from reviews.imports.rows import Directory
from reviews.people.queries import agencies, owners
from workflows.core.days import is_credible
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.definitions.action import ActionStage

SAME_AS_TEXT = "Leave it as it stands"


class AnswerKind(StrEnum):
    """What an answer names: a day, a person or an agency, a stage, words, or nothing beside what is offered."""

    DAY = "day"
    OWNER = "owner"
    DEPUTY = "deputy"
    AGENCY = "agency"
    STAGE = "stage"
    WORDS = "words"
    OFFERED = "offered"


_KINDS = {
    "due": AnswerKind.DAY,
    "revised_due": AnswerKind.DAY,
    "completed_on": AnswerKind.DAY,
    "owner": AnswerKind.OWNER,
    "deputy": AnswerKind.DEPUTY,
    "agency": AnswerKind.AGENCY,
    "status": AnswerKind.STAGE,
    "action": AnswerKind.WORDS,
    "reference": AnswerKind.OFFERED,
    "recommendation": AnswerKind.OFFERED,
    "recommendation_reference": AnswerKind.OFFERED,
}
STAGES = (
    ActionStage.NOT_STARTED,
    ActionStage.IN_PROGRESS,
    ActionStage.COMPLETE,
    ActionStage.AWAITING_IMPACT,
    ActionStage.NOT_NEEDED,
    ActionStage.BLOCKED,
    ActionStage.EMBEDDED,
    ActionStage.SUPERSEDED,
    ActionStage.REJECTED,
    ActionStage.TRANSFERRED,
)
"""The stages that a person may say an imported action is at."""
_STAGES = {
    word: stage.value
    for stage in STAGES
    for word in (stage.value, stage.name.lower(), sentence(stage.value).casefold())
}


def kind_of(name: str) -> AnswerKind:
    """Give what an answer about a field names. Other columns are asked about where they say that the work is done."""
    return _KINDS.get(name, AnswerKind.STAGE)


def accepted_answer(name: str, answer: str, people: Directory, offered: Iterable[str] = ()) -> str:
    """Give an answer as it is stored: a day as 2027-06-09, a stage by its name. Raises Refused for any other.

    An answer that was offered, and “-”, are always right.
    """
    answer = stored_answer(name, " ".join(answer.split()))
    if answer == AS_IT_STANDS or (answer and answer in {stored_answer(name, each) for each in offered}):
        return answer
    return _ACCEPTED[kind_of(name)](answer, people)


def stored_answer(name: str, answer: str) -> str:
    """Give an answer as it is stored: a stage has several names."""
    return _STAGES.get(answer.casefold(), answer) if kind_of(name) is AnswerKind.STAGE else answer


def _owner(answer: str, people: Directory) -> str:
    if people.person(answer) is None and people.agency(answer) is None:
        raise Refused(
            f"Nobody here has the address, name or job title “{answer[:80]}”, and no agency is called that. "
            "Add them first, or answer - to leave it as it stands."
        )
    return answer


def _deputy(answer: str, people: Directory) -> str:
    if people.person(answer) is None:
        raise Refused(f"Nobody here has the address, name or job title “{answer[:80]}”. Add them first.")
    return answer


def _agency(answer: str, people: Directory) -> str:
    if people.agency(answer) is None:
        raise Refused(f"No agency here is called “{answer[:80]}”. Add it first, or answer - to leave it as text.")
    return answer


def _stage(answer: str, _people: Directory) -> str:
    if (stage := _STAGES.get(answer.casefold())) is None:
        names = ", ".join(stage.value for stage in STAGES)
        raise Refused(f"“{answer[:80]}” is not a stage. Choose one of: {names}, or - to leave it as it stands.")
    return stage


def _offered(answer: str, _people: Directory) -> str:
    raise Refused(f"“{answer[:80]}” is not among the answers. Choose one of them, or - to leave it as it stands.")


def _words(answer: str, _people: Directory) -> str:
    if not answer:
        raise Refused("Enter what it should say, or - to leave it as it stands.")
    return answer


def _day(answer: str, _people: Directory) -> str:
    try:
        found: date | None = date.fromisoformat(answer)
    except ValueError:
        read = read_date(answer.replace(" ", "/") if answer.replace(" ", "").isdecimal() else answer)
        found = read.on if read.how == "certain" else None
    if found is None or not is_credible(found):
        raise Refused(f"“{answer[:80]}” is not a day. Write it as 2027-06-09, or answer - to leave it as it stands.")
    return found.isoformat()


_ACCEPTED: Mapping[AnswerKind, Callable[[str, Directory], str]] = {
    AnswerKind.DAY: _day,
    AnswerKind.OWNER: _owner,
    AnswerKind.DEPUTY: _deputy,
    AnswerKind.AGENCY: _agency,
    AnswerKind.STAGE: _stage,
    AnswerKind.WORDS: _words,
    AnswerKind.OFFERED: _offered,
}
MOST_SUGGESTED = 4
_NEAR_ENOUGH = 70


@dataclass(frozen=True, slots=True)
class Candidates:
    """Everybody an action can be given to, and the agencies, with what each is called: answers by lower-case words."""

    people: Mapping[str, str] = field(default_factory=dict)
    """What a person answers to in a list, by address."""
    agencies: Sequence[str] = ()
    _words: Mapping[str, str] = field(default_factory=dict)

    def suggested(self, name: str, text: str) -> list[str]:
        """Give near names for a text of a tracker, the nearest first: addresses of people, and names of agencies."""
        kind = kind_of(name)
        if not text.strip() or kind not in (AnswerKind.OWNER, AnswerKind.DEPUTY, AnswerKind.AGENCY):
            return []
        found = process.extract(
            text.casefold(),
            list(self._words),
            scorer=fuzz.token_sort_ratio,
            limit=3 * MOST_SUGGESTED,
            score_cutoff=_NEAR_ENOUGH,
        )
        answers = dict.fromkeys(self._words[words] for words, _, _ in found)
        people, bodies = kind is not AnswerKind.AGENCY, kind is not AnswerKind.DEPUTY
        fitting = [each for each in answers if (people if each in self.people else bodies)]
        return fitting[:MOST_SUGGESTED]

    def label(self, answer: str) -> str:
        return self.people.get(answer, answer)


def candidates(session: Session, actor: Actor, partnership_id: int) -> Candidates:
    """Read who and what an answer about an owner or an agency may name."""
    found = owners(session, actor, partnership_id)
    names = [name for _, name in agencies(session, actor, partnership_id)]
    words: dict[str, str] = {name.casefold(): name for name in names}
    for person in reversed(found):
        for each in (person.job_title, person.email.partition("@")[0].replace(".", " "), person.name):
            words[each.casefold()] = person.email
    return Candidates({person.email: person.in_words for person in found}, names, words)


def answer_in_words(name: str, answer: str, known: Candidates) -> str:
    """Give an answer as a reader sees it."""
    if answer == AS_IT_STANDS:
        return SAME_AS_TEXT
    if kind_of(name) is AnswerKind.STAGE and answer.casefold() in _STAGES:
        return sentence(_STAGES[answer.casefold()])
    try:
        day = date.fromisoformat(answer)
    except ValueError:
        return known.label(answer)
    return f"{day:%A %-d %B %Y}" if kind_of(name) is AnswerKind.DAY else answer


@dataclass(frozen=True, slots=True)
class DecisionGroup:
    """One question for all rows in which a field has the same text.

    `key` names it in a form; `rows` are some of its rows, as (where, beginning of the action).
    """

    key: str
    field: str
    text: str
    reason: str
    offered: tuple[str, ...]
    count: int
    rows: tuple[tuple[str, str], ...] = ()


def groups_of(doubts: Iterable[Mapping[str, Any]]) -> list[DecisionGroup]:
    """Group what is listed for a decision by field and text, most rows first within a field; fields as they come."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for doubt in doubts:
        found.setdefault((doubt["field"], doubt["text"]), []).append(doubt)
    position = {name: number for number, name in enumerate(dict.fromkeys(name for name, _ in found))}
    ordered = sorted(found.items(), key=lambda each: (position[each[0][0]], -len(each[1])))
    return [
        DecisionGroup(
            key=f"{name}/{text}",
            field=name,
            text=text,
            reason=doubts[0]["reason"],
            offered=tuple(dict.fromkeys(answer for each in doubts for answer in each.get("offered", ()))),
            count=len(doubts),
            rows=tuple((str(each["row"]), each.get("sheet", "")) for each in doubts),
        )
        for (name, text), doubts in ordered
    ]
