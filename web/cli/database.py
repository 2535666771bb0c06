"""Commands about the users of a PostgreSQL database."""

from collections.abc import Mapping

import click

from reviews.access.database_rights import DatabaseUser, grant_statements, granted_roles, require_owner
from reviews.core.db import Database, engine_of
from reviews.core.schema_version import newest_revision, present_revision
from reviews.core.settings import Settings
from web.cli.runtime import as_json, database_of, emit
from workflows.core.engine import Refused


@click.group()
def database() -> None:
    """Give the pages, the reminder process and disposal each a user of the database that may do what it needs."""


@database.command()
@click.option("--app", metavar="ROLE", required=True, help="The role of FOLLOWTHROUGH_DATABASE_URL.")
@click.option("--reminders", metavar="ROLE", required=True, help="That of FOLLOWTHROUGH_REMINDERS_DATABASE_URL.")
@click.option("--disposal", metavar="ROLE", required=True, help="That of FOLLOWTHROUGH_DISPOSAL_DATABASE_URL.")
@click.option("--print", "print_", is_flag=True, help="Print the statements, and change nothing.")
@as_json
def grant(app: str, reminders: str, disposal: str, print_: bool, json_: bool) -> None:
    """Give three roles of PostgreSQL what they need, and take everything else on our tables from them.

    Run it as the owner of the tables, once: migrate does it again for the tables that it adds.
    """
    roles = {DatabaseUser.APP: app, DatabaseUser.REMINDERS: reminders, DatabaseUser.DISPOSAL: disposal}
    opened = database_of(Settings())
    if (present := present_revision(opened)) not in (None, newest_revision()):
        raise Refused(f"The database is at revision {present}, and not the newest: run followthrough migrate first.")
    statements = _grant(opened, roles, apply=not print_)
    data = {"roles": dict(roles), "granted": not print_, "statements": statements}
    words = f"Rights are granted: {app} for the pages, {reminders} for the reminder process, {disposal} for disposal."
    emit(data, json_, lambda: "\n".join(f"{each};" for each in statements) if print_ else words)


def grant_again(opened: Database) -> Mapping[DatabaseUser, str]:
    """Give the roles that have rights on our tables those on new tables too, and tell which they are."""
    if engine_of(opened).dialect.name == "sqlite":
        return {}
    with engine_of(opened).connect() as connection:
        roles = granted_roles(connection)
    if roles:
        _grant(opened, roles, apply=True)
    return roles


def _grant(opened: Database, roles: Mapping[DatabaseUser, str], *, apply: bool) -> list[str]:
    with engine_of(opened).begin() as connection:
        require_owner(connection)
        statements = grant_statements(connection, roles)
        for each in statements if apply else ():
            connection.exec_driver_sql(each)
    return statements
