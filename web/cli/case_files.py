"""The commands on the files of a case: add one, list them, get one, withdraw one."""

from pathlib import Path

import click

from reviews.cases.attachments import FileLine, add_file, attachment, files_of, record_file_reading, withdraw_file
from reviews.cases.page_queries import find_case
from reviews.core.keyring import keyring_of
from reviews.files.store import DamagedFile, folder_of, open_sound, stored_file
from reviews.transactions.unit_of_work import reading, unit_of_work
from web.cli.arguments import looking_for, named, partnership_named
from web.cli.case_commands import case_named, only_with
from web.cli.files import note_damage, stored_from, taking_files
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_app, table
from workflows.core.engine import Refused

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("files")
def case_files() -> None:
    """The files of a case, or of the request to an agency."""


@case_files.command("add")
@click.argument("reference")
@click.argument("file", type=FILE)
@click.option("--title", required=True, metavar="TEXT", help="What it is. Never a child's name.")
@any_partnership
@as_person
@as_json
def add(reference: str, file: Path, title: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Add FILE to a case."""
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with taking_files(app) as take:
        stored = stored_from(take, file)
        with unit_of_work(app.database, actor, app.clock) as unit:
            code = partnership or only_with(unit, reference)
            case = case_named(unit, partnership_named(unit, code), reference)
            row = add_file(unit, case, stored, title=title)
            number = row.id
    emit({"number": number, "case": reference, "title": title}, json_, lambda: f"File {number} of {reference}: {title}")


@case_files.command("list")
@click.argument("reference")
@any_partnership
@as_person
@as_json
def list_files(reference: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """List the files of a case, with those of the requests and processes inside it."""
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with reading(app.database) as session:
        with looking_for(f"case {named(reference)}"):
            case, _ = find_case(session, actor, reference, partnership=partnership)
        data = [_as_data(line) for line in files_of(session, actor, case)]
    rows = [[str(each[name]) for name in ("number", "case", "title", "added_on")] for each in data]
    emit(data, json_, lambda: table("Files", ("Number", "Case", "What it is", "Added"), rows))


@case_files.command("get")
@click.argument("reference")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="A new file.")
@any_partnership
@as_person
@as_json
def get(reference: str, number: int, out: Path, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Write the content of a file of a case into the new file FILE; the history says that it was taken."""
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with unit_of_work(app.database, actor, app.clock) as unit:
        code = partnership or only_with(unit, reference)
        case = case_named(unit, partnership_named(unit, code), reference)
        with looking_for(f"file {number} of {case.reference}"):
            stored = stored_file(attachment(unit.session, actor, case, number))
        record_file_reading(unit, case, number)
    try:
        content = open_sound(folder_of(app.settings.home), stored, keyring_of(app.settings))
    except DamagedFile as fault:
        note_damage(app, actor, fault)
        raise Refused(f"The file is {fault.fault}: it is not what was uploaded ({fault.stored_as}).") from fault
    try:
        with out.open("xb") as file:
            for piece in content:
                file.write(piece)
    except FileExistsError:
        raise Refused(f"{out} is there already. Name a new file.") from None
    finally:
        content.close()
    emit({"number": number, "file": str(out), "bytes": stored.size}, json_, lambda: f"{out}: {stored.size:,} bytes")


@case_files.command("withdraw")
@click.argument("reference")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@any_partnership
@as_person
@as_json
def withdraw(reference: str, number: int, reason: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Withdraw a file of a case: it stays listed with the reason."""
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with unit_of_work(app.database, actor, app.clock) as unit:
        code = partnership or only_with(unit, reference)
        case = case_named(unit, partnership_named(unit, code), reference)
        with looking_for(f"file {number} of {case.reference}"):
            row = withdraw_file(unit, case, number, reason=reason)
        title = row.title
    emit({"number": number, "withdrawn": True}, json_, lambda: f"Withdrawn: {title}")


def _as_data(line: FileLine) -> dict[str, object]:
    row = line.row
    return {
        "number": row.id,
        "case": line.case_reference,
        "title": row.title,
        "file_name": row.file_name,
        "bytes": row.size,
        "sha256": row.sha256,
        "added_on": row.added_at.date().isoformat(),
        "added_by": line.added_by,
        "withdrawn_on": row.withdrawn_on.isoformat() if row.withdrawn_on else None,
        "withdrawn_reason": row.withdrawn_reason,
        "damaged": row.damaged_at is not None,
    }
