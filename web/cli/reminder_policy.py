"""How is a partnership's reminder policy shown, set, and written from the terminal?"""

from pathlib import Path
from typing import Any

import click

from reviews.models import Partnership
from reviews.settings.reminder_policies import require_known, set_reminder_policy, write_reminder_policy
from reviews.settings.reviews_reminder_policies import USUAL_HOUR, hour_of, known_policies
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.runtime import acting, as_json, as_person, emit, open_house, partnership
from web.cli.tables import table
from web.cli.typed import partnership_named
from workflows.core.deadlines import Ladder
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.ladder_words import rung_words, told_words
from workflows.files.plain_data import ladder_data
from workflows.files.policy_files import read_policy, write_policy
from workflows.files.read import read_file


@click.command()
@click.argument("name", required=False)
@click.option("--file", type=click.Path(path_type=Path), help="Write the policy of this YAML file, or write it anew.")
@click.option("--export", is_flag=True, help="Print the policy, or the one that is named, as such a file.")
@partnership
@as_person
@as_json
def policy(name: str | None, file: Path | None, export: bool, partnership: str, as_: str | None, json_: bool) -> None:
    """Show the reminder policy of a partnership, or set it to NAME; write one of its own, or print one."""
    if export and (file is not None or json_):
        raise Refused("--export goes without --file and --json.")
    house = open_house()
    with unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit:
        place = partnership_named(unit, partnership)
        written = _write(unit, place, file) if file is not None else None
        if name is not None and not export:
            set_reminder_policy(unit, place, policy=name)
        wanted = (name if export else None) or place.reminder_policy
        require_known(unit, place.id, wanted)
        ladder, begins = known_policies(unit.session, place.id)[wanted], hour_of(unit.session, place.id, wanted)
        data: dict[str, Any] = {"partnership": place.code, "policy": place.reminder_policy, "begins": begins}
        data["written"] = written
    if export:
        click.echo(write_policy(ladder, begins), nl=False)
    else:
        emit(data | {"ladder": ladder_data(ladder)}, json_, lambda: _in_words(data, ladder))


def _write(unit: Unit, place: Partnership, file: Path) -> str:
    ladder, begins = read_policy(read_file(file), file.name)
    write_reminder_policy(
        unit, place, name=ladder.name, title=ladder.title, rungs=ladder.rungs, begins=begins or USUAL_HOUR
    )
    return ladder.name


def _in_words(data: dict[str, Any], ladder: Ladder) -> str:
    rows = [(rung.name, sentence(rung_words(rung)), sentence(told_words(rung))) for rung in ladder.rungs]
    written = f"Written: {data['written']}. " if data["written"] else ""
    said = f"{written}{data['partnership']} follows the {data['policy']}. Its round begins at {data['begins']}."
    return f"{said}\n\n{table(ladder.title, ('Rung', 'When', 'Who is told'), rows)}"
