"""How is a finding of a review written down?"""

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.models import Case, EventKind, Finding
from reviews.transactions.references import next_free, require_whole
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

LONGEST_TEXT = 10_000


def add_finding(unit: Unit, case: Case, *, text: str, reference: str = "") -> Finding:
    """Add what the review found; numbered F1, F2 … unless a reference is given. Raises NotAllowed, Refused."""
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    require_whole(case)
    if not text.strip():
        raise Refused("A finding needs its text.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"A finding must be {LONGEST_TEXT:,} characters or fewer.")
    taken = set(unit.session.scalars(sa.select(Finding.reference).where(Finding.case_id == case.id)))
    finding = Finding(case_id=case.id, reference=reference or next_free("F", taken), text=text.strip())
    unit.session.add(finding)
    unit.session.flush()
    unit.record(
        EventKind.FINDING_MADE,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"finding": finding.reference},
    )
    return finding
