"""Reads the columns of one row about a rapid review, and about the practice review it may have led to."""

from collections.abc import Iterable, Mapping

from reviews.imports.readers import past_practice_reviews as practice_reviews
from reviews.imports.readers.past_practice_reviews import add_practice_review
from reviews.imports.readers.past_rows import PastRow
from reviews.imports.readers.past_steps import RowSteps
from workflows.core.days import PartialDay
from workflows.definitions.rapid_review import RAPID_REVIEW

QUESTIONS = RAPID_REVIEW.questions
WITHDRAWN = "notification_withdrawn"
OUTCOME = "rapid_review_outcome"
DAYS = {
    "incident_date": "the incident",
    "la_aware_date": "the day the local authority became aware",
    "notified_date": "the notification",
    "rapid_review_completed": "the end of the rapid review",
    **practice_reviews.DAYS,
}
"""Columns of days in order, with what happened on each."""
STEPS = {
    "la_aware_date": "receive_referral",
    "notified_date": "submit_sin",
    "rapid_review_completed": "sign_off",
    "lcspr_decision_date": "confirm_lcspr",
}
OUTCOMES = {
    "LCSPR": "lcspr",
    "CSPR": "lcspr",
    "practice review": "lcspr",
    "local child safeguarding practice review": "lcspr",
    "no LCSPR": "no_further_review",
    "no CSPR": "no_further_review",
    "no further review": "no_further_review",
    "national review": "national_review",
}
CONFIRMED = {"no_further_review": "confirm_no_further_review", "national_review": "confirm_national_review"}
COLUMNS = {
    "incident_date": "The incident: a day, a month or a year.",
    "la_aware_date": "The day the local authority became aware.",
    "notified_date": "The notification.",
    WITHDRAWN: "Whether the notification was withdrawn: yes or no.",
    "rapid_review_completed": "The end of the rapid review.",
    OUTCOME: f"What came of it: {', '.join(OUTCOMES)}.",
    **practice_reviews.COLUMNS,
}


def read_rapid_review(row: PastRow, steps: RowSteps, led_to: RowSteps) -> bool:
    """Read a row, which may be two cases; return whether the rapid review led to a practice review."""
    days = row.days_in_order(DAYS)
    outcome = row.choice_from(OUTCOME, OUTCOMES)
    withdrawn = row.yes_no(WITHDRAWN) is True
    of_practice_review = [column for column in practice_reviews.COLUMNS if row.text(column)]
    _contradictions(row, outcome, withdrawn, of_practice_review)
    led_to_review = outcome == "lcspr" or (not outcome and bool(of_practice_review))
    _add_steps(row, steps, days, outcome, withdrawn, led_to_review)
    if led_to_review:
        add_practice_review(row, days, led_to)
    return led_to_review


def _add_steps(
    row: PastRow,
    steps: RowSteps,
    days: Mapping[str, PartialDay | None],
    outcome: str,
    withdrawn: bool,
    led_to_review: bool,
) -> None:
    aware, notified, completed = (
        days[column] for column in ("la_aware_date", "notified_date", "rapid_review_completed")
    )
    over = completed is not None or bool(outcome) or led_to_review
    steps.take(
        "receive_referral",
        aware,
        "la_aware_date",
        row.fact(QUESTIONS["la_aware_at"], "la_aware_date", aware),
        row.fact(QUESTIONS["incident_on"], "incident_date", days["incident_date"]),
    )
    if notified or withdrawn or over:
        steps.take("submit_sin", notified, "notified_date")
    if withdrawn:
        steps.take("withdraw", None, WITHDRAWN)
    if over:
        steps.take("sign_off", completed, "rapid_review_completed")
    if led_to_review:
        steps.take("confirm_lcspr", days["lcspr_decision_date"], "lcspr_decision_date")
    elif outcome:
        steps.take(CONFIRMED[outcome], None, OUTCOME)


def _contradictions(row: PastRow, outcome: str, withdrawn: bool, of_practice_review: Iterable[str]) -> None:
    reviewed = [column for column in ("rapid_review_completed", OUTCOME) if row.text(column)]
    if withdrawn and (found := [*reviewed, *of_practice_review]):
        row.refuse(WITHDRAWN, f"The notification was withdrawn, but “{row.heading(found[0])}” is filled in.")
    elif outcome in CONFIRMED:
        for column in of_practice_review:
            row.refuse(column, "The outcome is no practice review, but this column is about one.")
