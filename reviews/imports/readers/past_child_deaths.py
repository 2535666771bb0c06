"""Reads the columns of one row of a list of child death reviews, as a CDOP keeps it."""

from collections.abc import Mapping

from reviews.imports.readers.past_rows import PastFact, PastRow
from reviews.imports.readers.past_steps import RowSteps
from workflows.core.days import PartialDay
from workflows.core.labels import sentence
from workflows.core.questions import Kind, Question
from workflows.definitions.cdop_case import CDOP_CASE
from workflows.definitions.shared.deaths import DOMAINS, OLD_DOMAINS

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
OLD_GRADES = {"0": "0_of_3", "1": "1_of_3", "1*": "1_star_of_3", "2": "2_of_3", "3": "3_of_3"}
NEW_GRADES = {"0": "0", "1": "1", "2": "2"}
GRADED = {**dict.fromkeys(OLD_DOMAINS, OLD_GRADES), **dict.fromkeys(DOMAINS, NEW_GRADES)}
"""Columns of the highest grade in each domain, by the form until March 2019 and by the one since: no grade is turned
into one of the other form. Each column is named after its fact."""
COLUMNS = {
    "date_of_death": "The death: a day, a month or a year.",
    "date_notified": "The notification.",
    STATUS: f"What the death is in the list: {', '.join(STATUSES)}.",
    "expected": "Whether it was expected: yes or no.",
    "joint_agency_response": "Whether a joint agency response was needed: yes or no.",
    REVIEWED: "The review by the panel.",
    MODIFIABLE: "Whether modifiable factors were found: yes, no or inadequate information.",
    "factors": "The factors named in the list.",
    "neonatal": "Whether the child died within 28 days of birth: yes or no.",
    **{
        name: f"Highest grade in {words}, by the form until March 2019: 0, 1, 1*, 2 or 3."
        for name, words in OLD_DOMAINS.items()
    },
    **{name: f"Highest grade in {words}: 0, 1 or 2." for name, words in DOMAINS.items()},
}


def read_child_death(row: PastRow, steps: RowSteps) -> None:
    """Read a row of a list of deaths."""
    days = row.days_in_order(DAYS)
    status, modifiable = row.choice_from(STATUS, STATUSES), row.choice_from(MODIFIABLE, ANSWERS)
    if status in NOT_REVIEWED:
        for column in (column for column in (REVIEWED, MODIFIABLE) if row.text(column)):
            row.refuse(column, f"A death recorded as {row.text(STATUS)} is not reviewed.")
    steps.take("notify_death", days["date_notified"], "date_notified", *_facts_of_notification(row, days, status))
    _add_outcome(row, steps, days, status, modifiable)


def _facts_of_notification(row: PastRow, days: Mapping[str, PartialDay | None], status: str) -> list[PastFact | None]:
    yes_no = (("expected", "expected"), ("joint_agency_response", "jar_needed"), ("neonatal", "neonatal"))
    return [
        row.fact(QUESTIONS["death_on"], "date_of_death", days["date_of_death"]),
        row.fact(LISTED_AS, STATUS, status.replace("_", " ")),
        *(row.fact(QUESTIONS[name], column, row.yes_no(column)) for column, name in yes_no),
        row.fact(FACTORS, "factors", row.text("factors")),
    ]


def _add_outcome(
    row: PastRow, steps: RowSteps, days: Mapping[str, PartialDay | None], status: str, modifiable: str
) -> None:
    """Add the steps after the notification. A review by another area is recorded, but not as a review by this panel."""
    reviewed, column = days[REVIEWED], STATUS
    match status:
        case "not_a_live_birth":
            steps.take("rule_out", None, column)
        case "duplicate":
            steps.take("rule_out", None, column, row.fact(QUESTIONS["out_of_scope_reason"], STATUS, "duplicate"))
        case "out_of_area":
            elsewhere = row.fact(QUESTIONS["reviewed_elsewhere_on"], REVIEWED, reviewed)
            found = row.fact(QUESTIONS["modifiable_elsewhere"], MODIFIABLE, modifiable)
            steps.take("transfer", None, column, elsewhere, found)
        case _:
            if status:
                steps.take("triage", None, column)
            grades = [row.fact(QUESTIONS[name], name, row.choice_from(name, words)) for name, words in GRADED.items()]
            if reviewed or modifiable or any(grades):
                found = row.fact(QUESTIONS["modifiable"], MODIFIABLE, modifiable)
                steps.take("review", reviewed, REVIEWED, found, *grades)
