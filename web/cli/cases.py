"""The commands that show a case, open one, and record a step."""

from datetime import date

import click

from reviews.cases.facts import form_day
from reviews.cases.page_queries import case_file
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import local_day
from reviews.definitions.installed import definition_of, present_kind
from reviews.models import Case, Partnership
from reviews.transactions.unit_of_work import Unit, reading
from web.cli.arguments import looking_for, named, read_facts
from web.cli.case_commands import agency_names, case_named, facts, questions_of_all_editions, recording, the_day
from web.cli.case_data import case_as_data, case_in_words
from web.cli.case_files import case_files
from web.cli.case_lists import export_cases, list_cases
from web.cli.case_rights import (
    confine_case,
    declare,
    end_confined,
    end_exclusion,
    end_grant,
    exclude_person,
    grant_access,
    show_access,
)
from web.cli.cases_put_right import change, correct, edit, forecast, late_reason, late_reasons
from web.cli.imports import import_histories
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_app, partnership
from workflows.core.engine import Refused


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
    case = case_named(unit, partnership_row, reference)
    found, day = definition_of(unit.session, case).step(step), on or unit.today
    if found is None:
        raise Refused(f"{reference} has no step called {named(step)}.")
    questions = questions_of_all_editions(found, form_day(unit.session, case, found, day))
    answers = read_facts(typed, questions, agency_names(unit, partnership_row))
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
    answers = read_facts(typed, questions_of_all_editions(kind.opening, day), agency_names(unit, partnership_row))
    return open_case(
        unit,
        workflow=kind.name,
        partnership=partnership_row,
        happened_on=day,
        answers=answers,
        title=title,
        pseudonyms=children,
    )


@click.group()
def cases() -> None:
    """Show cases, open them, record their steps, put them right, and import past ones."""


cases.add_command(import_histories)
cases.add_command(list_cases)
cases.add_command(export_cases)
cases.add_command(record_step)
cases.add_command(open_new)
cases.add_command(edit)
cases.add_command(change)
cases.add_command(correct)
cases.add_command(forecast)
cases.add_command(late_reason)
cases.add_command(late_reasons)
cases.add_command(show_access)
cases.add_command(grant_access)
cases.add_command(exclude_person)
cases.add_command(confine_case)
cases.add_command(end_grant)
cases.add_command(end_exclusion)
cases.add_command(end_confined)
cases.add_command(declare)
cases.add_command(case_files)


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
