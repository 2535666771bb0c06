"""What does a row say of a rapid review, and of the practice review it led to?"""

from collections.abc import Iterable, Mapping
from datetime import date

from reviews.imports.readers import past_practice_reviews as practice_reviews
from reviews.imports.readers.past_practice_reviews import REFERENCE, practice_review
from reviews.imports.readers.past_rows import Line, PastCase, Way, first_day
from workflows.definitions.rapid_review import RAPID_REVIEW

ASKS = RAPID_REVIEW.asks
WITHDRAWN = "notification_withdrawn"
OUTCOME = "rapid_review_outcome"
DAYS = {
    "incident_date": "the incident",
    "la_aware_date": "the day the local authority became aware",
    "notified_date": "the notification",
    "rapid_review_completed": "the end of the rapid review",
    **practice_reviews.DAYS,
}
"""The columns of days in their order, with what happened then."""
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
"""What is added to the reference of a rapid review for the practice review it led to."""


def read_rapid_review(line: Line) -> PastCase | None:
    """Read a row, which may hold two cases; None when it says nothing certain."""
    days = line.days_in_order(DAYS)
    outcome = line.one_of(OUTCOME, OUTCOMES)
    withdrawn = line.yes_no(WITHDRAWN) is True
    start = first_day(days.values())
    if start is None:
        line.refuse(REFERENCE, "The row names no day, so there is no history to keep.")
        return None
    of_practice_review = [column for column in practice_reviews.COLUMNS if line.text(column)]
    _contradictions(line, outcome, withdrawn, of_practice_review)
    led_to_review = outcome == "lcspr" or (not outcome and bool(of_practice_review))
    way = _walked(line, Way(start), days, outcome, withdrawn, led_to_review)
    reference = line.text(REFERENCE)
    return PastCase(
        row=line.number,
        reference=reference,
        column=line.heading(REFERENCE),
        workflow=RAPID_REVIEW.name,
        steps=tuple(way.steps),
        dated=line.dated(STEPS),
        led_to=practice_review(line, f"{reference}-{LED_TO}", days, Way(way.last)) if led_to_review else None,
    )


def _walked(
    line: Line, way: Way, days: Mapping[str, date | None], outcome: str, withdrawn: bool, led_to_review: bool
) -> Way:
    aware, notified, completed = (
        days[column] for column in ("la_aware_date", "notified_date", "rapid_review_completed")
    )
    over = completed is not None or bool(outcome) or led_to_review
    way.take(
        "receive_referral",
        aware,
        line.heading("la_aware_date"),
        line.fact(ASKS["la_aware_at"], "la_aware_date", aware),
        line.fact(ASKS["incident_on"], "incident_date", days["incident_date"]),
    )
    if notified or withdrawn or over:
        way.take("submit_sin", notified, line.heading("notified_date"))
    if withdrawn:
        way.take("withdraw", None, line.heading(WITHDRAWN))
    if over:
        way.take("sign_off", completed, line.heading("rapid_review_completed"))
    if led_to_review:
        way.take("confirm_lcspr", days["lcspr_decision_date"], line.heading("lcspr_decision_date"))
    elif outcome:
        way.take(CONFIRMED[outcome], None, line.heading(OUTCOME))
    return way


def _contradictions(line: Line, outcome: str, withdrawn: bool, of_practice_review: Iterable[str]) -> None:
    reviewed = [column for column in ("rapid_review_completed", OUTCOME) if line.text(column)]
    if withdrawn and (found := [*reviewed, *of_practice_review]):
        line.refuse(WITHDRAWN, f"The notification was withdrawn, but the row fills in “{line.heading(found[0])}”.")
    elif outcome in CONFIRMED:
        for column in of_practice_review:
            line.refuse(column, "The outcome is that no practice review was held, but this speaks of one.")
