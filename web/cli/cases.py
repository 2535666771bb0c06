"""How is one case shown at the terminal, and which other commands are there about cases?"""

import click

from reviews.cases.page_queries import case_file
from reviews.core.clock import local_day
from reviews.transactions.unit_of_work import reading
from web.cli.case_data import case_as_data, case_in_words
from web.cli.import_cases import import_histories
from web.cli.record_case import open_new, record_step
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_house
from web.cli.typed import looking_for, named


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
    house = open_house()
    today = local_day(house.clock.now())
    actor = acting(house.database, house.clock, as_)
    where = f" in {named(partnership)}" if partnership else ""
    with reading(house.database) as session:
        with looking_for(f"case {named(reference)}{where}"):
            file = case_file(session, actor, reference, today=today, partnership=partnership)
        data = case_as_data(session, actor, file, today)
    emit(data, json_, lambda: case_in_words(data))
