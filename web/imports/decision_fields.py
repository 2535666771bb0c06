"""Questions about the texts of an imported file as parts of a form: choices, free entry, and what was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from reviews.imports.decisions import (
    SAME_AS_TEXT,
    STAGES,
    AnswerKind,
    Candidates,
    DecisionGroup,
    accepted_answer,
    answer_in_words,
    kind_of,
    stored_answer,
)
from reviews.imports.readers.answers import AS_IT_STANDS
from reviews.imports.rows import Directory
from web.imports.forms import NAMES
from workflows.core.engine import Refused
from workflows.core.labels import sentence

LATER = ""
GROUPS_ON_PREVIEW, GROUPS_ON_PAGE = 15, 25
MOST_IN_LIST = 500
"""People in the list that a browser offers while an owner is typed."""
FREE_LABELS = {
    AnswerKind.DAY: "Another day, such as 9 6 2027",
    AnswerKind.OWNER: "E-mail address of a person, or name of an agency",
    AnswerKind.DEPUTY: "E-mail address",
    AnswerKind.AGENCY: "Name of an agency",
    AnswerKind.STAGE: "Another stage",
    AnswerKind.WORDS: "What it should say",
}


@dataclass(slots=True)
class DecisionField:
    """One question in a form. `choices` are answer and words; `typed` is what was entered beside them."""

    group: DecisionGroup
    name: str
    choices: Sequence[tuple[str, str]]
    chosen: str = LATER
    typed: str = ""
    error: str = ""

    @property
    def kind(self) -> AnswerKind:
        return kind_of(self.group.field)

    @property
    def about(self) -> str:
        return NAMES.get(self.group.field, self.group.field)

    @property
    def free_label(self) -> str:
        """The label of the free entry; empty where only what is offered can be answered."""
        return FREE_LABELS.get(self.kind, "")

    @property
    def answer(self) -> str:
        """What was answered: what was typed goes before what was chosen."""
        return self.typed or self.chosen


def field_name(key: str) -> str:
    """Name the field of a question: two texts of a file never have the same."""
    return f"d_{key}" if key.isdecimal() else f"d_{sha256(key.encode()).hexdigest()[:20]}"


def decision_fields(groups: Sequence[DecisionGroup], known: Candidates, sent: Mapping[str, str]) -> list[DecisionField]:
    """Make the questions of a page, with what was sent for them."""
    return [_field(group, known, sent) for group in groups]


def _field(group: DecisionGroup, known: Candidates, sent: Mapping[str, str]) -> DecisionField:
    near = known.suggested(group.field, group.text)
    answers = dict.fromkeys(stored_answer(group.field, each) for each in (*group.offered, *near))
    offered = [(answer, answer_in_words(group.field, answer, known)) for answer in answers]
    if kind_of(group.field) is AnswerKind.STAGE:
        there = {answer for answer, _ in offered}
        first = [each for each in STAGES[1:5] if each.value not in there]
        offered += [(each.value, sentence(each.value)) for each in first]
    name = field_name(group.key)
    choices = [*offered, (AS_IT_STANDS, SAME_AS_TEXT)]
    chosen = sent.get(name, LATER)
    allowed = {LATER, *(answer for answer, _ in choices)}
    return DecisionField(
        group, name, choices, chosen if chosen in allowed else LATER, sent.get(f"{name}_other", "").strip()[:2_000]
    )


def read_decisions(fields: Sequence[DecisionField], people: Directory) -> dict[str, str]:
    """Give the answers by the keys of their questions; one that cannot be has its `error` set, and is left out."""
    found: dict[str, str] = {}
    for each in fields:
        if each.answer:
            try:
                found[each.group.key] = accepted_answer(each.group.field, each.answer, people, each.group.offered)
            except Refused as refusal:
                each.error = refusal.sentence
    return found


def entries(known: Candidates) -> list[tuple[str, str]]:
    """Give what a browser offers while an owner is typed: answer and words, people before agencies."""
    return [*known.people.items(), *((name, "") for name in known.agencies)][:MOST_IN_LIST]
