"""Imports cases with a history from before the product was used.

A history has days and few facts, so guards are not checked: a step must only follow from the stage of the case, and the
days must be in order. A step whose day is not known is recorded without one, and no clock counts from it.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.cases.clocks import update_past_clocks
from reviews.cases.corrections import replay
from reviews.cases.facts import form_day
from reviews.cases.history import RecordedStep, facts_that_hold, read_history
from reviews.cases.holds import set_hold_placed_on, update_hold
from reviews.cases.opening import fact_of, finish_track, new_case, write_step
from reviews.cases.validation import check_fact, check_values
from reviews.definitions.installed import definition_of, present_kind
from reviews.imports.readers.past_rows import Histories, PastCase, PastFact, PastStep, RefusedPastRow
from reviews.models import Case, CaseLink, CaseTrack, Partnership
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.days import PartialDay, Precision, day_in_words
from workflows.core.engine import Refused, can_still_come
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Value
from workflows.core.vocabulary import BACK, OnHold, Step, Workflow


class RowRefused(Exception):
    """The row contradicts the case; `column` is the heading in the file."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def new_facts(unit: Unit, case: Case, step: Step, past_step: PastStep, source: str = "") -> list[PastFact]:
    """Give the facts that are new to the case, checked as the form of the step checks them."""
    existing = {fact.name: fact.value for fact in facts_that_hold(unit.session, case)}
    day = form_day(unit.session, case, step, past_step.placed_on)
    new = []
    for fact in past_step.facts:
        if fact.name not in existing or _says_more(fact.value, existing[fact.name]):
            new.append(fact)
        elif existing[fact.name] == fact.value or _says_more(existing[fact.name], fact.value):
            continue
        elif not (source and _as_known(fact.value) == past_step.on):  # else it is kept as the day of the step
            raise RowRefused(
                fact.column, f"The case says “{_in_words(existing[fact.name])}”. An import cannot change this."
            )
    for fact in new:
        _check(step, fact, day)
    return new


def _says_more(value: Value | None, than: Value | None) -> bool:
    """Whether a day says more closely what another one says of a month or a year."""
    first, second = _as_known(value), _as_known(than)
    return first is not None and second is not None and first.is_closer_than(second)


def _as_known(value: Value | None) -> PartialDay | None:
    if isinstance(value, PartialDay):
        return value
    return PartialDay.of(value) if isinstance(value, date) and not isinstance(value, datetime) else None


def _check(step: Step, fact: PastFact, day: date) -> None:
    """Refuse what the step would refuse. A fact that it does not ask for is checked by the fact's own question."""
    try:
        if fact.name in {asked.name for asked in step.questions}:
            check_values(step, {fact.name: fact.value}, on=day)
        else:
            check_fact(fact.question, fact.value)
    except Refused as refusal:
        raise RowRefused(fact.column, refusal.sentence) from refusal


def _in_words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case date() | PartialDay():
            return day_in_words(value)
        case _:
            return mid_sentence(sentence(str(value)))


def open_past_case(unit: Unit, partnership: Partnership, past: PastCase) -> Case:
    """Open a case with its whole history. Raises Refused for its reference, RowRefused for its steps."""
    case = new_case(
        unit,
        _kind(unit, partnership, past),
        partnership,
        opened_on=past.steps[0].placed_on,
        known_to=_known_to(past.steps[0]),
        reference=past.reference,
        details=_event_details(past),
    )
    record_history(unit, case, past)
    return case


def _kind(unit: Unit, partnership: Partnership, past: PastCase) -> Workflow:
    """Give the version in force today: the rest of the case follows the rules of today."""
    found = present_kind(unit.session, past.workflow, unit.today, partnership.id)
    assert found is not None, past.workflow  # noqa: S101  # the layouts name kinds that there are
    return found


def record_history(unit: Unit, case: Case, past: PastCase) -> bool:
    """Record the steps, days and facts that are new to the case; return whether there were any.

    Nothing that is recorded is overwritten: raises RowRefused where the row differs from it.
    """
    workflow = definition_of(unit.session, case)
    recorded = _recorded(unit, case)
    new = [step for step in past.steps if _write(unit, case, workflow, past, step, recorded[step.name])]
    contradicted = [step for step in past.steps if _contradict(unit, case, workflow, past, step, recorded[step.name])]
    if not new and not contradicted:
        return False
    flag_modified(case, "closed_on")  # the version counts every step, also one that changes other tables only
    if new:
        first = 0 if any(recorded[step.name] for step in new) else past.steps.index(new[0])
        update_past_clocks(unit, case, workflow, past, past.steps[first:])
    if contradicted or any(step.contradicted_by for steps in recorded.values() for step in steps):
        replay(unit, case, workflow)  # a clock is then of all the days that any source gives
    return True


def _recorded(unit: Unit, case: Case) -> defaultdict[str, list[RecordedStep]]:
    found: defaultdict[str, list[RecordedStep]] = defaultdict(list)
    for step in read_history(unit.session, case).steps:
        found[step.step].append(step)
    return found


def _write(
    unit: Unit, case: Case, workflow: Workflow, past: PastCase, past_step: PastStep, recorded: Sequence[RecordedStep]
) -> bool:
    """Record a new step, or a new day or new facts of a recorded one; return whether anything was new."""
    step = workflow.step(past_step.name)
    assert step is not None, past_step.name  # noqa: S101  # the layouts name steps of the definition
    track = next(track for track in case.tracks if track.name == workflow.track_of(step).name)
    facts = new_facts(unit, case, step, past_step, past.source)
    days = [day for earlier in recorded for day in (earlier.day, *earlier.contradicted_by) if day]
    same = [day for day in days if past_step.on and day.agrees_with(past_step.on)]
    if past_step.on and days and not same:
        if past.source and all(past.source not in earlier.sources for earlier in recorded):
            return False  # kept beside it, see _contradict
        raise RowRefused(
            past_step.column,
            f"“{step.title}” is recorded for {days[-1]}. An import cannot change this. To keep both days, name where "
            "yours is from in a column “source”.",
        )
    day_is_new = past_step.on is not None and all(past_step.on.is_closer_than(day) for day in same)
    if recorded and not day_is_new and not facts:
        return False
    if not recorded:
        _require_next(workflow, step, track, past_step)
    _write_step(unit, case, workflow, past, step, track, past_step, facts, is_new=not recorded, day_is_new=day_is_new)
    return True


def _write_step(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    past: PastCase,
    step: Step,
    track: CaseTrack,
    past_step: PastStep,
    facts: Sequence[PastFact],
    *,
    is_new: bool,
    day_is_new: bool,
) -> None:
    on = past_step.placed_on if past_step.on and not is_new else max(past_step.placed_on, track.since_on)
    on = min(on, past_step.on.last) if past_step.on else on
    known_to = _known_to(past_step)
    was_at = track.stage
    to = _leads_to(step, track) if is_new else was_at
    event = write_step(
        unit,
        case,
        workflow,
        step,
        track=track,
        to=to,
        on=on,
        answers={},
        known_to=known_to,
        details=_event_details(past),
    )
    case.facts.extend(fact_of(fact.name, fact.question.kind, fact.value, event.id) for fact in facts)
    if is_new:
        answers = {fact.name: fact.value for fact in facts}
        update_hold(unit, case, track, step, was_at=was_at, on=on, answers=answers, known_to=known_to)
    elif day_is_new:
        _learn_day(unit, case, workflow, step, track, on, known_to)
    finish_track(case, workflow, track, on=on, known_to=known_to)


def _known_to(past_step: PastStep) -> Precision:
    return (past_step.on.precision if past_step.on else None) or Precision.UNKNOWN


def _contradict(
    unit: Unit, case: Case, workflow: Workflow, past: PastCase, past_step: PastStep, recorded: Sequence[RecordedStep]
) -> bool:
    """Keep a day from a named source beside the recorded one that it contradicts; whether it was not there yet."""
    days = [day for earlier in recorded for day in (earlier.day, *earlier.contradicted_by) if day]
    if not past.source or not past_step.on or not days or any(day.agrees_with(past_step.on) for day in days):
        return False
    step = workflow.step(past_step.name)
    assert step is not None, past_step.name  # noqa: S101  # the layouts name steps of the definition
    track = next(track for track in case.tracks if track.name == workflow.track_of(step).name)
    write_step(
        unit,
        case,
        workflow,
        step,
        track=track,
        to=track.stage,
        on=past_step.on.first,
        answers={},
        known_to=_known_to(past_step),
        details={**_event_details(past), "contradicts": True},
    )
    return True


def _leads_to(step: Step, track: CaseTrack) -> str:
    """Give the stage a step leads to. Out of a hold, which the list may not mention, it is the stage before."""
    return (track.held_at or track.stage) if step.to == BACK else str(step.to) or track.stage


def _learn_day(
    unit: Unit, case: Case, workflow: Workflow, step: Step, track: CaseTrack, on: date, known_to: Precision
) -> None:
    """Correct days that were not known until now: since when the track is at its stage, when the case was opened."""
    if track.stage == step.to:
        track.since_on, track.since_known_to, track.ended_on = on, known_to, None
    if step is workflow.opening:
        case.opened_on, case.opened_known_to = on, known_to
    if step.hold is OnHold.START:
        set_hold_placed_on(unit, case, track, on, known_to)


def _require_next(workflow: Workflow, step: Step, track: CaseTrack, past_step: PastStep) -> None:
    """Refuse a step that cannot follow, or a day before the present stage began.

    From a final stage only a step that leaves it directly can follow: the list cannot imply that it was reopened.
    """
    if step is workflow.opening:
        return
    found = workflow.track(track.name)
    stage, title = mid_sentence(sentence(track.stage)), mid_sentence(found.title)
    over = track.stage in found.finished and track.stage not in step.source
    if over or not can_still_come(found, track.stage, step):
        raise RowRefused(past_step.column, f"“{step.title}” cannot follow, because the {title} is at {stage}.")
    since = track.since or PartialDay.of(track.since_on)
    if past_step.on and since.is_after(past_step.on):
        raise RowRefused(past_step.column, f"This is before {since}, when the {title} reached {stage}.")


def _event_details(past: PastCase) -> dict[str, Any]:
    return {"imported": True, "row": past.row, **({"source": past.source} if past.source else {})}


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
    """The result of an import. One row may be two cases: the counts are of cases."""

    rows: int
    cases: list[ImportedCase] = field(default_factory=list)
    refused: list[RefusedPastRow] = field(default_factory=list)

    def count(self, outcome: CaseOutcome) -> int:
        return sum(imported.outcome is outcome for imported in self.cases)


def import_cases(
    unit: Unit, partnership: Partnership, workflow: Workflow, histories: Histories, *, lenient: bool = False
) -> CaseImport:
    """Store the cases of a list: all of them, or none when rows are refused and `lenient` is not asked for.

    A row whose reference exists updates its case; the same file again changes nothing. Raises NotAllowed.
    """
    unit.actor.require(Permission.IMPORT_CASES, partnership.id, workflow.realm)
    done = CaseImport(rows=histories.rows, refused=list(histories.refused))
    all_rows = unit.session.begin_nested()
    for past in histories.cases:
        try:
            with unit.session.begin_nested():
                done.cases += _store(unit, partnership, past)
        except RowRefused as refusal:
            done.refused.append(RefusedPastRow(past.row, refusal.column, refusal.reason))
        except Refused as refusal:
            done.refused.append(RefusedPastRow(past.row, past.column, refusal.sentence))
    done.refused.sort(key=lambda refused: refused.row)
    if done.refused and not lenient:
        all_rows.rollback()
        done.cases.clear()
    else:
        all_rows.commit()
    return done


def _store(unit: Unit, partnership: Partnership, past: PastCase) -> list[ImportedCase]:
    case = _existing_case(unit, partnership, past)
    stored = [_stored(unit, partnership, past, case)]
    if past.led_to is not None:
        led_to = _led_to(unit, stored[0].case, past.led_to) or _existing_case(unit, partnership, past.led_to)
        stored.append(_stored(unit, partnership, past.led_to, led_to))
        _link(unit, stored)
    return stored


def _existing_case(unit: Unit, partnership: Partnership, past: PastCase) -> Case | None:
    try:
        case = unit.case(past.reference, partnership=partnership.code)
    except NotFound:
        return None
    if case.workflow != past.workflow:
        raise RowRefused(past.column, f"{past.reference} is already the reference of another kind of case.")
    return case


def _stored(unit: Unit, partnership: Partnership, past: PastCase, existing: Case | None) -> ImportedCase:
    if existing is None:
        return ImportedCase(past.row, open_past_case(unit, partnership, past), CaseOutcome.CREATED)
    changed = record_history(unit, existing, past)
    return ImportedCase(past.row, existing, CaseOutcome.UPDATED if changed else CaseOutcome.UNCHANGED)


def _led_to(unit: Unit, case: Case, past: PastCase) -> Case | None:
    """Find the case that this one already led to, whatever its reference."""
    return unit.session.scalars(
        sa.select(Case)
        .join(CaseLink, CaseLink.to_case_id == Case.id)
        .where(CaseLink.from_case_id == case.id, Case.workflow == past.workflow, visible(unit.actor, Case))
        .order_by(Case.id)
        .limit(1)
    ).first()


def _link(unit: Unit, stored: Sequence[ImportedCase]) -> None:
    first, second = (imported.case.id for imported in stored)
    link = sa.select(CaseLink).where(CaseLink.from_case_id == first, CaseLink.to_case_id == second)
    if unit.session.scalar(link) is None:
        unit.session.add(CaseLink(from_case_id=first, to_case_id=second, linked_at=unit.now))
        unit.session.flush()
