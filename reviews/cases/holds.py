"""The steps of a case that must wait for a parallel process, such as a criminal investigation."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible_with
from reviews.cases.history import only_current_facts
from reviews.cases.people import person_id_named
from reviews.definitions.installed import present_catalogue
from reviews.models import Case, CaseFact, CaseHold, CaseTrack
from reviews.transactions.unit_of_work import Unit
from workflows.catalogue import Catalogue
from workflows.core.days import Precision
from workflows.core.labels import mid_sentence
from workflows.core.questions import Value
from workflows.core.vocabulary import BLOCKS, OnHold, Step, day_of_hold, fact_of_hold

KIND, CHECK = "process_kind", "next_check_on"


UNSEEN_PROCESS = "a parallel process, which you cannot see"


@lru_cache(maxsize=256)
def _running_processes(actor: Actor) -> sa.Select[Any]:
    """Build the query of what runs inside a case. Cached: building it takes longer than running it."""
    query: sa.Select[Any] = only_current_facts(
        sa.select(Case.id, Case.reference, Case.workflow, visible_with(actor, Case).label("seen"), CaseFact)
        .join(CaseFact, CaseFact.case_id == Case.id)
        .where(Case.parent_id == sa.bindparam("parent"), Case.closed_on.is_(None))
        .where(CaseFact.name.in_((BLOCKS, KIND, CHECK)))
        .order_by(Case.id)
    )
    return query


def blocked_steps(session: Session, actor: Actor, case: Case) -> dict[str, tuple[str, ...]]:
    """Give the blocked steps by name, each with the parallel processes that have to end before it, in words.

    A process that is not the actor's to see is called that, and nothing more.
    """
    if case.parent_id is not None:
        return {}
    rows = session.execute(_running_processes(actor), {"parent": case.id})
    running: dict[tuple[str, str, bool], dict[str, Value]] = {}
    for _, reference, workflow, seen, fact in rows:
        if fact.value is not None:
            running.setdefault((reference, workflow, bool(seen)), {})[fact.name] = fact.value
    if not running:
        return {}
    catalogue, blocked = present_catalogue(session), dict[str, tuple[str, ...]]()
    for (reference, workflow, seen), facts in running.items():
        names, words = facts.get(BLOCKS, ()), UNSEEN_PROCESS
        if seen:
            words = _in_words(catalogue, reference, workflow, facts)
        for step in names if isinstance(names, tuple) else ():
            blocked[step] = tuple(dict.fromkeys((*blocked.get(step, ()), words)))
    return blocked


def kind_in_words(catalogue: Catalogue, workflow: str, facts: Mapping[str, Value]) -> str:
    """Give the label of the kind of a parallel process, or else the title of its workflow."""
    definition = catalogue.newest_of(workflow)
    kinds = dict(definition.questions[KIND].choices) if KIND in definition.questions else {}
    return kinds.get(str(facts.get(KIND, "")), definition.title)


def _in_words(catalogue: Catalogue, reference: str, workflow: str, facts: Mapping[str, Value]) -> str:
    words, check = mid_sentence(kind_in_words(catalogue, workflow, facts)), facts.get(CHECK)
    again = f", to be checked on {check:%-d %B %Y}" if isinstance(check, date) else ""
    return f"the {words} ({reference}{again})"


def update_hold(
    unit: Unit,
    case: Case,
    track: CaseTrack,
    step: Step,
    *,
    was_at: str,
    on: date,
    answers: Mapping[str, Value],
    known_to: Precision = Precision.DAY,
) -> None:
    """Update the hold by a step that was just written. A hold also ends where another step leads the track on."""
    if step.hold is OnHold.START:
        unit.session.add(new_hold(unit, case, track, step, was_at=was_at, on=on, answers=answers, known_to=known_to))
    elif step.hold is OnHold.REVIEW and (hold := _running(unit, case, track)) is not None:
        review_hold(unit, case, hold, step, answers)
    elif track.held_at is not None and track.stage != was_at:
        _end(unit, case, track, on)


def new_hold(
    unit: Unit,
    case: Case,
    track: CaseTrack,
    step: Step,
    *,
    was_at: str,
    on: date,
    answers: Mapping[str, Value],
    known_to: Precision = Precision.DAY,
) -> CaseHold:
    """Put a track on hold, and give the hold, which is not stored yet."""
    track.held_at = was_at
    return CaseHold(
        case_id=case.id,
        track=track.name,
        held_at=was_at,
        reason=str(fact_of_hold(step, "reason", answers) or ""),
        placed_on=on,
        placed_known_to=known_to,
        review_on=day_of_hold(step, "review_on", answers),
        expected_end_on=day_of_hold(step, "expected_end_on", answers),
        owner_id=hold_owner_id(unit, case, step, answers),
        lifted_on=None,
    )


def review_hold(unit: Unit, case: Case, hold: CaseHold, step: Step, answers: Mapping[str, Value]) -> None:
    """Note what was found when a hold was looked at again."""
    hold.review_on = day_of_hold(step, "review_on", answers)
    hold.owner_id = hold_owner_id(unit, case, step, answers) or hold.owner_id
    hold.expected_end_on = day_of_hold(step, "expected_end_on", answers) or hold.expected_end_on


def hold_owner_id(unit: Unit, case: Case, step: Step, answers: Mapping[str, Value]) -> int | None:
    """Give the person whom a step names as the owner of a hold; None where it names nobody."""
    return person_id_named(unit.session, case.partnership_id, str(fact_of_hold(step, "owner", answers) or ""))


def _end(unit: Unit, case: Case, track: CaseTrack, on: date) -> None:
    track.held_at = None
    hold = _running(unit, case, track)
    if hold is not None:
        hold.lifted_on = on


def _running(unit: Unit, case: Case, track: CaseTrack) -> CaseHold | None:
    condition = (CaseHold.case_id == case.id) & (CaseHold.track == track.name) & CaseHold.lifted_on.is_(None)
    return unit.session.scalars(sa.select(CaseHold).where(condition).order_by(CaseHold.id.desc()).limit(1)).first()
