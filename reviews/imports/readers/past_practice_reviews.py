"""Reads the columns of one row about a local child safeguarding practice review."""

from collections.abc import Mapping

from reviews.imports.readers.past_rows import PastCase, PastRow, StepsBuilder, choices_by_word, earliest_day
from workflows.core.days import PartialDay
from workflows.definitions.lcspr import LCSPR

REFERENCE = "case_ref"
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
UNFINISHED = ("not_started", "in_progress", "discontinued")
STATUSES = {
    "not started": "not_started",
    "decided": "not_started",
    "in progress": "in_progress",
    "completed": "completed",
    "complete": "completed",
    "published": "completed",
    "discontinued": "discontinued",
}
COLUMNS = (*DAYS, STATUS, HOLD)
HOLD_REASONS = choices_by_word(LCSPR.questions["hold_reason"].choices)


def read_practice_review(row: PastRow) -> PastCase | None:
    """Read a row about a practice review alone; None when it has no dates."""
    days = row.days_in_order(DAYS)
    start = earliest_day(days.values())
    if start is None:
        row.refuse(REFERENCE, "The row has no dates, so there is no history to record.")
        return None
    return practice_review(row, row.text(REFERENCE), days, StepsBuilder(start))


def practice_review(
    row: PastRow, reference: str, days: Mapping[str, PartialDay | None], builder: StepsBuilder
) -> PastCase:
    """Put a practice review together; `builder` begins at the last day known before the decision."""
    status, hold = row.choice_from(STATUS, STATUSES), row.choice_from(HOLD, HOLD_REASONS)
    _contradictions(row, days, status, hold)
    decided, completed, published = (days[column] for column in DAYS)
    builder.add("decide_lcspr", decided, row.heading("lcspr_decision_date"))
    if status == "in_progress":
        builder.add("agree_tor", None, row.heading(STATUS))
    if status == "discontinued":
        builder.add("discontinue", None, row.heading(STATUS))
    if status == "completed" or completed or published:
        builder.add("sign_off", completed, row.heading("lcspr_completed_date"))
    if hold:
        builder.add("place_hold", None, row.heading(HOLD), row.fact(LCSPR.questions["hold_reason"], HOLD, hold))
    if published:
        builder.add("publish", published, row.heading("publication_date"))
    return PastCase(
        row=row.number,
        reference=reference,
        column=row.heading(REFERENCE),
        workflow=LCSPR.name,
        steps=tuple(builder.steps),
        dated=row.dated(STEPS),
    )


def _contradictions(row: PastRow, days: Mapping[str, PartialDay | None], status: str, hold: str) -> None:
    words = status.replace("_", " ")
    if status in UNFINISHED and days["lcspr_completed_date"]:
        row.refuse(STATUS, f"The review is {words}, but the row has a completion date.")
    if status in UNFINISHED and days["publication_date"]:
        row.refuse("publication_date", f"The report is published, but the review is {words}.")
    if hold and days["publication_date"]:
        row.refuse(HOLD, "The report is published, so its publication cannot be on hold.")
