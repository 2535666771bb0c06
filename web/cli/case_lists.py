"""The commands that give every case of a partnership: as data, and as a list that `cases import` reads."""

from datetime import date
from typing import Any

import click
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.shown import note_export, note_rows
from reviews.cases.every_case import every_case
from reviews.core.clock import local_day
from reviews.definitions.installed import catalogue_for
from reviews.exports.past_list import as_past_list
from reviews.models import Partnership
from reviews.transactions.unit_of_work import Unit, reading
from web.cli.arguments import named, partnership_named
from web.cli.case_data import listed_as_data
from web.cli.exports import STANDARD_OUTPUT, write_file
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.vocabulary import Workflow


def kind_named(session: Session, name: str, partnership_ids: list[int] | None, today: date) -> Workflow:
    """Find a kind of case; raises Refused with the kinds there are."""
    kinds = catalogue_for(session, partnership_ids)
    found = kinds.current(name, today)
    if found is None:
        raise Refused(f"There is no kind of case called {named(name)}. The kinds are {', '.join(kinds.versions)}.")
    return found


@click.command("list")
@partnership
@click.option("--workflow", "kind", default="", metavar="NAME", help="Cases of this kind only.")
@as_person
@as_json
def list_cases(partnership: str, kind: str, as_: str | None, json_: bool) -> None:
    """List every case with its stage, clocks and all recorded facts."""
    app = open_app()
    today, actor = local_day(app.clock.now()), acting(app.database, app.clock, as_)
    with reading(app.database) as session:
        target = partnership_named(Unit(session, actor, app.clock.now()), partnership)
        code = target.code
        if kind:
            kind_named(session, kind, [target.id], today)
        data = _listed(session, actor, target, kind, today)
        note_rows(len(data), partnership_id=target.id)
    emit(data, json_, lambda: _in_words(data, code))


def _listed(session: Session, actor: Actor, target: Partnership, kind: str, today: date) -> list[dict[str, Any]]:
    code = target.code
    return [
        listed_as_data(full, code, today) for full in every_case(session, actor, target, today=today, workflow=kind)
    ]


def _in_words(data: list[dict[str, Any]], code: str) -> str:
    if not data:
        return f"{code} has no such case that you may see."
    rows = [
        (
            case["reference"],
            case["workflow"],
            ", ".join(sentence(track["stage"]) for track in case["tracks"]),
            str(case["opened_on"] or ""),
            "late" if case["late"] else "",
        )
        for case in data
    ]
    return table(f"{len(rows):,} cases of {code}", ("Reference", "Kind", "Stage", "Opened", ""), rows)


@click.command("export")
@partnership
@click.option("--workflow", "kind", required=True, metavar="NAME", help="Kind of case.")
@click.option("--out", metavar="FILE", required=True, help="CSV file to write, replaced if it is there; - prints it.")
@as_person
@as_json
def export_cases(partnership: str, kind: str, out: str, as_: str | None, json_: bool) -> None:
    """Write the cases of a kind as a list that `cases import` reads back without a change."""
    app = open_app()
    today, actor = local_day(app.clock.now()), acting(app.database, app.clock, as_)
    with reading(app.database) as session:
        target = partnership_named(Unit(session, actor, app.clock.now()), partnership)
        workflow = kind_named(session, kind, [target.id], today)
        cases = every_case(session, actor, target, today=today, workflow=workflow.name)
        count, content = as_past_list(workflow, cases)
        note_export("csv", count, partnership_id=target.id)
    write_file(out, content)
    if out != STANDARD_OUTPUT:
        emit(
            {"workflow": workflow.name, "cases": count, "file": out}, json_, lambda: f"{count} cases written to {out}."
        )
