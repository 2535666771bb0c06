"""How does the terminal do something to one action, and say how it stands afterwards?"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click
import sqlalchemy as sa

from reviews.actions.rating import rating
from reviews.actions.strands import strands_as_data
from reviews.cases.responses import answered_by
from reviews.models import Action, Evidence
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.given_file import with_file_kept
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership
from web.cli.typed import looking_for, named, partnership_named
from workflows.core.labels import sentence


def moving(act: Callable[..., Action]) -> Callable[..., None]:
    """Make a command of a move: it gets the open unit and the action, and says how the action stands afterwards."""

    @click.argument("reference")
    @partnership
    @as_person
    @as_json
    @wraps(act)
    def command(reference: str, partnership: str, as_: str | None, json_: bool, **given: Any) -> None:
        house = open_house()
        person = acting(house.database, house.clock, as_)
        with with_file_kept(house, given) as kept, unit_of_work(house.database, person, house.clock) as unit:
            code = partnership_named(unit, partnership).code
            with looking_for(f"action {named(reference)} in {code}"):
                found = unit.action(reference, partnership=code)
            action = act(unit, found, **kept)
            unit.session.flush()
            data = as_data(action) | shared_as_data(unit, action)
        emit(data, json_, lambda: f"{data['reference']}: {sentence(data['status']).lower()}, due {data['due_on']}")

    return command


def shared_as_data(unit: Unit, action: Action) -> dict[str, Any]:
    """Write what an action answers, who shares it, how it is rated and what shows it."""
    return {
        "answers": [each.in_words for each in answered_by(unit.session, unit.actor, action)],
        "strands": strands_as_data(unit.session, [action.id]).get(action.id, []),
        "rating": unit.session.scalar(sa.select(rating(unit.today)).where(Action.id == action.id)),
        "evidence": [_piece(each) for each in _evidence_of(unit, action)],
    }


def as_data(action: Action) -> dict[str, Any]:
    """Write an action as the commands print it."""
    return {
        "reference": action.reference,
        "text": action.text,
        "status": action.stage,
        "owner": action.owner.email if action.owner else None,
        "owner_text": action.owner_text,
        "agency": action.lead_agency.name if action.lead_agency else None,
        "due_on": action.due_on,
        "original_due_on": action.original_due_on,
        "times_extended": action.times_extended,
        "version": action.version,
        "deputy": action.deputy.email if action.deputy else None,
        "kind": action.kind,
        "start_on": action.start_on,
        "review_on": action.review_on,
        "blocked_plan": action.blocked_plan,
        "self_rating": action.self_rating,
        "chair_rating": action.own_rating,
        "chair_rating_reason": action.own_rating_reason,
    }


def _evidence_of(unit: Unit, action: Action) -> Sequence[Evidence]:
    return unit.session.scalars(sa.select(Evidence).where(Evidence.action_id == action.id).order_by(Evidence.id)).all()


def _piece(row: Evidence) -> dict[str, Any]:
    """Write a piece as it is named in `actions withdraw-evidence`."""
    said = {"number": row.id, "kind": row.kind, "text": row.text, "link": row.link, "file": row.file_name}
    return {**said, "withdrawn_on": row.withdrawn_on, "withdrawn_reason": row.withdrawn_reason}
