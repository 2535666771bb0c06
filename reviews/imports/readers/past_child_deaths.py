"""What does a row of a panel's list say of a child death review?"""

from collections.abc import Mapping
from datetime import date

from reviews.imports.readers.past_rows import Line, PastCase, PastFact, Way, first_day
from workflows.core.labels import sentence
from workflows.core.questions import Asked, Kind
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
"""The columns of days in their order, with what happened then."""
STEPS = {"date_notified": "notify_death", REVIEWED: "review"}
STATUSES = {
    "in scope": "in_scope",
    "not a live birth": "not_a_live_birth",
    "out of area": "out_of_area",
    "duplicate": "duplicate",
}
LISTED_AS = Asked(
    "record_status", "Status in the list", Kind.CHOICE, choices=tuple((words, sentence(words)) for words in STATUSES)
)
FACTORS = Asked("factors", "Factors named in the list", Kind.TEXT)
ASKS = CDOP_CASE.asks
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


def read_child_death(line: Line) -> PastCase | None:
    """Read a row of a list of deaths; None when it says nothing certain."""
    days = line.days_in_order(DAYS)
    status, modifiable = line.one_of(STATUS, STATUSES), line.one_of(MODIFIABLE, ANSWERS)
    start = first_day(days.values())
    if start is None:
        line.refuse(REFERENCE, "The row names no day, so there is no history to keep.")
        return None
    if status in NOT_REVIEWED:
        for column in (column for column in (REVIEWED, MODIFIABLE) if line.text(column)):
            line.refuse(column, f"What is {line.text(STATUS)} is not reviewed.")
    way = Way(start)
    way.take("notify_death", days["date_notified"], line.heading("date_notified"), *_notified(line, days, status))
    _decided(line, way, days, status, modifiable)
    return PastCase(
        row=line.number,
        reference=line.text(REFERENCE),
        column=line.heading(REFERENCE),
        workflow=CDOP_CASE.name,
        steps=tuple(way.steps),
        dated=line.dated(STEPS),
    )


def _notified(line: Line, days: Mapping[str, date | None], status: str) -> list[PastFact | None]:
    yes_no = (("expected", "expected"), ("joint_agency_response", "jar_needed"), ("neonatal", "neonatal"))
    return [
        line.fact(ASKS["death_on"], "date_of_death", days["date_of_death"]),
        line.fact(LISTED_AS, STATUS, status.replace("_", " ")),
        *(line.fact(ASKS[name], column, line.yes_no(column)) for column, name in yes_no),
        line.fact(FACTORS, "factors", line.text("factors")),
    ]


def _decided(line: Line, way: Way, days: Mapping[str, date | None], status: str, modifiable: str) -> None:
    """Say what became of it. What another area reviewed is kept, but as no review of this panel's."""
    reviewed, column = days[REVIEWED], line.heading(STATUS)
    match status:
        case "not_a_live_birth":
            way.take("rule_out", None, column)
        case "duplicate":
            way.take("rule_out", None, column, line.fact(ASKS["out_of_scope_reason"], STATUS, "duplicate"))
        case "out_of_area":
            elsewhere = line.fact(ASKS["reviewed_elsewhere_on"], REVIEWED, reviewed)
            found = line.fact(ASKS["modifiable_elsewhere"], MODIFIABLE, modifiable)
            way.take("transfer", None, column, elsewhere, found)
        case _:
            if status:
                way.take("triage", None, column)
            if reviewed or modifiable:
                found = line.fact(ASKS["modifiable"], MODIFIABLE, modifiable)
                way.take("review", reviewed, line.heading(REVIEWED), found)
