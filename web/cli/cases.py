"""How is one case shown at the terminal, and which other commands are there about cases?"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import click
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.cases.event_queries import case_history
from reviews.cases.facts import form_day
from reviews.cases.page_queries import (
    CaseFile,
    ChildCase,
    HoldLine,
    StepAnswer,
    case_file,
    child_cases,
    corrections_of,
    holds_of,
)
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import local_day
from reviews.definitions.catalogue import definition_of, present_kind
from reviews.models import Case, Event, EventKind, Partnership, Recommendation
from reviews.people.queries import agencies
from reviews.recommendations.queries import findings_of
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from web.cli.arguments import DAY, looking_for, named, partnership_named, read_facts
from web.cli.clocks import clock_as_data
from web.cli.imports import import_histories
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_house, partnership, table
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.questions import Asked
from workflows.core.vocabulary import Step

WHOLE_HISTORY = 10_000
NOTES = (EventKind.STEP_CORRECTED, EventKind.CLOCK_FORECAST, EventKind.LATE_REASON_GIVEN)
MOVES = (EventKind.CLOCK_MOVED, EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)


def case_as_data(session: Session, actor: Actor, file: CaseFile, today: date) -> dict[str, Any]:
    history = case_history(session, actor, file.case, size=WHOLE_HISTORY).rows
    corrected = corrections_of(session, actor, history)
    findings = findings_of(session, actor, file.case)
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
        "holds": [_hold(hold) for hold in holds_of(session, file.case, file.workflow)],
        "links": [
            {"kind": link.kind, "led_to": link.led_to, "reference": link.reference, "workflow": link.workflow}
            for link in file.links
        ],
        "inside": [_child_case(one) for one in child_cases(session, actor, file.case, today=today)],
        "children": list(file.children),
        "our_role": file.case.our_role,
        "lead_area": file.case.lead_area or None,
        "agencies": list(file.agencies),
        "recommendations": [
            recommendation_as_data(one, {each.id: each.reference for each in findings}) for one in file.recommendations
        ],
        "findings": [{"reference": one.reference, "text": one.text} for one in findings],
        "history": [_told_of(event, corrected.get(event.id)) for event in reversed(history)],
        "steps": _steps(file.steps),
    }


def recommendation_as_data(one: Recommendation, findings: Mapping[int, str]) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "text": one.text,
        "response": one.response or None,
        "response_reason": one.response_reason,
        "response_by": one.response_by,
        "responded_on": one.responded_on,
        "addressee": one.addressee,
        "success": one.success,
        "evidence_wanted": one.evidence_wanted,
        "finding": findings.get(one.finding_id or 0),
        "reopened_on": one.reopened_on,
    }


def case_in_words(data: dict[str, Any]) -> str:
    tracks = ", ".join(f"{track['name']}: {sentence(track['stage']).lower()}" for track in data["tracks"])
    clocks = [
        (
            clock["title"],
            clock["due"],
            str(clock["met_on"] or ""),
            f"day {clock['day']} of {clock['of']} {clock['unit']}",
            str(clock["forecast"] or ""),
        )
        for clock in data["clocks"]
    ]
    steps = [(step["title"], step["name"]) for step in data["steps"]["open"]]
    parts = [f"{data['reference']}  {data['title']}", tracks]
    if clocks:
        parts.append(table("Clocks", ("Clock", "Due", "Met", "Day", "Forecast"), clocks))
    late = [
        (clock["title"], _late(clock["days_late"]), clock["late_reason"] or "no reason given yet")
        for clock in data["clocks"]
        if clock["late"]
    ]
    if late:
        parts.append(table("Late", ("Clock", "By", "Why"), late))
    if data["holds"]:
        headings = ("Track", "Reason", "Since", "Looked at again", "Expected end", "Goes back to")
        parts.append(table("On hold", headings, [_on_hold(hold) for hold in data["holds"]]))
    small = [(one["reference"], one["title"], sentence(one["stage"]), str(one["due"] or "")) for one in data["inside"]]
    if small:
        parts.append(table("Inside", ("Reference", "Agency or process", "Stage", "Due"), small))
    if steps:
        parts.append(table("Steps open", ("Step", "Name"), steps))
    return "\n".join(parts)


def _told_of(event: Event, correction: Event | None) -> dict[str, Any]:
    return {
        "on": event.happened_on if event.day_known else None,
        "what": event.kind.value if event.kind in NOTES else event.step or event.kind.value,
        "step": event.step,
        "track": event.track,
        "from": event.from_stage,
        "to": event.to_stage,
        "recorded_at": event.recorded_at.isoformat(),
        "by": event.recorded_by,
        "imported": bool(event.details.get("imported")),
        **({"moved": _told(event)} if event.kind in MOVES else {}),
        **({"noted": _told(event)} if event.kind in NOTES else {}),
        **({"corrected_on": correction.recorded_at.isoformat()} if correction else {}),
    }


def _hold(hold: HoldLine) -> dict[str, Any]:
    return {
        "track": hold.track,
        "since": hold.since,
        "reason": hold.reason,
        "reason_words": hold.reason_words,
        "evidence": hold.evidence,
        "told": hold.informed,
        "told_on": hold.informed_on,
        "review_on": hold.review_on,
        "expected_end_on": hold.expected_end_on,
        "returns_to": hold.returns_to,
    }


def _late(days: int) -> str:
    return f"{days} working day{'' if days == 1 else 's'}"


def _on_hold(hold: dict[str, Any]) -> tuple[str, ...]:
    days = [str(hold[name] or "not recorded") for name in ("since", "review_on", "expected_end_on")]
    return hold["track"], hold["reason_words"], *days, sentence(hold["returns_to"])


def _child_case(one: ChildCase) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "workflow": one.workflow,
        "title": one.title,
        "agency": one.agency,
        "stage": one.stage,
        "due": one.due_on,
    }


def _told(event: Event) -> dict[str, Any]:
    """Give what moved, without what is kept to take it back."""
    return {name: value for name, value in event.details.items() if name != "before"}


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


the_day = click.option("--on", type=DAY, metavar="DATE", help="The day it happened; today when left out.")
facts = click.option(
    "--fact", "typed", metavar="NAME=VALUE", multiple=True, help="Once for each; workflows show names them."
)


def recording(act: Callable[..., Case]) -> Callable[..., None]:
    """Make a command of a change to a case: it gets the unit and the partnership, and shows the case afterwards."""

    def record(partnership: str, as_: str | None, json_: bool, **given: Any) -> None:
        app = open_house()
        actor = acting(app.database, app.clock, as_)
        with unit_of_work(app.database, actor, app.clock) as unit:
            place = partnership_named(unit, partnership)
            case = act(unit, place, **given)
            unit.session.flush()
            file = case_file(unit.session, actor, case.reference, today=unit.today, partnership=place.code)
            data = case_as_data(unit.session, actor, file, unit.today)
        emit(data, json_, lambda: case_in_words(data))

    record.__doc__ = act.__doc__
    return record


@click.command("step")
@click.argument("reference")
@click.argument("step")
@partnership
@the_day
@facts
@as_person
@as_json
@recording
def record_step(
    unit: Unit, place: Partnership, *, reference: str, step: str, on: date | None, typed: tuple[str, ...]
) -> Case:
    """Record that a step of a case was taken, with the facts it asks for."""
    with looking_for(f"case {named(reference)} in {place.code}"):
        case = unit.case(reference, partnership=place.code)
    found, day = definition_of(unit.session, case).step(step), on or unit.today
    if found is None:
        raise Refused(f"{reference} knows no step called {named(step)}.")
    asks = _asked(found, form_day(unit.session, case, found, day))
    take_case_step(unit, case, step, happened_on=day, given=read_facts(typed, asks, _names(unit, place)))
    return case


@click.command("open")
@click.argument("workflow")
@partnership
@the_day
@click.option("--title", default="", help="A neutral title. Never a child's name.")
@click.option("--child", "children", metavar="PSEUDONYM", multiple=True, help="Once for each. Never a name.")
@facts
@as_person
@as_json
@recording
def open_new(
    unit: Unit,
    place: Partnership,
    *,
    workflow: str,
    on: date | None,
    title: str,
    children: tuple[str, ...],
    typed: tuple[str, ...],
) -> Case:
    """Open a case by the first step of its workflow, with the facts it asks for."""
    kind, day = present_kind(unit.session, workflow, unit.today), on or unit.today
    if kind is None or kind.inside or kind.opening is None:
        raise Refused(f"There is no kind of case called {named(workflow)} that is opened.")
    given = read_facts(typed, _asked(kind.opening, day), _names(unit, place))
    return open_case(
        unit, workflow=kind.name, partnership=place, happened_on=day, given=given, title=title, pseudonyms=children
    )


def _asked(step: Step, day: date) -> tuple[Asked, ...]:
    """Give what any edition asks, that of the day last: that a fact is of another one is for the command to say."""
    return (*step.asks, *step.form_on(day))


def _names(unit: Unit, place: Partnership) -> list[str]:
    return [name for _, name in agencies(unit.session, unit.actor, place.id)]


@click.group()
def cases() -> None:
    """Show cases, open them and record their steps, and import past ones."""


cases.add_command(import_histories)
cases.add_command(record_step)
cases.add_command(open_new)


@cases.command()
@click.argument("reference")
@any_partnership
@as_person
@as_json
def show(reference: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Show one case: its tracks, clocks, history, and the steps open to a person."""
    app = open_house()
    today = local_day(app.clock.now())
    actor = acting(app.database, app.clock, as_)
    where = f" in {named(partnership)}" if partnership else ""
    with reading(app.database) as session:
        with looking_for(f"case {named(reference)}{where}"):
            file = case_file(session, actor, reference, today=today, partnership=partnership)
        data = case_as_data(session, actor, file, today)
    emit(data, json_, lambda: case_in_words(data))
