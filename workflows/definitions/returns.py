"""How are agencies asked for information outside a rapid review, and chased?"""

from workflows.definitions.authorities import local
from workflows.definitions.people import UNIT, UNIT_OR_AGENCY
from workflows.definitions.rapid_review_facts import CHASED, RETURN
from workflows.guards import returns_in_or_gap_noted
from workflows.vocabulary import Asked, Deadline, Kind, Step
from workflows.working_days import Period, Unit

ASKED = (
    Asked("agencies_asked", "Agencies asked", Kind.AGENCIES),
    Asked("returns_due_on", "Returns are due", Kind.DAY),
)
GAPS = Asked("gaps_noted", "Returns that are missing, and what is done about it", Kind.TEXT, required=False)
ALL_IN = (returns_in_or_gap_noted,)


def returns(stage: str) -> tuple[Step, ...]:
    """Give the self steps of the stage in which returns come in."""
    return (
        Step("return_received", "Log an agency's return", (stage,), "", UNIT_OR_AGENCY, asks=RETURN),
        Step("chase", "Chase late returns", (stage,), "", UNIT, asks=CHASED),
    )


def returns_in(met_by: str, ended_by: tuple[str, ...]) -> Deadline:
    """Give the clock of the day the agencies were asked for."""
    return Deadline(
        "returns",
        "Returns of the agencies",
        counted_from="returns_due_on",
        met_by=(met_by,),
        editions=local(Period(0, Unit.DAYS), "The day the agencies were given"),
        ended_by=ended_by,
    )
