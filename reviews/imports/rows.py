"""How does one row of a tracker become an action?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.details import first_stage, title_of
from reviews.imports.readers.result import PlanRow
from reviews.models import Action, Agency, Case, Membership, Person, ProgressUpdate
from reviews.people.agencies import heirs_of
from reviews.transactions.references import address_of
from reviews.transactions.unit_of_work import Unit
from workflows.definitions.action import A


@dataclass(frozen=True, slots=True)
class KnownPerson:
    person_id: int
    agency_id: int


@dataclass(frozen=True, slots=True)
class Directory:
    """The people and agencies of a partnership by what they are called, in lower case."""

    people: dict[str, KnownPerson]
    agencies: dict[str, int]
    split: frozenset[str] = frozenset()
    """Names of agencies that have ended, and in whose place several go on."""

    def person(self, text: str) -> KnownPerson | None:
        return self.people.get(_plain(text))

    def agency(self, text: str) -> int | None:
        """Give the agency of that name, or the one that goes on in its place where it has ended."""
        return self.agencies.get(_plain(text))

    def is_split(self, text: str) -> bool:
        return _plain(text) in self.split


def directory(session: Session, actor: Actor, partnership_id: int) -> Directory:
    """Read everybody who works there. A name or job title that two people share means nobody."""
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
    called: dict[str, dict[int, KnownPerson]] = {}
    for person_id, agency_id, *words in rows:
        for text in words:
            called.setdefault(_plain(text), {}).setdefault(person_id, KnownPerson(person_id, agency_id))
    agencies = _agencies(session, actor, partnership_id)
    return Directory(
        people={text: next(iter(known.values())) for text, known in called.items() if len(known) == 1},
        agencies={name: next(iter(successors)) for name, successors in agencies.items() if len(successors) == 1},
        split=frozenset(name for name, successors in agencies.items() if len(successors) > 1),
    )


def _agencies(session: Session, actor: Actor, partnership_id: int) -> dict[str, frozenset[int]]:
    """Give by name each agency that goes on, and for one that has ended those in its place."""
    rows = session.execute(
        sa.select(Agency.name, Agency.id).where(Agency.partnership_id == partnership_id, visible(actor, Agency))
    )
    successors = heirs_of(session, partnership_id)
    return {_plain(name): successors.get(key, frozenset({key})) for name, key in rows}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


UNKNOWN = "No one person here has this address, name or job title, so there is no named owner."
AN_AGENCY = "This is an agency; an action is owned by a person in it."
SPLIT = "This agency has ended, and several go on in its place: choose one of them."
SEVERAL = "An action has one owner: the first was taken."
NOBODY = "The tracker names no owner."
ANOTHER = "The plan has another owner; an action is given to somebody else by assigning it."


@dataclass(frozen=True, slots=True)
class RowOwner:
    """The columns of an action that a row's owners fill. `owner_text` is what names nobody known."""

    owner_id: int | None
    owner_text: str
    lead_agency_id: int | None


def owner_of(row: PlanRow, people: Directory) -> RowOwner:
    """Take the first person known in the partnership; without one, the first agency known leads."""
    known = next((person for text in row.owners if (person := people.person(text))), None)
    agency = next((found for text in (row.agency, *row.owners) if (found := people.agency(text))), None)
    return RowOwner(
        owner_id=known.person_id if known else None,
        owner_text="\n".join(text for text in row.owners if not known or people.person(text) != known),
        lead_agency_id=known.agency_id if known else agency,
    )


def owners_to_decide(row: PlanRow, people: Directory, action: Action | None) -> Iterator[tuple[str, str]]:
    """Give text and reason of each doubt about the owner; an owner who was settled since is not asked for again."""
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


NOT_IN_A_REFERENCE = re.compile(r"[^A-Za-z0-9._/-]+")
LONGEST_REFERENCE = 110
REPORTER = "Imported tracker"


def columns_for(unit: Unit, case: Case, row: PlanRow, people: Directory) -> dict[str, Any]:
    """What the action of a row says. An owner's cell that means a person known here makes that person the owner."""
    named = owner_of(row, people)
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
        "last_progress_on": unit.today if reports_of(row) else None,
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
    completed_on = row.completed_on.on
    return completed_on if completed_on is not None and completed_on <= today else today


def unique_reference(case: Case, row: PlanRow, taken: set[str]) -> dict[str, str]:
    """Give reference and address; two references may differ only in a slash and a dot, but no two addresses do."""
    reference = f"{case.reference}/{NOT_IN_A_REFERENCE.sub('-', row.reference)}"[:LONGEST_REFERENCE]
    tries = chain((reference,), (f"{reference}-{number}" for number in count(2)))
    reference = next(one for one in tries if address_of(one) not in taken)
    taken.add(address_of(reference))
    return {"reference": reference, "address": address_of(reference)}


def reports_of(row: PlanRow) -> list[str]:
    """Give what a row reports: its progress, with a word where it speaks for several actions."""
    shared = f"\n(This stood beside {row.progress_covers} actions.)" if row.progress_covers > 1 else ""
    return [f"{row.progress}{shared}"] if row.progress else []


def report(unit: Unit, action: Action, row: PlanRow) -> list[str]:
    """Add what the row reports and the action does not have yet, as of today; give what was added."""
    texts = reports_of(row)
    known = {update.text for update in action.progress} if texts else set()
    new = [text for text in texts if text not in known]
    if new:
        action.last_progress_on = unit.today
        action.progress += [
            ProgressUpdate(happened_on=unit.today, text=text, reported_by=REPORTER, reported_at=unit.now)
            for text in new
        ]
    return new
