"""Which workflows are there, and are they sound?"""

import click

from web.cli.opening import as_json, emit
from web.cli.typed import named
from workflows.definitions import WORKFLOWS
from workflows.diagram import as_data, mermaid, page
from workflows.engine import Refused
from workflows.soundness import require_sound
from workflows.vocabulary import Workflow


@click.group()
def workflows() -> None:
    """Read and check the workflow definitions."""


@workflows.command("list")
@as_json
def list_all(json_: bool) -> None:
    """List every workflow with its tracks."""
    rows = [
        {"name": w.name, "title": w.title, "version": w.version, "tracks": [track.name for track in w.tracks]}
        for w in WORKFLOWS.values()
    ]
    emit(rows, json_, lambda: "\n".join(f"{w.name:24} {w.title} (version {w.version})" for w in WORKFLOWS.values()))


@workflows.command()
@click.argument("name")
@as_json
def show(name: str, json_: bool) -> None:
    """Show stages, steps, roles, guards and deadlines of one workflow."""
    workflow = _named(name)
    emit(as_data(workflow), json_, lambda: page(workflow))


@workflows.command()
@as_json
def check(json_: bool) -> None:
    """Check that every definition is sound; exit 1 with its name when one is not."""
    require_sound(WORKFLOWS.values())
    emit({"sound": list(WORKFLOWS)}, json_, lambda: f"{len(WORKFLOWS)} workflows are sound: {', '.join(WORKFLOWS)}.")


@workflows.command()
@click.argument("name")
def diagram(name: str) -> None:
    """Print the Mermaid diagram of one workflow."""
    click.echo(mermaid(_named(name)))


def _named(name: str) -> Workflow:
    if name not in WORKFLOWS:
        raise Refused(f"There is no workflow “{named(name)}”. There is: {', '.join(WORKFLOWS)}.")
    return WORKFLOWS[name]
