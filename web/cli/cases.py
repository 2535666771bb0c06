"""The commands that show a case, open one, and record a step."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import click
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, NotAllowed
from reviews.cases import details
from reviews.cases.change_kind import change_kind, facts_in_common
from reviews.cases.clocks import give_late_reason, set_forecast
from reviews.cases.corrections import correct_step
from reviews.cases.edit_case import edit_case
from reviews.cases.event_log import Shown, case_history
from reviews.cases.facts import form_day
from reviews.cases.history import contradicts, facts_that_hold, is_imported, read_history, source_of
from reviews.cases.list_queries import late_clock
from reviews.cases.page_queries import (
    CaseFile,
    ChildCase,
    HoldLine,
    StepOption,
    case_file,
    child_cases,
    correctable_step,
    corrections_of,
    find_case,
    holds_of,
    visible_children,
)
from reviews.cases.partner_statements import PartnerStatements, partner_statements
from reviews.cases.people import reviewers_of
from reviews.cases.record import record_of
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import local_day
from reviews.definitions.installed import definition_of, present_kind
from reviews.models import Case, Event, EventKind, OurRole, Partnership, Recommendation
from reviews.people.queries import agencies
from reviews.recommendations.queries import findings_of
from reviews.settings.late_reasons import require_late_reasons
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from web.cli.arguments import DAY, looking_for, named, pairs, partnership_named, read_facts
from web.cli.clocks import clock_as_data
from web.cli.imports import import_histories
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_app, partnership, table
from workflows.core.days import day_in_words
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.questions import Question
from workflows.core.vocabulary import Step

WHOLE_HISTORY = 10_000
NOTES = (
    EventKind.STEP_CORRECTED,
    EventKind.CLOCK_FORECAST,
    EventKind.LATE_REASON_GIVEN,
    EventKind.CASE_EDITED,
    EventKind.KIND_CHANGED,
)
MOVES = (EventKind.CLOCK_MOVED, EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)


def case_as_data(session: Session, actor: Actor, file: CaseFile, today: date) -> dict[str, Any]:
    history = case_history(session, actor, file.case, shown=Shown.ALL, size=WHOLE_HISTORY).rows
    corrected = corrections_of(session, actor, history)
    findings = findings_of(session, actor, file.case)
    references = {finding.id: finding.reference for finding in findings}
    late = late_clock(session, actor, file.case, today=today)
    return {
        "reference": file.case.reference,
        "title": file.case.title,
        "partnership": file.partnership.code,
        "workflow": file.workflow.name,
        "version": file.case.workflow_version,
        "opened_on": file.case.opened,
        "closed": file.case.closed_on is not None,
        "closed_on": file.case.closed,
        "tracks": [{"name": row.name, "stage": row.stage, "since": row.since} for row in file.case.tracks],
        "late": late is not None,
        "late_clock": late.late_as_data(today) if late else None,
        "clocks": [clock_as_data(clock, today) for clock in file.clocks],
        "holds": [_hold(hold) for hold in holds_of(session, file.case, file.workflow, file.history)],
        "links": [
            {"kind": link.kind, "led_to": link.led_to, "reference": link.reference, "workflow": link.workflow}
            for link in file.links
        ],
        "inside": [_child_case(each) for each in child_cases(session, actor, file.case, today=today)],
        "children": list(file.children),
        "reviewers": [
            {"name": each.name, "until": each.until_on} for each in reviewers_of(session, actor, file.case, today=today)
        ],
        "our_role": file.case.our_role,
        "lead_area": file.case.lead_area or None,
        "agencies": list(file.agencies),
        "facts": _facts(session, file),
        "partners": _partners(partner_statements(session, file.case, file.workflow)),
        "recommendations": [recommendation_as_data(each, references) for each in file.recommendations],
        "findings": [{"reference": finding.reference, "text": finding.text} for finding in findings],
        "record": [
            {"step": each.step, "title": each.title, "on": each.on, "by": each.recorded_by, "facts": dict(each.facts)}
            for section in record_of(file.case, file.workflow, file.history)
            for each in section.entries
        ],
        "history": [_event(event, corrected.get(event.id)) for event in reversed(history)],
        "steps": _steps(file.steps),
    }


def _facts(session: Session, file: CaseFile) -> dict[str, Any]:
    """Give the facts that hold, the latest of each name: the stored value, and the words where it is one of a list.

    What is worked out of them stands among them.
    """
    found: dict[str, Any] = {}
    for fact in facts_that_hold(session, file.case):
        asked = file.workflow.questions.get(fact.name)
        value = fact.value.isoformat() if isinstance(fact.value, date) else fact.value
        words = dict(asked.choices).get(str(fact.value)) if asked else None
        found[fact.name] = {"value": value, "words": words}
    numbers = {name: fact["value"] for name, fact in found.items()}
    products = {each.name: {"value": each.of(numbers), "words": None} for each in file.workflow.products}
    return {**found, **products}


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
    tracks = ", ".join(
        f"{track['name']}: {sentence(track['stage']).lower()} (since: {day_in_words(track['since'])})"
        for track in data["tracks"]
    )
    clocks = [
        (
            clock["title"],
            clock["due"] or " to ".join(clock["due_between"]),
            clock["met_on"].isoformat() if clock["met_on"] else "",
            "not known" if clock["day"] is None else f"day {clock['day']} of {clock['of']} {clock['unit']}",
            str(clock["forecast"] or ""),
        )
        for clock in data["clocks"]
    ]
    steps = [(step["title"], step["name"]) for step in data["steps"]["open"]]
    parts = [f"{data['reference']}  {data['title']}", tracks]
    if clocks:
        parts.append(table("Clocks", ("Clock", "Due", "Met", "Day", "Forecast"), clocks))
    late = [
        (clock["title"], clock["late_by"], clock["late_reason"] or "no reason given yet")
        for clock in data["clocks"]
        if clock["late_by"]
    ]
    if late:
        parts.append(table("Late", ("Clock", "By", "Why"), late))
    first = data["late_clock"]
    if first and first["inside"]:
        parts.append(f"Late inside it: {first['title']} of {first['inside']}, due {first['due']}.")
    if data["holds"]:
        headings = ("Track", "Reason", "Since", "Looked at again", "Expected end", "Goes back to")
        parts.append(table("On hold", headings, [_on_hold(hold) for hold in data["holds"]]))
    inside = [
        (each["reference"], each["title"], sentence(each["stage"]), str(each["due"] or ""), each["late_by"])
        for each in data["inside"]
    ]
    if inside:
        parts.append(table("Inside", ("Reference", "Agency or process", "Stage", "Due", "Late by"), inside))
    if steps:
        parts.append(table("Steps open", ("Step", "Name"), steps))
    return "\n".join(parts)


def _event(event: Event, correction: Event | None) -> dict[str, Any]:
    return {
        "on": event.day,
        "what": event.kind.value if event.kind in NOTES else event.step or event.kind.value,
        "step": event.step,
        "track": event.track,
        "from": event.from_stage,
        "to": event.to_stage,
        "recorded_at": event.recorded_at.isoformat(),
        "by": event.recorded_by,
        "imported": is_imported(event),
        "source": source_of(event) or None,
        "contradicts": contradicts(event),
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
        "owner": hold.owner or None,
        "told": hold.informed,
        "told_on": hold.informed_on,
        "review_on": hold.review_on,
        "expected_end_on": hold.expected_end_on,
        "returns_to": hold.returns_to,
    }


def _on_hold(hold: dict[str, Any]) -> tuple[str, ...]:
    days = [day_in_words(hold[name], "not recorded") for name in ("since", "review_on", "expected_end_on")]
    return hold["track"], hold["reason_words"], *days, sentence(hold["returns_to"])


def _child_case(child_case: ChildCase) -> dict[str, Any]:
    return {
        "reference": child_case.reference,
        "workflow": child_case.workflow,
        "title": child_case.title,
        "agency": child_case.agency,
        "stage": child_case.stage,
        "due": child_case.due_on,
        "late": child_case.lateness.is_late,
        "late_by": child_case.lateness.amount,
        **child_case.lateness.as_data(),
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


def _only_with(unit: Unit, reference: str) -> str:
    """Give the code of the partnership that has the case; the first by its number where several have."""
    with looking_for(f"case {named(reference)}"):
        return find_case(unit.session, unit.actor, reference)[1].code


def recording(act: Callable[..., Case]) -> Callable[..., None]:
    """Make a command of a function that changes a case in a unit of work; it shows the case afterwards."""

    def record(partnership: str | None, as_: str | None, json_: bool, **arguments: Any) -> None:
        app = open_app()
        actor = acting(app.database, app.clock, as_)
        with unit_of_work(app.database, actor, app.clock) as unit:
            partnership_row = partnership_named(unit, partnership or _only_with(unit, arguments["reference"]))
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
@click.option("--late-reason", default="", metavar="TEXT", help="Why it is late, where it meets a clock late.")
@as_person
@as_json
@recording
def record_step(
    unit: Unit,
    partnership_row: Partnership,
    *,
    reference: str,
    step: str,
    on: date | None,
    typed: tuple[str, ...],
    late_reason: str,
) -> Case:
    """Record that a step of a case was taken, with the facts it asks for."""
    case = _find(unit, partnership_row, reference)
    found, day = definition_of(unit.session, case).step(step), on or unit.today
    if found is None:
        raise Refused(f"{reference} has no step called {named(step)}.")
    questions = _asked(found, form_day(unit.session, case, found, day))
    answers = read_facts(typed, questions, _names(unit, partnership_row))
    take_case_step(unit, case, step, happened_on=day, answers=answers, late_reason=late_reason)
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


the_reason = click.option("--reason", required=True, metavar="TEXT", help="Why. The history of the case shows it.")


@click.command("edit")
@click.argument("reference")
@any_partnership
@click.option("--title", help="A neutral title. Never a child's name.")
@click.option("--add-agency", "add", metavar="NAME", multiple=True, help="An agency involved; once for each.")
@click.option("--remove-agency", "remove", metavar="NAME", multiple=True, help="One that is not; once for each.")
@click.option("--add-child", metavar="PSEUDONYM", multiple=True, help="Once for each. Never a name.")
@click.option("--rename-child", metavar="OLD=NEW", multiple=True, help="Both pseudonyms; once for each.")
@click.option("--remove-child", metavar="PSEUDONYM", multiple=True, help="One added by mistake; once for each.")
@click.option("--our-role", type=click.Choice([role.value for role in OurRole]), help="Our part in the case.")
@click.option("--lead-area", metavar="NAME", default="", help="Who leads, where another area does.")
@the_reason
@as_person
@as_json
@recording
def edit(
    unit: Unit,
    partnership_row: Partnership,
    *,
    reference: str,
    title: str | None,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    add_child: tuple[str, ...],
    rename_child: tuple[str, ...],
    remove_child: tuple[str, ...],
    our_role: str | None,
    lead_area: str,
    reason: str,
) -> Case:
    """Put a case right: its title, agencies and children, and who leads."""
    case = _find(unit, partnership_row, reference)
    changes_children = add_child or rename_child or remove_child
    if title is not None or add or remove or not (changes_children or our_role):
        edit_case(unit, case, title=title, add=add, remove=remove, reason=reason)
    for pseudonym in add_child:
        details.add_child(unit, case, pseudonym=pseudonym)
    for old, new in pairs(rename_child).items():
        details.rename_child(unit, case, _child(unit, case, old), pseudonym=new, reason=reason)
    for pseudonym in remove_child:
        details.remove_child(unit, case, _child(unit, case, pseudonym), reason=reason)
    if our_role:
        details.record_area(unit, case, our_role=OurRole(our_role), lead_area=lead_area, reason=reason)
    return case


def _child(unit: Unit, case: Case, pseudonym: str) -> int:
    children = visible_children(unit.session, unit.actor, case)
    found = [child.id for child in children if child.pseudonym.casefold() == pseudonym.strip().casefold()]
    if not found:
        raise Refused(f"{case.reference} has no child called {named(pseudonym)} that you may see.")
    return found[0]


@click.command("change-kind")
@click.argument("reference")
@any_partnership
@click.option("--to", "kind", required=True, metavar="KIND", help="The kind of case it should have been.")
@click.option(
    "--happened-on",
    type=DAY,
    metavar="DATE",
    help="The day of the first step of that kind; the day the case was opened when left out.",
)
@click.option(
    "--set",
    "typed",
    metavar="NAME=VALUE",
    multiple=True,
    help="A fact of that step; once for each. What the case has under the same name is taken over.",
)
@click.option("--clear", metavar="NAME", multiple=True, help="A fact not to be taken over; once for each.")
@the_reason
@as_person
@as_json
@recording
def change(
    unit: Unit,
    partnership_row: Partnership,
    *,
    reference: str,
    kind: str,
    happened_on: date | None,
    typed: tuple[str, ...],
    clear: tuple[str, ...],
    reason: str,
) -> Case:
    """Change the kind of a case: it goes on as newly opened, and keeps its plan. The history keeps what was before."""
    case = _find(unit, partnership_row, reference)
    workflow = present_kind(unit.session, kind, unit.today, partnership_row.id)
    if workflow is None or workflow.inside or workflow.opening is None:
        raise Refused(f"There is no kind of case called {named(kind)} that you can open.")
    day = happened_on or (case.opened.exact if case.opened else None) or unit.today
    given = read_facts(typed, _asked(workflow.opening, day), _names(unit, partnership_row))
    common = facts_in_common(unit.session, case, workflow, on=day)
    kept = {name: value for name, value in common.items() if name not in clear}
    change_kind(unit, case, to=kind, happened_on=day, answers={**kept, **given}, reason=reason)
    return case


@click.command("correct")
@click.argument("reference")
@click.argument("step")
@any_partnership
@click.option("--on", type=DAY, metavar="DATE", help="The day it happened; as it was recorded when left out.")
@facts
@click.option("--clear", metavar="NAME", multiple=True, help="A fact that was not so; once for each.")
@click.option("--recorded", type=int, metavar="N", help="Which time, where it was recorded more than once: 1 is first.")
@the_reason
@as_person
@as_json
@recording
def correct(
    unit: Unit,
    partnership_row: Partnership,
    *,
    reference: str,
    step: str,
    on: date | None,
    typed: tuple[str, ...],
    clear: tuple[str, ...],
    recorded: int | None,
    reason: str,
) -> Case:
    """Correct the day or the facts of a recorded step; what was recorded first stays in the history."""
    case = _find(unit, partnership_row, reference)
    workflow = definition_of(unit.session, case)
    steps = read_history(unit.session, case).steps
    times = [each.event_id for each in steps if each.step == step]
    if not times:
        names = ", ".join(dict.fromkeys(each.step for each in steps))
        raise Refused(f"{reference} has no step {named(step)} recorded. It has: {names}.")
    if not 1 <= (recorded or 1) <= len(times):
        raise Refused(f"{step} was recorded {len(times)} times: enter a number from 1 to {len(times)}.")
    event_id = times[recorded - 1 if recorded else -1]
    found = correctable_step(unit.session, unit.actor, case, workflow, event_id)
    if found is None:
        raise NotAllowed(f"{step} of {reference} is for those to correct who may record it.")
    questions = _asked(found.step, found.form_edition or date.min)
    answers = {**found.answers, **read_facts(typed, questions, _names(unit, partnership_row))}
    asked = {question.name for question in questions}
    remaining = {name: value for name, value in answers.items() if name in asked and name not in clear}
    correct_step(unit, case, event_id, happened_on=on or found.on or unit.today, answers=remaining, reason=reason)
    return case


the_clock = click.argument("clock")
counted_from = click.option(
    "--counted-from", type=DAY, metavar="DATE", help="Which of several clocks of that name; the latest when left out."
)


@click.command("forecast")
@click.argument("reference")
@the_clock
@any_partnership
@counted_from
@click.option("--on", type=DAY, metavar="DATE", help="When it is expected to be met; left out, no forecast any more.")
@the_reason
@as_person
@as_json
@recording
def forecast(
    unit: Unit,
    partnership_row: Partnership,
    *,
    reference: str,
    clock: str,
    counted_from: date | None,
    on: date | None,
    reason: str,
) -> Case:
    """Say when a running clock is expected to be met. Its due date stays."""
    case = _find(unit, partnership_row, reference)
    set_forecast(unit, case, clock, _counted_from(case, clock, counted_from), forecast_on=on, reason=reason)
    return case


@click.command("late-reason")
@click.argument("reference")
@the_clock
@any_partnership
@counted_from
@the_reason
@as_person
@as_json
@recording
def late_reason(
    unit: Unit,
    partnership_row: Partnership,
    *,
    reference: str,
    clock: str,
    counted_from: date | None,
    reason: str,
) -> Case:
    """Say why a clock is late, or was met late."""
    case = _find(unit, partnership_row, reference)
    give_late_reason(unit, case, clock, _counted_from(case, clock, counted_from), reason=reason)
    return case


@click.command("late-reasons")
@click.argument("choice", type=click.Choice(["required", "optional"]), required=False)
@partnership
@as_person
@as_json
def late_reasons(choice: str | None, partnership: str, as_: str | None, json_: bool) -> None:
    """Say whether a step that meets a clock late needs the reason, or set it."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        row = partnership_named(unit, partnership)
        if choice is not None:
            require_late_reasons(unit, row, required=choice == "required")
        data = {"partnership": row.code, "late_reasons": "required" if row.late_reasons_required else "optional"}
    emit(data, json_, lambda: f"{data['partnership']}: the reason for being late is {data['late_reasons']}.")


def _find(unit: Unit, partnership_row: Partnership, reference: str) -> Case:
    with looking_for(f"case {named(reference)} in {partnership_row.code}"):
        return unit.case(reference, partnership=partnership_row.code)


def _counted_from(case: Case, name: str, day: date | None) -> date:
    """Give the day of the clock that is meant: without one, the latest that did not end unmet."""
    days = [clock.counted_from_on for clock in case.clocks if clock.name == name and clock.dropped_on is None]
    if day is None and days:
        return max(days)
    if day is None or day not in days:
        names = sorted({clock.name for clock in case.clocks if clock.dropped_on is None})
        raise Refused(
            f"{case.reference} has no such clock {named(name)}. Its clocks are: {', '.join(names) or 'none'}."
        )
    return day


@click.group()
def cases() -> None:
    """Show cases, open them, record their steps, put them right, and import past ones."""


cases.add_command(import_histories)
cases.add_command(record_step)
cases.add_command(open_new)
cases.add_command(edit)
cases.add_command(change)
cases.add_command(correct)
cases.add_command(forecast)
cases.add_command(late_reason)
cases.add_command(late_reasons)


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
