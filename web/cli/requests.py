"""Commands of the register of requests."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from reviews.access.permissions import Permission
from reviews.models import DisclosureRequest, RequestKind, RequestOutcome
from reviews.requests import commands
from reviews.requests.queries import KINDS, OUTCOMES, RequestLine, request_line, request_lines
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, looking_for, named, partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from workflows.core.days import day_in_words

reference_argument = click.argument("reference")
note_option = click.option("--note", help="Without anybody's name.")
cases_option = click.option("--case", "cases", multiple=True, metavar="REFERENCE", help="Case it is about; repeatable.")
handler_option = click.option("--handler", metavar="EMAIL", help="Who handles it.")
from_option = click.option(
    "--counted-from", type=DAY, metavar="DATE", help="Day of the proof of identity, where that came later."
)
due_option = click.option("--due", type=DAY, metavar="DATE", help="Day that a coroner, court or inquiry has set.")


@click.group()
def requests() -> None:
    """Register subject access, freedom of information and disclosure, and keep their clocks."""


@requests.command("add")
@partnership
@click.option("--kind", type=click.Choice([each.value for each in RequestKind]), required=True)
@click.option("--council-reference", required=True, help="Its reference in the council's own system; never a name.")
@click.option("--received", type=DAY, metavar="DATE", required=True)
@from_option
@due_option
@cases_option
@handler_option
@note_option
@as_person
@as_json
def add(
    partnership: str,
    kind: str,
    council_reference: str,
    received: date,
    counted_from: date | None,
    due: date | None,
    cases: Sequence[str],
    handler: str | None,
    note: str | None,
    as_: str | None,
    json_: bool,
) -> None:
    """Enter a request."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        request = commands.add_request(
            unit,
            partnership_named(unit, partnership),
            commands.RequestDetails(
                council_reference=council_reference,
                counted_from_on=counted_from,
                ordered_due_on=due,
                cases=cases,
                handler=handler or "",
                note=note or "",
            ),
            kind=RequestKind(kind),
            received_on=received,
        )
        line = _line(unit, request)
    _emit(line, json_)


@requests.command("list")
@partnership
@click.option("--all", "all_", is_flag=True, help="Those that were answered too.")
@as_person
@as_json
def list_requests(partnership: str, all_: bool, as_: str | None, json_: bool) -> None:
    """List the requests, the one due first at the top."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        found = partnership_named(unit, partnership)
        code = found.code
        unit.actor.require(Permission.HANDLE_REQUESTS, found.id)
        lines = request_lines(unit.session, unit.actor, today=unit.today, partnership_id=found.id, only_open=not all_)
    rows = [
        (line.reference, KINDS[line.kind], str(line.received_on), str(line.due_on or ""), _state(line), line.handler)
        for line in lines
    ]
    headings = ("Reference", "Kind", "Received", "Due", "State", "Handled by")
    emit(
        [_as_data(line) for line in lines],
        json_,
        lambda: table(f"Requests of {code}", headings, rows) if rows else f"{code} has no requests to show.",
    )


@requests.command("show")
@reference_argument
@partnership
@as_person
@as_json
def show(reference: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Show a request with its clock."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        line = _line(unit, _found(unit, partnership, reference))
    _emit(line, json_)


@requests.command("change")
@reference_argument
@partnership
@click.option("--council-reference", help="Its reference in the council's own system; never a name.")
@from_option
@due_option
@cases_option
@handler_option
@note_option
@as_person
@as_json
def change(
    reference: str,
    partnership: str,
    council_reference: str | None,
    counted_from: date | None,
    due: date | None,
    cases: Sequence[str],
    handler: str | None,
    note: str | None,
    as_: str | None,
    json_: bool,
) -> None:
    """Change what is recorded of a request; what is left out stays. --case names all of its cases anew."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        request = _found(unit, partnership, reference)
        present = _line(unit, request)
        details = commands.RequestDetails(
            council_reference=present.council_reference if council_reference is None else council_reference,
            counted_from_on=counted_from,
            ordered_due_on=due or present.ordered_due_on,
            cases=cases or present.cases,
            handler=present.handler_email if handler is None else handler,
            note=present.note if note is None else note,
        )
        commands.change_request(unit, request, details)
        line = _line(unit, request)
    _emit(line, json_)


@requests.command("clarify")
@reference_argument
@partnership
@click.option("--asked", type=DAY, metavar="DATE", help="Day a clarification was asked for: the clock stops.")
@click.option("--answered", type=DAY, metavar="DATE", help="Day it came: the clock runs.")
@as_person
@as_json
def clarify(
    reference: str, partnership: str, asked: date | None, answered: date | None, as_: str | None, json_: bool
) -> None:
    """Stop the clock for a clarification, or let it run again."""
    if asked is None and answered is None:
        raise click.UsageError("Give --asked or --answered.")
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        request = _found(unit, partnership, reference)
        if asked is not None:
            commands.ask_to_clarify(unit, request, asked_on=asked)
        if answered is not None:
            commands.record_clarified(unit, request, clarified_on=answered)
        line = _line(unit, request)
    _emit(line, json_)


@requests.command("extend")
@reference_argument
@partnership
@click.option("--until", type=DAY, metavar="DATE", required=True)
@click.option("--notified", type=DAY, metavar="DATE", help="Day on which the requester was told.")
@click.option("--reason", required=True)
@as_person
@as_json
def extend(
    reference: str, partnership: str, until: date, notified: date | None, reason: str, as_: str | None, json_: bool
) -> None:
    """Give a request more time, as far as the law does."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        request = _found(unit, partnership, reference)
        commands.extend_request(unit, request, until=until, notified_on=notified, reason=reason)
        line = _line(unit, request)
    _emit(line, json_)


@requests.command("close")
@reference_argument
@partnership
@click.option("--outcome", type=click.Choice([each.value for each in RequestOutcome]), required=True)
@click.option("--on", "answered_on", type=DAY, metavar="DATE", required=True, help="Day of the answer.")
@click.option("--exemptions", default="", help="Such as section 40(2), where something was held back.")
@as_person
@as_json
def close(
    reference: str,
    partnership: str,
    outcome: str,
    answered_on: date,
    exemptions: str,
    as_: str | None,
    json_: bool,
) -> None:
    """Record how a request was answered."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        request = _found(unit, partnership, reference)
        commands.answer_request(
            unit, request, outcome=RequestOutcome(outcome), answered_on=answered_on, exemptions=exemptions
        )
        line = _line(unit, request)
    _emit(line, json_)


@requests.command("reopen")
@reference_argument
@partnership
@click.option("--reason", required=True)
@as_person
@as_json
def reopen(reference: str, partnership: str, reason: str, as_: str | None, json_: bool) -> None:
    """Take an answer back."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        request = _found(unit, partnership, reference)
        commands.reopen_request(unit, request, reason=reason)
        line = _line(unit, request)
    _emit(line, json_)


def _found(unit: Unit, partnership: str, reference: str) -> DisclosureRequest:
    found = partnership_named(unit, partnership)
    with looking_for(f"request {named(reference)}"):
        return commands.find_request_called(unit, found, reference)


def _line(unit: Unit, request: DisclosureRequest) -> RequestLine:
    unit.session.flush()
    return request_line(unit.session, unit.actor, request.id, today=unit.today)


def _emit(line: RequestLine, json_: bool) -> None:
    emit(_as_data(line), json_, lambda: _in_words(line))


def _as_data(line: RequestLine) -> dict[str, Any]:
    return {
        "reference": line.reference,
        "kind": line.kind.value,
        "council_reference": line.council_reference,
        "received_on": line.received_on,
        "counted_from_on": line.counted_from_on,
        "counted_from_rule": line.authority,
        "paused_on": line.paused_on,
        "paused_days": line.paused_days,
        "first_due_on": line.first_due_on,
        "due": line.due_on,
        "provisional": line.provisional,
        **line.lateness.as_data(),
        "extended_until": line.extended_until,
        "extension_notified_on": line.extension_notified_on,
        "extension_reason": line.extension_reason,
        "outcome": line.outcome.value if line.outcome else None,
        "exemptions": line.exemptions,
        "answered_on": line.answered_on,
        "handler": line.handler_email or None,
        "cases": list(line.cases),
        "note": line.note,
    }


def _state(line: RequestLine) -> str:
    return f"{line.state}, {line.lateness.in_words}" if line.lateness.is_late else line.state


def _in_words(line: RequestLine) -> str:
    due = f"due {day_in_words(line.due_on)}" if line.due_on else "no due date"
    if not line.is_open and line.outcome and line.answered_on:
        due = f"{OUTCOMES[line.outcome].lower()} on {day_in_words(line.answered_on)}"
    elif line.paused_on:
        due = f"the clock stands still since {day_in_words(line.paused_on)}"
    late = f", {line.lateness.in_words}" if line.lateness.is_late else ""
    return f"{line.reference} ({KINDS[line.kind].lower()}): {due}{late}. {line.authority}."
