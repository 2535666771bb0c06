"""Which headings of a tracker has somebody explained before, so that nobody need do it again?"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import within
from reviews.models import ColumnMapping
from reviews.transactions.unit_of_work import Unit


def remembered_mapping(session: Session, actor: Actor, partnership_id: int, headings_sha256: str) -> dict[str, str]:
    """Give our field to heading as it was kept for files with these headings; empty where nothing was."""
    found = session.scalar(
        sa.select(ColumnMapping.mapping).where(
            ColumnMapping.partnership_id == partnership_id,
            ColumnMapping.headings_sha256 == headings_sha256,
            within(actor, ColumnMapping.partnership_id, Permission.IMPORT_ACTIONS),
        )
    )
    return dict(found or {})


def remember_mapping(unit: Unit, partnership_id: int, headings_sha256: str, mapping: Mapping[str, str]) -> None:
    """Keep it for next time, in the place of what was kept before. Raises NotAllowed."""
    unit.actor.require(Permission.IMPORT_ACTIONS, partnership_id)
    query = sa.select(ColumnMapping).where(
        ColumnMapping.partnership_id == partnership_id, ColumnMapping.headings_sha256 == headings_sha256
    )
    mapping_row = unit.session.scalars(query.with_for_update()).first()
    if mapping_row is None:
        mapping_row = ColumnMapping(partnership_id=partnership_id, headings_sha256=headings_sha256)
        unit.session.add(mapping_row)
    mapping_row.mapping, mapping_row.saved_at, mapping_row.saved_by = (
        dict(mapping),
        unit.now,
        unit.actor.signature[:200],
    )
