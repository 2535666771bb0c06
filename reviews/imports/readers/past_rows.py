"""What stands in one row, column by column, and what is wrong with it?"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from reviews.imports.readers.cells import BLANK, Cell, fault_in, folded, one_line, trimmed
from reviews.imports.readers.written_dates import read_date
from workflows.core.labels import sentence
from workflows.core.questions import Asked, Value


@dataclass(frozen=True, slots=True)
class RefusedRow:
    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class PastFact:
    """A fact of the row, under the heading it came from, and how it is declared where it is asked for.

    What only lists hold is declared beside their reader: it need not be one that a step asks for.
    """

    asked: Asked
    value: Value
    column: str

    @property
    def name(self) -> str:
        return self.asked.name


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that was taken. Where its day is not known `on` is None; `placed_on` then only keeps it in its order."""

    name: str
    on: date | None
    placed_on: date
    column: str
    facts: tuple[PastFact, ...] = ()


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case and its steps in their order. `dated` are the steps for whose day the file has a column at all."""

    row: int
    reference: str
    column: str
    workflow: str
    steps: tuple[PastStep, ...]
    dated: frozenset[str]
    led_to: "PastCase | None" = None


@dataclass(slots=True)
class Histories:
    """A whole file; `ignored` are the headings of columns that were not read."""

    rows: int = 0
    cases: list[PastCase] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class Way:
    """The steps of one case as they are put together; each is placed at its day, or at the last day known before."""

    last: date
    steps: list[PastStep] = field(default_factory=list)

    def take(self, name: str, on: date | None, column: str, *facts: PastFact | None) -> None:
        self.last = max(self.last, on) if on else self.last
        known = tuple(fact for fact in facts if fact is not None)
        self.steps.append(PastStep(name, on, on or self.last, column, known))


UNKNOWN = frozenset({"", "-", "–", "?", "n/a", "na", "nk", "not known", "unknown", "not recorded"})
"""What people write where they do not know: a gap, and never a no."""
YES_NO = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
LONGEST_QUOTED = 40


@dataclass(slots=True)
class Line:
    """One row. What cannot be read is noted in `faults` and counts as not known, so that all faults are found."""

    number: int
    cells: Mapping[str, Cell]
    headings: Mapping[str, str]
    today: date
    faults: list[RefusedRow] = field(default_factory=list)

    def heading(self, column: str) -> str:
        return self.headings.get(column, column)

    def refuse(self, column: str, reason: str) -> None:
        self.faults.append(RefusedRow(self.number, self.heading(column), reason))

    def text(self, column: str) -> str:
        """Give the text of a cell, or "" for a gap."""
        text = trimmed(self.cells.get(column, BLANK).text)
        if fault := fault_in(text):
            self.refuse(column, fault)
            return ""
        return "" if folded(text) in UNKNOWN else text

    def day(self, column: str) -> date | None:
        """Give the one day that a cell names, or None for a gap."""
        cell, text = self.cells.get(column, BLANK), self.text(column)
        if not text and cell.on is None:
            return None
        read = read_date(text, cell.on)
        if read.how == "none":
            return None
        if read.on is None:
            self.refuse(column, f"“{_quoted(text)}” is no certain day. {read.reason}")
        elif cell.on is None and not _names_a_day(text):
            self.refuse(column, f"“{_quoted(text)}” names a month, not a day.")
        elif read.on > self.today:
            self.refuse(column, f"{said(read.on)} lies in the future; a history has only days that are past.")
        else:
            return read.on
        return None

    def days_in_order(self, columns: Mapping[str, str]) -> dict[str, date | None]:
        """Give the days of columns that must have come in this order; the values name what happened on each."""
        days = {column: self.day(column) for column in columns}
        known = [(column, day) for column, day in days.items() if day is not None]
        for place, (column, day) in enumerate(known):
            later = [(other, earlier) for other, earlier in known[:place] if earlier > day]
            if later:
                other, earlier = later[-1]
                what = f"{columns[column]} on {said(day)}"
                self.refuse(column, f"{sentence(what)} lies before {columns[other]} on {said(earlier)}.")
        return days

    def yes_no(self, column: str) -> bool | None:
        text = self.text(column)
        if not text:
            return None
        answer = YES_NO.get(folded(text))
        if answer is None:
            self.refuse(column, f"“{_quoted(text)}” is neither yes nor no.")
        return answer

    def one_of(self, column: str, words: Mapping[str, str]) -> str:
        """Give what the words of a cell stand for, or "" for a gap."""
        text = self.text(column)
        if not text:
            return ""
        found = next((meant for word, meant in words.items() if _plain(word) == _plain(text)), "")
        if not found:
            self.refuse(column, f"“{_quoted(text)}” is none of the words known here: {', '.join(words)}.")
        return found

    def fact(self, asked: Asked, column: str, value: Value | None) -> PastFact | None:
        """Give a fact that is known, or None."""
        return None if value in (None, "") else PastFact(asked, value, self.heading(column))

    def dated(self, steps: Mapping[str, str]) -> frozenset[str]:
        """Give the steps whose column the file has at all; `steps` are columns and the step each dates."""
        return frozenset(step for column, step in steps.items() if column in self.headings)


def first_day(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def choices_in_words(choices: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give each stored choice under its own word and under its label, as people may write either."""
    pairs = [(sentence(value), value) for value, _ in choices], [(label, value) for value, label in choices]
    return {words: value for found in pairs for words, value in found}


def said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _plain(text: str) -> str:
    return folded(text.replace("_", " "))


def _quoted(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST_QUOTED else f"{line[:LONGEST_QUOTED]}…"


def _names_a_day(text: str) -> bool:
    """Whether a date that was read has a day of its own: three numbers, or two beside the name of a month."""
    numbers = len(re.findall(r"\d+", text))
    return numbers >= 3 or (numbers == 2 and bool(re.search(r"[A-Za-z]{3}", text)))
