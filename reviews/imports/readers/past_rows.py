"""One row of a list of past cases, read column by column, and the case that is put together from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from reviews.imports.readers.cells import BLANK, Cell, fault_in, folded, one_line, trimmed
from reviews.imports.readers.written_dates import read_past_day
from workflows.core.days import PartialDay, day_in_words
from workflows.core.labels import sentence
from workflows.core.questions import Question, Value


@dataclass(frozen=True, slots=True)
class RefusedPastRow:
    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class PastFact:
    """A fact from the row, with the heading of its column and the question it answers.

    Facts that no step asks for have a question of their own, declared beside the reader of the list.
    """

    question: Question
    value: Value
    column: str

    @property
    def name(self) -> str:
        return self.question.name


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that was taken. `on` is None where its day is not known; `placed_on` keeps it in its order."""

    name: str
    on: PartialDay | None
    placed_on: date
    column: str
    facts: tuple[PastFact, ...] = ()


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case with its steps in order. `dated` are the steps for which the file has a column of days.

    `source` says where the row has its days from; a row that names one may contradict what another source said.
    """

    row: int
    reference: str
    column: str
    workflow: str
    steps: tuple[PastStep, ...]
    dated: frozenset[str]
    led_to: "PastCase | None" = None
    source: str = ""


@dataclass(slots=True)
class Histories:
    """The cases of a whole file; `ignored` are the headings of columns that were not read."""

    rows: int = 0
    cases: list[PastCase] = field(default_factory=list)
    refused: list[RefusedPastRow] = field(default_factory=list)
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class StepsBuilder:
    """Collects the steps of one case. A step without a day is placed on the last known day before it."""

    last: date
    steps: list[PastStep] = field(default_factory=list)

    def add(self, name: str, on: PartialDay | None, column: str, *facts: PastFact | None) -> None:
        self.last = max(self.last, on.first) if on else self.last
        placed_on = self.last if on is None else min(self.last, on.last)
        stated = tuple(fact for fact in facts if fact is not None)
        self.steps.append(PastStep(name, on, placed_on, column, stated))


UNKNOWN = frozenset({"", "-", "–", "?", "n/a", "na", "nk", "not known", "unknown", "not recorded"})
"""Words for "not known". They count as a gap, never as a no."""
YES_NO = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
LONGEST_QUOTED = 40


@dataclass(slots=True)
class PastRow:
    """One row. A cell that cannot be read goes into `faults` and counts as not known, so that all faults are found."""

    number: int
    cells: Mapping[str, Cell]
    headings: Mapping[str, str]
    today: date
    faults: list[RefusedPastRow] = field(default_factory=list)

    def heading(self, column: str) -> str:
        return self.headings.get(column, column)

    def refuse(self, column: str, reason: str) -> None:
        self.faults.append(RefusedPastRow(self.number, self.heading(column), reason))

    def text(self, column: str) -> str:
        """Give the text of a cell, or "" for a gap."""
        text = trimmed(self.cells.get(column, BLANK).text)
        if fault := fault_in(text):
            self.refuse(column, fault)
            return ""
        return "" if folded(text) in UNKNOWN else text

    def day(self, column: str) -> PartialDay | None:
        """Give the day in a cell, which may be known to the month or the year only, or None for a gap."""
        cell, text = self.cells.get(column, BLANK), self.text(column)
        if not text and cell.on is None:
            return None
        read = read_past_day(text, cell.on)
        if isinstance(read, PartialDay):
            if read.first <= self.today:
                return read
            self.refuse(column, f"{day_in_words(read)} is in the future. Dates in a history must be in the past.")
        elif read.how != "none":
            self.refuse(column, f"“{_quoted(text)}” is not a certain date. {read.reason}")
        return None

    def days_in_order(self, columns: Mapping[str, str]) -> dict[str, PartialDay | None]:
        """Give the days of columns that must be in this order; the values say what happened on each."""
        days = {column: self.day(column) for column in columns}
        dated = [(column, day) for column, day in days.items() if day is not None]
        for index, (column, day) in enumerate(dated):
            later = [(other, earlier) for other, earlier in dated[:index] if earlier.is_after(day)]
            if later:
                other, earlier = later[-1]
                what = f"{columns[column]} {_when(day)}"
                self.refuse(column, f"{sentence(what)} is before {columns[other]} {_when(earlier)}.")
        return days

    def yes_no(self, column: str) -> bool | None:
        text = self.text(column)
        if not text:
            return None
        answer = YES_NO.get(folded(text))
        if answer is None:
            self.refuse(column, f"“{_quoted(text)}” is not yes or no.")
        return answer

    def choice_from(self, column: str, words: Mapping[str, str]) -> str:
        """Give the stored value for the words in a cell, or "" for a gap."""
        text = self.text(column)
        if not text:
            return ""
        found = next((choice for word, choice in words.items() if _plain(word) == _plain(text)), "")
        if not found:
            self.refuse(column, f"“{_quoted(text)}” is not one of: {', '.join(words)}.")
        return found

    def fact(self, question: Question, column: str, value: Value | None) -> PastFact | None:
        """Give the fact, or None where there is no value."""
        if isinstance(value, PartialDay):
            value = value.exact or value
        return None if value in (None, "") else PastFact(question, value, self.heading(column))

    def dated(self, steps: Mapping[str, str]) -> frozenset[str]:
        """Give the steps whose column is in the file; `steps` is column to step."""
        return frozenset(step for column, step in steps.items() if column in self.headings)


def earliest_day(days: Iterable[PartialDay | None]) -> date | None:
    return min((day.first for day in days if day is not None), default=None)


def choices_by_word(choices: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give each stored choice by its own word and by its label: people write either."""
    pairs = [(sentence(value), value) for value, _ in choices], [(label, value) for value, label in choices]
    return {words: value for found in pairs for words, value in found}


def _when(day: PartialDay) -> str:
    return f"on {day}" if day.exact else f"in {day}"


def _plain(text: str) -> str:
    return folded(text.replace("_", " "))


def _quoted(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST_QUOTED else f"{line[:LONGEST_QUOTED]}…"
