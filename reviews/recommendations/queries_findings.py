"""What did a review find, and which recommendations answer it?"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.models import Case, Finding, Recommendation
from reviews.transactions.unit_of_work import NotFound


def findings_of(session: Session, actor: Actor, case: Case) -> Sequence[Finding]:
    """Give the findings of a case in the order they were written down."""
    wanted = sa.select(Finding).where(Finding.case_id == case.id, visible(actor, Finding)).order_by(Finding.id)
    return session.scalars(wanted).all()


def one_finding(session: Session, actor: Actor, case: Case, reference: str) -> Finding:
    """Find a finding of a case by its reference, such as F1; raises NotFound."""
    wanted = sa.select(Finding).where(
        Finding.case_id == case.id, Finding.reference == reference, visible(actor, Finding)
    )
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound
    return found


def finding_of(session: Session, actor: Actor, recommendation: Recommendation) -> Finding | None:
    """Give the finding behind a recommendation, where one is named."""
    if recommendation.finding_id is None:
        return None
    wanted = sa.select(Finding).where(Finding.id == recommendation.finding_id, visible(actor, Finding))
    return session.scalars(wanted).first()


def recommendations_on(session: Session, actor: Actor, finding: Finding) -> Sequence[Recommendation]:
    """Give the recommendations that rest on a finding."""
    return session.scalars(
        sa.select(Recommendation)
        .where(Recommendation.finding_id == finding.id, visible(actor, Recommendation))
        .order_by(Recommendation.id)
    ).all()
