"""How does a list of past cases become cases with their histories?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.imports.history import open_past_case, record_history
from reviews.imports.past_facts import RowRefused
from reviews.imports.readers.past import Histories, PastCase, RefusedRow
from reviews.models import Case, CaseLink, Partnership
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Workflow


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ImportedCase:
    row: int
    case: Case
    outcome: Outcome


@dataclass(slots=True)
class CaseImport:
    """What an import did, or would do. One row may be two cases: the counts are of cases."""

    rows: int
    cases: list[ImportedCase] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in self.cases)


def import_cases(
    unit: Unit, partnership: Partnership, workflow: Workflow, histories: Histories, *, lenient: bool = False
) -> CaseImport:
    """Store the cases of a list: all of them, or none when rows are refused and `lenient` is not asked for.

    A row whose reference is known brings its case up to date; the same file again changes nothing. Raises NotAllowed.
    """
    unit.actor.require(Permission.IMPORT_CASES, partnership.id, workflow.realm)
    done = CaseImport(rows=histories.rows, refused=list(histories.refused))
    whole = unit.session.begin_nested()
    for past in histories.cases:
        try:
            with unit.session.begin_nested():
                done.cases += _store(unit, partnership, past)
        except RowRefused as refusal:
            done.refused.append(RefusedRow(past.row, refusal.column, refusal.reason))
        except Refused as refusal:
            done.refused.append(RefusedRow(past.row, past.column, refusal.sentence))
    done.refused.sort(key=lambda refused: refused.row)
    if done.refused and not lenient:
        whole.rollback()
        done.cases.clear()
    else:
        whole.commit()
    return done


def _store(unit: Unit, partnership: Partnership, past: PastCase) -> list[ImportedCase]:
    case = _known(unit, partnership, past)
    stored = [_stored(unit, partnership, past, case)]
    if past.led_to is not None:
        led_to = _led_to(unit, stored[0].case, past.led_to) or _known(unit, partnership, past.led_to)
        stored.append(_stored(unit, partnership, past.led_to, led_to))
        _link(unit, stored)
    return stored


def _known(unit: Unit, partnership: Partnership, past: PastCase) -> Case | None:
    try:
        case = unit.case(past.reference, partnership=partnership.code)
    except NotFound:
        return None
    if case.workflow != past.workflow:
        raise RowRefused(past.column, f"{past.reference} is the reference of another kind of case already.")
    return case


def _stored(unit: Unit, partnership: Partnership, past: PastCase, known: Case | None) -> ImportedCase:
    if known is None:
        return ImportedCase(past.row, open_past_case(unit, partnership, past), Outcome.CREATED)
    changed = record_history(unit, known, past)
    return ImportedCase(past.row, known, Outcome.UPDATED if changed else Outcome.UNCHANGED)


def _led_to(unit: Unit, case: Case, past: PastCase) -> Case | None:
    """Find the case that this one led to already, under whatever reference it was opened."""
    return unit.session.scalars(
        sa.select(Case)
        .join(CaseLink, CaseLink.to_case_id == Case.id)
        .where(CaseLink.from_case_id == case.id, Case.workflow == past.workflow, visible(unit.actor, Case))
        .order_by(Case.id)
        .limit(1)
    ).first()


def _link(unit: Unit, stored: Sequence[ImportedCase]) -> None:
    one, other = (imported.case.id for imported in stored)
    there = sa.select(CaseLink).where(CaseLink.from_case_id == one, CaseLink.to_case_id == other)
    if unit.session.scalar(there) is None:
        unit.session.add(CaseLink(from_case_id=one, to_case_id=other, linked_at=unit.now))
        unit.session.flush()
