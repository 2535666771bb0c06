"""Which steps, days and facts of a case hold, once what was corrected is read as it was corrected?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.models import Case, CaseFact, Event, EventKind
from workflows.core.questions import Value
from workflows.core.vocabulary import UNOPENED


@dataclass(slots=True)
class Recorded:
    """A step at its place in the history, with the day that holds. Its facts are those written with `facts_with`.

    Where an import brought a day or facts of a step that was there already, both rows are one step.
    """

    event_id: int
    track: str
    step: str
    from_stage: str
    to_stage: str
    on: date
    day_known: bool
    imported: bool
    form_edition: date | None
    rows: list[int]
    facts_with: list[int]
    correction_id: int | None = None


@dataclass(slots=True)
class CaseHistory:
    """The steps of a case in their order, as they hold."""

    steps: list[Recorded] = field(default_factory=list)

    def of(self, event_id: int) -> Recorded | None:
        """Find the step an event of the history belongs to."""
        return next((one for one in self.steps if event_id in one.rows), None)

    def happened(self) -> dict[str, date]:
        """Give the latest known day of each step; one whose day nobody knows is no day to count from."""
        found: dict[str, date] = {}
        for one in self.steps:
            if one.day_known:
                found[one.step] = max(one.on, found.get(one.step, one.on))
        return found

    def facts(self, case: Case) -> Sequence[CaseFact]:
        """Give the facts that hold, in the order of the steps they belong to: the latest of a name holds."""
        corrected = [one for one in self.steps if one.correction_id is not None]
        if not corrected:
            return case.facts
        place = {one.correction_id: one.event_id for one in corrected}
        over = {row for one in corrected for row in one.rows} - set(place)
        held = [fact for fact in case.facts if fact.event_id not in over]
        return sorted(held, key=lambda fact: (place.get(fact.event_id, fact.event_id), fact.id))

    def values(self, case: Case) -> dict[int, dict[str, Value]]:
        """Give what holds of the facts given with each step, by the number of the step's event."""
        whose = {row: one.event_id for one in self.steps for row in one.facts_with}
        found: dict[int, dict[str, Value]] = {one.event_id: {} for one in self.steps}
        for fact in case.facts:
            if fact.event_id in whose and fact.value is not None:
                found[whose[fact.event_id]][fact.name] = fact.value
        return found


_STEPS = (
    sa.select(Event)
    .where(Event.case_id == sa.bindparam("of"), Event.step.is_not(None))
    .where(Event.kind.in_((EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED)))
    .order_by(Event.id)
)
"""Kept, as it takes longer to build than to ask."""


def record_of(session: Session, case: Case) -> CaseHistory:
    """Read the steps of a case, each with its latest correction."""
    return history_of_events(session.scalars(_STEPS, {"of": case.id}))


def correctable_days(record: CaseHistory, one: Recorded) -> tuple[date | None, date | None]:
    """Give the first and the last day a step may be corrected to: those of the steps around it on its track.

    A step that leads on comes before all that follows up to the next that does; one that stays, before the next move.
    """
    place = record.steps.index(one)
    opening, moves = one.from_stage == UNOPENED, one.to_stage != one.from_stage
    earlier = [
        other
        for other in record.steps[:place]
        if other.from_stage == UNOPENED or (other.track == one.track and other.to_stage != other.from_stage)
    ]
    later: list[Recorded] = []
    for other in (other for other in record.steps[place + 1 :] if opening or other.track == one.track):
        leads_on = other.to_stage != other.from_stage
        if moves or leads_on:
            later.append(other)
        if leads_on and not opening:
            break
    first = max((other.on for other in earlier if other.day_known), default=None)
    return first, min((other.on for other in later if other.day_known), default=None)


def history_of_events(events: Iterable[Event]) -> CaseHistory:
    """Read the steps out of the rows of one case, which come in the order they were recorded."""
    record = CaseHistory()
    for event in events:
        known = _known(record, event)
        if known is None:
            record.steps.append(_new(event))
        elif event.kind is EventKind.STEP_CORRECTED:
            _correct(known, event)
        else:
            _add(known, event)
    return record


def only_current_facts(query: Any) -> Any:
    """Narrow a query of facts of many cases to those that hold, in the order of the steps they belong to."""
    later, first = aliased(Event), sa.func.coalesce(Event.corrects_id, Event.id)
    corrected = sa.exists().where(later.corrects_id == first, later.id > Event.id)
    return query.join(Event, Event.id == CaseFact.event_id).where(~corrected).order_by(first, CaseFact.id)


def facts_that_hold(session: Session, case: Case) -> Sequence[CaseFact]:
    return record_of(session, case).facts(case)


def _known(record: CaseHistory, event: Event) -> Recorded | None:
    """Find the step that a row corrects, or that an import brings more about."""
    if event.corrects_id is not None:
        return record.of(event.corrects_id)
    if not event.details.get("imported"):
        return None
    same = [one for one in record.steps if one.step == event.step]
    return next((one for one in same if not one.day_known), same[-1] if same else None)


def _new(event: Event) -> Recorded:
    return Recorded(
        event_id=event.id,
        track=str(event.track),
        step=str(event.step),
        from_stage=str(event.from_stage),
        to_stage=str(event.to_stage),
        on=event.happened_on,
        day_known=event.day_known,
        imported=bool(event.details.get("imported")),
        form_edition=event.form_edition,
        rows=[event.id],
        facts_with=[event.id],
    )


def _correct(known: Recorded, event: Event) -> None:
    known.on, known.day_known = event.happened_on, event.day_known
    known.rows.append(event.id)
    known.facts_with, known.correction_id = [event.id], event.id


def _add(known: Recorded, event: Event) -> None:
    known.rows.append(event.id)
    known.facts_with.append(event.id)
    if event.day_known:
        known.on, known.day_known = event.happened_on, True
