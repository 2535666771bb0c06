"""The commands that list, show, check, export and add workflow definitions."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import click

from reviews.access.permissions import system
from reviews.settings.added_definitions import Addition, add_definition
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.arguments import named, partnership_named
from web.cli.runtime import as_json, emit, installed_catalogue, open_app, operator
from web.cli.versions import migrate
from workflows.checks import require_sound
from workflows.core.engine import Refused
from workflows.core.vocabulary import Workflow
from workflows.definitions import WORKFLOWS
from workflows.definitions.action import ACTION
from workflows.diagrams.mermaid import as_data, mermaid, page
from workflows.files.read import NotADefinition, read_file, read_workflows
from workflows.files.schema import did_you_mean
from workflows.files.write import write_workflow

version = click.option("--version", type=int, metavar="V", help="Which version; the newest when left out.")


@click.command()
@click.argument("name")
@version
@click.option("--out", type=click.Path(path_type=Path), help="Write it into this new file.")
def export(name: str, version: int | None, out: Path | None) -> None:
    """Print a definition as a YAML file, which can be changed and added as another version or kind."""
    text = write_workflow(workflow_named(name, version))
    if out is None:
        click.echo(text, nl=False)
        return
    with out.open("x", encoding="utf-8") as file:
        file.write(text)
    click.echo(f"Written: {out}.")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@as_json
def check(files: tuple[Path, ...], json_: bool) -> None:
    """Check that every definition is sound, or that these files would be among them; exit 1 with what is wrong."""
    installed = installed_catalogue().every()
    if not files:
        require_sound([*installed, ACTION])
        names = list(dict.fromkeys([*WORKFLOWS, *(workflow.name for workflow in installed)]))
        emit({"sound": names}, json_, lambda: f"{len(names)} workflows are sound: {', '.join(names)}.")
        return
    try:
        found = [workflow.name for workflow in read_workflows(_texts(files), [*installed, ACTION])]
    except NotADefinition as answer:
        _fail(answer, json_)
    emit({"sound": found, "faults": []}, json_, lambda: f"Sound: {', '.join(found)}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--partnership", metavar="CODE", help="Only for this partnership; for all when left out.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@as_json
def add(file: Path, partnership: str | None, dry_run: bool, json_: bool) -> None:
    """Add the definition in a file. It cannot be changed later: add other rules as another version."""
    try:
        text = read_file(file)
        done = _add(file, text, partnership, dry_run)
    except NotADefinition as answer:
        _fail(answer, json_)
    data = {
        "dry_run": dry_run,
        "outcome": "unchanged" if done.unchanged else "added",
        "name": done.workflow.name,
        "title": done.workflow.title,
        "version": done.workflow.version,
        "effective_from": done.workflow.effective_from,
        "partnership": partnership.upper() if partnership else None,
    }
    emit(data, json_, lambda: _in_words(done, partnership, dry_run))


def workflow_named(name: str, version: int | None) -> Workflow:
    """Find a definition, by default its newest version; raises Refused."""
    versions = {**installed_catalogue().versions, ACTION.name: {ACTION.version: ACTION}}
    if name not in versions:
        near = did_you_mean(name, versions)
        raise Refused(f"There is no workflow “{named(name)}”{near} `followthrough workflows list` names them all.")
    numbered = versions[name]
    if version is not None and version not in numbered:
        raise Refused(f"There is no version {version} of {name}. There is: {', '.join(map(str, sorted(numbered)))}.")
    return numbered[max(numbered) if version is None else version]


def _add(file: Path, text: str, partnership: str | None, dry_run: bool) -> Addition:
    app = open_app()
    with unit_of_work(app.database, system(operator()), app.clock) as unit:
        only_for = partnership_named(unit, partnership) if partnership else None
        done = add_definition(unit, text, source=file.name, partnership=only_for)
        unit.session.flush()
        if dry_run:
            unit.session.rollback()
    return done


def _texts(files: Iterable[Path]) -> list[tuple[str, str]]:
    texts, faults = [], list[str]()
    for path in files:
        try:
            texts.append((path.name, read_file(path)))
        except NotADefinition as answer:
            faults += answer.faults
    if faults:
        raise NotADefinition(faults)
    return texts


def _fail(answer: NotADefinition, json_: bool) -> NoReturn:
    """Print every fault on a line of its own, and exit with 1."""
    if json_:
        emit({"sound": [], "faults": list(answer.faults)}, True, str)
    else:
        click.echo(str(answer), err=True)
    sys.exit(1)


def _in_words(done: Addition, partnership: str | None, dry_run: bool) -> str:
    what = f"{done.workflow.title} ({done.workflow.name}, version {done.workflow.version})"
    if done.unchanged:
        return f"{what} is already there. Nothing changed."
    whom = partnership.upper() if partnership else "all partnerships"
    sentence = f"{what} is added for {whom}: cases opened from {done.workflow.effective_from} on run under it."
    return f"Nothing was written. It would be: {sentence}" if dry_run else sentence


@click.group()
def workflows() -> None:
    """Read and check the workflow definitions, and move running cases from one version to another."""


workflows.add_command(migrate)


workflows.add_command(export)
workflows.add_command(check)
workflows.add_command(add)


@workflows.command("list")
@as_json
def list_all(json_: bool) -> None:
    """List every workflow with its tracks and versions; those that were added here come last."""
    versions = {**installed_catalogue().versions, ACTION.name: {ACTION.version: ACTION}}
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
