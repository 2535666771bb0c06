"""Commands of the second factor: who must have one, and starting anew for somebody who lost theirs."""

import click

from notifications.factor_letters import write_about_factor
from notifications.letters.links import Letterhead
from reviews.models import FactorRule
from reviews.people.factor_resets import reset_now
from reviews.people.sign_in import end_sessions
from reviews.settings.partnership_settings import set_factor_rule
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.arguments import looking_for, named, partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership

RULES = {rule.value.replace("_", "-"): rule for rule in FactorRule}
WORDS = {
    FactorRule.EVERYBODY: "everybody must have a second factor",
    FactorRule.CASE_READERS: "whoever sees cases must have a second factor",
    FactorRule.NOBODY: "nobody must have a second factor",
}


@click.command("second-factor")
@click.argument("rule", type=click.Choice(list(RULES)), required=False)
@partnership
@as_person
@as_json
def factor_rule(rule: str | None, partnership: str, as_: str | None, json_: bool) -> None:
    """Say who must have a second factor, or set it: everybody, case-readers or nobody."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        row = partnership_named(unit, partnership)
        if rule is not None:
            set_factor_rule(unit, row, rule=RULES[rule])
        present = row.factor_rule
        data = {"partnership": row.code, "second_factor": present.value.replace("_", "-")}
    emit(data, json_, lambda: f"{data['partnership']}: {WORDS[present]}.")


@click.command("reset-factor")
@click.argument("email")
@click.option("--as", "as_", metavar="EMAIL", help="Who asks for it, and is on record beside the operator.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, such as a lost phone.")
@as_json
def reset_factor(email: str, as_: str | None, reason: str, json_: bool) -> None:
    """Remove every second factor of somebody who lost theirs, at once; their sessions end and they get a mail.

    On the pages two people and a day are needed. Here the operator is the second person.
    """
    app = open_app()
    asked_by = acting(app.database, app.clock, as_) if as_ else None
    somebody = looking_for(f"person with the address {named(email)}")
    with somebody, unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        person = reset_now(unit, email=email, reason=reason, asked_by=asked_by)
        end_sessions(unit, person)
        paragraphs = [
            "Whoever runs Followthrough removed your passkeys, apps and recovery codes. If your partnership asks you "
            "for a second factor, you set up a new one when you next sign in.",
            "If you did not ask for this, tell your business manager now.",
        ]
        page, letterhead = "/account/second-factor", Letterhead.of(app.settings)
        write_about_factor(unit, person.id, paragraphs, page=page, letterhead=letterhead)
        data = {"email": person.email, "name": person.name, "asked_by": asked_by.email if asked_by else None}
    emit(data, json_, lambda: f"{data['name']} has no second factor any more, and is signed out everywhere.")
