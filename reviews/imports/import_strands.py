"""What becomes of the bodies on another sheet that a row of a tracker points at?"""

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from reviews.imports.known_people import Directory
from reviews.imports.readers.completion import read_status
from reviews.imports.readers.result import PlanRow, Strand
from reviews.models import Action, ActionStrand, Case, StrandState
from reviews.transactions.unit_of_work import Unit

LONGEST_NAME = 200


Parts = Mapping[int, Sequence[ActionStrand]]


def parts_of(unit: Unit, case: Case, rows: Iterable[PlanRow]) -> Parts:
    """Give the parts there are of each action of a plan, by its number; none are read where no row names a body."""
    found: dict[int, list[ActionStrand]] = {}
    if any(row.strands for row in rows):
        query = sa.select(ActionStrand).join(Action, Action.id == ActionStrand.action_id)
        for part in unit.session.scalars(query.where(Action.case_id == case.id).order_by(ActionStrand.id)):
            found.setdefault(part.action_id, []).append(part)
    return found


def take_strands(unit: Unit, action_id: int, row: PlanRow, people: Directory, parts: Parts) -> list[str]:
    """Give each body its part of the action, and the open ones what the row says of them; say what was taken over.

    A new part is done where the row says plainly that it is, and in no other words: the rest is for a person to say.
    A part that has ended stays as it is, and one that the row names no more is kept.
    """
    if not row.strands:
        return []
    known = {(each.agency_id, each.agency_text.casefold()): each for each in parts.get(action_id, ())}
    taken: list[str] = []
    for strand in row.strands:
        name = strand.name[:LONGEST_NAME]
        agency_id = people.agency(name)
        key = (agency_id, "" if agency_id is not None else name.casefold())
        part = known.get(key)
        if part is None:
            known[key] = part = _new(unit, action_id, strand, agency_id, name)
            unit.session.add(part)
        elif part.state is not StrandState.OPEN or part.note == strand.text:
            continue
        part.note = strand.text
        taken.append(f"{name}: {strand.text}")
    return taken


def _new(unit: Unit, action_id: int, strand: Strand, agency_id: int | None, name: str) -> ActionStrand:
    is_done = read_status(strand.text) == "yes"
    return ActionStrand(
        action_id=action_id,
        agency_id=agency_id,
        agency_text="" if agency_id is not None else name,
        state=StrandState.DONE if is_done else StrandState.OPEN,
        ended_on=unit.today if is_done else None,
        note="",
    )
