"""How does one row of a tracker become an action?"""

import re
from itertools import chain, count

from reviews.commands.actions import first_stage, title_of
from reviews.commands.import_owners import owner_named
from reviews.commands.known_people import Directory
from reviews.commands.numbers import address_of
from reviews.models import Action, Case, EventKind, Evidence, ProgressUpdate, Recommendation
from reviews.trackers import PlanRow
from reviews.unit import Unit
from workflows.definitions.action import A

NOT_IN_A_REFERENCE = re.compile(r"[^A-Za-z0-9._/-]+")
LONGEST_REFERENCE = 110


def create(
    unit: Unit, case: Case, row: PlanRow, *, about: Recommendation | None, people: Directory, taken: set[str]
) -> Action:
    """Make the action of a row. An owner's cell that means a person known here makes that person the owner."""
    named = owner_named(row, people)
    complete = row.completed == "yes"
    reference = _free(f"{case.reference}/{NOT_IN_A_REFERENCE.sub('-', row.reference)}"[:LONGEST_REFERENCE], taken)
    action = Action(
        partnership_id=case.partnership_id,
        case_id=case.id,
        recommendation=about,
        realm=case.realm,
        reference=reference,
        source_reference=row.reference,
        address=address_of(reference),
        title=title_of(row.action),
        text=row.action.strip(),
        success_measure=row.outcome.strip(),
        lead_agency_id=named.lead_agency_id,
        owner_id=named.owner_id,
        owner_text=named.owner_text,
        due_on=row.due.on,
        due_text="" if row.due.on else row.due.text,
        original_due_on=row.due.on,
        stage=A.COMPLETE if complete else first_stage(row.due.on, started=bool(row.progress)),
        status_text=row.status_text or row.rating_text,
        ended_on=unit.today if complete else None,
        progress=[],
        evidence=[_evidence(unit, row)] if row.evidence else [],
    )
    report(unit, action, row)
    unit.session.add(action)
    return action


def record_import(unit: Unit, action: Action, row: PlanRow) -> None:
    """Write the history row of an action that was made, once it has its number."""
    unit.record(
        EventKind.ACTION_IMPORTED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"sheet": row.sheet, "row": row.row, "other columns": dict(row.others)},
    )


def report(unit: Unit, action: Action, row: PlanRow) -> list[str]:
    """Add what the row reports and the action does not have yet, as of today; give what was added."""
    known = {update.text for update in action.progress}
    new = [text for text in _texts(row) if text not in known]
    action.progress += [
        ProgressUpdate(happened_on=unit.today, text=text, reported_by="Imported tracker", reported_at=unit.now)
        for text in new
    ]
    if new:
        action.last_progress_on = unit.today
    return new


def _free(reference: str, taken: set[str]) -> str:
    """Give a reference whose address nobody has: two references may differ only in a slash and a dot."""
    tries = chain((reference,), (f"{reference}-{number}" for number in count(2)))
    free = next(one for one in tries if address_of(one) not in taken)
    taken.add(address_of(free))
    return free


def _texts(row: PlanRow) -> list[str]:
    """Give what a row reports: its progress, with a word where it speaks for several actions, and its strands."""
    shared = f"\n(This stood beside {row.progress_covers} actions.)" if row.progress_covers > 1 else ""
    strands = "\n".join(f"{strand.name}: {strand.text}" for strand in row.strands)
    return [text for text in (f"{row.progress}{shared}" if row.progress else "", strands) if text]


def _evidence(unit: Unit, row: PlanRow) -> Evidence:
    return Evidence(text=row.evidence, offered_by="Imported tracker", offered_at=unit.now)
