"""How is one case shown at the terminal, and where do past ones come in?"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import click
from sqlalchemy.orm import Session

from reviews.clock import local_day
from reviews.models import EventKind
from reviews.permissions import Actor
from reviews.queries.case_file import CaseFile, StepAnswer, case_file
from reviews.queries.history import case_history
from reviews.unit import reading
from web.cli.clock_data import clock_as_data
from web.cli.import_cases import import_histories
from web.cli.opening import acting, any_partnership, as_json, as_person, emit, open_house
from web.cli.tables import table
from web.cli.typed import looking_for, named
from workflows.words import sentence

WHOLE_HISTORY = 10_000


@click.group()
def cases() -> None:
    """Show cases, and import past ones."""


cases.add_command(import_histories)


@cases.command()
@click.argument("reference")
@any_partnership
@as_person
@as_json
def show(reference: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Show one case: its tracks, clocks, history, and the steps open to a person."""
    house = open_house()
    today = local_day(house.clock.now())
    actor = acting(house.database, house.clock, as_)
    where = f" in {named(partnership)}" if partnership else ""
    with reading(house.database) as session:
        with looking_for(f"case {named(reference)}{where}"):
            file = case_file(session, actor, reference, today=today, partnership=partnership)
        data = _as_data(session, actor, file, today)
    emit(data, json_, lambda: _in_words(data))


def _as_data(session: Session, actor: Actor, file: CaseFile, today: date) -> dict[str, Any]:
    history = case_history(session, actor, file.case, size=WHOLE_HISTORY).rows
    return {
        "reference": file.case.reference,
        "title": file.case.title,
        "partnership": file.partnership.code,
        "workflow": file.workflow.name,
        "version": file.case.workflow_version,
        "opened_on": file.case.opened_on,
        "closed_on": file.case.closed_on,
        "tracks": [{"name": row.name, "stage": row.stage, "since": row.since_on} for row in file.case.tracks],
        "clocks": [clock_as_data(clock, today) for clock in file.clocks],
        "holds": _holds(file),
        "links": [
            {"kind": link.kind, "led_to": link.led_to, "reference": link.reference, "workflow": link.workflow}
            for link in file.links
        ],
        "children": list(file.children),
        "agencies": list(file.agencies),
        "recommendations": [
            {"reference": one.reference, "text": one.text, "response": one.response or None}
            for one in file.recommendations
        ],
        "history": [
            {
                "on": event.happened_on if event.day_known else None,
                "what": event.step or event.kind.value,
                "track": event.track,
                "from": event.from_stage,
                "to": event.to_stage,
                "recorded_at": event.recorded_at.isoformat(),
                "by": event.recorded_by,
                "imported": bool(event.details.get("imported")),
                **({"moved": event.details} if event.kind is EventKind.CLOCK_MOVED else {}),
            }
            for event in reversed(history)
        ],
        "steps": _steps(file.steps),
    }


def _holds(file: CaseFile) -> list[dict[str, Any]]:
    """Give the hold of a track that stands on hold, with what was recorded when it was placed."""
    known = {fact.name: fact.value for fact in file.case.facts}
    return [
        {
            "track": row.name,
            "since": row.since_on,
            "reason": known.get("hold_reason"),
            "review_on": known.get("hold_review_on"),
            "expected_end_on": known.get("hold_expected_end_on"),
        }
        for row in file.case.tracks
        if row.stage == "on_hold"
    ]


def _steps(answers: Sequence[StepAnswer]) -> dict[str, Any]:
    return {
        "open": [{"name": one.step.name, "title": one.step.title} for one in answers if one.is_open],
        "not_open": [
            {
                "name": one.step.name,
                "title": one.step.title,
                "why": one.refusal.sentence,
                "missing": list(one.refusal.missing),
                "by": sorted(role.value for role in one.step.by),
            }
            for one in answers
            if one.refusal is not None
        ],
    }


def _in_words(data: dict[str, Any]) -> str:
    tracks = ", ".join(f"{track['name']}: {sentence(track['stage']).lower()}" for track in data["tracks"])
    clocks = [
        (
            clock["title"],
            clock["due"],
            str(clock["met_on"] or ""),
            f"day {clock['day']} of {clock['of']} {clock['unit']}",
        )
        for clock in data["clocks"]
    ]
    steps = [(step["title"], step["name"]) for step in data["steps"]["open"]]
    parts = [f"{data['reference']}  {data['title']}", tracks]
    if clocks:
        parts.append(table("Clocks", ("Clock", "Due", "Met", "Day"), clocks))
    if steps:
        parts.append(table("Steps open", ("Step", "Name"), steps))
    return "\n".join(parts)
