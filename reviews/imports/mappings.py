"""What a partnership has decided about trackers before, columns and texts, remembered by the headings of the file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import within
from reviews.models import ColumnMapping
from reviews.transactions.unit_of_work import Unit


@dataclass(frozen=True, slots=True)
class RememberedColumns:
    """Field to heading, and answers by text, for files with some headings; `saved_by` is who had them remembered."""

    mapping: Mapping[str, str]
    answers: Mapping[str, str]
    saved_at: datetime
    saved_by: str


def remembered_columns(
    session: Session, actor: Actor, partnership_id: int, headings_sha256: str
) -> RememberedColumns | None:
    """Give what is remembered for files with these headings; None where nothing is."""
    found = session.scalars(
        sa.select(ColumnMapping).where(
            ColumnMapping.partnership_id == partnership_id,
            ColumnMapping.headings_sha256 == headings_sha256,
            within(actor, ColumnMapping.partnership_id, Permission.IMPORT_ACTIONS),
        )
    ).first()
    if found is None or not (found.mapping or found.answers):
        return None
    return RememberedColumns(dict(found.mapping), dict(found.answers), found.saved_at, found.saved_by)


def remember_mapping(
    unit: Unit,
    partnership_id: int,
    headings_sha256: str,
    mapping: Mapping[str, str],
    answers: Mapping[str, str] | None = None,
) -> None:
    """Remember columns and answers for these headings, in place of earlier ones. Raises NotAllowed.

    Answers about one row are left out: the next file has other rows.
    """
    unit.actor.require(Permission.IMPORT_ACTIONS, partnership_id)
    query = sa.select(ColumnMapping).where(
        ColumnMapping.partnership_id == partnership_id, ColumnMapping.headings_sha256 == headings_sha256
    )
    remembered = unit.session.scalars(query.with_for_update()).first()
    if remembered is None:
        remembered = ColumnMapping(partnership_id=partnership_id, headings_sha256=headings_sha256)
        unit.session.add(remembered)
    remembered.mapping = dict(mapping)
    remembered.answers = {key: answer for key, answer in (answers or {}).items() if not _OF_A_ROW.match(key)}
    remembered.saved_at, remembered.saved_by = unit.now, unit.actor.signature[:200]


def forget_mapping(unit: Unit, partnership_id: int, headings_sha256: str) -> None:
    """Forget what was remembered for these headings. Raises NotAllowed."""
    unit.actor.require(Permission.IMPORT_ACTIONS, partnership_id)
    unit.session.execute(
        sa.delete(ColumnMapping).where(
            ColumnMapping.partnership_id == partnership_id, ColumnMapping.headings_sha256 == headings_sha256
        )
    )


_OF_A_ROW = re.compile(r"\d+/[a-z_]+\Z")
