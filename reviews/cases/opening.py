"""Write a new case, and a step of a case with its facts. Whether the step is allowed is judged before."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from reviews.cases.facts import ASKED, form_day
from reviews.core.fast_sql import table_of
from reviews.models import Agency, Case, CaseAgency, CaseFact, CaseTrack, Event, EventKind, Partnership
from reviews.models.cases import VALUES
from reviews.transactions.references import reference_for
from reviews.transactions.unit_of_work import Unit
from workflows.core.days import PartialDay, Precision
from workflows.core.engine import Refused
from workflows.core.questions import Kind, Value
from workflows.core.vocabulary import UNOPENED, Step, Workflow


def new_case(
    unit: Unit,
    workflow: Workflow,
    partnership: Partnership,
    *,
    opened_on: date,
    known_to: Precision = Precision.DAY,
    title: str = "",
    reference: str = "",
    parent: Case | None = None,
    details: Mapping[str, Any] | None = None,
) -> Case:
    """Make a case with its tracks at their first stages, before its opening step is written. Raises Refused.

    A case with a `parent` is in the parent's realm, and its reference is taken as it is.
    """
    require_opening_on(workflow, opened_on)
    if not parent:
        reference = reference_for(unit, partnership, workflow, opened_on.year, requested=reference)
    case = unopened_case(
        workflow, partnership, reference, opened_on=opened_on, known_to=known_to, title=title, parent=parent
    )
    unit.session.add(case)
    unit.session.flush()
    unit.record(
        EventKind.CASE_OPENED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        happened_on=opened_on,
        known_to=known_to,
        details=dict(details or {}),
    )
    return case


def require_opening_on(workflow: Workflow, day: date) -> None:
    """Refuse a kind of which none begins any more."""
    if not workflow.takes_new_on(day):
        raise Refused(f"{workflow.title}: you cannot open one after {workflow.last_opening_on:%-d %B %Y}.")


def unopened_case(
    workflow: Workflow,
    partnership: Partnership,
    reference: str,
    *,
    opened_on: date,
    known_to: Precision = Precision.DAY,
    title: str = "",
    parent: Case | None = None,
) -> Case:
    """Give a case with its tracks at their first stages, which is not stored yet."""
    return Case(
        partnership_id=partnership.id,
        reference=reference,
        title=title.strip()[:200],
        workflow=workflow.name,
        workflow_version=workflow.version,
        realm=parent.realm if parent else workflow.realm,
        parent_id=parent.id if parent else None,
        opened_on=opened_on,
        closed_on=None,
        opened_known_to=known_to,
        kind_changed_id=None,  # set, as its facts are read by it
        tracks=first_tracks(workflow, opened_on, known_to),
    )


def first_tracks(workflow: Workflow, opened_on: date, known_to: Precision = Precision.DAY) -> list[CaseTrack]:
    """Give the tracks of a case before its opening step is written."""
    return [
        CaseTrack(
            name=track.name,
            stage=track.initial,
            since_on=opened_on,
            since_known_to=known_to,
            ended_known_to=Precision.DAY,  # said here too: only rows of the same columns are written together
        )
        for track in workflow.tracks
    ]


def write_step(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    step: Step,
    *,
    track: CaseTrack,
    to: str,
    on: date,
    answers: Mapping[str, Value],
    known_to: Precision = Precision.DAY,
    details: Mapping[str, Any] | None = None,
) -> Event:
    """Write the event with the edition of its form, the answers and the new stage together."""
    edition = step.edition_on(form_day(unit.session, case, step, on))
    event = unit.record(
        EventKind.STEP_TAKEN,
        partnership_id=case.partnership_id,
        case_id=case.id,
        happened_on=on,
        track=track.name,
        step=step.name,
        from_stage=UNOPENED if step is workflow.opening else track.stage,
        to_stage=to,
        known_to=known_to,
        details=dict(details or {}),
    )
    event.form_edition = edition
    if to != track.stage:
        track.stage, track.since_on, track.since_known_to = to, on, known_to
    unit.session.flush()
    _store_facts(unit, case, workflow, event, answers)
    _add_agencies_asked(unit, case, answers.get(ASKED))
    return event


def fact_of(name: str, kind: Kind, value: Value, event_id: int) -> CaseFact:
    """Put a value into the column of its kind."""
    return CaseFact(name=name, kind=kind, event_id=event_id, **columns_of(value))


def columns_of(value: Value) -> dict[str, Value | None]:
    """Give the content of each of the four value columns."""
    empty: dict[str, Value | None] = dict.fromkeys(VALUES)
    match value:
        case bool() | int():
            return empty | {"number": int(value)}
        case datetime():
            return empty | {"moment": value}
        case date():
            return empty | {"day": value}
        case PartialDay():
            return empty | {"words": value.isoformat()}
        case tuple():
            return empty | {"words": "\n".join(value)}
        case _:
            return empty | {"words": value}


def finish_track(
    case: Case, workflow: Workflow, track: CaseTrack, *, on: date, known_to: Precision = Precision.DAY
) -> None:
    """Set the first day a track was finished; the case is closed on the day its last track was finished."""
    ended_on = (track.ended_on or on) if track.stage in workflow.track(track.name).finished else None
    if track.ended_on != ended_on:
        track.ended_on, track.ended_known_to = ended_on, known_to if ended_on else Precision.DAY
    close_finished(case)


def close_finished(case: Case) -> None:
    """Close the case on the day its last track was finished, or open it again where one is not."""
    ends = [(track.ended_on, track.ended_known_to) for track in case.tracks if track.ended_on is not None]
    closed_on, known_to = max(ends) if len(ends) == len(case.tracks) else (None, Precision.DAY)
    # setting the same value again would make the ORM examine the row
    if (case.closed_on, case.closed_known_to) != (closed_on, known_to):
        case.closed_on, case.closed_known_to = closed_on, known_to


def agencies_of(unit: Unit, case: Case) -> list[int]:
    return list(unit.session.scalars(sa.select(CaseAgency.agency_id).where(CaseAgency.case_id == case.id)))


def add_agencies(unit: Unit, case: Case, keys: Iterable[int]) -> None:
    unit.session.add_all(CaseAgency(case_id=case.id, agency_id=key) for key in keys)


_FACTS = table_of(CaseFact)
_INSERT_FACTS = sa.insert(_FACTS).returning(_FACTS.c.id)
"""With RETURNING the rows are sent in one statement, without it one by one."""


def _store_facts(unit: Unit, case: Case, workflow: Workflow, event: Event, answers: Mapping[str, Value]) -> None:
    """Write the facts in one statement, without reading the earlier facts of the case."""
    asked, whose = workflow.questions, {"case_id": case.id, "event_id": event.id}
    rows = [{"name": name, "kind": asked[name].kind, **columns_of(value), **whose} for name, value in answers.items()]
    if rows:
        unit.session.execute(_INSERT_FACTS, rows)
        unit.session.expire(case, ["facts"])


def _add_agencies_asked(unit: Unit, case: Case, names: Value | None) -> None:
    """Add the agencies that were asked for information to those involved in the case."""
    if not isinstance(names, tuple):
        return
    asked = sa.select(Agency.id).where(Agency.partnership_id == case.partnership_id, Agency.name.in_(names))
    involved = set(agencies_of(unit, case))
    add_agencies(unit, case, (key for key in unit.session.scalars(asked) if key not in involved))
