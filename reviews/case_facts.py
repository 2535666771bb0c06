"""What is known of a case when a step is judged?"""

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.calendars import present_calendar
from reviews.models import Action, Case, Event, EventKind, Recommendation
from workflows.definitions.action import OUTSTANDING
from workflows.vocabulary import Facts, Value, Workflow

ASKED = "agencies_asked"
RETURNS = ("return_from", "report_from")
SIGNED_OFF = "recommendation_signed_off"


def facts_of(
    session: Session, case: Case, workflow: Workflow, *, on: date, given: Mapping[str, Value] | None = None
) -> Facts:
    """Gather the recorded facts (the latest of each name), those given now, the computed ones, stages and days."""
    recorded = {fact.name: fact.value for fact in case.facts if fact.value is not None}
    return Facts(
        known={**recorded, **_computed(session, case), **(given or {})},
        stages={track.name: track.stage for track in case.tracks},
        happened=_happened(session, case),
        on=on,
        calendar=present_calendar(session),
    )


def _computed(session: Session, case: Case) -> dict[str, Value]:
    """Work out what no form asks for; the names are those of `workflows.guards.COMPUTED`."""
    responses = _responses(session, case)
    signed_off = set(_every(case, SIGNED_OFF))
    return {
        "returns_outstanding": _returns_outstanding(case),
        "recommendations_without_response": tuple(name for name, response in responses if not response),
        "recommendations_not_signed_off": tuple(name for name, _ in responses if name not in signed_off),
        "open_actions": tuple(_open_actions(session, case)),
        "plan_actions": session.scalar(sa.select(sa.func.count()).where(Action.case_id == case.id)) or 0,
    }


def _returns_outstanding(case: Case) -> tuple[str, ...]:
    """Name the agencies asked whose return has not arrived; each return is a fact of its own."""
    arrived = {agency for name in RETURNS for agency in _every(case, name)}
    return tuple(agency for agency in dict.fromkeys(_every(case, ASKED)) if agency not in arrived)


def _every(case: Case, name: str) -> list[str]:
    return [agency for fact in case.facts if fact.name == name for agency in (fact.words or "").splitlines()]


def _responses(session: Session, case: Case) -> list[tuple[str, str]]:
    """Give the reference of each recommendation with the partners' response, "" where there is none."""
    rows = session.execute(
        sa.select(Recommendation.reference, Recommendation.response)
        .where(Recommendation.case_id == case.id)
        .order_by(Recommendation.id)
    )
    return [(row.reference, row.response) for row in rows]


def _open_actions(session: Session, case: Case) -> sa.ScalarResult[str]:
    return session.scalars(
        sa.select(Action.reference)
        .where(Action.case_id == case.id, Action.ended_on.is_(None), Action.stage.in_(sorted(OUTSTANDING)))
        .order_by(Action.reference)
    )


def _happened(session: Session, case: Case) -> dict[str, date]:
    """Give the latest known day of each step; one whose day nobody knows is no day to count from."""
    days = session.execute(
        sa.select(Event.step, sa.func.max(Event.happened_on))
        .where(Event.case_id == case.id, Event.kind == EventKind.STEP_TAKEN, Event.step.is_not(None), Event.day_known)
        .group_by(Event.step)
    )
    return {step: day for step, day in days if step is not None}
