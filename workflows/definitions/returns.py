"""How are agencies asked for what they know? Each of them is a small case of its own inside the one that asks."""

from workflows.definitions.information_request import DUE, FORM_ASKED, INFORMATION_REQUEST
from workflows.definitions.people import UNIT
from workflows.guards import returns_in_or_gap_noted
from workflows.vocabulary import Asked, Kind, Role, Step

AGENCIES_ASKED = "agencies_asked"
REQUEST = INFORMATION_REQUEST.name
ASKED = (Asked(AGENCIES_ASKED, "Agencies asked", Kind.AGENCIES), DUE, *FORM_ASKED)
GAPS = Asked("gaps_noted", "Returns that are missing, and what is done about it", Kind.TEXT, required=False)
ALL_IN = (returns_in_or_gap_noted,)


def ask_agencies(name: str, title: str, source: str, to: str, by: frozenset[Role]) -> Step:
    """Give the step that leads to the stage in which returns come in."""
    return Step(name, title, (source,), to, by, asks=ASKED, opens=REQUEST, for_each=AGENCIES_ASKED)


def ask_more(*stages: str, by: frozenset[Role] = UNIT) -> Step:
    """Give the step by which further agencies are asked, or the same for another form, while returns come in."""
    return Step(
        "ask_more_agencies", "Ask more agencies", stages, "", by, asks=ASKED, opens=REQUEST, for_each=AGENCIES_ASKED
    )
