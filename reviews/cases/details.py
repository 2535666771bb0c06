"""Which children are in an incident, and what became of each?

One incident has one or more children, and one notification speaks of them all. Each child who has died has a child
death review of its own (Working Together 2018, chapters 4 and 5).
"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.cases.validation import check_pseudonym
from reviews.models import Case, Child, EventKind
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.facts import Value
from workflows.core.vocabulary import CHILD_CONCERNED, DEATH_ON, NATURE

MOST_CHILDREN = 50


def add_child(unit: Unit, case: Case, *, pseudonym: str, nature: str = "") -> Child:
    """Add a child by pseudonym; `nature` is what happened to it, as it was notified. Raises Refused, NotAllowed."""
    unit.actor.require(Permission.RECORD_CHILDREN, case.partnership_id, case.realm)
    name = check_pseudonym(pseudonym)
    known = children_of(unit, case)
    if not name:
        raise Refused("A child needs a pseudonym, such as Child B.")
    if name.casefold() in {child.pseudonym.casefold() for child in known}:
        raise Refused("A child with this pseudonym is in the case already.")
    if len(known) >= MOST_CHILDREN:
        raise Refused(f"A case holds up to {MOST_CHILDREN} children.")
    child = Child(case_id=case.id, pseudonym=name, nature=nature, died_on=None)
    unit.session.add(child)
    unit.session.flush()
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    _record(unit, case, child, "added")
    return child


def note_children(unit: Unit, case: Case, given: Mapping[str, Value]) -> None:
    """Keep for each child what a step says of it: what was notified, which later events do not change, and a death."""
    if isinstance(nature := given.get(NATURE), str):
        for child in children_of(unit, case):
            child.nature = child.nature or nature
    if isinstance(named := given.get(CHILD_CONCERNED), str):
        _note_death(unit, case, named, given.get(DEATH_ON))


def children_of(unit: Unit, case: Case) -> list[Child]:
    return list(unit.session.scalars(sa.select(Child).where(Child.case_id == case.id).order_by(Child.id)))


def _note_death(unit: Unit, case: Case, named: str, on: Value | None) -> None:
    found = [child for child in children_of(unit, case) if child.pseudonym.casefold() == named.strip().casefold()]
    if not found:
        raise Refused("There is no child with this pseudonym in the case. Add the child first.")
    if found[0].died_on is not None:
        raise Refused("The death of this child is recorded already.")
    if isinstance(on, date):
        found[0].died_on = on
        _record(unit, case, found[0], "died")


def _record(unit: Unit, case: Case, child: Child, what: str) -> None:
    """The history names the child by its number alone, as fewer may see the pseudonym than the history."""
    unit.record(
        EventKind.CHILD_RECORDED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"child": child.id, "what": what},
    )
