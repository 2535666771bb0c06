"""A tracker that has been read: its actions, guesses, doubts and the rows that were not taken."""

from dataclasses import dataclass
from typing import Literal

from reviews.imports.readers.answers import NO_ANSWERS, Answers
from reviews.imports.readers.written_dates import NO_DATE, ReadDate
from reviews.imports.readers.written_states import Completed, ReadState

ReferenceFrom = Literal["stated", "text", "made"]


@dataclass(frozen=True, slots=True)
class AgencyPart:
    """The part of one body in an action, read from a sheet that the action refers to."""

    name: str
    text: str
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class Guess:
    """A value that the file does not state plainly; `text` is what it says, `taken` is how it was read."""

    field: str
    text: str
    taken: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One action.

    `row` is the row number in the spreadsheet. `reference_from`: "stated" in its own column, "text" from a label in
    the action's text (which stays whole), "made" from the position, so that it may change when rows are inserted.
    `progress_covers` is the number of actions under the progress text, 1 unless its cell is merged.
    `recommendation_from_above`: the cell was blank and the recommendation of the row above was used.
    `original_due` is the first date where `due` is a later one. `rates` says whether the plan states ratings at all: a
    blank one is then “not rated”. `others` are the columns that no field is read from, as (heading, text).
    `answers` are what a person decided about the file, for what is only known when the row is stored. `title` is a few
    words beside the action.
    `exported_cells`: in a plan that was exported from here, every column as (heading, text), blank ones too.
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
    state: ReadState
    completed_on: ReadDate = NO_DATE
    agency_parts: tuple[AgencyPart, ...] = ()
    guesses: tuple[Guess, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    original_due: ReadDate = NO_DATE
    rates: bool = False
    answers: Answers = NO_ANSWERS
    exported_cells: tuple[tuple[str, str], ...] = ()
    title: str = ""

    @property
    def completed(self) -> Completed:
        return self.state.completed


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a person must decide; `text` is what the file says.

    `offered` are answers to choose from, the likeliest first: days as 2027-06-09, stages by their names, headings of
    columns, names of agencies. What a whole column is in doubt about stands at the row of its headings.
    """

    sheet: str
    row: int
    field: str
    text: str
    reason: str
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be taken; `column` is the heading in the file, `text` the beginning of the cell."""

    sheet: str
    row: int
    column: str
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row with text but no action: a title between tables, a total, a footer."""

    sheet: str
    row: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class OtherSheet:
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was seen and not taken as it is: `what` is a sentence.

    `row` is 0 and `column`, the heading, is empty where it is about the whole sheet; `sheet` too is empty where it is
    about the file.
    """

    sheet: str
    row: int
    column: str
    what: str


@dataclass(frozen=True, slots=True)
class TrackerPlan:
    sheets_read: tuple[str, ...]
    rows: tuple[PlanRow, ...]
    doubts: tuple[Doubt, ...]
    refused: tuple[RefusedRow, ...]
    skipped: tuple[SkippedRow, ...]
    other_sheets: tuple[OtherSheet, ...]
    left_out: tuple[LeftOut, ...] = ()
