"""What does a tracker say once it is read: actions, doubts, and what was not taken?"""

from dataclasses import dataclass
from typing import Literal

from reviews.imports.readers.written_dates import NO_DATE, ReadDate

Completed = Literal["yes", "awaiting_impact", "no", "not_stated", "doubt"]
ReferenceFrom = Literal["stated", "text", "made"]


@dataclass(frozen=True, slots=True)
class Strand:
    """One body's share of an action, read from the sheet that the action points at."""

    name: str
    text: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What was taken although it does not stand there plainly; `text` is what does, `taken` what it was taken for."""

    field: str
    text: str
    taken: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One action.

    `row` is the row a spreadsheet shows. `reference_from`: "stated" in its own column, "text" from a label in the
    action's text (which stays whole), "made" by position, so that it may move when rows are inserted.
    `progress_covers` is the number of actions that the progress text speaks for, 1 unless its cell is merged.
    `recommendation_from_above`: the cell was blank and the recommendation of the row above was taken to hold.
    `others` are the columns that are none of ours, as (heading, text).
    `own`: in a plan that we exported ourselves, every column as (heading, text), the blank ones too.
    """

    sheet: str
    row: int
    reference: str
    reference_from: ReferenceFrom
    recommendation_reference: str
    recommendation: str
    recommendation_from_above: bool
    action: str
    outcome: str
    due: ReadDate
    owners: tuple[str, ...]
    agency: str
    status_text: str
    rating_text: str
    progress: str
    progress_covers: int
    evidence: str
    completed: Completed
    completed_on: ReadDate = NO_DATE
    strands: tuple[Strand, ...] = ()
    guesses: tuple[Guess, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    own: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something only a person can decide; `text` is what stands in the file."""

    sheet: str
    row: int
    field: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be taken; `column` is its heading in the file, `text` the beginning of what stands there."""

    sheet: str
    row: int
    column: str
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that holds text but no action: a title between tables, a total, a footer."""

    sheet: str
    row: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class OtherSheet:
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    sheets_read: tuple[str, ...]
    rows: tuple[PlanRow, ...]
    doubts: tuple[Doubt, ...]
    refused: tuple[RefusedRow, ...]
    skipped: tuple[SkippedRow, ...]
    other_sheets: tuple[OtherSheet, ...]
