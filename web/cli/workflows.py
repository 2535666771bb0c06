"""Which workflows are there, in which versions?"""

import click

from web.cli.runtime import as_json, emit, known_catalogue
from web.cli.versions import migrate_cases
from web.cli.workflow_files import add, check, export, version, workflow_named
from workflows.definitions import WORKFLOWS
from workflows.definitions.action import ACTION
from workflows.diagrams.mermaid import as_data, mermaid, page


@click.group()
def workflows() -> None:
    """Read and check the workflow definitions, and move running cases from one version to another."""


workflows.add_command(migrate_cases)


workflows.add_command(export)
workflows.add_command(check)
workflows.add_command(add)


@workflows.command("list")
@as_json
def list_all(json_: bool) -> None:
    """List every workflow with its tracks and versions; those that were added here come last."""
    versions = {**known_catalogue().versions, ACTION.name: {ACTION.version: ACTION}}
    names = [*WORKFLOWS, *(name for name in versions if name not in WORKFLOWS)]
    newest = [versions[name][max(versions[name])] for name in names]
    rows = [
        {
            "name": workflow.name,
            "title": workflow.title,
            "version": workflow.version,
            "tracks": [track.name for track in workflow.tracks],
            "effective_from": workflow.effective_from,
            "versions": sorted(versions[workflow.name]),
        }
        for workflow in newest
    ]
    emit(rows, json_, lambda: "\n".join(f"{w.name:24} {w.title} (version {w.version})" for w in newest))


@workflows.command()
@click.argument("name")
@version
@as_json
def show(name: str, version: int | None, json_: bool) -> None:
    """Show stages, steps, roles, guards and deadlines of one workflow."""
    workflow = workflow_named(name, version)
    emit(as_data(workflow), json_, lambda: page(workflow))


@workflows.command()
@click.argument("name")
@version
def diagram(name: str, version: int | None) -> None:
    """Print the Mermaid diagram of one workflow."""
    click.echo(mermaid(workflow_named(name, version)))
