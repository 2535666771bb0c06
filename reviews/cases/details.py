"""The children of a case, and our part in it.

One incident has one or more children, and one notification speaks of them all. Each child who has died has a child
death review of its own (Working Together 2018, chapters 4 and 5).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.cases.clocks import drop_binding_clocks
from reviews.cases.validation import check_pseudonym
from reviews.definitions.installed import definition_of
from reviews.models import Case, Child, ChildIdentity, EventKind, OurRole
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import NotReady, Refused
from workflows.core.questions import Value
from workflows.core.vocabulary import CHILD_CONCERNED, DEATH_ON, NATURE

MOST_CHILDREN = 50


def add_child(unit: Unit, case: Case, *, pseudonym: str, nature: str = "") -> Child:
    """Add a child by pseudonym; `nature` is what happened to it, as it was notified. Raises Refused, NotAllowed."""
    unit.actor.require(Permission.RECORD_CHILDREN, case.partnership_id, case.realm)
    existing = children_of(unit, case)
    name = _new_pseudonym(pseudonym, existing)
    if len(existing) >= MOST_CHILDREN:
        raise Refused(f"A case can have up to {MOST_CHILDREN} children.")
    child = Child(case_id=case.id, pseudonym=name, nature=nature, died_on=None)
    unit.session.add(child)
    unit.session.flush()
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    _record(unit, case, child, "added")
    return child


def rename_child(unit: Unit, case: Case, child_id: int, *, pseudonym: str, reason: str) -> None:
    """Put the pseudonym of a child right. Raises NotFound, Refused, NotReady, NotAllowed.

    The history has neither pseudonym: what was recorded at steps stays as it was said.
    """
    unit.actor.require(Permission.RECORD_CHILDREN, case.partnership_id, case.realm)
    child, others = _find_child(unit, case, child_id)
    why = check_reason(reason)
    if pseudonym.strip() == child.pseudonym:
        raise Refused("Change the pseudonym: it is already as you entered it.")
    child.pseudonym = _new_pseudonym(pseudonym, others)
    flag_modified(case, "closed_on")
    _record(unit, case, child, "renamed", why)


def remove_child(unit: Unit, case: Case, child_id: int, *, reason: str) -> None:
    """Remove a child that was added by mistake. Raises Refused once its death is recorded, NotFound, NotAllowed."""
    unit.actor.require(Permission.RECORD_CHILDREN, case.partnership_id, case.realm)
    child, _ = _find_child(unit, case, child_id)
    why = check_reason(reason)
    if child.died_on is not None:
        raise Refused("The death of this child is recorded, so you cannot remove the child.")
    if unit.session.scalar(sa.select(sa.exists().where(ChildIdentity.child_id == child.id))):
        raise Refused("The identity of this child is stored. Remove the identity first, then the child.")
    flag_modified(case, "closed_on")
    _record(unit, case, child, "removed", why)
    unit.session.delete(child)


def _find_child(unit: Unit, case: Case, child_id: int) -> tuple[Child, list[Child]]:
    """Give one child of the case that the actor may see, and the others. Raises NotFound."""
    children = children_of(unit, case)
    seen = sa.select(Child.id).where(Child.id == child_id, Child.case_id == case.id, visible(unit.actor, Child))
    if unit.session.scalar(seen) is None:
        raise NotFound
    return next(child for child in children if child.id == child_id), [
        child for child in children if child.id != child_id
    ]


def _new_pseudonym(pseudonym: str, others: Iterable[Child]) -> str:
    name = check_pseudonym(pseudonym)
    if not name:
        raise Refused("Enter a pseudonym, such as Child B.")
    if name.casefold() in {child.pseudonym.casefold() for child in others}:
        raise Refused("There is already a child with this pseudonym in the case.")
    return name


def update_children(unit: Unit, case: Case, answers: Mapping[str, Value]) -> None:
    """Store what a step says of the children: the nature first notified, which stays as it is, and a death."""
    if isinstance(nature := answers.get(NATURE), str):
        for child in children_of(unit, case):
            child.nature = child.nature or nature
    if isinstance(named := answers.get(CHILD_CONCERNED), str):
        _note_death(unit, case, named, answers.get(DEATH_ON))


def children_of(unit: Unit, case: Case) -> list[Child]:
    return list(unit.session.scalars(sa.select(Child).where(Child.case_id == case.id).order_by(Child.id)))


def _note_death(unit: Unit, case: Case, named: str, on: Value | None) -> None:
    found = [child for child in children_of(unit, case) if child.pseudonym.casefold() == named.strip().casefold()]
    if not found:
        raise Refused("There is no child with this pseudonym in the case. Add the child first.")
    if found[0].died_on is not None:
        raise Refused("The death of this child is already recorded.")
    if isinstance(on, date):
        found[0].died_on = on
        _record(unit, case, found[0], "died")


def _record(unit: Unit, case: Case, child: Child, what: str, reason: str = "") -> None:
    """Record an event with the number of the child alone: fewer people may see the pseudonym than the history."""
    why = {"reason": reason} if reason else {}
    unit.record(
        EventKind.CHILD_RECORDED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"child": child.id, "what": what, **why},
    )


LedBy: TypeAlias = tuple[OurRole, str]
LED_BY_US: LedBy = (OurRole.LEAD, "")
LONGEST_AREA = 200


def record_area(unit: Unit, case: Case, *, our_role: OurRole, lead_area: str, reason: str) -> None:
    """Record our part in a case. Raises Refused, NotReady listing what is missing, or NotAllowed."""
    unit.actor.require(Permission.RECORD_AREA, case.partnership_id, case.realm)
    if not reason.strip():
        raise NotReady("Say why this changes.", ["the reason"])
    previous = case.our_role
    case.our_role, case.lead_area = check_area(our_role, lead_area)
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    if our_role is not OurRole.LEAD:
        drop_binding_clocks(case, definition_of(unit.session, case), on=unit.today)
    unit.record(
        EventKind.AREA_RECORDED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"was": previous, "now": our_role, "lead_area": case.lead_area, "reason": reason.strip()},
    )


def check_area(our_role: OurRole, lead_area: str) -> LedBy:
    """Give our part and the area that leads, "" where we do. Raises Refused, NotReady."""
    area = " ".join(lead_area.split())
    if len(area) > LONGEST_AREA:
        raise Refused(f"The name of an area must be {LONGEST_AREA} characters or fewer.")
    if our_role is OurRole.LEAD:
        return LED_BY_US
    if not area:
        raise NotReady("Say which area leads.", ["the area that leads"])
    return our_role, area
