"""Commands for roles that wait for a second person."""

from typing import Any

import click

from reviews.people import role_requests as commands
from reviews.transactions.unit_of_work import reading, unit_of_work
from web.cli.arguments import ids_of, looking_for, named, partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from workflows.core.vocabulary import Role

role_option = click.option("--role", type=click.Choice([role.value for role in Role]), required=True)


INVITE = "If they cannot sign in yet: followthrough people invite"


@click.command("confirm-role")
@click.argument("email")
@role_option
@partnership
@as_person
@as_json
def confirm_role(email: str, role: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Confirm a role that waits, as the second person; the history has the operating system's user."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        with looking_for(f"{role} that waits for {named(email)}"):
            request = commands.request_named(unit, partnership_row, email=email, role=Role(role))
        commands.confirm_role(unit, request)
        data = {"email": request.person.email, "role": role, "partnership": partnership_row.code, "answer": "confirmed"}
    emit(data, json_, lambda: f"{data['email']} is {role} in {data['partnership']}. {INVITE} {data['email']}")


@click.command("refuse-role")
@click.argument("email")
@role_option
@click.option("--reason", required=True, help="Shown on the page of people.")
@partnership
@as_person
@as_json
def refuse_role(email: str, role: str, reason: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Refuse a role that waits, or take back one that you asked for."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        with looking_for(f"{role} that waits for {named(email)}"):
            request = commands.request_named(unit, partnership_row, email=email, role=Role(role))
        commands.refuse_role(unit, request, reason=reason)
        data = {"email": request.person.email, "role": role, "partnership": partnership_row.code, "answer": "refused"}
    emit(data, json_, lambda: f"{data['email']} does not become {role} in {data['partnership']}.")


@click.command("role-requests")
@partnership
@as_person
@as_json
def list_role_requests(partnership: str, as_: str | None, json_: bool) -> None:
    """List the roles that wait for a second person, and those answered in the last 14 days."""
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with reading(app.database) as session:
        lines = [
            line
            for number in ids_of(session, partnership)
            for line in commands.role_requests(session, actor, now=app.clock.now(), partnership_id=number)
        ]
    data: list[dict[str, Any]] = [
        {
            "email": line.email,
            "role": line.role.value,
            "asked_by": line.asked_by,
            "asked_at": line.asked_at.isoformat(),
            "answer": line.answer.value if line.answer else None,
            "answered_by": line.answered_by or None,
            "reason": line.reason or None,
            "nobody_else": line.nobody_else,
        }
        for line in lines
    ]
    rows = [(each["email"], each["role"], each["asked_by"], each["answer"] or "waiting") for each in data]
    emit(
        data, json_, lambda: table("Roles", ("For", "Role", "Asked for by", "Answer"), rows) if rows else "None waits."
    )
