"""How is a case opened, and a step of it recorded, from the terminal?"""

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from reviews.cases.forms import form_day
from reviews.cases.page_queries import case_file
from reviews.cases.steps import open_case, take_case_step
from reviews.definitions.catalogue import definition_of, present_kind
from reviews.models import Case, Partnership
from reviews.people.choices import agencies
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import read_facts
from web.cli.case_data import case_as_data, case_in_words
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership
from web.cli.typed import DAY, looking_for, named, partnership_named
from workflows.core.engine import Refused
from workflows.core.questions import Asked
from workflows.core.vocabulary import Step

the_day = click.option("--on", type=DAY, metavar="DATE", help="The day it happened; today when left out.")
facts = click.option(
    "--fact", "typed", metavar="NAME=VALUE", multiple=True, help="Once for each; workflows show names them."
)


def recording(act: Callable[..., Case]) -> Callable[..., None]:
    """Make a command of a change to a case: it gets the unit and the partnership, and shows the case afterwards."""

    def record(partnership: str, as_: str | None, json_: bool, **given: Any) -> None:
        house = open_house()
        actor = acting(house.database, house.clock, as_)
        with unit_of_work(house.database, actor, house.clock) as unit:
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
