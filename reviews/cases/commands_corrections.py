"""How is a step that was recorded wrongly put right? What was written first stays in the history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy.orm.attributes import flag_modified

from reviews.access.policies import roles_on_case
from reviews.cases.corrections import Redated, called_now, replay
from reviews.cases.details import children_of
from reviews.cases.history import Record, Recorded, days_open_to, record_of
from reviews.cases.opening import fact_of
from reviews.cases.validation import check_day, check_given, check_values
from reviews.definitions.catalogue import definition_of
from reviews.models import Case, Event, EventKind
from reviews.transactions.reasons import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused, judge_again
from workflows.core.facts import Facts, Value
from workflows.core.vocabulary import BACK, CHILD_CONCERNED, DEATH_ON, JOINED, NATURE, Step, Workflow
from workflows.guards.cases import COMPUTED

ELSEWHERE = frozenset({JOINED, CHILD_CONCERNED, DEATH_ON})
"""Facts by which a step changed something beside its case, which a correction of the history does not reach."""


def correct_step(
    unit: Unit, case: Case, event_id: int, *, happened_on: date, given: Mapping[str, Value | None], reason: str
) -> Event:
    """Correct the day and the facts of a recorded step, and give the row that says so.

    Whoever may record the step may correct it. What is worked out of the history is worked out anew. Raises NotFound,
    or Refused: without a reason, for a day out of order, and where the step would not have been allowed like this.
    """
    workflow, record = definition_of(unit.session, case), record_of(unit.session, case)
    one = record.of(event_id)
    if one is None:
        raise NotFound
    step, why = _step_of(workflow, one), check_reason(reason)
    before, filled = record.values(case)[one.event_id], _checked(step, one, given)
    facts = _known_then(unit, case, workflow, record, one, filled, happened_on)
    judged = replace(step, only_if=()) if one.imported else step  # no guard was judged when it came in
    judge_again(judged, facts=facts, roles=roles_on_case(unit.actor, case), unknown=frozenset(COMPUTED))
    _require_day(record, one, happened_on, unit.today)
    _require_change(step, one, happened_on, before, filled)
    event = _write(unit, case, workflow, one, step, _with_imported(step, before, filled), happened_on)
    _change_nature(unit, case, before, filled)
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    event.details = {"reason": why, "clocks": [_as_data(clock) for clock in replay(unit, case, workflow)]}
    return event


def _step_of(workflow: Workflow, one: Recorded) -> Step:
    """Find the step, and refuse one that today leads elsewhere: no correction moves a case to another stage."""
    step = workflow.step(one.step)
    if step is None:
        raise Refused("This step is not part of the version the case runs under now, so it cannot be corrected.")
    leads_to = called_now(workflow, one.track, one.to_stage)
    if step.to not in ("", BACK) and str(step.to) != leads_to:
        raise Refused(f"“{step.title}” leads to another stage now: a correction cannot move a case.")
    return step


def _checked(step: Step, one: Recorded, given: Mapping[str, Value | None]) -> dict[str, Value]:
    """Check the facts by the form it was recorded with; what an import left open may stay open."""
    day = one.form_edition or date.min
    return check_values(step, given, on=day) if one.imported else check_given(step, given, on=day)


def _known_then(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    record: Record,
    one: Recorded,
    filled: Mapping[str, Value],
    on: date,
) -> Facts:
    """Gather what was known when the step was taken, as far as the history says it."""
    given, known, happened = record.values(case), dict[str, Value](), dict[str, date]()
    stages = {track.name: str(track.initial) for track in workflow.tracks}
    for earlier in record.steps[: record.steps.index(one)]:
        known |= given[earlier.event_id]
        stages[earlier.track] = called_now(workflow, earlier.track, earlier.to_stage)
        if earlier.day_known:
            happened[earlier.step] = max(earlier.on, happened.get(earlier.step, earlier.on))
    return Facts({**known, **filled}, stages, happened, on, unit.calendar)


def _require_day(record: Record, one: Recorded, day: date, today: date) -> None:
    """Refuse a day ahead, or one out of the order of the steps; the day it has may always stay."""
    check_day(day, today)
    first, last = days_open_to(record, one)
    if one.day_known and day == one.on:
        return
    if first is not None and day < first:
        raise Refused(f"This cannot have happened before {_said(first)}: the step before it is recorded for that day.")
    if last is not None and day > last:
        raise Refused(f"This cannot have happened after {_said(last)}: the step after it is recorded for that day.")


def _require_change(
    step: Step, one: Recorded, day: date, before: Mapping[str, Value], filled: Mapping[str, Value]
) -> None:
    labels = {asked.name: asked.label for asked in step.asks}
    changed = [name for name in labels if before.get(name) != filled.get(name)]
    if not changed and one.day_known and day == one.on:
        raise Refused("Nothing would be corrected: the day and the facts are as they were recorded.")
    reached = ELSEWHERE | {step.for_each} if step.opens else ELSEWHERE
    for name in changed:
        if name in reached:
            raise Refused(f"“{labels[name]}” cannot be corrected here: the step changed another record by it as well.")


def _with_imported(step: Step, before: Mapping[str, Value], filled: Mapping[str, Value]) -> dict[str, Value]:
    """Keep the facts that came in with an import and that no form asks for."""
    asked = {each.name for each in step.asks}
    return {**{name: value for name, value in before.items() if name not in asked}, **filled}


def _write(
    unit: Unit, case: Case, workflow: Workflow, one: Recorded, step: Step, given: Mapping[str, Value], on: date
) -> Event:
    event = unit.record(
        EventKind.STEP_CORRECTED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        happened_on=on,
        track=one.track,
        step=step.name,
        from_stage=one.from_stage,
        to_stage=one.to_stage,
    )
    event.corrects_id, event.form_edition = one.event_id, one.form_edition
    unit.session.flush()
    kinds = {fact.name: fact.kind for fact in case.facts} | {name: each.kind for name, each in workflow.asks.items()}
    case.facts.extend(fact_of(name, kinds[name], value, event.id) for name, value in given.items())
    return event


def _change_nature(unit: Unit, case: Case, before: Mapping[str, Value], filled: Mapping[str, Value]) -> None:
    """Put right what the children are counted by, where it was notified wrongly."""
    was, now = before.get(NATURE), filled.get(NATURE)
    for child in children_of(unit, case) if was != now else ():
        if child.nature == was:
            child.nature = str(now or "")


def _as_data(clock: Redated) -> dict[str, str | None]:
    was, now = (day.isoformat() if day else None for day in (clock.was, clock.now))
    return {"clock": clock.clock, "was": was, "now": now}


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
