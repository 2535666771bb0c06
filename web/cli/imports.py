"""The commands `actions import`, `actions undo-import`, `actions start-reminders` and `cases import`."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from reviews.access.permissions import Actor
from reviews.access.shown import note_rows
from reviews.actions.plan_rules import start_reminders
from reviews.cases.page_queries import clocks_of_cases
from reviews.core.clock import local_day
from reviews.exports.past_list import template as empty_list
from reviews.imports.history import CaseImport, CaseOutcome, ImportedCase, import_cases
from reviews.imports.mappings import remember_mapping, remembered_columns
from reviews.imports.readers.answers import Answers
from reviews.imports.readers.cells import MOST_ROWS, invisible_shown
from reviews.imports.readers.past_files import layout_of, read_histories
from reviews.imports.readers.past_rows import RefusedPastRow
from reviews.imports.readers.plan import chosen_among, headings_of, plan_in
from reviews.imports.readers.sheets import read_sheets
from reviews.imports.store_rows import Source, TrackerImport, import_plan
from reviews.imports.undo_import import ImportUndo, undo_import
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from web.cli.arguments import ids_of, looking_for, named, partnership_named
from web.cli.case_lists import kind_named
from web.cli.clocks import clock_as_data
from web.cli.exports import write_file
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from web.core.app_context import AppContext
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.vocabulary import Workflow

ANSWERS_EXAMPLE = '{"4/due": "2027-06-09", "Officer A": "mary.bell@anyshire.example", "tbc": "-"}'


@dataclass(frozen=True, slots=True)
class Columns:
    """Field to heading in the file; `source` is where that comes from: given, remembered or guessed.

    `answers` are what was decided about texts of such a file before.
    """

    mapping: Mapping[str, str]
    source: str
    answers: Mapping[str, str] = field(default_factory=dict)


def columns_for(app: AppContext, actor: Actor, partnership: str, headings: str, path: Path | None) -> Columns:
    """Use the mapping file, or else what was remembered for these headings, and print that in one line."""
    mapping = read_mapping(path)
    if mapping is not None:
        return Columns(mapping, "given")
    with reading(app.database) as session:
        target = partnership_named(Unit(session, actor, app.clock.now()), partnership)
        found = remembered_columns(session, actor, target.id, headings)
    if found is None:
        return Columns({}, "guessed")
    if found.mapping:
        named_columns = [
            f"{name} is {f'“{heading}”' if heading else 'none'}" for name, heading in found.mapping.items()
        ]
        click.echo(f"Using the columns remembered for these headings: {', '.join(named_columns)}.", err=True)
    if found.answers:
        click.echo(f"Using {len(found.answers):,} answers remembered for these headings.", err=True)
    return Columns(found.mapping, "remembered", found.answers)


def read_mapping(path: Path | None) -> dict[str, str] | None:
    """Read the file that gives a heading for each of our columns. Raises Refused."""
    return None if path is None else read_pairs(path, '{"due": "Target date"}')


def read_pairs(path: Path, example: str) -> dict[str, str]:
    """Read a JSON object of texts by text. Raises Refused, with the example of what it should be."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused(f"{path.name} is not a JSON document.") from error
    if not isinstance(found, dict) or not all(isinstance(item, str) for pair in found.items() for item in pair):
        raise Refused(f"{path.name} must be one JSON object such as {example}.")
    return found


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--plan", "plan_reference", metavar="REFERENCE", required=True, help="Case or plan; a new one is opened.")
@partnership
@click.option("--title", default="", metavar="TEXT", help="Title of a new plan: neutral words, never a child's name.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="JSON file: our field to the heading in the file. Without it, what was remembered for these headings is used; "
    "with {} nothing is.",
)
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help='JSON file of decisions: {"row/field" or text: answer}; "-" leaves a text as it stands.',
)
@click.option(
    "--save-mapping", is_flag=True, help="Remember what --mapping and --answers say for files with these headings."
)
@click.option("--sheet", help="Read this sheet only.")
@click.option(
    "--header-row",
    type=click.IntRange(1, MOST_ROWS),
    metavar="N",
    help="The row of the headings, as the spreadsheet numbers it. Without it, the first row that fits.",
)
@click.option("--lenient", is_flag=True, help="Take the good rows although others are refused.")
@click.option("--silent", is_flag=True, help="Remind nobody of the plan until actions start-reminders.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@as_person
@as_json
def import_tracker(
    file: Path,
    plan_reference: str,
    partnership: str,
    title: str,
    mapping: Path | None,
    answers: Path | None,
    save_mapping: bool,
    sheet: str | None,
    header_row: int | None,
    lenient: bool,
    silent: bool,
    dry_run: bool,
    as_: str | None,
    json_: bool,
) -> None:
    """Read a tracker kept in a spreadsheet (.xlsx, .xlsm, .csv) into a plan."""
    if save_mapping and mapping is None and answers is None:
        raise Refused("--save-mapping needs --mapping or --answers: name that file too.")
    sheets = read_sheets(file)
    source = Source(file.name, sha256(file.read_bytes()).hexdigest())
    headings = headings_of(chosen_among(sheets, sheet), header_row)
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    columns = columns_for(app, actor, partnership, headings, mapping)
    given = {**columns.answers, **(read_pairs(answers, ANSWERS_EXAMPLE) if answers else {})}
    decided = Answers(given)
    as_written = plan_in(sheets, mapping=columns.mapping, sheet=sheet, header_row=header_row)
    plan = (
        plan_in(sheets, mapping=columns.mapping, sheet=sheet, header_row=header_row, answers=decided)
        if given
        else as_written
    )
    del sheets  # the cells of a large file are not kept in memory while its rows are stored
    with unit_of_work(app.database, actor, app.clock) as unit:
        target = partnership_named(unit, partnership)
        code = target.code
        with _progress(len(plan.rows), quiet=json_) as tick:
            done = import_plan(
                unit,
                target,
                reference=plan_reference,
                title=title,
                plan=plan,
                lenient=lenient,
                silent=silent,
                source=source,
                answers=decided,
                as_written=as_written,
                tick=tick,
            )
        is_saved = save_mapping and not dry_run and (lenient or not done.refused)
        if is_saved:
            remember_mapping(unit, target.id, headings, columns.mapping, given)
        note_rows(done.rows, partnership_id=target.id)
        if dry_run:
            unit.session.rollback()
    mapping_data = {"mapping": columns.source, "mapping_saved": is_saved}
    emit(_as_data(done, dry_run) | mapping_data, json_, lambda: _import_in_words(done, code, dry_run))
    if done.refused and not lenient:
        raise Refused(
            f"Nothing was stored, because {len(done.refused)} rows cannot be imported. --lenient imports the others."
        )


@contextmanager
def _progress(rows: int, *, quiet: bool) -> Iterator[Callable[[], object]]:
    """Show a progress bar on a terminal, and nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=rows, label=f"{rows:,} rows", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _as_data(done: TrackerImport, dry_run: bool) -> dict[str, Any]:
    return {
        "plan": done.plan,
        "plan_created": done.plan_created,
        "run": None if dry_run else done.run,
        "dry_run": dry_run,
        "silent": done.silent,
        "rows": done.rows,
        "created": done.created,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "actions": done.actions,
        "needs_decision": done.needs_decision,
        "decided": done.decided,
        "refused": done.refused,
        "skipped": done.skipped,
        "left_out": done.left_out,
    }


def _import_in_words(done: TrackerImport, code: str, dry_run: bool) -> str:
    opened = f"The plan {done.plan} did not exist. It was opened as a strategy plan.\n" if done.plan_created else ""
    would = "Nothing was written. It would be: " if dry_run else ""
    counts = f"{would}{done.created} created, {done.updated} updated, {done.unchanged} unchanged of {done.rows} rows."
    rows = [
        (str(item["row"]), item["field"], invisible_shown(item["text"]), item["reason"]) for item in done.needs_decision
    ]
    decide = table("For a person to decide", ("Row", "Field", "As it stands", "Why"), rows, most=100) if rows else ""
    if rows and not dry_run:
        decide = f"{decide}\nTo decide it: followthrough actions decide {done.plan} --partnership {code}"
    refused_rows = [(str(row["row"]), row["column"], row["reason"]) for row in done.refused]
    refused = table("Refused", ("Row", "Column", "Why"), refused_rows) if refused_rows else ""
    seen = [(_where(each), each["what"]) for each in done.left_out]
    left_out = table("Seen and not taken as it is", ("Where", "What"), seen, most=50) if seen else ""
    guesses = sum(len(action["guesses"]) for action in done.actions)
    guessed = (
        f"{guesses:,} references and recommendations are guesses. Use --json or the page to see them."
        if guesses
        else ""
    )
    silent = (
        "The plan is silent. To start its reminders: "
        f"followthrough actions start-reminders {done.plan} --partnership {code}"
        if done.silent
        else ""
    )
    is_stored = done.run and not dry_run
    undo = f"To undo it: followthrough actions undo-import {done.run} --partnership {code}" if is_stored else ""
    return "\n".join(part for part in (f"{opened}{counts}", decide, refused, left_out, guessed, silent, undo) if part)


def _where(each: Mapping[str, Any]) -> str:
    """Say where something was seen: sheet, row and column, as far as it is about one."""
    row = f"row {each['row']}" if each["row"] else ""
    return ", ".join(filter(None, (each["sheet"], row, each["column"]))) or "the file"


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--workflow", "kind", metavar="NAME", required=True, help="Kind of case the file lists.")
@click.option("--partnership", metavar="CODE", help="Code of the partnership; not needed with --columns or --template.")
@click.option("--mapping", type=click.Path(path_type=Path), help="JSON file: our column to the heading in the file.")
@click.option(
    "--our-area", "our_areas", multiple=True, metavar="TEXT", help="What the file calls our partnership or panel."
)
@click.option("--columns", is_flag=True, help="Show the columns that a list of this kind can have, and read nothing.")
@click.option("--template", metavar="FILE", help="Write a CSV file with all of these columns, and read nothing.")
@click.option("--lenient", is_flag=True, help="Take the good rows although others are refused.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@as_person
@as_json
def import_histories(
    file: Path | None,
    kind: str,
    partnership: str | None,
    mapping: Path | None,
    our_areas: tuple[str, ...],
    columns: bool,
    template: str | None,
    lenient: bool,
    dry_run: bool,
    as_: str | None,
    json_: bool,
) -> None:
    """Read a list of past cases (.xlsx, .xlsm, .csv): dates and facts, but no details of any child."""
    app = open_app()
    today = local_day(app.clock.now())
    with reading(app.database) as session:
        workflow = kind_named(session, kind, ids_of(session, partnership) if partnership else None, today)
    if columns or template:
        _show_columns(workflow, template, json_)
        return
    if file is None or partnership is None:
        raise click.UsageError("Name the file, and the partnership with --partnership CODE.")
    histories = read_histories(file, workflow=workflow, today=today, mapping=read_mapping(mapping))
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        target = partnership_named(unit, partnership)
        done = import_cases(unit, target, workflow, histories, lenient=lenient, our_areas=our_areas)
        unit.session.flush()
        data = {**_counts(done, dry_run), "ignored": list(histories.ignored)}
        clocks = clocks_of_cases(unit.session, [imported.case.id for imported in done.cases])
        data["cases"] = [
            _case(imported) | {"clocks": [clock_as_data(clock, today) for clock in clocks.get(imported.case.id, ())]}
            for imported in done.cases
        ]
        note_rows(len(data["cases"]), partnership_id=target.id)
        if dry_run:
            unit.session.rollback()
    emit(data, json_, lambda: _cases_in_words(data))
    if done.refused and not lenient:
        raise Refused(f"Nothing was stored, because {_rows(done)} cannot be imported. --lenient imports the others.")


def _show_columns(workflow: Workflow, template: str | None, json_: bool) -> None:
    """Show the columns that a list of a kind can have, or write an empty list that has them all."""
    found = layout_of(workflow).columns.values()
    if template:
        write_file(template, empty_list(workflow))
    data = {
        "workflow": workflow.name,
        "columns": [
            {"name": column.name, "kind": column.kind.value, "what": column.what, "headings": list(column.headings)}
            for column in found
        ],
        "again": "A number after the name of a step, such as “checkpoint 2”, is the second time that it was taken.",
    }
    if template and not json_:
        click.echo(f"{len(found)} columns written to {template}.")
        return
    rows = [(column.name, column.what, ", ".join(column.headings)) for column in found]
    headings = ("Column", "What it holds", "Also read as")
    emit(data, json_, lambda: f"{table(workflow.title, headings, rows)}\n{data['again']}")


def _counts(done: CaseImport, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "rows": done.rows,
        **{outcome.value: done.count(outcome) for outcome in CaseOutcome},
        "refused": [_cell(refused) for refused in done.refused],
        "left_out": [_cell(left_out) for left_out in done.left_out],
        "areas": done.areas,
    }


def _cell(found: RefusedPastRow) -> dict[str, Any]:
    return {"row": found.row, "column": found.column, "reason": found.reason}


def _case(imported: ImportedCase) -> dict[str, Any]:
    case = imported.case
    return {
        "row": imported.row,
        "reference": case.reference,
        "workflow": case.workflow,
        "outcome": imported.outcome.value,
        "stage": case.tracks[0].stage,
        "tracks": [{"name": track.name, "stage": track.stage} for track in case.tracks],
        "our_role": case.our_role,
        "lead_area": case.lead_area or None,
    }


def _rows(done: CaseImport) -> str:
    number = len({row.row for row in done.refused})
    return "1 row" if number == 1 else f"{number} rows"


def _cases_in_words(data: Mapping[str, Any]) -> str:
    would = "Nothing was written. It would be: " if data["dry_run"] else ""
    counts = f"{data['created']} created, {data['updated']} updated, {data['unchanged']} unchanged"
    parts = [f"{would}{counts}, from {data['rows']} rows."]
    if data["ignored"]:
        parts.append(f"Columns not read: {', '.join(data['ignored'])}. --columns shows those that are.")
    if data["areas"]:
        areas = ", ".join(f"“{name}” as {area}" for name, area in data["areas"].items())
        parts.append(f"Partnerships and panels in the file were read so: {areas}.")
    for title, key in (("Refused", "refused"), ("Read, but not stored", "left_out")):
        if rows := [(str(row["row"]), row["column"], row["reason"]) for row in data[key]]:
            parts.append(table(title, ("Row", "Column", "Why"), rows))
    if cases := [(case["reference"], sentence(case["stage"]), case["outcome"]) for case in data["cases"]]:
        parts.append(table("Cases", ("Reference", "Stage", ""), cases))
    return "\n".join(parts)


@click.command("undo-import")
@click.argument("run", type=click.IntRange(1, 999_999_999))
@partnership
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@as_person
@as_json
def undo_import_run(run: int, partnership: str, dry_run: bool, as_: str | None, json_: bool) -> None:
    """Undo an import; RUN is the number that it printed. Actions that were worked on since do not change."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        code = partnership_named(unit, partnership).code
        with looking_for(f"import {run} in {code}"):
            undo = undo_import(unit, run, partnership=code)
        if dry_run:
            unit.session.rollback()
    emit({**_undo_as_data(undo), "dry_run": dry_run}, json_, lambda: _undo_in_words(undo, dry_run))


@click.command("start-reminders")
@click.argument("plan", metavar="PLAN")
@partnership
@as_person
@as_json
def start_plan_reminders(plan: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Remind of a silent plan from tomorrow; PLAN is its reference."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        code = partnership_named(unit, partnership).code
        with looking_for(f"plan {named(plan)} in {code}"):
            case = unit.case(plan, partnership=code)
        start_reminders(unit, case)
        data = {"plan": case.reference, "partnership": code, "silent": False, "began_on": unit.today}
    emit(data, json_, lambda: f"{data['plan']}: its owners are reminded from tomorrow.")


def _undo_as_data(undo: ImportUndo) -> dict[str, Any]:
    data = asdict(undo)
    return {**data, "kept": data.pop("unchanged")}


def _undo_in_words(undo: ImportUndo, dry_run: bool) -> str:
    would = "Nothing was written. It would be: " if dry_run else ""
    counts = (
        f"{would}import {undo.run} into {undo.plan}: {len(undo.ended)} actions ended as no longer needed, "
        f"{len(undo.restored)} restored to what they said before."
    )
    rows = [(action["reference"], action["why"]) for action in undo.unchanged]
    return "\n".join(part for part in (counts, table("Not changed", ("Action", "Why"), rows) if rows else "") if part)
