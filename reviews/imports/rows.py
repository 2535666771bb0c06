"""Turns one row of a tracker into the columns of an action, with its owner and reference."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.details import (
    ACTION_KINDS,
    LARGEST_DETAIL,
    LONGEST_REFERENCE_NAME,
    check_details,
    first_stage,
    title_of,
)
from reviews.cases.late import ACCEPTED
from reviews.exports.columns import DEPUTY, KIND, NAME_SAFE, ORDER, REFERENCE_NAME, REVIEW, START, TITLE
from reviews.imports.readers.answers import AS_IT_STANDS, Answers
from reviews.imports.readers.exported_plan import day_in
from reviews.imports.readers.result import PlanRow
from reviews.models import Action, Agency, Case, Membership, Person, ProgressUpdate
from reviews.people.agencies import successors_of
from reviews.transactions.references import address_of
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.definitions.action import ActionStage


@dataclass(frozen=True, slots=True)
class KnownPerson:
    person_id: int
    agency_id: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The people and agencies of a partnership by name, address or job title, in lower case."""

    people: dict[str, KnownPerson]
    agencies: dict[str, int]
    split: frozenset[str] = frozenset()
    """Names of agencies that have ended and have several successors."""

    def person(self, text: str) -> KnownPerson | None:
        return self.people.get(_plain(text))

    def agency(self, text: str) -> int | None:
        """Give the agency of that name, or its one successor where it has ended."""
        return self.agencies.get(_plain(text))

    def is_split(self, text: str) -> bool:
        return _plain(text) in self.split


def directory(session: Session, actor: Actor, partnership_id: int) -> Directory:
    """Read everybody who has a role in the partnership. A name or job title that two people share is left out."""
    rows = session.execute(
        sa.select(Person.id, Membership.agency_id, Person.email, Person.name, Membership.job_title)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
            visible(actor, Membership),
        )
        .order_by(Membership.id)
    ).all()
    named: dict[str, dict[int, KnownPerson]] = {}
    for person_id, agency_id, *words in rows:
        for text in words:
            named.setdefault(_plain(text), {}).setdefault(person_id, KnownPerson(person_id, agency_id))
    agencies = _agencies(session, actor, partnership_id)
    return Directory(
        people={text: next(iter(found.values())) for text, found in named.items() if len(found) == 1},
        agencies={name: next(iter(successors)) for name, successors in agencies.items() if len(successors) == 1},
        split=frozenset(name for name, successors in agencies.items() if len(successors) > 1),
    )


def _agencies(session: Session, actor: Actor, partnership_id: int) -> dict[str, frozenset[int]]:
    """Give each agency by name; for one that has ended, its successors."""
    rows = session.execute(
        sa.select(Agency.name, Agency.id).where(Agency.partnership_id == partnership_id, visible(actor, Agency))
    )
    successors = successors_of(session, partnership_id)
    return {_plain(name): successors.get(key, frozenset({key})) for name, key in rows}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


UNKNOWN = "No one person here has this address, name or job title. The action has no owner yet."
AN_AGENCY = "This is an agency. Choose a person in it as the owner."
SPLIT = "This agency has been split into several. Choose one of them."
SEVERAL = "An action has one owner. The first person was used."
NOBODY = "The tracker does not name an owner."
ANOTHER = "The plan has another owner. To change the owner, assign the action."


@dataclass(frozen=True, slots=True)
class RowOwner:
    """The columns of an action that come from the owners of a row. `owner_text` are the owners who are not known."""

    owner_id: int | None
    owner_text: str
    lead_agency_id: int | None


def owner_of(row: PlanRow, people: Directory) -> RowOwner:
    """Give the first person of the partnership; without one, the first agency of the partnership leads."""
    found = next((person for text in row.owners if (person := people.person(text))), None)
    agency = next((key for text in (row.agency, *row.owners) if (key := people.agency(text))), None)
    return RowOwner(
        owner_id=found.person_id if found else None,
        owner_text="\n".join(text for text in row.owners if not found or people.person(text) != found),
        lead_agency_id=found.agency_id if found else agency,
    )


def owners_to_decide(row: PlanRow, people: Directory, action: Action | None) -> Iterator[tuple[str, str]]:
    """Give text and reason of each doubt about the owner; nothing where the action already has that owner."""
    ids = {person.person_id for text in row.owners if (person := people.person(text))}
    if action is not None and action.owner_id is not None:
        if ids and action.owner_id not in ids:
            yield "; ".join(row.owners), ANOTHER
        return
    if not row.owners:
        yield "", NOBODY
    for text in row.owners:
        if people.person(text) is None:
            yield text, SPLIT if people.is_split(text) else AN_AGENCY if people.agency(text) else UNKNOWN
    if len(ids) > 1:
        yield "; ".join(row.owners), SEVERAL


def with_answers(row: PlanRow, answers: Answers) -> PlanRow:
    """Give a row with the owners and the agency that a person has decided on in place of what its cells say."""

    def decided(name: str, text: str) -> str:
        answer = answers.of(row.row, name, text)
        return text if answer in (None, AS_IT_STANDS) else answer or ""

    owners = dict.fromkeys(decided("owner", text) for text in row.owners or ("",))
    return replace(row, owners=tuple(filter(None, owners)), agency=decided("agency", row.agency))


NOT_IN_A_REFERENCE = re.compile(r"[^A-Za-z0-9._/-]+")
LONGEST_REFERENCE = 110
REPORTER = "Imported tracker"


def columns_for(unit: Unit, case: Case, row: PlanRow, people: Directory) -> dict[str, Any]:
    """Give the columns of a new action. An owner's text that means a person of the partnership makes them the owner."""
    named = owner_of(row, people)
    stage, completed_on = stage_of(row), row.completed_on.on
    return {
        "partnership_id": case.partnership_id,
        "case_id": case.id,
        "realm": case.realm,
        "source_reference": row.reference,
        "title_safe_to_mail": False,
        "reference_name": _name_marked_safe(row),
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
        "ended_on": done_on(row, unit.today) if stage is ActionStage.COMPLETE else None,
        "done_on": completed_on if stage in ACCEPTED and completed_on and completed_on <= unit.today else None,
        "last_progress_on": unit.today if reports_of(row) else None,
        "brought_in_on": unit.today,
        **exported_details(row, people, named.owner_id),
    }


NO_DEPUTY = "No one person here has this address, or they own the action. The action has no deputy yet."
LONGEST_NUMBER = len(str(LARGEST_DETAIL))
_ADDRESS = re.compile(r"<([^<>]+)>\Z")
_KINDS = {sentence(name): name for name in ACTION_KINDS}


def exported_details(row: PlanRow, people: Directory, owner_id: int | None) -> dict[str, Any]:
    """Give title, deputy and details, which only an export has: from this plan or another.

    Where somebody edited a detail into one that an action cannot have, none of them is taken.
    """
    cells = dict(row.exported_cells)
    deputy, number = _deputy(cells, people), cells.get(ORDER, "")
    details = {
        "kind": _KINDS.get(cells.get(KIND, ""), ""),
        "start_on": day_in(cells.get(START, "")),
        "review_on": day_in(cells.get(REVIEW, "")),
        "order": int(number) if number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER else None,
    }
    try:
        check_details(details, row.due.on)
    except Refused:
        details |= {"start_on": None, "review_on": None, "order": None}
    return {
        **details,
        "title": title_of(cells.get(TITLE) or row.action),
        "deputy_id": deputy.person_id if deputy and deputy.person_id != owner_id else None,
    }


def deputy_to_decide(row: PlanRow, people: Directory) -> Iterator[tuple[str, str]]:
    """Give text and reason of a deputy in an export who cannot be the deputy here."""
    text = dict(row.exported_cells).get(DEPUTY, "")
    if text and exported_details(row, people, owner_of(row, people).owner_id)["deputy_id"] is None:
        yield text, NO_DEPUTY


def _deputy(cells: Mapping[str, str], people: Directory) -> KnownPerson | None:
    text = cells.get(DEPUTY, "")
    address = _ADDRESS.search(text)
    return people.person(address[1] if address else text) if text else None


def _name_marked_safe(row: PlanRow) -> str:
    """Give the reference name of an action that was exported from another plan, where it is marked as safe there."""
    cells = dict(row.exported_cells)
    name = " ".join(cells.get(REFERENCE_NAME, "").split())
    is_marked = cells.get(NAME_SAFE, "").strip().lower() == "yes"
    return name if is_marked and name.isprintable() and len(name) <= LONGEST_REFERENCE_NAME else ""


def stage_of(row: PlanRow) -> ActionStage:
    """Give the first stage; complete only where the row says so plainly."""
    if row.completed == "yes":
        return ActionStage.COMPLETE
    if row.completed == "awaiting_impact":
        return ActionStage.AWAITING_IMPACT
    return first_stage(row.due.on, started=bool(row.progress))


def done_on(row: PlanRow, today: date) -> date:
    """The completion date in the row, or today where there is none or it is in the future."""
    on = row.completed_on.on
    return on if on is not None and on <= today else today


def unique_reference(case: Case, row: PlanRow, taken: set[str]) -> dict[str, str]:
    """Give reference and address. Two references may differ only in a slash and a dot; two addresses may not."""
    reference = f"{case.reference}/{NOT_IN_A_REFERENCE.sub('-', row.reference)}"[:LONGEST_REFERENCE]
    tries = chain((reference,), (f"{reference}-{number}" for number in count(2)))
    reference = next(each for each in tries if address_of(each) not in taken)
    taken.add(address_of(reference))
    return {"reference": reference, "address": address_of(reference)}


def reports_of(row: PlanRow) -> list[str]:
    """Give the progress of a row, with a note where its cell covers several actions."""
    # never reworded: an import again compares it with the progress that is stored
    shared = f"\n(This stood beside {row.progress_covers} actions.)" if row.progress_covers > 1 else ""
    return [f"{row.progress}{shared}"] if row.progress else []


def report(unit: Unit, action: Action, row: PlanRow) -> list[str]:
    """Add progress that the action does not have yet, with today's date; return the texts that were added."""
    texts = reports_of(row)
    existing = {update.text for update in action.progress} if texts else set()
    new = [text for text in texts if text not in existing]
    if new:
        action.last_progress_on = unit.today
        action.progress += [
            ProgressUpdate(happened_on=unit.today, text=text, reported_by=REPORTER, reported_at=unit.now)
            for text in new
        ]
    return new
