"""Commands for the tokens of programs."""

from datetime import date, datetime

import click

from reviews.models import ApiToken, TokenScope
from reviews.people.api_tokens import api_tokens, make_token, revoke_token
from reviews.transactions.unit_of_work import reading, unit_of_work
from web.cli.arguments import DAY, looking_for, named
from web.cli.runtime import acting, as_json, emit, open_app, table


@click.group()
def token() -> None:
    """Give programs a key with which they act for a person."""


@token.command("create")
@click.option("--person", metavar="EMAIL", required=True, help="Whom the program acts for.")
@click.option("--scope", type=click.Choice([scope.value for scope in TokenScope]), default="read", show_default=True)
@click.option("--expires", type=DAY, metavar="DATE", required=True, help="Its last day, within a year.")
@as_json
def create(person: str, scope: str, expires: date, json_: bool) -> None:
    """Make a token, and print it once: it is stored nowhere."""
    app = open_app()
    asked = looking_for(f"person with the address {named(person)}")
    with asked, unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        made, secret = make_token(unit, email=person, scope=TokenScope(scope), expires_on=expires)
        data = {"token": secret, **_as_data(made, app.clock.now())}
    emit(data, json_, lambda: f"{secret}\nIt is token {data['id']}, and is not shown again.")


@token.command("list")
@as_json
def list_(json_: bool) -> None:
    """List the tokens there were, the newest first, without what opens anything."""
    app = open_app()
    with reading(app.database) as session:
        found = [_as_data(each, app.clock.now()) for each in api_tokens(session)]
    rows = [[str(value) for value in each.values()] for each in found]
    headings = ("Number", "Person", "Scope", "Last day", "State")
    emit(found, json_, lambda: table("Tokens of programs", headings, rows) if rows else "No program has a token.")


@token.command("revoke")
@click.argument("number", type=int, metavar="ID")
@as_json
def revoke(number: int, json_: bool) -> None:
    """End a token at once."""
    app = open_app()
    asked = looking_for(f"token {number} that works")
    with asked, unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        data = _as_data(revoke_token(unit, number), app.clock.now())
    emit(data, json_, lambda: f"Token {number} no longer opens anything.")


def _as_data(token: ApiToken, now: datetime) -> dict[str, str | int]:
    is_over = token.expires_on < now.date() or token.person.disabled_at is not None
    state = "revoked" if token.revoked_at is not None else "expired" if is_over else "open"
    return {
        "id": token.id,
        "person": token.person.email,
        "scope": token.scope.value,
        "expires_on": token.expires_on.isoformat(),
        "state": state,
    }
