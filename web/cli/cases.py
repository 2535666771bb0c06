"""The commands that show a case, open one, and record a step."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import click
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.cases.event_log import case_history
from reviews.cases.facts import form_day
from reviews.cases.history import facts_that_hold, is_imported
from reviews.cases.page_queries import (
    CaseFile,
    ChildCase,
    HoldLine,
    StepOption,
    case_file,
    child_cases,
    corrections_of,
    holds_of,
)
from reviews.cases.partner_statements import PartnerStatements, partner_statements
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import local_day
from reviews.definitions.installed import definition_of, present_kind
from reviews.models import Case, Event, EventKind, Partnership, Recommendation
from reviews.people.queries import agencies
from reviews.recommendations.queries import findings_of
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from web.cli.arguments import DAY, looking_for, named, partnership_named, read_facts
from web.cli.clocks import clock_as_data
from web.cli.imports import import_histories
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_app, partnership, table
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.questions import Question
from workflows.core.vocabulary import Step

WHOLE_HISTORY = 10_000
NOTES = (EventKind.STEP_CORRECTED, EventKind.CLOCK_FORECAST, EventKind.LATE_REASON_GIVEN)
MOVES = (EventKind.CLOCK_MOVED, EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)


def case_as_data(session: Session, actor: Actor, file: CaseFile, today: date) -> dict[str, Any]:
    history = case_history(session, actor, file.case, size=WHOLE_HISTORY).rows
    corrected = corrections_of(session, actor, history)
    findings = findings_of(session, actor, file.case)
    references = {finding.id: finding.reference for finding in findings}
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
        "inside": [_child_case(each) for each in child_cases(session, actor, file.case, today=today)],
        "children": list(file.children),
        "our_role": file.case.our_role,
        "lead_area": file.case.lead_area or None,
        "agencies": list(file.agencies),
        "facts": _facts(session, file),
        "partners": _partners(partner_statements(session, file.case, file.workflow)),
        "recommendations": [recommendation_as_data(each, references) for each in file.recommendations],
        "findings": [{"reference": finding.reference, "text": finding.text} for finding in findings],
        "history": [_event(event, corrected.get(event.id)) for event in reversed(history)],
        "steps": _steps(file.steps),
    }


def _facts(session: Session, file: CaseFile) -> dict[str, Any]:
    """Give the facts that hold, the latest of each name: the stored value, and the words where it is one of a list."""
    found: dict[str, Any] = {}
    for fact in facts_that_hold(session, file.case):
        asked = file.workflow.questions.get(fact.name)
        value = fact.value.isoformat() if isinstance(fact.value, date) else fact.value
        words = dict(asked.choices).get(str(fact.value)) if asked else None
        found[fact.name] = {"value": value, "words": words}
    return found


def _partners(statements: PartnerStatements) -> dict[str, Any]:
    """Give what the safeguarding partners said: their views, whether they differ, escalations and signatures."""
    return {
        "views": [
            {
                "partner": each.partner,
                "view": each.view,
                "reason": each.reason,
                "given_by": each.given_by,
                "on": each.on,
            }
            for each in statements.views
        ],
        "differ": bool(statements.differing),
        "escalations": [
            {"on": each.on, "to": each.to, "question": each.question, "answer": each.answer or None}
            for each in statements.escalations
        ],
        "signatures": [
            {
                "partner": each.partner,
                "on": each.on,
                "signed_by": each.by or None,
                "on_behalf": each.on_behalf,
                "confirmed_by": each.confirmed_by or None,
                "confirmed_on": each.confirmed_on,
                "confirmation_filed": each.confirmation_filed or None,
            }
            for each in statements.signatures
        ],
    }


def recommendation_as_data(recommendation: Recommendation, findings: Mapping[int, str]) -> dict[str, Any]:
    return {
        "reference": recommendation.reference,
        "text": recommendation.text,
        "response": recommendation.response or None,
        "response_reason": recommendation.response_reason,
        "response_by": recommendation.response_by,
        "responded_on": recommendation.responded_on,
        "addressee": recommendation.addressee,
        "success": recommendation.success,
        "evidence_wanted": recommendation.evidence_wanted,
        "finding": findings.get(recommendation.finding_id or 0),
        "reopened_on": recommendation.reopened_on,
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
    inside = [
        (each["reference"], each["title"], sentence(each["stage"]), str(each["due"] or "")) for each in data["inside"]
    ]
    if inside:
        parts.append(table("Inside", ("Reference", "Agency or process", "Stage", "Due"), inside))
    if steps:
        parts.append(table("Steps open", ("Step", "Name"), steps))
    return "\n".join(parts)


def _event(event: Event, correction: Event | None) -> dict[str, Any]:
    return {
        "on": event.happened_on if event.day_known else None,
        "what": event.kind.value if event.kind in NOTES else event.step or event.kind.value,
        "step": event.step,
        "track": event.track,
        "from": event.from_stage,
        "to": event.to_stage,
        "recorded_at": event.recorded_at.isoformat(),
        "by": event.recorded_by,
        "imported": is_imported(event),
        **({"moved": _details(event)} if event.kind in MOVES else {}),
        **({"noted": _details(event)} if event.kind in NOTES else {}),
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


def _child_case(child_case: ChildCase) -> dict[str, Any]:
    return {
        "reference": child_case.reference,
        "workflow": child_case.workflow,
        "title": child_case.title,
        "agency": child_case.agency,
        "stage": child_case.stage,
        "due": child_case.due_on,
    }


def _details(event: Event) -> dict[str, Any]:
    """Give the details without those that only serve to take a move back."""
    # copied to JSON as they are, of whatever kind
    return {name: value for name, value in event.details.items() if name != "before"}


def _steps(answers: Sequence[StepOption]) -> dict[str, Any]:
    return {
        "open": [{"name": each.step.name, "title": each.step.title} for each in answers if each.is_open],
        "not_open": [
            {
                "name": each.step.name,
                "title": each.step.title,
                "why": each.refusal.sentence,
                "missing": list(each.refusal.missing),
                "by": sorted(role.value for role in each.step.by),
            }
            for each in answers
            if each.refusal is not None
        ],
    }


the_day = click.option("--on", type=DAY, metavar="DATE", help="The day it happened; today when left out.")
facts = click.option(
    "--fact", "typed", metavar="NAME=VALUE", multiple=True, help="Once for each; workflows show names them."
)


def recording(act: Callable[..., Case]) -> Callable[..., None]:
    """Make a command of a function that changes a case in a unit of work; it shows the case afterwards."""

    def record(partnership: str, as_: str | None, json_: bool, **arguments: Any) -> None:
        app = open_app()
        actor = acting(app.database, app.clock, as_)
        with unit_of_work(app.database, actor, app.clock) as unit:
            partnership_row = partnership_named(unit, partnership)
            case = act(unit, partnership_row, **arguments)
            unit.session.flush()
            file = case_file(unit.session, actor, case.reference, today=unit.today, partnership=partnership_row.code)
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
    unit: Unit, partnership_row: Partnership, *, reference: str, step: str, on: date | None, typed: tuple[str, ...]
) -> Case:
    """Record that a step of a case was taken, with the facts it asks for."""
    with looking_for(f"case {named(reference)} in {partnership_row.code}"):
        case = unit.case(reference, partnership=partnership_row.code)
    found, day = definition_of(unit.session, case).step(step), on or unit.today
    if found is None:
        raise Refused(f"{reference} has no step called {named(step)}.")
    questions = _asked(found, form_day(unit.session, case, found, day))
    take_case_step(
        unit, case, step, happened_on=day, answers=read_facts(typed, questions, _names(unit, partnership_row))
    )
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
    partnership_row: Partnership,
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
        raise Refused(f"There is no kind of case called {named(workflow)} that you can open.")
    answers = read_facts(typed, _asked(kind.opening, day), _names(unit, partnership_row))
    return open_case(
        unit,
        workflow=kind.name,
        partnership=partnership_row,
        happened_on=day,
        answers=answers,
        title=title,
        pseudonyms=children,
    )


def _asked(step: Step, day: date) -> tuple[Question, ...]:
    """Give the questions of every edition, those of the day last: the command refuses a fact of another edition."""
    return (*step.questions, *step.form_on(day))


def _names(unit: Unit, partnership_row: Partnership) -> list[str]:
    return [name for _, name in agencies(unit.session, unit.actor, partnership_row.id)]


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
    app = open_app()
    today = local_day(app.clock.now())
    actor = acting(app.database, app.clock, as_)
    where = f" in {named(partnership)}" if partnership else ""
    with reading(app.database) as session:
        with looking_for(f"case {named(reference)}{where}"):
            file = case_file(session, actor, reference, today=today, partnership=partnership)
        data = case_as_data(session, actor, file, today)
    emit(data, json_, lambda: case_in_words(data))
