"""Reads one row about a rapid review and the practice review it may have led to."""

from collections.abc import Iterable, Mapping

from reviews.imports.readers import past_practice_reviews as practice_reviews
from reviews.imports.readers.past_practice_reviews import REFERENCE, practice_review
from reviews.imports.readers.past_rows import PastCase, PastRow, StepsBuilder, earliest_day
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
COLUMNS = (REFERENCE, "partnership", *DAYS, WITHDRAWN, OUTCOME, practice_reviews.STATUS, practice_reviews.HOLD)
LED_TO = "LCSPR"
"""Added to the reference of a rapid review to make that of the practice review it led to."""


def read_rapid_review(row: PastRow) -> PastCase | None:
    """Read a row, which may be two cases; None when it has no dates."""
    days = row.days_in_order(DAYS)
    outcome = row.choice_from(OUTCOME, OUTCOMES)
    withdrawn = row.yes_no(WITHDRAWN) is True
    start = earliest_day(days.values())
    if start is None:
        row.refuse(REFERENCE, "The row has no dates, so there is no history to record.")
        return None
    of_practice_review = [column for column in practice_reviews.COLUMNS if row.text(column)]
    _contradictions(row, outcome, withdrawn, of_practice_review)
    led_to_review = outcome == "lcspr" or (not outcome and bool(of_practice_review))
    builder = StepsBuilder(start)
    _add_steps(row, builder, days, outcome, withdrawn, led_to_review)
    reference = row.text(REFERENCE)
    return PastCase(
        row=row.number,
        reference=reference,
        column=row.heading(REFERENCE),
        workflow=RAPID_REVIEW.name,
        steps=tuple(builder.steps),
        dated=row.dated(STEPS),
        led_to=practice_review(row, f"{reference}-{LED_TO}", days, StepsBuilder(builder.last))
        if led_to_review
        else None,
    )


def _add_steps(
    row: PastRow,
    builder: StepsBuilder,
    days: Mapping[str, PartialDay | None],
    outcome: str,
    withdrawn: bool,
    led_to_review: bool,
) -> None:
    aware, notified, completed = (
        days[column] for column in ("la_aware_date", "notified_date", "rapid_review_completed")
    )
    over = completed is not None or bool(outcome) or led_to_review
    builder.add(
        "receive_referral",
        aware,
        row.heading("la_aware_date"),
        row.fact(QUESTIONS["la_aware_at"], "la_aware_date", aware),
        row.fact(QUESTIONS["incident_on"], "incident_date", days["incident_date"]),
    )
    if notified or withdrawn or over:
        builder.add("submit_sin", notified, row.heading("notified_date"))
    if withdrawn:
        builder.add("withdraw", None, row.heading(WITHDRAWN))
    if over:
        builder.add("sign_off", completed, row.heading("rapid_review_completed"))
    if led_to_review:
        builder.add("confirm_lcspr", days["lcspr_decision_date"], row.heading("lcspr_decision_date"))
    elif outcome:
        builder.add(CONFIRMED[outcome], None, row.heading(OUTCOME))


def _contradictions(row: PastRow, outcome: str, withdrawn: bool, of_practice_review: Iterable[str]) -> None:
    reviewed = [column for column in ("rapid_review_completed", OUTCOME) if row.text(column)]
    if withdrawn and (found := [*reviewed, *of_practice_review]):
        row.refuse(WITHDRAWN, f"The notification was withdrawn, but “{row.heading(found[0])}” is filled in.")
    elif outcome in CONFIRMED:
        for column in of_practice_review:
            row.refuse(column, "The outcome is no practice review, but this column is about one.")
