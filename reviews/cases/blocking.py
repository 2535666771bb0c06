"""Which steps of a case must wait for what runs beside it?"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.cases.history import only_current_facts
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Case, CaseFact
from workflows.catalogue import Catalogue
from workflows.core.labels import mid_sentence
from workflows.core.questions import Value
from workflows.core.vocabulary import BLOCKS

KIND, CHECK = "process_kind", "next_check_on"


_RUNNING = only_current_facts(
    sa.select(Case.id, Case.reference, Case.workflow, CaseFact)
    .join(CaseFact, CaseFact.case_id == Case.id)
    .where(Case.parent_id == sa.bindparam("around"), Case.closed_on.is_(None))
    .where(CaseFact.name.in_((BLOCKS, KIND, CHECK)))
    .order_by(Case.id)
)
"""Kept, as it takes longer to build than to ask."""


def blocked_steps(session: Session, case: Case) -> dict[str, tuple[str, ...]]:
    """Give the blocked steps by name, each with what runs beside the case and has to end before it, in words."""
    if case.parent_id is not None:
        return {}
    rows = session.execute(_RUNNING, {"around": case.id})
    running: dict[tuple[str, str], dict[str, Value]] = {}
    for _, reference, workflow, fact in rows:
        if fact.value is not None:
            running.setdefault((reference, workflow), {})[fact.name] = fact.value
    if not running:
        return {}
    catalogue, blocked = present_catalogue(session), dict[str, tuple[str, ...]]()
    for (reference, workflow), known in running.items():
        names = known.get(BLOCKS, ())
        for step in names if isinstance(names, tuple) else ():
            blocked[step] = (*blocked.get(step, ()), _in_words(catalogue, reference, workflow, known))
    return blocked


def kind_in_words(catalogue: Catalogue, workflow: str, known: Mapping[str, Value]) -> str:
    """Say what runs beside a case by the label of its kind."""
    definition = catalogue.newest_of(workflow)
    kinds = dict(definition.asks[KIND].choices) if KIND in definition.asks else {}
    return kinds.get(str(known.get(KIND, "")), definition.title)


def _in_words(catalogue: Catalogue, reference: str, workflow: str, known: Mapping[str, Value]) -> str:
    words, check = mid_sentence(kind_in_words(catalogue, workflow, known)), known.get(CHECK)
    again = f", to be checked on {check:%-d %B %Y}" if isinstance(check, date) else ""
    return f"the {words} ({reference}{again})"
