"""Who leads on a case that crosses borders?

The duty to notify and to review lies where the incident took place. Where another area leads, ours contributes or looks
on: no statutory clock runs here and the case is not counted as ours, but actions and requests stay our own.
"""

from typing import TypeAlias

from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.cases.clocks import drop_binding_clocks
from reviews.definitions.catalogue import definition_of
from reviews.models import Case, EventKind, OurRole
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import NotReady, Refused

LedBy: TypeAlias = tuple[OurRole, str]
OURS: LedBy = (OurRole.LEAD, "")
LONGEST_AREA = 200


def record_area(unit: Unit, case: Case, *, our_role: OurRole, lead_area: str, reason: str) -> None:
    """Say what our part in a case is. Raises Refused, NotReady listing what is missing, or NotAllowed."""
    unit.actor.require(Permission.RECORD_AREA, case.partnership_id, case.realm)
    if not reason.strip():
        raise NotReady("It must be said why this changes.", ["the reason"])
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
    """Give our part and the area that leads, which is nobody else where we do. Raises Refused, NotReady."""
    area = " ".join(lead_area.split())
    if len(area) > LONGEST_AREA:
        raise Refused(f"The name of an area must be {LONGEST_AREA} characters or fewer.")
    if our_role is OurRole.LEAD:
        return OURS
    if not area:
        raise NotReady("Where we do not lead, it must be said who does.", ["the area that leads"])
    return our_role, area
