"""Commands about the audit log: reading it, which is itself written to it, and verifying its seals."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from reviews.access.permissions import Actor, Permission
from reviews.audit.labels import GROUPS, HOW, KIND_TITLES, outcome_in_words, roles_in_words
from reviews.audit.queries import (
    LogPeriod,
    LogRow,
    Subject,
    case_subject,
    log_rows,
    partnership_named,
    partnerships_of_reference,
    person_by_email,
)
from reviews.audit.record_reading import record_reading
from reviews.core.clock import LONDON
from reviews.models import AuditKind, Through
from reviews.transactions.unit_of_work import NotFound, reading
from web.cli.arguments import DAY, named
from web.cli.audit_seals import seal, verify
from web.cli.runtime import acting, as_json, as_person, emit, open_app, table
from web.core.app_context import AppContext
from workflows.core.engine import Refused

MOST_SHOWN = 200

from_day = click.option("--from", "from_on", type=DAY, metavar="DATE", help="First day; default: the first there is.")
to_day = click.option("--to", "to_on", type=DAY, metavar="DATE", help="Last day; default: the last there is.")
only = click.option(
    "--only", multiple=True, type=click.Choice(list(GROUPS)), help="Only these kinds; can be given several times."
)
of_partnership = click.option("--partnership", metavar="CODE", help="Code; needed where several have it.")


@click.group()
def audit() -> None:
    """Read the audit log, and verify that it and the history are as they were written."""


@audit.command("who-saw")
@click.argument("reference")
@of_partnership
@from_day
@to_day
@only
@as_person
@as_json
def who_saw(
    reference: str,
    partnership: str | None,
    from_on: date | None,
    to_on: date | None,
    only: tuple[str, ...],
    as_: str | None,
    json_: bool,
) -> None:
    """List who saw a case, or was refused it, the newest first. A case that is disposed of is found too."""
    app, period = open_app(), _period(from_on, to_on, only)
    actor = acting(app.database, app.clock, as_)
    with reading(app.database) as session:
        try:
            if partnership is None:
                here = [
                    each
                    for each in partnerships_of_reference(session, app.database, reference)
                    if actor.may(Permission.SEE_AUDIT, each)
                ]
                if len(here) > 1:
                    raise Refused(f"Several partnerships have {named(reference)}. Say which with --partnership CODE.")
                if not here and not actor.may(Permission.SEE_AUDIT):
                    actor.require(Permission.SEE_AUDIT)
                if not here:
                    raise NotFound
                partnership_id = here[0]
            else:
                partnership_id = partnership_named(session, partnership)
            subject = case_subject(session, app.database, actor, partnership_id, reference)
        except NotFound:
            raise Refused(f"Neither the cases nor the audit log have {named(reference)}.") from None
        rows = log_rows(session, app.database, subject, period)
    _record(app, actor, "audit who-saw", subject, len(rows))
    emit([_as_data(row) for row in rows], json_, lambda: _in_words(f"Who saw {subject.reference}", rows))


@audit.command("seen-by")
@click.argument("email")
@from_day
@to_day
@only
@as_person
@as_json
def seen_by(
    email: str, from_on: date | None, to_on: date | None, only: tuple[str, ...], as_: str | None, json_: bool
) -> None:
    """List what a person saw or was refused, and when they signed in, the newest first."""
    app, period = open_app(), _period(from_on, to_on, only)
    actor = acting(app.database, app.clock, as_)
    actor.require(Permission.SEE_AUDIT)
    with reading(app.database) as session:
        try:
            subject = person_by_email(session, actor, email)
        except NotFound:
            raise Refused(f"Nobody with the address {named(email)} works or worked there.") from None
        rows = log_rows(session, app.database, subject, period)
    _record(app, actor, "audit seen-by", subject, len(rows))
    emit([_as_data(row) for row in rows], json_, lambda: _in_words(f"What {subject.name} saw", rows))


def _period(from_on: date | None, to_on: date | None, only: Sequence[str]) -> LogPeriod:
    if from_on is not None and to_on is not None and to_on < from_on:
        raise Refused("The last day must not be before the first.")
    return LogPeriod(from_on, to_on, frozenset[AuditKind]().union(*(GROUPS[each].kinds for each in only)))


def _record(app: AppContext, actor: Actor, command: str, subject: Subject, number: int) -> None:
    """Write down that the log was read, before anything is printed."""
    now = app.clock.now()
    record_reading(app.database, actor, subject, at=now, through=Through.TERMINAL, route=command, number=number)


def _as_data(row: LogRow) -> dict[str, Any]:
    return {
        "at": row.at.astimezone(LONDON).isoformat(),
        "kind": row.kind.value,
        "who": row.person,
        "role": row.role,
        "reference": row.reference,
        "through": row.through.value,
        "route": row.route,
        "outcome": row.outcome,
        "number": row.number,
        "network": row.network,
    }


def _in_words(title: str, rows: Sequence[LogRow]) -> str:
    if not rows:
        return f"{title}: nothing is on record."
    lines = [
        (
            f"{row.at.astimezone(LONDON):%Y-%m-%d %H:%M:%S}",
            row.person,
            roles_in_words(row.role),
            " ".join(filter(None, (KIND_TITLES[row.kind], row.reference))),
            ", ".join(filter(None, (HOW[row.through], outcome_in_words(row.kind, row.outcome)))),
        )
        for row in rows
    ]
    return table(title, ("When", "Who", "Role", "What", "How"), lines, most=MOST_SHOWN)


audit.add_command(verify)
audit.add_command(seal)
