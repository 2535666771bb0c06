"""The commands on who sees a case: grant, exclude, confine, their ends, and the list of who sees it and why."""

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from reviews.cases.case_access import (
    AccessLine,
    case_access,
    case_rights_of,
    confine,
    declare_interest,
    end_confinement,
    end_right,
    exclude,
    find_case_to_declare,
    grant,
)
from reviews.models import Case, RightKind
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, looking_for, named, partnership_named
from web.cli.case_commands import case_named, only_with
from web.cli.runtime import acting, any_partnership, as_json, as_person, emit, open_app, table

the_person = click.option("--person", required=True, metavar="EMAIL", help="Who it is about.")
the_reason = click.option("--reason", required=True, metavar="TEXT", help="Why.")


def changing_access(act: Callable[..., str]) -> Callable[..., None]:
    """Make a command of a function that changes who sees a case, and says what it did in a sentence."""

    def change(reference: str, partnership: str | None, as_: str | None, json_: bool, **arguments: Any) -> None:
        app = open_app()
        with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
            code = partnership or only_with(unit, reference)
            case = case_named(unit, partnership_named(unit, code), reference)
            sentence = act(unit, case, **arguments)
        emit({"case": reference, "done": sentence}, json_, lambda: sentence)

    change.__doc__ = act.__doc__
    for decorate in (as_json, as_person, any_partnership, click.argument("reference")):
        change = decorate(change)
    return change


@click.command("grant")
@the_person
@click.option("--to", "right", type=click.Choice([RightKind.READ.value, RightKind.WORK.value]), required=True)
@click.option("--until", type=DAY, metavar="DATE", required=True, help="The last day.")
@the_reason
@changing_access
def grant_access(unit: Unit, case: Case, *, person: str, right: str, until: date, reason: str) -> str:
    """Let a person read one case, or work on it, until a day."""
    grant(unit, case, email=person, right=RightKind(right), until=until, reason=reason)
    return f"{named(person)} may {right}{'' if right == 'read' else ' on'} {case.reference} until {until}."


@click.command("exclude")
@the_person
@click.option("--until", type=DAY, metavar="DATE", help="The last day; without it, until it is ended.")
@the_reason
@changing_access
def exclude_person(unit: Unit, case: Case, *, person: str, until: date | None, reason: str) -> str:
    """Hide a case from a person, whatever their roles: they have an interest in it."""
    exclude(unit, case, email=person, until=until, reason=reason)
    return f"{named(person)} is excluded from {case.reference}{f' until {until}' if until else ''}."


@click.command("confine")
@the_reason
@changing_access
def confine_case(unit: Unit, case: Case, *, reason: str) -> str:
    """Let only named people see a case: those with a grant, its lead reviewer and the manager."""
    confine(unit, case, reason=reason)
    return f"{case.reference} is confined to named people."


@click.command("end-grant")
@the_person
@the_reason
@changing_access
def end_grant(unit: Unit, case: Case, *, person: str, reason: str) -> str:
    """End a person's grant on a case at once."""
    end_right(unit, case, email=person, excluded=False, reason=reason)
    return f"{named(person)} has no grant on {case.reference} any more."


@click.command("end-exclusion")
@the_person
@the_reason
@changing_access
def end_exclusion(unit: Unit, case: Case, *, person: str, reason: str) -> str:
    """End a person's exclusion from a case at once."""
    end_right(unit, case, email=person, excluded=True, reason=reason)
    return f"{named(person)} is not excluded from {case.reference} any more."


@click.command("end-confinement")
@the_reason
@changing_access
def end_confined(unit: Unit, case: Case, *, reason: str) -> str:
    """Open a confined case again to everybody who sees it by role."""
    end_confinement(unit, case, reason=reason)
    return f"{case.reference} is not confined any more."


@click.command("declare-interest")
@click.argument("reference")
@the_reason
@any_partnership
@as_person
@as_json
def declare(reference: str, reason: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Say as yourself that you know the family or have an interest: you are excluded from the case at once."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_id = partnership_named(unit, partnership).id if partnership else None
        with looking_for(f"case {named(reference)}"):
            case = find_case_to_declare(unit.session, unit.actor, reference, partnership_id=partnership_id)
        declare_interest(unit, case, reason=reason)
    sentence = f"You are excluded from {named(reference)}."
    emit({"case": reference, "done": sentence}, json_, lambda: sentence)


@click.command("access")
@click.argument("reference")
@any_partnership
@as_person
@as_json
def show_access(reference: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """List who sees a case and why, and who is excluded from it."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        code = partnership or only_with(unit, reference)
        case = case_named(unit, partnership_named(unit, code), reference)
        lines = case_access(unit.session, unit.actor, case, today=unit.today)
        rights = case_rights_of(unit.session, unit.actor, case, today=unit.today)
        data = {
            "case": case.reference,
            "confined": case.confined_at is not None,
            "people": [_line_as_data(line) for line in lines],
            "rights": [
                {
                    "person": right.email,
                    "name": right.name,
                    "right": right.kind.value,
                    "until": right.until_on,
                    "reason": right.reason,
                    "recorded_by": right.recorded_by,
                    "recorded_at": right.recorded_at.isoformat(),
                    "ended_at": right.ended_at.isoformat() if right.ended_at else None,
                    "in_force": right.is_in_force,
                }
                for right in rights
            ],
        }
    emit(data, json_, lambda: _in_words(data, lines))


def _line_as_data(line: AccessLine) -> dict[str, Any]:
    return {
        "person": line.email,
        "name": line.name,
        "sees": line.sees,
        "reasons": list(line.reasons),
        "owns_actions": line.owned,
    }


def _in_words(data: dict[str, Any], lines: list[AccessLine]) -> str:
    rows = [(line.name, line.email, "yes" if line.sees else "no", "; ".join(line.reasons)) for line in lines]
    title = f"Who sees {data['case']}{', which is confined to named people' if data['confined'] else ''}"
    return table(title, ("Person", "Address", "Sees it", "Why"), rows)
