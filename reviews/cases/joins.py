"""How is a case taken into another one that is running?"""

from datetime import date

import sqlalchemy as sa

from reviews.access.visibility import visible
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Case, CaseLink
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.labels import mid_sentence
from workflows.core.vocabulary import Step

ABSORBED = "absorbed_into"


def join(unit: Unit, case: Case, step: Step, *, reference: str, on: date) -> None:
    """Link the case to the one it is taken into: one of the kinds the step names, in its partnership and realm.

    Raises Refused with one and the same sentence where there is none, where it is not theirs to see, and where it did
    not run on that day; and where it is taken into that one already.
    """
    found = unit.session.scalar(
        sa.select(Case.id).where(
            Case.partnership_id == case.partnership_id,
            Case.realm == case.realm,
            Case.reference == reference,
            Case.workflow.in_(step.joins),
            Case.opened_on <= on,
            sa.or_(Case.closed_on.is_(None), Case.closed_on >= on),
            visible(unit.actor, Case),
        )
    )
    if found is None:
        kinds = " or ".join(mid_sentence(present_catalogue(unit.session).title(name)) for name in step.joins)
        raise Refused(f"There was no {kinds} {reference} on {on:%-d %B %Y} that this could be taken into.")
    if unit.session.get(CaseLink, (case.id, found)) is not None:
        raise Refused(f"{case.reference} is linked to {reference} already.")
    unit.session.add(CaseLink(from_case_id=case.id, to_case_id=found, kind=ABSORBED, linked_at=unit.now))
