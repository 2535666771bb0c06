"""Reads the columns of one row about a local child safeguarding practice review."""

from collections.abc import Mapping

from reviews.imports.readers.past_columns import ColumnKind, PastColumn
from reviews.imports.readers.past_rows import PastRow, choices_by_word
from reviews.imports.readers.past_steps import RowSteps
from workflows.core.days import PartialDay
from workflows.definitions.lcspr import LCSPR

STATUS = "lcspr_status_at_extract"
HOLD = "publication_hold_reason"
DAYS = {
    "lcspr_decision_date": "the decision on a practice review",
    "lcspr_completed_date": "the end of the practice review",
    "publication_date": "the publication",
}
"""Columns of days in order, with what happened on each."""
STEPS = {
    "lcspr_decision_date": "decide_lcspr",
    "lcspr_completed_date": "sign_off",
    "publication_date": "publish",
}
COLUMNS = {
    "lcspr_decision_date": "The decision on a practice review: a day, a month or a year.",
    STATUS: "Where the practice review was when the list was made, in words.",
    "lcspr_completed_date": "The end of the practice review.",
    "publication_date": "The publication of its report.",
    HOLD: "Why its publication is on hold now.",
}
STAGE = PastColumn(STATUS, ColumnKind.STAGE, COLUMNS[STATUS])
HOLD_REASONS = choices_by_word(LCSPR.questions["hold_reason"].choices)


def read_practice_review(row: PastRow, steps: RowSteps) -> None:
    """Read a row about a practice review alone."""
    add_practice_review(row, row.days_in_order(DAYS), steps)


def add_practice_review(row: PastRow, days: Mapping[str, PartialDay | None], steps: RowSteps) -> None:
    """Add what the columns of a practice review say; its status is read after all other columns."""
    hold = row.choice_from(HOLD, HOLD_REASONS)
    if hold and days["publication_date"]:
        row.refuse(HOLD, "The report is published, so its publication cannot be on hold.")
    for column, name in STEPS.items():
        if days[column] is not None:
            steps.take(name, days[column], column)
    if hold:
        steps.take("place_hold", None, HOLD, row.fact(LCSPR.questions["hold_reason"], HOLD, hold))
