"""How is what happened before the product was used written into a case?

A history has days and few facts, so no guard is judged: that the step leads on from where the case stands, and that the
days are in order, is all that can be asked. A step whose day nobody knows is written without one, and no clock counts
from it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm.attributes import flag_modified

from reviews.cases.history import Recorded, record_of
from reviews.cases.holds import learn_day_of_hold, turn_hold
from reviews.cases.opening import fact_of, finish_track, new_case, write_step
from reviews.cases.past_clocks import turn_past_clocks
from reviews.definitions.catalogue import definition_of, present_kind
from reviews.imports.past_facts import RowRefused, new_facts
from reviews.imports.readers.past import PastCase, PastFact, PastStep
from reviews.models import Case, CaseTrack, Partnership
from reviews.transactions.unit_of_work import Unit
from workflows.core.labels import mid_sentence, sentence
from workflows.core.paths import can_still_come
from workflows.core.vocabulary import BACK, OnHold, Step, Workflow


def open_past_case(unit: Unit, partnership: Partnership, past: PastCase) -> Case:
    """Make a case with its whole history. Raises Refused for its reference, RowRefused for its steps."""
    case = new_case(
        unit,
        _kind(unit, partnership, past),
        partnership,
        opened_on=past.steps[0].placed_on,
        reference=past.reference,
        details=_mark(past),
    )
    record_history(unit, case, past)
    return case


def _kind(unit: Unit, partnership: Partnership, past: PastCase) -> Workflow:
    """Give the version in force when it is imported: what is still to come of it follows the rules of today."""
    found = present_kind(unit.session, past.workflow, unit.today, partnership.id)
    assert found is not None, past.workflow  # noqa: S101  # the layouts name kinds that there are
    return found


def record_history(unit: Unit, case: Case, past: PastCase) -> bool:
    """Write the steps, days and facts that the case does not have yet; tell whether there were any.

    What is recorded is never overwritten: raises RowRefused where the row says otherwise.
    """
    workflow = definition_of(unit.session, case)
    recorded = _recorded(unit, case)
    new = [step for step in past.steps if _write(unit, case, workflow, past, step, recorded[step.name])]
    if not new:
        return False
    flag_modified(case, "closed_on")  # the version counts every step, also one that changes other tables only
    first = 0 if any(recorded[step.name] for step in new) else past.steps.index(new[0])
    turn_past_clocks(unit, case, workflow, past, past.steps[first:])
    return True


def _recorded(unit: Unit, case: Case) -> defaultdict[str, list[Recorded]]:
    found: defaultdict[str, list[Recorded]] = defaultdict(list)
    for one in record_of(unit.session, case).steps:
        found[one.step].append(one)
    return found


def _write(
    unit: Unit, case: Case, workflow: Workflow, past: PastCase, taken: PastStep, recorded: Sequence[Recorded]
) -> bool:
    """Write a step that is new, or a day or fact of it that is; tell whether anything was."""
    step = workflow.step(taken.name)
    assert step is not None, taken.name  # noqa: S101  # the layouts name steps of the definition
    track = next(track for track in case.tracks if track.name == workflow.track_of(step).name)
    facts, days = new_facts(unit, case, step, taken), {one.on for one in recorded if one.day_known}
    if taken.on and days and taken.on not in days:
        day = max(days)
        raise RowRefused(
            taken.column, f"“{step.title}” is recorded for {day.day} {day:%B %Y}, which an import does not change."
        )
    learned = taken.on is not None and not days
    if recorded and not learned and not facts:
        return False
    if not recorded:
        _require_next(workflow, step, track, taken)
    _put_down(unit, case, workflow, past, step, track, taken, facts, is_new=not recorded)
    return True


def _put_down(
    unit: Unit,
    case: Case,
    workflow: Workflow,
    past: PastCase,
    step: Step,
    track: CaseTrack,
    taken: PastStep,
    facts: Sequence[PastFact],
    *,
    is_new: bool,
) -> None:
    on = taken.on or max(taken.placed_on, track.since_on)
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
        given={},
        day_known=taken.on is not None,
        details=_mark(past),
    )
    case.facts.extend(fact_of(fact.name, fact.asked.kind, fact.value, event.id) for fact in facts)
    if is_new:
        turn_hold(unit, case, track, step, was_at=was_at, on=on, given={fact.name: fact.value for fact in facts})
    elif taken.on is not None:
        _learn_day(unit, case, workflow, step, track, taken.on)
    finish_track(case, workflow, track, on=on)


def _leads_to(step: Step, track: CaseTrack) -> str:
    """Give the stage a step leads to; out of a hold, whose placing the list may not speak of, to where it was."""
    return (track.held_at or track.stage) if step.to == BACK else str(step.to) or track.stage


def _learn_day(unit: Unit, case: Case, workflow: Workflow, step: Step, track: CaseTrack, on: date) -> None:
    """Correct what was placed for want of the day: since when the track stands there, and when the case was opened."""
    if track.stage == step.to:
        track.since_on, track.ended_on = on, None
    if step is workflow.opening:
        case.opened_on = on
    if step.hold is OnHold.PLACE:
        learn_day_of_hold(unit, case, track, on)


def _require_next(workflow: Workflow, step: Step, track: CaseTrack, taken: PastStep) -> None:
    """Refuse a step that cannot follow, or a day before the present stage began.

    From an end a list leads on by a step that leaves it at once: that it was looked at again, nobody concludes.
    """
    if step is workflow.opening:
        return
    found = workflow.track(track.name)
    stage, title = mid_sentence(sentence(track.stage)), mid_sentence(found.title)
    over = track.stage in found.finished and track.stage not in step.source
    if over or not can_still_come(found, track.stage, step):
        raise RowRefused(taken.column, f"“{step.title}” cannot follow: the {title} stands at {stage}.")
    if taken.on and taken.on < track.since_on:
        since = f"{track.since_on.day} {track.since_on:%B %Y}"
        raise RowRefused(taken.column, f"This lies before {since}, since when the {title} stands at {stage}.")


def _mark(past: PastCase) -> dict[str, Any]:
    return {"imported": True, "row": past.row}
