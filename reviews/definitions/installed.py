"""The definitions known here: those of the product, and those that were added to the installation."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import AddedDefinition, Case
from workflows.catalogue import BUILT_IN, Catalogue
from workflows.core.vocabulary import Workflow
from workflows.definitions import WORKFLOWS
from workflows.files.read import read_workflow, read_workflows

ADDED_DEFINITIONS_KEY = "added_definitions"
"""The key of `Session.info` under which the added definitions are cached."""


def present_catalogue(session: Session, partnership_id: int | None = None) -> Catalogue:
    """Give every definition known here; with a partnership, without those added for others."""
    return catalogue_for(session, None if partnership_id is None else (partnership_id,))


def catalogue_for(session: Session, partnership_ids: Collection[int] | None) -> Catalogue:
    """Give the definitions for all and for these partnerships; with None, every one."""
    added = [
        read_added(row)
        for row in added_definitions(session)
        if partnership_ids is None or row.partnership_id is None or row.partnership_id in partnership_ids
    ]
    return BUILT_IN.with_more(added) if added else BUILT_IN


def present_kind(session: Session, name: str, on: date, partnership_id: int | None = None) -> Workflow | None:
    """Give the version under which a case opened on that day runs; None for an unknown name."""
    return present_catalogue(session, partnership_id).current(name, on)


def definition_of(session: Session, case: Case) -> Workflow:
    """Give the version the case runs under. For one of the product the database is not asked."""
    definitions = BUILT_IN if BUILT_IN.has(case.workflow, case.workflow_version) else present_catalogue(session)
    return definitions.version(case.workflow, case.workflow_version)


def added_definitions(session: Session) -> Sequence[AddedDefinition]:
    """List what was added, the oldest first. Cached for the session."""
    if ADDED_DEFINITIONS_KEY not in session.info:
        session.info[ADDED_DEFINITIONS_KEY] = session.scalars(
            sa.select(AddedDefinition).order_by(AddedDefinition.id)
        ).all()
    found: Sequence[AddedDefinition] = session.info[ADDED_DEFINITIONS_KEY]
    return found


def read_added(added: AddedDefinition) -> Workflow:
    """Read the definition of a row. Cached by its text."""
    return _read(added.text, added.source)


def collides(added: AddedDefinition) -> bool:
    """Whether the product has come to have the same name and version, which is then the one in use."""
    return BUILT_IN.has(added.name, added.version)


def require_added_sound(session: Session) -> None:
    """Raise NotADefinition where an added definition does not fit those of the product any more."""
    added = [row for row in added_definitions(session) if not collides(row)]
    if added:
        read_workflows([(row.source, row.text) for row in added], [*BUILT_IN.every(), WORKFLOWS["action"]])


@lru_cache(maxsize=256)
def _read(text: str, source: str) -> Workflow:
    return read_workflow(text, source)
