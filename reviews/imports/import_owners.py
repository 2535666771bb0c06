"""Whom does a row of a tracker make the owner, and what about its owners must a person decide?"""

from collections.abc import Iterator
from dataclasses import dataclass

from reviews.imports.known_people import Directory
from reviews.imports.readers.result import PlanRow
from reviews.models import Action

UNKNOWN = "No one person here has this address, name or job title, so there is no named owner."
AN_AGENCY = "This is an agency; an action is owned by a person in it."
SPLIT = "This agency has ended, and several go on in its place: choose one of them."
SEVERAL = "An action has one owner: the first was taken."
NOBODY = "The tracker names no owner."
ANOTHER = "The plan has another owner; an action is given to somebody else by assigning it."


@dataclass(frozen=True, slots=True)
class Named:
    """The columns of an action that a row's owners fill. `owner_text` is what names nobody known."""

    owner_id: int | None
    owner_text: str
    lead_agency_id: int | None


def owner_named(row: PlanRow, people: Directory) -> Named:
    """Take the first person known in the partnership; without one, the first agency known leads."""
    known = next((person for text in row.owners if (person := people.person(text))), None)
    agency = next((found for text in (row.agency, *row.owners) if (found := people.agency(text))), None)
    return Named(
        owner_id=known.person_id if known else None,
        owner_text="\n".join(text for text in row.owners if not known or people.person(text) != known),
        lead_agency_id=known.agency_id if known else agency,
    )


def owners_to_decide(row: PlanRow, people: Directory, action: Action | None) -> Iterator[tuple[str, str]]:
    """Give text and reason of each doubt about the owner; an owner who was settled since is not asked for again."""
    ids = {person.person_id for text in row.owners if (person := people.person(text))}
    if action is not None and action.owner_id is not None:
        if ids and action.owner_id not in ids:
            yield "; ".join(row.owners), ANOTHER
        return
    if not row.owners:
        yield "", NOBODY
    for text in row.owners:
        if people.person(text) is None:
            yield text, SPLIT if people.is_split(text) else AN_AGENCY if people.agency(text) else UNKNOWN
    if len(ids) > 1:
        yield "; ".join(row.owners), SEVERAL
