"""The meaning of columns that a partnership has chosen before, remembered by the headings of the file."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import within
from reviews.models import ColumnMapping
from reviews.transactions.unit_of_work import Unit


def remembered_mapping(session: Session, actor: Actor, partnership_id: int, headings_sha256: str) -> dict[str, str]:
    """Give field to heading as remembered for files with these headings; empty where nothing is."""
    found = session.scalar(
        sa.select(ColumnMapping.mapping).where(
            ColumnMapping.partnership_id == partnership_id,
            ColumnMapping.headings_sha256 == headings_sha256,
            within(actor, ColumnMapping.partnership_id, Permission.IMPORT_ACTIONS),
        )
    )
    return dict(found or {})


def remember_mapping(unit: Unit, partnership_id: int, headings_sha256: str, mapping: Mapping[str, str]) -> None:
    """Remember a mapping for these headings, in place of an earlier one. Raises NotAllowed."""
    unit.actor.require(Permission.IMPORT_ACTIONS, partnership_id)
    query = sa.select(ColumnMapping).where(
        ColumnMapping.partnership_id == partnership_id, ColumnMapping.headings_sha256 == headings_sha256
    )
    remembered = unit.session.scalars(query.with_for_update()).first()
    if remembered is None:
        remembered = ColumnMapping(partnership_id=partnership_id, headings_sha256=headings_sha256)
        unit.session.add(remembered)
    remembered.mapping, remembered.saved_at, remembered.saved_by = (
        dict(mapping),
        unit.now,
        unit.actor.signature[:200],
    )
