"""The commands that put a case right: edit, change-kind, correct, forecast, and why a clock is late."""

from datetime import date

import click

from reviews.access.permissions import NotAllowed
from reviews.cases import details
from reviews.cases.change_kind import change_kind, facts_in_common
from reviews.cases.clocks import give_late_reason, set_forecast
from reviews.cases.corrections import correct_step
from reviews.cases.edit_case import edit_case
from reviews.cases.history import read_history
from reviews.cases.page_queries import correctable_step, visible_children
from reviews.definitions.installed import definition_of, present_kind
from reviews.models import Case, OurRole, Partnership
from reviews.settings.partnership_settings import require_late_reasons
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, named, pairs, partnership_named, read_facts
from web.cli.case_commands import agency_names, case_named, facts, questions_of_all_editions, recording
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_app, partnership
from workflows.core.engine import Refused

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
    case = case_named(unit, partnership_row, reference)
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
    case = case_named(unit, partnership_row, reference)
    workflow = present_kind(unit.session, kind, unit.today, partnership_row.id)
    if workflow is None or workflow.inside or workflow.opening is None:
        raise Refused(f"There is no kind of case called {named(kind)} that you can open.")
    day = happened_on or (case.opened.exact if case.opened else None) or unit.today
    given = read_facts(typed, questions_of_all_editions(workflow.opening, day), agency_names(unit, partnership_row))
    common = facts_in_common(unit.session, case, workflow, on=day)
    shared = {name: value for name, value in common.items() if name not in clear}
    change_kind(unit, case, to=kind, happened_on=day, answers={**shared, **given}, reason=reason)
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
    case = case_named(unit, partnership_row, reference)
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
    questions = questions_of_all_editions(found.step, found.form_edition or date.min)
    answers = {**found.answers, **read_facts(typed, questions, agency_names(unit, partnership_row))}
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
    case = case_named(unit, partnership_row, reference)
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
    case = case_named(unit, partnership_row, reference)
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
