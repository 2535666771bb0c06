"""One row of a list of past cases, read column by column, and the case that is put together from it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from reviews.imports.readers.cells import BLANK, Cell, fault_in, folded, one_line, trimmed
from reviews.imports.readers.exported_plan import unguarded
from reviews.imports.readers.written_dates import read_past_day
from workflows.core.days import PartialDay, day_in_words
from workflows.core.labels import sentence
from workflows.core.questions import Kind, Question, Value


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
    """A step that was taken. `on` is None where its day is not known; `placed_on` keeps it in its order.

    `occurrence` counts from 1 the times that the row says the step was taken.
    """

    name: str
    on: PartialDay | None
    placed_on: date
    column: str
    facts: tuple[PastFact, ...] = ()
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class ClockNote:
    """What the row says of a clock: when it is expected to be met, or why it is late. `column` is its heading."""

    clock: str
    column: str
    forecast_on: date | None = None
    late_reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """What the row says of the case itself, apart from its steps; `columns` are the headings, by our name of them."""

    title: str = ""
    pseudonyms: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    our_role: str = ""
    lead_area: str = ""
    led_from: str = ""
    partnership: str = ""
    panel: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    def heading(self, name: str) -> str:
        return self.columns.get(name, name)


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
    details: CaseDetails = field(default_factory=CaseDetails)
    notes: tuple[ClockNote, ...] = ()


@dataclass(slots=True)
class Histories:
    """The cases of a whole file; `ignored` are the headings of columns that were not read."""

    rows: int = 0
    cases: list[PastCase] = field(default_factory=list)
    refused: list[RefusedPastRow] = field(default_factory=list)
    ignored: tuple[str, ...] = ()


UNKNOWN = frozenset({"", "-", "–", "?", "n/a", "na", "nk", "not known", "unknown", "not recorded"})
"""Words for "not known". They count as a gap, never as a no."""
YES_NO = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
TAKEN = frozenset({"yes", "y", "x", "✓", "✔", "true", "done", "date not known", "day not known", "date unknown"})
"""Words in the column of a step for "it was taken, on a day that nobody knows"."""
LONGEST_QUOTED = 40
LARGEST_NUMBER = 9  # digits
BETWEEN = re.compile(r"[;\n]")
LONDON = ZoneInfo("Europe/London")
"""As in `reviews.core.clock`, which readers of files do not know."""
_TIME = re.compile(
    r"^(?P<day>.*\d.*?)(?:\s*[,T]\s*|\s+(?:at\s+)?)(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?::\d\d(?:\.\d+)?)?$"
)
_FROM_TO = re.compile(r"^(?:from\s+|between\s+)?(?P<first>.+?)\s+(?:to|and|until|–|-)\s+(?P<last>.+)$", re.IGNORECASE)


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
        cell = self.cells.get(column)
        if cell is None:
            return ""
        text = unguarded(trimmed(cell.text))
        if fault := fault_in(text):
            self.refuse(column, fault)
            return ""
        return "" if folded(text) in UNKNOWN else text

    def names(self, column: str) -> tuple[str, ...]:
        """Give the names in a cell, which has a semicolon or a line break between them."""
        return tuple(dict.fromkeys(one_line(part) for part in BETWEEN.split(self.text(column)) if part.strip()))

    def day(self, column: str, *, ahead: bool = False) -> PartialDay | None:
        """Give the day in a cell, which may be known to the month or the year only, or None for a gap.

        A day in the future is refused, unless it may lie `ahead`.
        """
        cell, text = self.cells.get(column, BLANK), self.text(column)
        return self._day(column, text, cell.on, ahead=ahead) if text or cell.on is not None else None

    def _day(self, column: str, text: str, on: date | None, *, ahead: bool) -> PartialDay | None:
        read = read_past_day(text if on else _without_time(text), on)
        if isinstance(read, PartialDay):
            if ahead or read.first <= self.today:
                return read
            self.refuse(column, f"{day_in_words(read)} is in the future. Dates in a history must be in the past.")
        elif read.how != "none":
            self.refuse(column, f"“{_quoted(text)}” is not a certain date. {read.reason}")
        return None

    def taken(self, column: str) -> list[PartialDay | None]:
        """Give each time that a step was taken: its day, or None where the cell says only that it was."""
        cell, text = self.cells.get(column, BLANK), self.text(column)
        parts = [part.strip() for part in BETWEEN.split(text) if part.strip()] if cell.on is None else [text]
        found: list[PartialDay | None] = []
        for part in parts:
            word = folded(part)
            if cell.on is None and word in TAKEN:
                found.append(None)
            elif cell.on is not None or YES_NO.get(word) is not False:
                day = self._day(column, part, cell.on, ahead=False)
                found += [day] if day is not None else []
        return found

    def days_in_order(self, columns: Mapping[str, str]) -> dict[str, PartialDay | None]:
        """Give the days of columns that must be in this order; the values say what happened on each."""
        days = {column: self.day(column) for column in columns}
        dated = [(column, day) for column, day in days.items() if day is not None]
        for index, (column, day) in enumerate(dated):
            later = [(other, earlier) for other, earlier in dated[:index] if earlier.is_after(day)]
            if later:
                other, earlier = later[-1]
                what = f"{columns[column]} {when(day)}"
                self.refuse(column, f"{sentence(what)} is before {columns[other]} {when(earlier)}.")
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
        stored = text if text in words.values() else ""
        found = next((choice for word, choice in words.items() if _plain(word) == _plain(text)), stored)
        if not found:
            self.refuse(column, f"“{_quoted(text)}” is not one of: {', '.join(words)}.")
        return found

    def answer(self, column: str, question: Question) -> PastFact | None:
        """Give the answer to a question, read by its kind; None for a gap and for what cannot be read."""
        match question.kind:
            case Kind.DAY:
                return self.fact(question, column, self._days(column))
            case Kind.MOMENT:
                return self.fact(question, column, self._moment(column))
            case Kind.YES_NO:
                return self.fact(question, column, self.yes_no(column))
            case Kind.CHOICE:
                return self.fact(question, column, self._choice(column, question))
            case Kind.NUMBER:
                return self.fact(question, column, self._number(column))
            case Kind.AGENCIES | Kind.PARTNERS | Kind.STEPS:
                return self.fact(question, column, self.names(column))
            case _:
                return self.fact(question, column, self.text(column))

    def fact(self, question: Question, column: str, value: Value | None) -> PastFact | None:
        """Give the fact, or None where there is no value."""
        if isinstance(value, PartialDay):
            value = value.exact or value
        return None if value is None or value in ("", ()) else PastFact(question, value, self.heading(column))

    def _days(self, column: str) -> PartialDay | None:
        """Give a day, or the days from one to another, of what may also lie ahead."""
        text = self.text(column)
        both = _FROM_TO.match(text)
        ends = [read_past_day(both[end]) for end in ("first", "last")] if both else []
        days = [end for end in ends if isinstance(end, PartialDay)]
        if len(days) == 2 and not days[0].is_after(days[1]):
            return PartialDay(days[0].first, days[1].last)
        return self.day(column, ahead=True)

    def _moment(self, column: str) -> Value | None:
        """Give the moment, or the day where the cell has no time or midnight, as spreadsheets write a day."""
        day, found = self.day(column), _TIME.match(self.text(column))
        if day is None or day.exact is None or found is None:
            return day
        hour, minute = int(found["hour"]), int(found["minute"])
        if hour > 23 or minute > 59:
            self.refuse(column, f"“{_quoted(self.text(column))}” has no certain time.")
            return None
        at = time(hour, minute, tzinfo=LONDON)
        return datetime.combine(day.exact, at) if at != time(0, tzinfo=LONDON) else day

    def _choice(self, column: str, question: Question) -> str:
        words = choices_by_word(question.choices)
        stored = {value: value for value, _ in question.choices}
        text = self.text(column)
        return stored.get(text) or self.choice_from(column, words)

    def _number(self, column: str) -> int | None:
        text = self.text(column).replace("£", "").replace(",", "").strip()
        if not text:
            return None
        if text.isascii() and text.isdecimal() and len(text) <= LARGEST_NUMBER:
            return int(text)
        self.refuse(column, f"“{_quoted(self.text(column))}” is not a whole number.")
        return None


def earliest_day(days: Iterable[PartialDay | None]) -> date | None:
    return min((day.first for day in days if day is not None), default=None)


def choices_by_word(choices: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give each stored choice by its own word and by its label: people write either."""
    pairs = [(sentence(value), value) for value, _ in choices], [(label, value) for value, label in choices]
    return {words: value for found in pairs for words, value in found}


def when(day: PartialDay) -> str:
    return f"on {day}" if day.exact else f"in {day}"


def plain_words(text: str) -> str:
    """For comparing words of a list: without case, hyphens, commas, full stops and brackets."""
    return " ".join(re.sub(r"[_\-–,.()/:]+", " ", folded(text)).split())


def _without_time(text: str) -> str:
    found = _TIME.match(text)
    return found["day"].rstrip(" ,") if found else text


def _plain(text: str) -> str:
    return folded(text.replace("_", " "))


def _quoted(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST_QUOTED else f"{line[:LONGEST_QUOTED]}…"
