"""Turns one row of a tracker into the columns of an action, with its owner and reference."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import chain, count
from typing import Any, TypeAlias

import sqlalchemy as sa
from rapidfuzz import fuzz, process
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
from reviews.exports.columns import (
    DEPUTY,
    DUE_AS_WRITTEN,
    FIRST_DUE,
    KIND,
    NAME_SAFE,
    NOT_RATED,
    ORDER,
    RATING_REPORTED,
    REFERENCE_NAME,
    REVIEW,
    START,
    TITLE,
)
from reviews.imports.readers.action_rows import perhaps_several, read_owners
from reviews.imports.readers.answers import AS_IT_STANDS, Answers
from reviews.imports.readers.exported_plan import day_in
from reviews.imports.readers.result import PlanRow
from reviews.imports.readers.written_dates import is_plain_day, read_date
from reviews.models import Action, Agency, Case, Membership, Person, ProgressUpdate
from reviews.models.people import name_here
from reviews.people.agencies import successors_of
from reviews.transactions.references import address_of
from reviews.transactions.unit_of_work import Unit
from workflows.core.days import Precision
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.definitions.action import FINISHED, OPEN, ActionStage


@dataclass(frozen=True, slots=True)
class KnownPerson:
    person_id: int
    agency_id: int


MAIL_ADDRESS = re.compile(r"[\w+-][\w.+'-]*@[\w-]+(?:\.[\w-]+)+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_TITLES = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "dr",
        "prof",
        "professor",
        "rev",
        "sir",
        "dame",
        "lord",
        "lady",
        "cllr",
        "councillor",
        "pc",
        "dc",
        "ds",
        "di",
        "dci",
        "dsu",
        "dcs",
        "supt",
        "det",
        "insp",
        "inspector",
        "sgt",
        "sergeant",
        "detective",
        "constable",
        "superintendent",
    )
)
LEAST_ALIKE = 80
MOST_OFFERED = 5


@dataclass(frozen=True)
class Directory:
    """The people and agencies of a partnership by name, address or job title, in lower case."""

    people: dict[str, KnownPerson]
    agencies: dict[str, int]
    split: frozenset[str] = frozenset()
    """Names of agencies that have ended and have several successors."""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The addresses of people by name or job title, its words in order: what is near a text is offered."""
    agency_names: Mapping[str, str] = field(default_factory=dict)
    """Each agency as it is written, by its name with its words in order."""
    _offered: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def person(self, text: str) -> KnownPerson | None:
        """Give the person of this name, job title or address; an address anywhere in the text decides."""
        addresses = {found.lower() for found in MAIL_ADDRESS.findall(text)}
        if not addresses:
            return self.people.get(_plain(text))
        found = {self.people.get(address) for address in addresses}
        return found.pop() if len(found) == 1 else None

    def agency(self, text: str) -> int | None:
        """Give the agency of that name, or its one successor where it has ended."""
        return self.agencies.get(_plain(text))

    def is_split(self, text: str) -> bool:
        return _plain(text) in self.split

    def offered(self, text: str) -> tuple[str, ...]:
        """Give the addresses of people and the names of agencies whose name or job title is near a text.

        They are only suggestions: “Smith, J” is as near to John as to Joan.
        """
        if text not in self._offered:
            wanted = _words_in_order(text)
            near = [address for name in _near(wanted, self.names) for address in self.names[name]]
            agencies = [self.agency_names[name] for name in _near(wanted, self.agency_names)]
            self._offered[text] = tuple(dict.fromkeys((*near, *agencies)))[:MOST_OFFERED]
        return self._offered[text]


def _near(wanted: str, names: Mapping[str, Any]) -> list[str]:
    """Give the names nearest to a text: all their words stand in it, or nearly the same words."""
    if not wanted:
        return []
    within = [name for name in names if len(name.split()) > 1 and set(name.split()) <= set(wanted.split())]
    alike = process.extract(
        wanted, names.keys(), scorer=fuzz.token_sort_ratio, score_cutoff=LEAST_ALIKE, limit=MOST_OFFERED
    )
    return list(dict.fromkeys((*within, *(name for name, _, _ in alike))))


def _words_in_order(text: str) -> str:
    """Give the words of a name in alphabetical order, without titles, ranks and what is in brackets."""
    bare = _BRACKETS.sub(" ", text) if _BRACKETS.sub("", text).strip() else text
    words = re.findall(r"[\w'’-]+", MAIL_ADDRESS.sub(" ", bare).casefold())
    return " ".join(sorted([word for word in words if word not in _TITLES] or words))


def directory(session: Session, actor: Actor, partnership_id: int) -> Directory:
    """Read everybody who has a role in the partnership. A name or job title that two people share is left out."""
    rows = session.execute(
        sa.select(Person.id, Membership.agency_id, Person.email, name_here(), Membership.job_title)
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
    addresses: dict[str, dict[str, None]] = {}
    for person_id, agency_id, email, *words in rows:
        for text in (email, *words):
            named.setdefault(_plain(text), {}).setdefault(person_id, KnownPerson(person_id, agency_id))
        for text in filter(None, words):
            addresses.setdefault(_words_in_order(text), {})[email] = None
    agencies = _agencies(session, actor, partnership_id)
    return Directory(
        people={text: next(iter(found.values())) for text, found in named.items() if len(found) == 1},
        agencies={_plain(name): next(iter(found)) for name, found in agencies.items() if len(found) == 1},
        split=frozenset(_plain(name) for name, successors in agencies.items() if len(successors) > 1),
        names={name: tuple(found) for name, found in addresses.items() if name},
        agency_names={_words_in_order(name): name for name in agencies},
    )


def _agencies(session: Session, actor: Actor, partnership_id: int) -> dict[str, frozenset[int]]:
    """Give each agency by name; for one that has ended, its successors."""
    rows = session.execute(
        sa.select(Agency.name, Agency.id).where(Agency.partnership_id == partnership_id, visible(actor, Agency))
    )
    successors = successors_of(session, partnership_id)
    return {name: successors.get(key, frozenset({key})) for name, key in rows}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


UNKNOWN = "No one person here has this address, name or job title. The action has no owner yet."
AN_AGENCY = "This is an agency. Choose a person in it as the owner."
SPLIT = "This agency has been split into several. Choose one of them."
SEVERAL = "An action has one owner. The first person was used."
NOBODY = "The tracker does not name an owner."
ANOTHER = "The plan has another owner. To change the owner, assign the action."
NO_AGENCY = "No agency here has this name. It is kept as it is written."

ToDecide: TypeAlias = tuple[str, str, tuple[str, ...]]
"""Text, reason, and the answers that are offered."""


@dataclass(frozen=True, slots=True)
class RowOwner:
    """The columns of an action that come from the owners and the agency of a row.

    `owner_text` are the owners who are not known, `lead_agency_text` the agency that is none here.
    """

    owner_id: int | None
    owner_text: str
    lead_agency_id: int | None
    lead_agency_text: str = ""

    def as_columns(self) -> dict[str, Any]:
        return asdict(self)


def owner_of(row: PlanRow, people: Directory) -> RowOwner:
    """Give the first person of the partnership. The agency that the row names leads, else that of the owner."""
    found = next((person for text in row.owners if (person := people.person(text))), None)
    stated = _agency_of(row, people)
    named = next((key for text in row.owners if (key := people.agency(text))), None)
    return RowOwner(
        owner_id=found.person_id if found else None,
        owner_text="\n".join(text for text in row.owners if not found or people.person(text) != found),
        lead_agency_id=stated or (found.agency_id if found else named),
        # more than the name of one agency, such as two of them, would be lost
        lead_agency_text="" if people.agency(row.agency) is not None else row.agency,
    )


def with_known_owners(row: PlanRow, people: Directory) -> PlanRow:
    """Give the row with one text for each owner: a text is parted where each part names somebody known here."""
    owners: list[str] = []
    for text in row.owners:
        parts = perhaps_several(text) if people.person(text) is None and people.agency(text) is None else ()
        known = len(parts) > 1 and all(people.person(part) or people.agency(part) for part in parts)
        owners += parts if known else (text,)
    return row if len(owners) == len(row.owners) else replace(row, owners=tuple(dict.fromkeys(owners)))


def _agency_of(row: PlanRow, people: Directory) -> int | None:
    """Give the agency that a person chose for the row, or the first that it names."""
    answer = row.answers.of(row.row, "agency", row.agency) if row.agency else None
    texts = (answer or "", row.agency, *read_owners(row.agency))
    return next((key for text in texts if (key := people.agency(text))), None)


def owners_to_decide(row: PlanRow, people: Directory, action: Action | None) -> Iterator[ToDecide]:
    """Give each doubt about the owner; nothing where the action already has that owner."""
    owners = row.owners
    ids = {person.person_id for text in owners if (person := people.person(text))}
    if action is not None and action.owner_id is not None:
        if ids and action.owner_id not in ids:
            yield "; ".join(owners), ANOTHER, ()
        return
    if not owners and not _is_answered(row, "owner", ""):
        yield "", NOBODY, ()
    for text in owners:
        if people.person(text) is None and not _is_answered(row, "owner", text):
            reason = SPLIT if people.is_split(text) else AN_AGENCY if people.agency(text) else UNKNOWN
            yield text, reason, _people_offered(text, people)
    if len(ids) > 1 and not _is_answered(row, "owner", "; ".join(owners)):
        yield "; ".join(owners), SEVERAL, ()


def agency_to_decide(row: PlanRow, people: Directory, action: Action | None) -> Iterator[ToDecide]:
    """Give the doubt about a lead agency that is none here."""
    is_led = action is not None and action.lead_agency_id is not None and not row.agency
    if row.agency and not is_led and _agency_of(row, people) is None and not _is_answered(row, "agency", row.agency):
        offered = (text for text in people.offered(row.agency) if people.agency(text) is not None)
        yield row.agency, SPLIT if people.is_split(row.agency) else NO_AGENCY, tuple(offered)


def _people_offered(text: str, people: Directory) -> tuple[str, ...]:
    """Offer whoever is near the text, or near one of the names in it."""
    offered = (each for part in (text, *perhaps_several(text)) for each in people.offered(part))
    return tuple(dict.fromkeys(offered))[:MOST_OFFERED]


def _is_answered(row: PlanRow, name: str, text: str) -> bool:
    return row.answers.of(row.row, name, text) is not None


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
        **named.as_columns(),
        **dates_of(row),
        "stage": stage.value,
        "status_text": row.status_text,
        "rating_reported": rating_of(row),
        "awaiting_status": row.completed == "doubt",
        "ended_on": done_on(row, unit.today) if stage in FINISHED else None,
        "done_on": completed_on if stage in ACCEPTED and completed_on and completed_on <= unit.today else None,
        "last_progress_on": unit.today if reports_of(row) else None,
        "brought_in_on": unit.today,
        **exported_details(row, people, named.owner_id),
    }


def dates_of(row: PlanRow) -> dict[str, Any]:
    """Give the columns of the due date and of the first one. What is no plain day keeps its words."""
    due, cells = row.due, dict(row.exported_cells)
    stated = read_date(cells.get(FIRST_DUE, "")) if cells else row.original_due
    first = stated if stated.on else due
    is_plain = due.on is not None and due.known_to is Precision.DAY and is_plain_day(due.text)
    return {
        "due_on": due.on,
        "due_known_to": due.known_to,
        "due_text": cells.get(DUE_AS_WRITTEN, "") if cells else "" if is_plain else due.text,
        "original_due_on": first.on,
        "original_due_known_to": first.known_to,
    }


def rating_of(row: PlanRow) -> str | None:
    """Give the rating as it is reported: "" where it is blank, None in a tracker without ratings."""
    if row.exported_cells:
        reported = dict(row.exported_cells).get(RATING_REPORTED, "")
        return "" if reported == NOT_RATED else reported or None
    return row.rating_text if row.rates else None


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
        "title": title_of(cells.get(TITLE) or row.title or row.action),
        "deputy_id": deputy.person_id if deputy and deputy.person_id != owner_id else None,
    }


def deputy_to_decide(row: PlanRow, people: Directory) -> Iterator[ToDecide]:
    """Give the doubt about a deputy in an export who cannot be the deputy here."""
    text = dict(row.exported_cells).get(DEPUTY, "")
    if text and exported_details(row, people, owner_of(row, people).owner_id)["deputy_id"] is None:
        yield text, NO_DEPUTY, ()


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
    """Give the stage that the row says plainly, or the first one. An action that is open has no date before its own."""
    stage = row.state.stage
    if stage is None or (stage in OPEN and row.due.on is None):
        return first_stage(row.due.on, started=bool(row.progress))
    return stage


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
