"""How does one row of a tracker become an action?"""

import re
from datetime import date
from itertools import chain, count
from typing import Any

from reviews.actions.details import first_stage, title_of
from reviews.imports.import_owners import owner_named
from reviews.imports.known_people import Directory
from reviews.imports.readers.result import PlanRow
from reviews.models import Action, Case, ProgressUpdate
from reviews.transactions.references import address_of
from reviews.transactions.unit_of_work import Unit
from workflows.definitions.action import A

NOT_IN_A_REFERENCE = re.compile(r"[^A-Za-z0-9._/-]+")
LONGEST_REFERENCE = 110
REPORTER = "Imported tracker"


def columns_of(unit: Unit, case: Case, row: PlanRow, people: Directory) -> dict[str, Any]:
    """What the action of a row says. An owner's cell that means a person known here makes that person the owner."""
    named = owner_named(row, people)
    stage = stage_of(row)
    return {
        "partnership_id": case.partnership_id,
        "case_id": case.id,
        "realm": case.realm,
        "source_reference": row.reference,
        "title": title_of(row.action),
        "title_safe_to_mail": False,
        "text": row.action.strip(),
        "success_measure": row.outcome.strip(),
        "lead_agency_id": named.lead_agency_id,
        "owner_id": named.owner_id,
        "owner_text": named.owner_text,
        "due_on": row.due.on,
        "due_text": "" if row.due.on else row.due.text,
        "original_due_on": row.due.on,
        "stage": stage.value,
        "status_text": row.status_text or row.rating_text,
        "ended_on": done_on(row, unit.today) if stage is A.COMPLETE else None,
        "last_progress_on": unit.today if texts_of(row) else None,
    }


def stage_of(row: PlanRow) -> A:
    """Done only where the row says so plainly."""
    if row.completed == "yes":
        return A.COMPLETE
    if row.completed == "awaiting_impact":
        return A.AWAITING_IMPACT
    return first_stage(row.due.on, started=bool(row.progress))


def done_on(row: PlanRow, today: date) -> date:
    """The day that the row gives for its completion, or today where it gives none that can be."""
    given = row.completed_on.on
    return given if given is not None and given <= today else today


def name_of(case: Case, row: PlanRow, taken: set[str]) -> dict[str, str]:
    """Give reference and address; two references may differ only in a slash and a dot, but no two addresses do."""
    wanted = f"{case.reference}/{NOT_IN_A_REFERENCE.sub('-', row.reference)}"[:LONGEST_REFERENCE]
    tries = chain((wanted,), (f"{wanted}-{number}" for number in count(2)))
    reference = next(one for one in tries if address_of(one) not in taken)
    taken.add(address_of(reference))
    return {"reference": reference, "address": address_of(reference)}


def texts_of(row: PlanRow) -> list[str]:
    """Give what a row reports: its progress, with a word where it speaks for several actions."""
    shared = f"\n(This stood beside {row.progress_covers} actions.)" if row.progress_covers > 1 else ""
    return [f"{row.progress}{shared}"] if row.progress else []


def report(unit: Unit, action: Action, row: PlanRow) -> list[str]:
    """Add what the row reports and the action does not have yet, as of today; give what was added."""
    texts = texts_of(row)
    known = {update.text for update in action.progress} if texts else set()
    new = [text for text in texts if text not in known]
    if new:
        action.last_progress_on = unit.today
        action.progress += [
            ProgressUpdate(happened_on=unit.today, text=text, reported_by=REPORTER, reported_at=unit.now)
            for text in new
        ]
    return new
