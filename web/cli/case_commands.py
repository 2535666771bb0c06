"""What the commands that change a case share: the case that is meant, the facts, and the case shown afterwards."""

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from reviews.cases.page_queries import case_file, find_case
from reviews.models import Case, Partnership
from reviews.people.queries import agencies
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, looking_for, named, partnership_named
from web.cli.case_data import case_as_data, case_in_words
from web.cli.runtime import acting, emit, open_app
from workflows.core.questions import Question
from workflows.core.vocabulary import Step

the_day = click.option("--on", type=DAY, metavar="DATE", help="The day it happened; today when left out.")
facts = click.option(
    "--fact", "typed", metavar="NAME=VALUE", multiple=True, help="Once for each; workflows show names them."
)


def recording(act: Callable[..., Case]) -> Callable[..., None]:
    """Make a command of a function that changes a case in a unit of work; it shows the case afterwards."""

    def record(partnership: str | None, as_: str | None, json_: bool, **arguments: Any) -> None:
        app = open_app()
        actor = acting(app.database, app.clock, as_)
        with unit_of_work(app.database, actor, app.clock) as unit:
            partnership_row = partnership_named(unit, partnership or only_with(unit, arguments["reference"]))
            case = act(unit, partnership_row, **arguments)
            unit.session.flush()
            file = case_file(unit.session, actor, case.reference, today=unit.today, partnership=partnership_row.code)
            data = case_as_data(unit.session, actor, file, unit.today)
        emit(data, json_, lambda: case_in_words(data))

    record.__doc__ = act.__doc__
    return record


def case_named(unit: Unit, partnership_row: Partnership, reference: str) -> Case:
    with looking_for(f"case {named(reference)} in {partnership_row.code}"):
        return unit.case(reference, partnership=partnership_row.code)


def questions_of_all_editions(step: Step, day: date) -> tuple[Question, ...]:
    """Give the questions of every edition, those of the day last: the command refuses a fact of another edition."""
    return (*step.questions, *step.form_on(day))


def agency_names(unit: Unit, partnership_row: Partnership) -> list[str]:
    return [name for _, name in agencies(unit.session, unit.actor, partnership_row.id)]


def only_with(unit: Unit, reference: str) -> str:
    """Give the code of the partnership that has the case; the first by its number where several have."""
    with looking_for(f"case {named(reference)}"):
        return find_case(unit.session, unit.actor, reference)[1].code
