"""What do the columns of a tracker mean: as a file says, as it was remembered, or as they are guessed?"""

import json
from dataclasses import dataclass
from pathlib import Path

import click

from reviews.access.permissions import Actor
from reviews.imports.mappings import known_mapping
from reviews.transactions.unit_of_work import Unit, reading
from web.cli.typed import partnership_named
from web.core.house import House
from workflows.core.engine import Refused


@dataclass(frozen=True, slots=True)
class Columns:
    """Our field to the heading in the file; `told` is where that comes from: given, remembered or guessed."""

    mapping: dict[str, str]
    told: str


def columns_for(house: House, actor: Actor, partnership: str, headings: str, path: Path | None) -> Columns:
    """Take what the file says, else what was remembered for these headings, which is said in one line."""
    given = read_mapping(path)
    if given is not None:
        return Columns(given, "given")
    with reading(house.database) as session:
        place = partnership_named(Unit(session, actor, house.clock.now()), partnership)
        found = known_mapping(session, actor, place.id, headings)
    if not found:
        return Columns({}, "guessed")
    shown = ", ".join(f"{field} is {f'“{heading}”' if heading else 'none'}" for field, heading in found.items())
    click.echo(f"The columns are read as they were remembered for these headings: {shown}.", err=True)
    return Columns(found, "remembered")


def read_mapping(path: Path | None) -> dict[str, str] | None:
    """Read the file that says which heading is which of our columns; raises Refused."""
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused(f"{path.name} is not a JSON document.") from error
    if not isinstance(found, dict) or not all(isinstance(item, str) for pair in found.items() for item in pair):
        raise Refused(f'{path.name} must be one JSON object such as {{"due": "Target date"}}.')
    return found
