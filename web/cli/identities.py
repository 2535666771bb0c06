"""Commands on who the children of a case are. What a child's identity is never stands among the arguments."""

import json
import sys
from collections.abc import Callable

import click

from reviews.cases.page_queries import find_case
from reviews.core.keyring import keyring_of
from reviews.core.settings import Settings
from reviews.identities.commands import NotOnRecord, OpeningRequest, open_identity, remove_identity, store_identity
from reviews.identities.labels import DETAILS_BY_COLUMN, DETAILS_OF_IDENTITY
from reviews.identities.queries import IdentityLine, identity_lines
from reviews.models import Case, OpeningPurpose, Through
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from web.cli.arguments import looking_for, named, partnership_named
from web.cli.case_commands import case_named, only_with
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_app, table
from workflows.core.engine import Refused

the_reference = click.argument("reference")
the_child = click.option("--child", type=int, metavar="N", help="Which child of the case, as list numbers them.")
as_somebody = click.option("--as", "as_", metavar="EMAIL", required=True, help="The person who opens it.")
CLEAR = "-"
"""Typed for a detail that is not known any more."""


@click.group()
def identities() -> None:
    """Store who a child of a case is, and open it for a purpose, on record."""


@identities.command("list")
@the_reference
@any_partnership
@as_person
@as_json
def list_(reference: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """List the children of a case: whether an identity is stored, since when, and how often it was opened."""
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with reading(app.database) as session, looking_for(f"case {named(reference)}"):
        case, _ = find_case(session, actor, reference, partnership=partnership)
        lines = identity_lines(session, actor, case)
    data = [
        {
            "child": line.number,
            "pseudonym": line.pseudonym,
            "stored_since": line.recorded_at.isoformat() if line.recorded_at else None,
            "stored_by": line.recorded_by,
            "openings": line.openings,
            "last_opened_at": line.last_opened_at.isoformat() if line.last_opened_at else None,
            "last_opened_by": line.last_opened_by,
        }
        for line in lines
    ]
    rows = [
        (str(each["child"]), line.pseudonym, str(each["stored_since"] or "not stored"), str(line.openings))
        for each, line in zip(data, lines, strict=True)
    ]
    headings = ("Child", "Pseudonym", "Stored since", "Opened")
    emit(data, json_, lambda: table(f"Identities in {named(reference)}", headings, rows))


@identities.command("open")
@the_reference
@the_child
@click.option("--purpose", type=click.Choice([each.value for each in OpeningPurpose]), required=True)
@click.option("--reason", default="", metavar="TEXT", help="In your words, without the child's name; needed for other.")
@any_partnership
@as_somebody
@as_json
def open_(
    reference: str, child: int | None, purpose: str, reason: str, partnership: str | None, as_: str, json_: bool
) -> None:
    """Print the identity of a child, once the opening is on record."""
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with reading(app.database) as session, looking_for(f"case {named(reference)}"):
        case, found = find_case(session, actor, reference, partnership=partnership)
        line, code = _child(identity_lines(session, actor, case), child), found.code
    asked = OpeningRequest(
        reference=reference,
        partnership=code,
        child_id=line.child_id,
        purpose=purpose,
        reason=reason,
        through=Through.TERMINAL,
        route="identities open",
    )
    try:
        with looking_for(f"identity of child {line.number} in {named(reference)}"):
            opened = open_identity(app.database, app.clock, actor, keyring_of(app.settings), asked)
    except NotOnRecord as fault:
        raise Refused(str(fault)) from None
    data = {"case": reference, "child": line.number, "pseudonym": opened.pseudonym, **opened.by_column}
    emit(data, json_, lambda: "\n".join(f"{title}: {_indented(text)}" for title, text in opened.details))


@identities.command("set")
@the_reference
@the_child
@any_partnership
@as_person
@as_json
def set_(reference: str, child: int | None, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Store or change the identity of a child.

    At a terminal each detail is asked for. Otherwise standard input is one JSON object with the details, of which null
    removes one. What is left out stays as it is.
    """
    typed = _asked_for() if sys.stdin.isatty() else _read_piped()
    values = {column: text for column, text in typed.items() if text}
    cleared = [column for column, text in typed.items() if text is None]

    def act(unit: Unit, case: Case, line: IdentityLine) -> str:
        store_identity(unit, keyring_of(Settings()), case, line.child_id, values=values, cleared=cleared)
        return f"The identity of child {line.number} in {case.reference} is stored under seal."

    _change(reference, child, partnership, as_, json_, act)


@identities.command("remove")
@the_reference
@the_child
@click.option("--reason", required=True, metavar="TEXT", help="Why, without the child's name.")
@any_partnership
@as_person
@as_json
def remove(
    reference: str, child: int | None, reason: str, partnership: str | None, as_: str | None, json_: bool
) -> None:
    """Remove the identity of a child, and destroy its key."""

    def act(unit: Unit, case: Case, line: IdentityLine) -> str:
        with looking_for(f"identity of child {line.number} in {case.reference}"):
            remove_identity(unit, case, line.child_id, reason=reason)
        return f"The identity of child {line.number} in {case.reference} is removed, and its key destroyed."

    _change(reference, child, partnership, as_, json_, act)


def _change(
    reference: str,
    child: int | None,
    partnership: str | None,
    as_: str | None,
    json_: bool,
    act: Callable[[Unit, Case, IdentityLine], str],
) -> None:
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        case = case_named(unit, partnership_named(unit, partnership or only_with(unit, reference)), reference)
        sentence = act(unit, case, _child(identity_lines(unit.session, unit.actor, case), child))
    emit({"case": reference, "done": sentence}, json_, lambda: sentence)


def _child(lines: list[IdentityLine], number: int | None) -> IdentityLine:
    if number is None and len(lines) > 1:
        raise Refused(
            f"This case has {len(lines)} children. Say which one: --child N, as identities list numbers them."
        )
    found = next((line for line in lines if number in (None, line.number)), None)
    if found is None:
        raise Refused("There is no such child in this case. Add the child first, by pseudonym.")
    return found


def _asked_for() -> dict[str, str | None]:
    click.echo(f"Leave empty what stays as it is; type {CLEAR} for what is not known any more.", err=True)
    typed = {
        each.column: click.prompt(each.title, default="", show_default=False, err=True) for each in DETAILS_OF_IDENTITY
    }
    return {column: None if text.strip() == CLEAR else text for column, text in typed.items()}


def _read_piped() -> dict[str, str | None]:
    try:
        found = json.loads(sys.stdin.read())
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(text, str | None) for text in found.values()):
        raise Refused('Standard input must be one JSON object of texts, such as {"name": "…", "birth": "2019-03-27"}.')
    if unknown := sorted(found.keys() - DETAILS_BY_COLUMN.keys()):
        raise Refused(f"There is no detail {named(unknown[0])}. The details are: {', '.join(DETAILS_BY_COLUMN)}.")
    return found


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")
