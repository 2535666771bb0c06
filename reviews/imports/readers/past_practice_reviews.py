"""What does a row say of a local child safeguarding practice review?"""

from collections.abc import Mapping
from datetime import date

from reviews.imports.readers.past_rows import Line, PastCase, Way, choices_in_words, first_day
from workflows.definitions.lcspr import LCSPR

REFERENCE = "case_ref"
STATUS = "lcspr_status_at_extract"
HOLD = "publication_hold_reason"
DAYS = {
    "lcspr_decision_date": "the decision on a practice review",
    "lcspr_completed_date": "the end of the practice review",
    "publication_date": "the publication",
}
"""The columns of days in their order, with what happened then."""
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
HOLD_REASONS = choices_in_words(LCSPR.asks["hold_reason"].choices)


def read_practice_review(line: Line) -> PastCase | None:
    """Read a row about a practice review alone; None when it says nothing certain."""
    days = line.days_in_order(DAYS)
    start = first_day(days.values())
    if start is None:
        line.refuse(REFERENCE, "The row names no day, so there is no history to keep.")
        return None
    return practice_review(line, line.text(REFERENCE), days, Way(start))


def practice_review(line: Line, reference: str, days: Mapping[str, date | None], way: Way) -> PastCase:
    """Put a practice review together; `way` begins at the last day known before the decision."""
    status, hold = line.one_of(STATUS, STATUSES), line.one_of(HOLD, HOLD_REASONS)
    _contradictions(line, days, status, hold)
    decided, completed, published = (days[column] for column in DAYS)
    way.take("decide_lcspr", decided, line.heading("lcspr_decision_date"))
    if status == "in_progress":
        way.take("agree_tor", None, line.heading(STATUS))
    if status == "discontinued":
        way.take("discontinue", None, line.heading(STATUS))
    if status == "completed" or completed or published:
        way.take("sign_off", completed, line.heading("lcspr_completed_date"))
    if hold:
        way.take("place_hold", None, line.heading(HOLD), line.fact(LCSPR.asks["hold_reason"], HOLD, hold))
    if published:
        way.take("publish", published, line.heading("publication_date"))
    return PastCase(
        row=line.number,
        reference=reference,
        column=line.heading(REFERENCE),
        workflow=LCSPR.name,
        steps=tuple(way.steps),
        dated=line.dated(STEPS),
    )


def _contradictions(line: Line, days: Mapping[str, date | None], status: str, hold: str) -> None:
    words = status.replace("_", " ")
    if status in UNFINISHED and days["lcspr_completed_date"]:
        line.refuse(STATUS, f"The review is {words}, but the row says when it was completed.")
    if status in UNFINISHED and days["publication_date"]:
        line.refuse("publication_date", f"The report is published, but the review is {words}.")
    if hold and days["publication_date"]:
        line.refuse(HOLD, "The report is published, so its publication is not held back.")
