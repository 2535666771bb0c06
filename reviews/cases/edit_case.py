"""Put a case right after it was opened: its title, and the agencies involved, which decide who may see it."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.cases.opening import add_agencies
from reviews.models import Agency, Case, CaseAgency, EventKind
from reviews.models.event_details import CaseEdited
from reviews.people.memberships import refuse_ended_agency
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

LONGEST_TITLE = 200


def edit_case(
    unit: Unit,
    case: Case,
    *,
    reason: str,
    title: str | None = None,
    add: Collection[str] = (),
    remove: Collection[str] = (),
) -> None:
    """Change the title, None leaves it, and add and remove agencies by name. Raises Refused, NotReady, NotAllowed.

    A child case has its title and agency from what it was opened for, and neither is changed.
    """
    unit.actor.require(Permission.EDIT_CASE, case.partnership_id, case.realm)
    if case.parent_id is not None:
        raise Refused("The title and agency of a request or parallel process cannot be changed. Open another one.")
    edited: CaseEdited = {"reason": check_reason(reason)}
    if title is not None and (line := check_title(title)) != case.title:
        edited["title_was"], edited["title"], case.title = case.title, line, line
    if added := _add(unit, case, add):
        edited["agencies_added"] = added
    if removed := _remove(unit, case, remove):
        edited["agencies_removed"] = removed
    if edited.keys() == {"reason"}:
        raise Refused("Change the title or the agencies: they are already as you entered them.")
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    unit.record(EventKind.CASE_EDITED, partnership_id=case.partnership_id, case_id=case.id, details={**edited})


def check_title(title: str) -> str:
    """Give a title on one line, which may be empty. Raises Refused."""
    line = " ".join(title.split())
    if len(line) > LONGEST_TITLE or not line.isprintable():
        raise Refused(f"The title must be one line of up to {LONGEST_TITLE} characters.")
    return line


def _add(unit: Unit, case: Case, names: Collection[str]) -> list[str]:
    agencies = [_agency(unit, case, name) for name in dict.fromkeys(names)]
    new = [agency for agency in agencies if agency.id not in _involved(unit, case)]
    for agency in new:
        refuse_ended_agency(agency.name, agency.ended_on)
    add_agencies(unit, case, [agency.id for agency in new])
    return [agency.name for agency in new]


def _remove(unit: Unit, case: Case, names: Collection[str]) -> list[str]:
    """End what an agency sees of the case. One that still owes an answer stays until its request is called off."""
    agencies = [_agency(unit, case, name) for name in dict.fromkeys(names)]
    involved = _involved(unit, case)
    for agency in agencies:
        if agency.id not in involved:
            raise Refused(f"{agency.name} is not involved in {case.reference}.")
        asked = (
            sa.select(Case.reference)
            .join(CaseAgency, CaseAgency.case_id == Case.id)
            .where(Case.parent_id == case.id, Case.closed_on.is_(None), CaseAgency.agency_id == agency.id)
        )
        if (open_request := unit.session.scalar(asked.order_by(Case.id).limit(1))) is not None:
            raise Refused(f"{agency.name} has not answered {open_request} yet. Call that request off first.")
    keys = [agency.id for agency in agencies]
    unit.session.execute(
        sa.delete(CaseAgency).where(CaseAgency.case_id == case.id, CaseAgency.agency_id.in_(keys)),
        execution_options={"synchronize_session": False},
    )
    unit.session.expire(case, ["involved"])
    return [agency.name for agency in agencies]


def _involved(unit: Unit, case: Case) -> set[int]:
    return set(unit.session.scalars(sa.select(CaseAgency.agency_id).where(CaseAgency.case_id == case.id)))


def _agency(unit: Unit, case: Case, name: str) -> Agency:
    query = sa.select(Agency).where(
        Agency.partnership_id == case.partnership_id, Agency.name == name.strip(), visible(unit.actor, Agency)
    )
    found = unit.session.scalars(query).first()
    if found is None:
        raise Refused(f"There is no agency called {name.strip()[:80]} in this partnership.")
    return found
