"""Which agency goes on in the place of one that has ended?"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import Agency, AgencySuccession


def heirs_of(session: Session, partnership_id: int) -> dict[int, frozenset[int]]:
    """Give, for each ended agency of a partnership, those that go on today, through as many changes as there were."""
    rows = session.execute(
        sa.select(AgencySuccession.from_agency_id, AgencySuccession.to_agency_id)
        .join(Agency, Agency.id == AgencySuccession.from_agency_id)
        .where(Agency.partnership_id == partnership_id)
    )
    next_ones: dict[int, set[int]] = {}
    for was, now in rows:
        next_ones.setdefault(was, set()).add(now)
    return {was: _last(was, next_ones) for was in next_ones}


def _last(agency_id: int, next_ones: Mapping[int, set[int]]) -> frozenset[int]:
    """An agency that has ended is nobody's successor afterwards, so this comes to an end."""
    if agency_id not in next_ones:
        return frozenset({agency_id})
    return frozenset().union(*(_last(each, next_ones) for each in next_ones[agency_id]))
