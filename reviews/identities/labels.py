"""The words for what an identity is opened for, and the details it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reviews.models import OpeningPurpose

PURPOSES: Mapping[OpeningPurpose, str] = {
    OpeningPurpose.FAMILY: "Telling the family, or hearing them",
    OpeningPurpose.MATCHING: "Matching with the records of another agency",
    OpeningPurpose.NOTIFICATION: "A statutory notification",
    OpeningPurpose.CORONER_OR_COURT: "The coroner or a court",
    OpeningPurpose.SUBJECT_ACCESS: "A subject access request",
    OpeningPurpose.CORRECTION: "Putting the identity right",
    OpeningPurpose.OTHER: "Something else",
}


class DetailKind(StrEnum):
    LINE = "line"
    LINES = "lines"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Detail:
    """A detail of an identity: its column, its title, and how long it may be."""

    column: str
    title: str
    longest: int
    kind: DetailKind = DetailKind.LINE
    hint: str = ""


DETAILS_OF_IDENTITY = (
    Detail("name", "Name", 200),
    Detail("other_names", "Other names", 500, DetailKind.LINES, "Names the child was or is also known by."),
    Detail("birth", "Date of birth", 10, DetailKind.DAY),
    Detail("death", "Date of death", 10, DetailKind.DAY, "Only where the case does not have it."),
    Detail("home_address", "Address", 500, DetailKind.LINES),
    Detail("nhs_number", "NHS number", 12, hint="10 digits."),
    Detail("local_number", "Number in the local authority’s records", 60),
    Detail("other_numbers", "Other numbers", 500, DetailKind.LINES, "One a line, such as Police: 12/34567."),
    Detail("family_contact", "Contact for the family", 500, DetailKind.LINES, "Who speaks with the family, and how."),
)
"""In the order in which forms ask for them and pages show them."""
DETAILS_BY_COLUMN = {detail.column: detail for detail in DETAILS_OF_IDENTITY}
