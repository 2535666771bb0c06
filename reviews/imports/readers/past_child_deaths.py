"""Reads one row of a list of child death reviews, as a CDOP keeps it."""

from collections.abc import Mapping

from reviews.imports.readers.past_rows import PastCase, PastFact, PastRow, StepsBuilder, earliest_day
from workflows.core.days import PartialDay
from workflows.core.labels import sentence
from workflows.core.questions import Kind, Question
from workflows.definitions.cdop_case import CDOP_CASE

REFERENCE = "death_ref"
STATUS = "record_status"
REVIEWED = "review_completed"
MODIFIABLE = "modifiable_factors"
DAYS = {
    "date_of_death": "the death",
    "date_notified": "the notification",
    REVIEWED: "the review",
}
"""Columns of days in order, with what happened on each."""
STEPS = {"date_notified": "notify_death", REVIEWED: "review"}
STATUSES = {
    "in scope": "in_scope",
    "not a live birth": "not_a_live_birth",
    "out of area": "out_of_area",
    "duplicate": "duplicate",
}
LISTED_AS = Question(
    "record_status", "Status in the list", Kind.CHOICE, choices=tuple((words, sentence(words)) for words in STATUSES)
)
FACTORS = Question("factors", "Factors named in the list", Kind.TEXT)
QUESTIONS = CDOP_CASE.questions
NOT_REVIEWED = ("not_a_live_birth", "duplicate")
ANSWERS = {"yes": "yes", "no": "no", "inadequate": "inadequate", "inadequate information": "inadequate"}
COLUMNS = (
    REFERENCE,
    "panel",
    *DAYS,
    STATUS,
    "expected",
    "joint_agency_response",
    MODIFIABLE,
    "factors",
    "neonatal",
)


def read_child_death(row: PastRow) -> PastCase | None:
    """Read a row of a list of deaths; None when it has no dates."""
    days = row.days_in_order(DAYS)
    status, modifiable = row.choice_from(STATUS, STATUSES), row.choice_from(MODIFIABLE, ANSWERS)
    start = earliest_day(days.values())
    if start is None:
        row.refuse(REFERENCE, "The row has no dates, so there is no history to record.")
        return None
    if status in NOT_REVIEWED:
        for column in (column for column in (REVIEWED, MODIFIABLE) if row.text(column)):
            row.refuse(column, f"A death recorded as {row.text(STATUS)} is not reviewed.")
    builder = StepsBuilder(start)
    builder.add(
        "notify_death", days["date_notified"], row.heading("date_notified"), *_facts_of_notification(row, days, status)
    )
    _add_outcome(row, builder, days, status, modifiable)
    return PastCase(
        row=row.number,
        reference=row.text(REFERENCE),
        column=row.heading(REFERENCE),
        workflow=CDOP_CASE.name,
        steps=tuple(builder.steps),
        dated=row.dated(STEPS),
    )


def _facts_of_notification(row: PastRow, days: Mapping[str, PartialDay | None], status: str) -> list[PastFact | None]:
    yes_no = (("expected", "expected"), ("joint_agency_response", "jar_needed"), ("neonatal", "neonatal"))
    return [
        row.fact(QUESTIONS["death_on"], "date_of_death", days["date_of_death"]),
        row.fact(LISTED_AS, STATUS, status.replace("_", " ")),
        *(row.fact(QUESTIONS[name], column, row.yes_no(column)) for column, name in yes_no),
        row.fact(FACTORS, "factors", row.text("factors")),
    ]


def _add_outcome(
    row: PastRow, builder: StepsBuilder, days: Mapping[str, PartialDay | None], status: str, modifiable: str
) -> None:
    """Add the steps after the notification. A review by another area is recorded, but not as a review by this panel."""
    reviewed, column = days[REVIEWED], row.heading(STATUS)
    match status:
        case "not_a_live_birth":
            builder.add("rule_out", None, column)
        case "duplicate":
            builder.add("rule_out", None, column, row.fact(QUESTIONS["out_of_scope_reason"], STATUS, "duplicate"))
        case "out_of_area":
            elsewhere = row.fact(QUESTIONS["reviewed_elsewhere_on"], REVIEWED, reviewed)
            found = row.fact(QUESTIONS["modifiable_elsewhere"], MODIFIABLE, modifiable)
            builder.add("transfer", None, column, elsewhere, found)
        case _:
            if status:
                builder.add("triage", None, column)
            if reviewed or modifiable:
                found = row.fact(QUESTIONS["modifiable"], MODIFIABLE, modifiable)
                builder.add("review", reviewed, row.heading(REVIEWED), found)
