"""The columns of a list of past cases, derived from the definition of their kind."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from reviews.imports.readers.headings import plain_heading
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Kind, Question, condition, dates_in_words
from workflows.core.vocabulary import Realm, Step, Workflow
from workflows.definitions.shared.past_lists import HEADINGS

REFERENCE = "case_ref"
LED_TO = "LCSPR"
"""Added to the reference of a rapid review to make that of the practice review it led to."""


class ColumnKind(StrEnum):
    """What the cells of a column say: of the case, of a step, of what its form asks, of a stage, or of a clock."""

    CASE = "case"
    LIST = "list"
    STEP = "step"
    FACT = "fact"
    STAGE = "stage"
    FORECAST = "forecast"
    LATE_REASON = "late_reason"


@dataclass(frozen=True, slots=True)
class PastColumn:
    """A column by our name of it; `headings` are others that are read as it.

    `of` names the step, the track or the clock. A FACT without one is asked by several steps: which is meant follows
    from the row. `occurrence` is the time the step was taken, for a heading with a number, such as `checkpoint 2`.
    """

    name: str
    kind: ColumnKind
    what: str
    of: str = ""
    question: Question | None = None
    headings: tuple[str, ...] = ()
    occurrence: int = 1


INCIDENT_ON = Question(
    "incident_on", "Day of the incident", Kind.DAY, required=False, hint="The first of them, where it lasted."
)
"""Of a kind whose form does not ask for it: published lists have it for every review."""
OF_INCIDENT = ("incident_date", "date of incident", "incident")
FORMAT_OF: Mapping[Kind, str] = {
    Kind.DAY: "a day, a month or a year",
    Kind.MOMENT: "a day, with the time where it is known",
    Kind.YES_NO: "yes or no",
    Kind.NUMBER: "a whole number",
    Kind.AGENCIES: "agencies, with a semicolon between them",
    Kind.PARTNERS: "partners, with a semicolon between them",
    Kind.STEPS: "steps, with a semicolon between them",
    Kind.PERSON: "a person",
}
CASE_COLUMNS = (
    PastColumn("title", ColumnKind.CASE, "A neutral title. Never a child's name."),
    PastColumn("partnership", ColumnKind.CASE, "Whose case it is: a row of another partnership is not one of yours."),
    PastColumn("panel", ColumnKind.CASE, "The panel whose case it is: a row of another one is not counted as yours."),
    PastColumn("source", ColumnKind.CASE, "Where the days of the row are from."),
    PastColumn(
        "child_pseudonyms",
        ColumnKind.CASE,
        "The children by pseudonym, with a semicolon between them. Never a name.",
        headings=("pseudonyms", "child pseudonym"),
    ),
    PastColumn("agencies", ColumnKind.CASE, "Agencies involved, with a semicolon between them."),
    PastColumn("our_role", ColumnKind.CASE, "lead, contributor or observer; lead where it is empty."),
    PastColumn("lead_area", ColumnKind.CASE, "The area that leads, where another one does."),
    PastColumn(
        "led_from", ColumnKind.CASE, "Reference of the case that led to this one.", headings=("rapid_review_ref",)
    ),
)


OF_THE_CASE = frozenset(column.name for column in CASE_COLUMNS)


@cache
def columns_of(workflow: Workflow) -> Mapping[str, PastColumn]:
    """Give the columns of a kind by our name of them: what the case is, and all that its steps record."""
    found = [
        PastColumn(
            REFERENCE,
            ColumnKind.CASE,
            "Reference of the case.",
            headings=("reference", "case reference", "case number"),
        ),
        *CASE_COLUMNS,
        *_stages(workflow),
        *_steps(workflow),
        *_clocks(workflow),
    ]
    named = {column.name: column for column in found}
    return {name: replace(column, headings=_headings(workflow, column)) for name, column in named.items()}


def _stages(workflow: Workflow) -> Iterable[PastColumn]:
    yield PastColumn("stage", ColumnKind.STAGE, "Where the case is, in words.", headings=("status", "current status"))
    for track in workflow.tracks if len(workflow.tracks) > 1 else ():
        stages = ", ".join(mid_sentence(sentence(stage)) for stage in track.stages)
        yield PastColumn(
            f"{track.name}_stage", ColumnKind.STAGE, f"Where the {track.title.lower()} is: {stages}.", track.name
        )


def _steps(workflow: Workflow) -> Iterable[PastColumn]:
    asking: dict[str, list[tuple[Question, Step]]] = defaultdict(list)
    for step in workflow.steps:
        for question in _asked_by(workflow, step):
            asking[question.name].append((question, step))
    for step in workflow.steps:
        what = f"“{step.title}”: the day, or “yes” where nobody knows it."
        yield PastColumn(step.name, ColumnKind.STEP, what, step.name)
        for question in _asked_by(workflow, step):
            full = f"{step.name}.{question.name}"
            alone = len(asking[question.name]) == 1 and question.name not in OF_THE_CASE
            name, others = (question.name, (full,)) if alone else (full, ())
            yield PastColumn(name, ColumnKind.FACT, _what(question, step), step.name, question, others)
    for name, several in asking.items():
        if len(several) > 1:
            titles = ", ".join(f"“{step.title}”" for _, step in several)
            what = f"{several[0][0].label}, where only one of {titles} was taken."
            yield PastColumn(name, ColumnKind.FACT, what, "", several[0][0])


def _asked_by(workflow: Workflow, step: Step) -> list[Question]:
    """Give the questions of a form, each once; the first form of a review has the day of the incident in any case."""
    asked = {question.name: question for question in step.questions}
    if step is workflow.opening and workflow.realm is Realm.REVIEWS and not workflow.inside:
        asked.setdefault(INCIDENT_ON.name, INCIDENT_ON)
    return list(asked.values())


def _clocks(workflow: Workflow) -> Iterable[PastColumn]:
    for deadline in workflow.deadlines:
        yield PastColumn(
            f"{deadline.name}_forecast",
            ColumnKind.FORECAST,
            f"“{deadline.title}” is expected by this day.",
            deadline.name,
        )
        yield PastColumn(
            f"{deadline.name}_late_reason", ColumnKind.LATE_REASON, f"Why “{deadline.title}” is late.", deadline.name
        )


def _what(question: Question, step: Step) -> str:
    choices = " or ".join(f"“{label}”" for _, label in question.choices)
    form = FORMAT_OF.get(question.kind, "") or choices
    conditions = (condition(question, step.questions), dates_in_words(question))
    limits = "; ".join(part for part in (form, *conditions) if part)
    return f"{question.label} (“{step.title}”){f': {limits}' if limits else ''}."


def _headings(workflow: Workflow, column: PastColumn) -> tuple[str, ...]:
    own = HEADINGS.get(workflow.name, {}).get(column.name, ())
    if column.question is not None and column.question.name == INCIDENT_ON.name and _is_first(workflow, column):
        own = (*own, *OF_INCIDENT)
    label: tuple[str, ...] = ()
    if column.kind is ColumnKind.STEP:
        label = tuple(step.title for step in workflow.steps if step.name == column.of)
    elif column.kind is ColumnKind.FACT and column.question is not None and column.name == column.question.name:
        label = (column.question.label,)
    return (*column.headings, *own, *label)


def _is_first(workflow: Workflow, column: PastColumn) -> bool:
    return workflow.opening is not None and column.of == workflow.opening.name


_NUMBER = re.compile(r"\b(\d{1,2})\b")


class Headings:
    """The headings by which the columns of a list are found. One that means two columns means neither."""

    def __init__(self, columns: Iterable[PastColumn]) -> None:
        found = list(columns)
        self._by_heading = {plain(column.name): column for column in found}
        others = [(plain(heading), column) for column in found for heading in column.headings]
        times = Counter(heading for heading, _ in dict.fromkeys((heading, column.name) for heading, column in others))
        for heading, column in others:
            if times[heading] == 1:
                self._by_heading.setdefault(heading, column)

    def column(self, heading: str) -> PastColumn | None:
        """Find the column of a heading: `checkpoint 2` is that of the second time the step was taken."""
        words = plain(heading)
        if words in self._by_heading:
            return self._by_heading[words]
        for number in _NUMBER.finditer(words):
            without = " ".join((words[: number.start()] + words[number.end() :]).split())
            column = self._by_heading.get(without)
            if column is not None and column.kind in (ColumnKind.STEP, ColumnKind.FACT) and int(number[1]) > 0:
                occurrence = int(number[1])
                name = column.name if occurrence == 1 else numbered(column, occurrence)
                return replace(column, name=name, occurrence=occurrence)
        return None


def numbered(column: PastColumn, occurrence: int) -> str:
    """Name the column of a later time that a step was taken: `checkpoint 2`, `checkpoint 2.request_made`."""
    if occurrence == 1:
        return column.name
    fact = f".{column.question.name}" if column.question is not None else ""
    if fact and column.name.endswith(fact):
        return f"{column.name.removesuffix(fact)} {occurrence}{fact}"
    return f"{column.name} {occurrence}"


@cache
def plain(heading: str) -> str:
    return plain_heading(heading.replace("_", " ").replace(".", " "))


def prefixed(columns: Sequence[PastColumn], prefix: str) -> list[PastColumn]:
    """Give the columns of the case that a row led to, each with the prefix in its name."""
    return [
        replace(column, name=f"{prefix}{column.name}", headings=())
        for column in columns
        if column.kind is not ColumnKind.CASE
    ]
