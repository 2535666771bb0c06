"""Imports cases with a history from before the product was used.

A history has days and few facts, so guards are not checked: a step must only follow from the stage of the case, and the
days must be in order. A step whose day is not known is recorded without one, and no clock counts from it.

Rows are stored a few hundred at a time: what they need is read together, what they add is worked out without the
database, and all of it is written together.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.cases.case_access import pass_rights_on_along
from reviews.cases.clocks import KnownDays, countable_clocks, update_past_clocks
from reviews.cases.corrections import replay
from reviews.cases.facts import ASKED
from reviews.cases.history import CaseHistory, read_histories_of
from reviews.cases.holds import new_hold, review_hold
from reviews.cases.opening import columns_of as value_columns
from reviews.cases.opening import finish_track, require_opening_on, unopened_case
from reviews.core.fast_sql import table_of
from reviews.definitions.installed import definition_of, present_kind
from reviews.imports.new_steps import NewStep, RowRefused, TrackState, new_steps
from reviews.imports.past_areas import rows_by_partnership
from reviews.imports.readers.past_rows import (
    CaseDetails,
    ClockNote,
    Histories,
    PastCase,
    PastFact,
    PastStep,
    RefusedPastRow,
)
from reviews.models import (
    Case,
    CaseAgency,
    CaseClock,
    CaseFact,
    CaseHold,
    CaseLink,
    CaseTrack,
    Child,
    DisposalCertificate,
    Event,
    EventKind,
    OurRole,
    Partnership,
)
from reviews.models.cases import ABSORBED
from reviews.people.queries import agencies, owners
from reviews.transactions.references import check_requested
from reviews.transactions.unit_of_work import Unit
from workflows.core.days import PartialDay, Precision
from workflows.core.engine import Refused
from workflows.core.labels import mid_sentence
from workflows.core.questions import Kind, Value
from workflows.core.vocabulary import CHILD_CONCERNED, DEATH_ON, JOINED, NATURE, OnHold, Realm, Workflow

ROWS_TOGETHER = 200
FROM_A_LIST = "From an imported list"
Taken: TypeAlias = set[tuple[Realm, str]]
CHILD_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,20}")


class CaseOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ImportedCase:
    row: int
    case: Case
    outcome: CaseOutcome


@dataclass(slots=True)
class CaseImport:
    """The result of an import. One row may be two cases: the counts are of cases.

    `left_out` are cells that were read and have nothing to be stored with; `areas` says as whose the rows were taken.
    """

    rows: int
    cases: list[ImportedCase] = field(default_factory=list)
    refused: list[RefusedPastRow] = field(default_factory=list)
    left_out: list[RefusedPastRow] = field(default_factory=list)
    areas: dict[str, str] = field(default_factory=dict)

    def count(self, outcome: CaseOutcome) -> int:
        return sum(imported.outcome is outcome for imported in self.cases)


def import_cases(
    unit: Unit,
    partnership: Partnership,
    workflow: Workflow,
    histories: Histories,
    *,
    lenient: bool = False,
    our_areas: Sequence[str] = (),
) -> CaseImport:
    """Store the cases of a list: all of them, or none when rows are refused and `lenient` is not asked for.

    A row whose reference exists updates its case; the same file again changes nothing. `our_areas` are names by which
    the file calls this partnership or its panel. Raises NotAllowed.
    """
    unit.actor.require(Permission.IMPORT_CASES, partnership.id, workflow.realm)
    done = CaseImport(rows=histories.rows, refused=list(histories.refused))
    areas = rows_by_partnership(unit, partnership, workflow, histories.cases, our_areas)
    done.refused += areas.refused
    done.areas = areas.read_as
    all_rows = unit.session.begin_nested()
    for whose, rows in areas.rows:
        store = CaseStore(unit, whose, workflow, done)
        for chunk in _chunks(rows):
            store.store(chunk)
        store.link_all()
    done.cases.sort(key=lambda imported: imported.row)
    done.refused.sort(key=lambda refused: refused.row)
    if done.refused and not lenient:
        all_rows.rollback()
        done.cases.clear()
        done.left_out.clear()
    else:
        all_rows.commit()
    return done


def open_past_case(unit: Unit, partnership: Partnership, past: PastCase) -> Case:
    """Open one case with its whole history. Raises RowRefused."""
    done = CaseImport(rows=1)
    kind = present_kind(unit.session, past.workflow, unit.today, partnership.id)
    assert kind is not None, past.workflow  # noqa: S101
    CaseStore(unit, partnership, kind, done).store([past])
    for refused in done.refused:
        raise RowRefused(refused.column, refused.reason)
    return done.cases[0].case


def _chunks(rows: Iterable[PastCase]) -> Iterator[list[PastCase]]:
    """Give a few hundred rows at a time in which no reference stands twice: the second row follows on the first."""
    chunk: list[PastCase] = []
    references: set[str] = set()
    for past in rows:
        own = {past.reference, *([past.led_to.reference] if past.led_to else [])}
        if len(chunk) == ROWS_TOGETHER or not own.isdisjoint(references):
            yield chunk
            chunk, references = [], set()
        chunk.append(past)
        references |= own
    if chunk:
        yield chunk


@dataclass(slots=True)
class StoredCase:
    """A case that is there, with what is recorded of it."""

    case: Case
    history: CaseHistory
    values: Mapping[int, Mapping[str, Value]]
    holds: list[CaseHold]
    pseudonyms: set[str]
    agency_ids: set[int]


@dataclass(slots=True)
class Draft:
    """A row beside its case, and what it adds. A new case is there, but not stored yet."""

    past: PastCase
    workflow: Workflow
    case: Case
    stored: StoredCase | None
    steps: list[NewStep]
    pseudonyms: list[str] = field(default_factory=list)
    agency_ids: list[int] = field(default_factory=list)
    agencies_added: list[str] = field(default_factory=list)
    title: str = ""
    holds: list[CaseHold] = field(default_factory=list)
    has_notes: bool = False

    @property
    def outcome(self) -> CaseOutcome:
        if self.stored is None:
            return CaseOutcome.CREATED
        return CaseOutcome.UPDATED if self.changes else CaseOutcome.UNCHANGED

    @property
    def changes(self) -> bool:
        return bool(self.steps or self.pseudonyms or self.agency_ids or self.title or self.has_notes)


@dataclass(slots=True)
class CaseStore:
    """Stores rows of one kind in one partnership."""

    unit: Unit
    partnership: Partnership
    workflow: Workflow
    done: CaseImport
    links: list[tuple[Draft, str, str, str]] = field(default_factory=list)
    parents: dict[str, Case] = field(default_factory=dict)
    _people: dict[str, str] | None = None
    _agencies: dict[str, int] | None = None

    def store(self, rows: Sequence[PastCase]) -> None:
        """Store rows in which no reference stands twice; those that contradict what there is go to the refused."""
        with self.unit.session.no_autoflush:
            existing, taken, led_to = self._read(rows)
            self._read_parents(rows)
            drafts = list(self._drafts(rows, existing, taken, led_to))
            for draft in drafts:
                self._work_out(draft)
            self._write(drafts)
            self._link_led_to(drafts)
        for draft in drafts:
            self.done.cases.append(ImportedCase(draft.past.row, draft.case, draft.outcome))

    # what is there

    def _read(self, rows: Sequence[PastCase]) -> tuple[dict[str, StoredCase], Taken, dict[int, StoredCase]]:
        """Read the cases the rows are about, the references that are taken, and the cases that the former led to."""
        references = {past.reference for past in rows} | {past.led_to.reference for past in rows if past.led_to}
        of_realm = (Case.partnership_id == self.partnership.id, Case.realm.in_(self._realms()))
        found = list(self._cases(*of_realm, Case.reference.in_(references)))
        # the references of cases that were disposed of are never given again
        query = sa.union_all(
            *(
                sa.select(table.realm, table.reference).where(
                    table.partnership_id == self.partnership.id,
                    table.realm.in_(self._realms()),
                    table.reference.in_(references),
                )
                for table in (Case, DisposalCertificate)
            )
        )
        taken: Taken = {(row.realm, row.reference) for row in self.unit.session.execute(query)}
        first = {case.id for case in found}
        pairs = self.unit.session.execute(
            sa.select(CaseLink.from_case_id, CaseLink.to_case_id)
            .where(CaseLink.from_case_id.in_(first))
            .order_by(CaseLink.to_case_id)
        ).all()
        further = list(self._cases(Case.id.in_({pair.to_case_id for pair in pairs} - first))) if pairs else []
        stored = self._stored([*found, *further])
        linked: dict[int, StoredCase] = {}
        for pair in pairs:
            target = stored.get(pair.to_case_id)
            if target is not None and any(
                past.led_to and past.led_to.workflow == target.case.workflow for past in rows
            ):
                linked.setdefault(pair.from_case_id, target)
        return {case.reference: stored[case.id] for case in found}, taken, linked

    def _realms(self) -> set[Realm]:
        """Give the realms in which a case of the kind may be: a child case is in that of its parent."""
        return set(Realm) if self.workflow.inside else {self.workflow.realm}

    def _read_parents(self, rows: Sequence[PastCase]) -> None:
        """Read the cases in which child cases are, by the part of the reference before the last full stop."""
        self.parents = {}
        if self.workflow.inside:
            references = {past.reference.rpartition(".")[0] for past in rows}
            whose = (Case.partnership_id == self.partnership.id, Case.parent_id.is_(None))
            found = self._cases(*whose, Case.reference.in_(references))
            may = self.unit.actor.may
            self.parents = {
                case.reference: case for case in found if may(Permission.IMPORT_CASES, self.partnership.id, case.realm)
            }

    def _cases(self, *conditions: sa.ColumnElement[bool]) -> Iterable[Case]:
        query = (
            sa.select(Case)
            .where(*conditions, visible(self.unit.actor, Case))
            .options(selectinload(Case.tracks), selectinload(Case.facts), selectinload(Case.clocks))
            .order_by(Case.id)
            .with_for_update(of=Case, key_share=True)
            .execution_options(populate_existing=True)
        )
        return self.unit.session.scalars(query)

    def _stored(self, cases: Sequence[Case]) -> dict[int, StoredCase]:
        ids = [case.id for case in cases]
        histories = read_histories_of(self.unit.session, ids)
        found = {
            case.id: StoredCase(case, histories[case.id], histories[case.id].values(case), [], set(), set())
            for case in cases
        }
        for hold in self._of_cases(CaseHold, ids):
            found[hold.case_id].holds.append(hold)
        for child in self._of_cases(Child, ids):
            found[child.case_id].pseudonyms.add(child.pseudonym.casefold())
        for involved in self._of_cases(CaseAgency, ids):
            found[involved.case_id].agency_ids.add(involved.agency_id)
        return found

    def _of_cases(self, table: type[Any], ids: Sequence[int]) -> Iterable[Any]:
        order = table.agency_id if table is CaseAgency else table.id
        return self.unit.session.scalars(sa.select(table).where(table.case_id.in_(ids)).order_by(order)) if ids else ()

    # what a row adds

    def _drafts(
        self,
        rows: Sequence[PastCase],
        existing: Mapping[str, StoredCase],
        taken: Taken,
        led_to: Mapping[int, StoredCase],
    ) -> Iterator[Draft]:
        """Give what each row adds. Of a row that is refused nothing is stored, neither of its two cases."""
        for past in rows:
            try:
                drafts = [self._draft(past, self._existing(past, existing), taken)]
                if past.led_to is not None:
                    linked = led_to.get(drafts[0].case.id) if drafts[0].stored else None
                    drafts.append(self._draft(past.led_to, linked or self._existing(past.led_to, existing), taken))
            except RowRefused as refusal:
                self.done.refused.append(RefusedPastRow(past.row, refusal.column, refusal.reason))
            except Refused as refusal:
                self.done.refused.append(RefusedPastRow(past.row, past.column, refusal.sentence))
            else:
                yield from drafts

    def _existing(self, past: PastCase, existing: Mapping[str, StoredCase]) -> StoredCase | None:
        found = existing.get(past.reference)
        if found is not None and found.case.workflow != past.workflow:
            raise RowRefused(past.column, f"{past.reference} is already the reference of another kind of case.")
        return found

    def _draft(self, past: PastCase, stored: StoredCase | None, taken: Taken) -> Draft:
        history, values = CaseHistory(), dict[int, Mapping[str, Value]]()
        if stored is None:
            case, workflow = self._new_case(past, taken), self._kind(past)
        else:
            case, workflow = stored.case, definition_of(self.unit.session, stored.case)
            history, values = stored.history, dict(stored.values)
        past = replace(past, steps=tuple(self._with_people(step) for step in past.steps))
        tracks = {track.name: TrackState.of(track, history) for track in case.tracks}
        draft = Draft(past, workflow, case, stored, new_steps(workflow, past, tracks, history, values))
        self._add_details(draft, past.details)
        return draft

    def _kind(self, past: PastCase) -> Workflow:
        """Give the version in force today: the rest of the case follows the rules of today."""
        found = present_kind(self.unit.session, past.workflow, self.unit.today, self.partnership.id)
        assert found is not None, past.workflow  # noqa: S101  # the readers name kinds that there are
        return found

    def _new_case(self, past: PastCase, taken: Taken) -> Case:
        workflow, opening = self._kind(past), past.steps[0]
        parent = self._parent(past, workflow)
        if parent is None:
            is_taken = (workflow.realm, past.reference) in taken
            check_requested(self.unit, self.partnership, workflow, past.reference, is_taken=is_taken)
        elif (parent.realm, past.reference) in taken:
            raise Refused(f"The reference {past.reference} is taken. Choose another.")
        require_opening_on(workflow, opening.placed_on)
        case = unopened_case(
            workflow,
            self.partnership,
            past.reference,
            opened_on=opening.placed_on,
            known_to=_known_to(opening),
            title=past.details.title,
            parent=parent,
        )
        case.our_role = OurRole(past.details.our_role or OurRole.LEAD)
        case.lead_area = past.details.lead_area
        return case

    def _parent(self, past: PastCase, workflow: Workflow) -> Case | None:
        """Give the case in which a child case is; None for a case of its own. Raises RowRefused."""
        if not workflow.inside:
            return None
        start, _, number = past.reference.rpartition(".")
        parent = self.parents.get(start)
        if parent is None or not CHILD_NUMBER.fullmatch(number):
            raise RowRefused(
                past.column,
                f"The reference of a {mid_sentence(workflow.title)} begins with that of its case, such as "
                f"RR-2025-03.{workflow.prefix}1, and there is no such case here, or it is not yours to see.",
            )
        return parent

    def _with_people(self, step: PastStep) -> PastStep:
        """Name people who are known here as the history names them; any other name stays as it is."""
        if all(fact.question.kind is not Kind.PERSON for fact in step.facts):
            return step
        if self._people is None:
            known = owners(self.unit.session, self.unit.actor, self.partnership.id)
            self._people = {each.email.casefold(): f"{each.name} <{each.email}>" for each in known}
            names = [each.name.casefold() for each in known]
            self._people |= {
                each.name.casefold(): f"{each.name} <{each.email}>"
                for each in known
                if names.count(each.name.casefold()) == 1
            }
        return replace(step, facts=tuple(self._with_person(fact) for fact in step.facts))

    def _with_person(self, fact: PastFact) -> PastFact:
        if fact.question.kind is not Kind.PERSON or self._people is None:
            return fact
        text = str(fact.value)
        address = text.rpartition("<")[2].removesuffix(">").strip().casefold()
        return replace(fact, value=self._people.get(address, self._people.get(text.casefold(), text)))

    def _add_details(self, draft: Draft, details: CaseDetails) -> None:
        """Add what the row says of the case itself. Raises RowRefused where the case says otherwise."""
        case, stored = draft.case, draft.stored
        known = stored.pseudonyms if stored else set()
        draft.pseudonyms = [name for name in details.pseudonyms if name.casefold() not in known]
        self._add_agencies(draft, details)
        if stored is None:
            return
        if details.title and details.title != case.title:
            if case.title:
                raise RowRefused(
                    details.heading("title"), f"The title is “{case.title}”. An import cannot change this."
                )
            draft.title = details.title
        if details.our_role and (details.our_role, details.lead_area) != (case.our_role.value, case.lead_area):
            who = "We lead this case" if case.our_role is OurRole.LEAD else f"{case.lead_area} leads this case"
            raise RowRefused(details.heading("lead_area"), f"{who}. An import cannot change this.")

    def _add_agencies(self, draft: Draft, details: CaseDetails) -> None:
        """Add the agencies that the row names, and those known here that its steps asked. Raises RowRefused."""
        involved = draft.stored.agency_ids if draft.stored else set()
        for name in details.agencies:
            key = self._agency_id(name)
            if key is None:
                reason = f"{self.partnership.code} has no agency called “{name}”. Add it first."
                raise RowRefused(details.heading("agencies"), reason)
            if key not in involved:
                draft.agency_ids.append(key)
                draft.agencies_added.append(name)
        asked = [new.answers.get(ASKED) for new in draft.steps]
        for name in (name for names in asked if isinstance(names, tuple) for name in names):
            key = self._agency_id(name)
            if key is not None and key not in involved and key not in draft.agency_ids:
                draft.agency_ids.append(key)

    def _agency_id(self, name: str) -> int | None:
        if self._agencies is None:
            every = agencies(self.unit.session, self.unit.actor, self.partnership.id, ended=True)
            self._agencies = {known.casefold(): key for key, known in every}
        return self._agencies.get(name.casefold())

    # working it out and writing it down

    def _work_out(self, draft: Draft) -> None:
        """Move the tracks, holds and clocks of the case on, before anything of a new one is stored."""
        case, tracks = draft.case, {track.name: track for track in draft.case.tracks}
        running = {hold.track: hold for hold in (draft.stored.holds if draft.stored else ()) if hold.lifted_on is None}
        for new in draft.steps:
            if not new.contradicts:
                self._move(draft, new, tracks[new.track], running)
        added = [new for new in draft.steps if not new.contradicts]
        if added and not self._is_replayed(draft):
            past = draft.past
            first = 0 if draft.stored and not all(new.is_new for new in added) else past.steps.index(added[0].past)
            known = _known_days(draft)
            update_past_clocks(self.unit, case, draft.workflow, past, past.steps[first:], known=known)
        draft.has_notes = any(clock is not None for _, clock in self._new_notes(draft))

    def _move(self, draft: Draft, new: NewStep, track: CaseTrack, running: dict[str, CaseHold]) -> None:
        case, step = draft.case, new.step
        was_at, hold = track.stage, running.get(track.name)
        if new.to_stage != track.stage:
            track.stage, track.since_on, track.since_known_to = new.to_stage, new.on, new.known_to
        if new.is_new and step.hold is OnHold.START:
            added = new_hold(
                self.unit, case, track, step, was_at=was_at, on=new.on, answers=new.answers, known_to=new.known_to
            )
            running[track.name] = added
            draft.holds.append(added)
        elif new.is_new and step.hold is OnHold.REVIEW and hold is not None:
            review_hold(self.unit, case, hold, step, new.answers)
        elif new.is_new and track.held_at is not None and track.stage != was_at:
            track.held_at = None
            if hold is not None:
                running.pop(track.name).lifted_on = new.on
        elif new.day_is_new:
            self._learn_day(draft, new, track, hold)
        finish_track(case, draft.workflow, track, on=new.on, known_to=new.known_to)

    def _learn_day(self, draft: Draft, new: NewStep, track: CaseTrack, hold: CaseHold | None) -> None:
        """Correct days that were not known until now: when the track reached its stage, when the case was opened."""
        if track.stage == new.step.to:
            track.since_on, track.since_known_to, track.ended_on = new.on, new.known_to, None
        if new.step is draft.workflow.opening:
            draft.case.opened_on, draft.case.opened_known_to = new.on, new.known_to
        if new.step.hold is OnHold.START and hold is not None:
            hold.placed_on, hold.placed_known_to = new.on, new.known_to

    def _is_replayed(self, draft: Draft) -> bool:
        """Whether the clocks are worked out from the whole history: where days contradict, or a step came again."""
        if draft.stored is None:
            return False
        contradicted = any(step.contradicted_by for step in draft.stored.history.steps)
        again = any(step.occurrence > 1 for step in draft.past.steps)
        return contradicted or again or any(new.contradicts for new in draft.steps)

    def _write(self, drafts: Sequence[Draft]) -> None:
        session = self.unit.session
        session.add_all(draft.case for draft in drafts if draft.stored is None)
        for draft in drafts:
            if draft.stored is not None and draft.changes:
                draft.case.title = draft.title or draft.case.title
                flag_modified(draft.case, "closed_on")  # the version counts every change, also one in other tables only
        session.flush()
        events = [pair for draft in drafts for pair in self._events(draft)]
        children = [(draft, child) for draft in drafts for child in self._add_rows(draft)]
        session.flush()
        for draft, child in ((draft, child) for draft, child in children if draft.stored is not None):
            self._record(draft, EventKind.CHILD_RECORDED, {"child": child.id, "what": "added"})
        self._write_facts(events)
        for draft in drafts:
            if draft.stored is None or any(new.facts for new in draft.steps):
                session.expire(draft.case, ["facts"])
            if draft.stored is not None and draft.steps and self._is_replayed(draft):
                self._replay(draft)
            self._write_notes(draft)
        session.flush()

    def _write_facts(self, events: Iterable[tuple[Event, NewStep]]) -> None:
        rows = [
            {"case_id": event.case_id, "event_id": event.id, **_as_row(fact)}
            for event, new in events
            for fact in new.facts
        ]
        if rows:
            self.unit.session.execute(sa.insert(table_of(CaseFact)), rows)

    def _events(self, draft: Draft) -> list[tuple[Event, NewStep]]:
        """Record what the row adds, and give the event of each step."""
        past, case_id = draft.past, draft.case.id
        if draft.stored is None:
            self.unit.record(
                EventKind.CASE_OPENED,
                partnership_id=self.partnership.id,
                case_id=case_id,
                happened_on=past.steps[0].placed_on,
                known_to=_known_to(past.steps[0]),
                details=_event_details(past),
            )
        elif draft.title or draft.agencies_added:
            details: dict[str, Any] = {"agencies_added": draft.agencies_added} if draft.agencies_added else {}
            if draft.title:
                details |= {"title_was": "", "title": draft.title}
            self._record(draft, EventKind.CASE_EDITED, {**details, "reason": past.source or FROM_A_LIST})
        found = []
        for new in draft.steps:
            event = self.unit.record(
                EventKind.STEP_TAKEN,
                partnership_id=self.partnership.id,
                case_id=case_id,
                happened_on=new.on,
                known_to=new.known_to,
                track=new.track,
                step=new.step.name,
                from_stage=new.from_stage,
                to_stage=new.to_stage,
                details=_event_details(past, new),
            )
            event.form_edition = new.step.edition_on(new.edition_day)
            found.append((event, new))
        return found

    def _record(self, draft: Draft, kind: EventKind, details: Mapping[str, Any]) -> None:
        self.unit.record(kind, partnership_id=self.partnership.id, case_id=draft.case.id, details=details)

    def _add_rows(self, draft: Draft) -> list[Child]:
        """Add the holds, children and agencies of the row to its case, which has its number now; give the children."""
        session, case = self.unit.session, draft.case
        for hold in draft.holds:
            hold.case_id = case.id
        session.add_all(draft.holds)
        facts = {fact.name: fact.value for step in draft.past.steps for fact in step.facts}
        concerned, died_on, nature = facts.get(CHILD_CONCERNED), facts.get(DEATH_ON), facts.get(NATURE)
        children = []
        for name in draft.pseudonyms:
            is_concerned = isinstance(concerned, str) and concerned.casefold() == name.casefold()
            child = Child(case_id=case.id, pseudonym=name, nature=str(nature or ""))
            child.died_on = died_on if is_concerned and type(died_on) is date else None
            children.append(child)
        session.add_all(children)
        session.add_all(CaseAgency(case_id=case.id, agency_id=key) for key in draft.agency_ids)
        if draft.past.details.led_from:
            self.links.append((draft, draft.past.details.led_from, "led_to", draft.past.details.heading("led_from")))
        for step in draft.past.steps:
            for fact in step.facts:
                if fact.name == JOINED:
                    self.links.append((draft, str(fact.value), ABSORBED, fact.column))
        return children

    def _replay(self, draft: Draft) -> None:
        ran_before = {clock for clock in draft.case.clocks if clock.is_running}
        countable = countable_clocks(draft.case, draft.workflow, draft.past)
        replay(self.unit, draft.case, draft.workflow, countable=countable)
        for clock in draft.case.clocks:
            if clock.is_running and clock not in ran_before:
                clock.brought_in_on = self.unit.today

    def _new_notes(self, draft: Draft) -> list[tuple[ClockNote, CaseClock | None]]:
        """Give what the row says of clocks that they do not say yet, each with its clock; None where none takes it."""
        found: list[tuple[ClockNote, CaseClock | None]] = []
        for note in draft.past.notes:
            clock = _clock_of(draft.case.clocks, note.clock)
            if clock is None or not _takes(clock, note, self.unit.today):
                found.append((note, None))
            elif (clock.forecast_on != note.forecast_on) if note.forecast_on else not clock.late_reason:
                found.append((note, clock))
        return found

    def _write_notes(self, draft: Draft) -> None:
        """Store forecasts and reasons for being late with their clocks."""
        for note, clock in self._new_notes(draft):
            if clock is None:
                why = "does not run" if note.forecast_on else "is not late"
                reason = f"The clock {why} here, so there is nothing this could be stored with."
                self.done.left_out.append(RefusedPastRow(draft.past.row, note.column, reason))
                continue
            details: dict[str, str | None] = {"clock": clock.name, "counted_from": clock.counted_from_on.isoformat()}
            if note.forecast_on:
                was, clock.forecast_on = clock.forecast_on, note.forecast_on
                details |= {"was": was.isoformat() if was else None, "now": note.forecast_on.isoformat()}
                details["because"] = draft.past.source or FROM_A_LIST
            else:
                clock.late_reason = note.late_reason
                details |= {"was": None, "now": note.late_reason}
            kind = EventKind.CLOCK_FORECAST if note.forecast_on else EventKind.LATE_REASON_GIVEN
            self._record(draft, kind, details)

    # links

    def _link_led_to(self, drafts: Sequence[Draft]) -> None:
        """Link each rapid review with the practice review of its row."""
        by_row = {(draft.past.row, draft.past.reference): draft for draft in drafts}
        pairs = [
            (draft.case, by_row[draft.past.row, draft.past.led_to.reference].case)
            for draft in drafts
            if draft.past.led_to is not None
        ]
        self._link([(first.id, second.id, "led_to") for first, second in pairs])

    def _link(self, links: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
        """Link cases that are not linked yet, and give those links."""
        first = {link[0] for link in links}
        query = sa.select(CaseLink.from_case_id, CaseLink.to_case_id).where(CaseLink.from_case_id.in_(first))
        there = {tuple(row) for row in self.unit.session.execute(query)} if first else set()
        new = [link for link in dict.fromkeys(links) if link[:2] not in there and link[0] != link[1]]
        self.unit.session.add_all(
            CaseLink(from_case_id=start, to_case_id=end, kind=kind, linked_at=self.unit.now) for start, end, kind in new
        )
        self.unit.session.flush()
        pass_rights_on_along(self.unit, new)
        return new

    def link_all(self) -> None:
        """Link the cases that rows name: the one that led here, and the joint review that a case was taken into."""
        references = {reference for _, reference, _, _ in self.links}
        query = sa.select(Case.reference, Case.id).where(
            Case.partnership_id == self.partnership.id,
            Case.realm == self.workflow.realm,
            Case.reference.in_(references),
            visible(self.unit.actor, Case),
        )
        ids = {row.reference: row.id for row in self.unit.session.execute(query)} if references else {}
        links = []
        for draft, reference, kind, column in self.links:
            other = ids.get(reference)
            if other is None:
                reason = f"There is no case {reference} here, or it is not yours to see, so the two are not linked."
                self.done.left_out.append(RefusedPastRow(draft.past.row, column, reason))
            else:
                links.append((other, draft.case.id, kind) if kind == "led_to" else (draft.case.id, other, kind))
        self._link(links)
        self.links.clear()


def _known_to(past_step: PastStep) -> Precision:
    return (past_step.on.precision if past_step.on else None) or Precision.UNKNOWN


def _known_days(draft: Draft) -> KnownDays:
    """Give the latest known day of each step of the case and the row, and of each fact that is a day or moment."""
    known: dict[str, Any] = {}
    if draft.stored is not None:
        for values in draft.stored.values.values():
            known |= {name: value for name, value in values.items() if isinstance(value, date | PartialDay)}
    for new in draft.steps:
        known |= {name: value for name, value in new.answers.items() if isinstance(value, date | PartialDay)}
    happened = draft.stored.history.happened() if draft.stored is not None else {}
    for new in draft.steps:
        if new.known_to is Precision.DAY:
            happened[new.step.name] = max(new.on, happened.get(new.step.name, new.on))
    return {**known, **happened}


def _event_details(past: PastCase, new: NewStep | None = None) -> dict[str, Any]:
    details: dict[str, Any] = {"imported": True, "row": past.row}
    if past.source:
        details["source"] = past.source
    if new is not None and new.contradicts:
        details["contradicts"] = True
    if new is not None and new.occurrence:
        details["occurrence"] = new.occurrence
    return details


def _clock_of(clocks: Iterable[CaseClock], name: str) -> CaseClock | None:
    """Give the latest clock of a name that did not end unmet."""
    found = [clock for clock in clocks if clock.name == name and clock.dropped_on is None]
    return max(found, key=lambda clock: clock.counted_from_on, default=None)


def _takes(clock: CaseClock, note: ClockNote, today: date) -> bool:
    """Whether a clock can have a forecast, as it runs, or a reason, as it is or was late."""
    return clock.is_running if note.forecast_on else (clock.met_latest_on or clock.met_on or today) > clock.due_on


def _as_row(fact: PastFact) -> dict[str, Any]:
    return {"name": fact.name, "kind": fact.question.kind, **value_columns(fact.value)}
