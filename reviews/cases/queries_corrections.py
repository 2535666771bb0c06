"""Which recorded step may this person correct, and which rows of a history were corrected?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.policies import roles_on_case
from reviews.access.visibility import visible
from reviews.cases.history import days_open_to, record_of
from reviews.models import Case, Event, EventKind
from workflows.core.facts import Value
from workflows.core.vocabulary import Step, Workflow

KINDS = (EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED)


@dataclass(frozen=True, slots=True)
class CorrectableStep:
    """A recorded step with what holds of it: `first` and `last` are the days between which it may be set."""

    step: Step
    on: date | None
    first: date | None
    last: date | None
    given: Mapping[str, Value]
    form_edition: date | None


def correctable_step(
    session: Session, actor: Actor, case: Case, workflow: Workflow, event_id: int
) -> CorrectableStep | None:
    """Find a step of a case that may be seen, by a row of its history; None where it cannot be corrected by them."""
    record = record_of(session, case)
    one = record.of(event_id)
    step = workflow.step(one.step) if one else None
    if one is None or step is None or not may_correct(actor, case, step):
        return None
    first, last = days_open_to(record, one)
    given = record.values(case)[one.event_id]
    return CorrectableStep(step, one.on if one.day_known else None, first, last, given, one.form_edition)


def may_correct(actor: Actor, case: Case, step: Step) -> bool:
    """Whoever may record a step may correct it."""
    roles = roles_on_case(actor, case)
    return roles is None or bool(roles & step.by)


def corrections_of(session: Session, actor: Actor, events: Sequence[Event]) -> dict[int, Event]:
    """Give what holds instead of these rows of a history, by the number of the row: its latest correction."""
    first = {event.id: event.corrects_id or event.id for event in events if event.kind in KINDS}
    wanted = Event.corrects_id.in_(sorted(set(first.values()))) & visible(actor, Event)
    latest = {row.corrects_id: row for row in session.scalars(sa.select(Event).where(wanted).order_by(Event.id))}
    return {key: latest[root] for key, root in first.items() if root in latest and latest[root].id != key}
