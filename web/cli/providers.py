"""Commands for the organisations that sign people in with their own accounts."""

import click

from reviews.core.secrets import secret_key
from reviews.people.providers import ProviderLine, add_provider, end_provider, provider_lines
from reviews.transactions.unit_of_work import reading, unit_of_work
from web.account.openid import ProviderFault, Providers
from web.cli.arguments import looking_for, named
from web.cli.runtime import acting, as_json, emit, open_app, table
from workflows.core.engine import Refused


@click.group()
def providers() -> None:
    """Let people sign in with the accounts of their council or trust (OpenID Connect)."""


@providers.command("add")
@click.argument("name")
@click.option("--title", required=True, help="What people call it, such as “Anyshire Council account”.")
@click.option("--issuer", required=True, metavar="URL", help="Its issuer, exactly as it publishes it.")
@click.option("--client-id", required=True, help="What it calls us.")
@click.option(
    "--vouches-for-addresses",
    is_flag=True,
    help="It is the tenant of one organisation: an address is confirmed where it says nothing of that.",
)
@as_json
def add(name: str, title: str, issuer: str, client_id: str, vouches_for_addresses: bool, json_: bool) -> None:
    """Add a provider, or set another client or secret of it. Asks for the client's secret; reads what it publishes."""
    app = open_app()
    secret = click.prompt("Secret of the client", hide_input=True)
    try:
        Providers(production=app.settings.is_production).published(issuer, now=app.clock.now())
    except ProviderFault as fault:
        raise Refused(f"This provider cannot be used. {fault}") from None
    with unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        provider = add_provider(
            unit,
            name=name,
            title=title,
            issuer=issuer,
            client_id=client_id,
            client_secret=secret,
            vouches_for_addresses=vouches_for_addresses,
            secret=secret_key(app.settings),
        )
        back = f"{app.settings.base_url.rstrip('/')}/sign-in/with/{provider.name}/return"
        data = {"name": provider.name, "title": provider.title, "issuer": provider.issuer, "return_to": back}
    emit(data, json_, lambda: f"People can sign in with their {data['title']}. Register there the address {back}.")


@providers.command("list")
@as_json
def list_(json_: bool) -> None:
    """List the providers, and how many people sign in with each."""
    app = open_app()
    with reading(app.database) as session:
        lines = provider_lines(session)
    emit([_as_data(line) for line in lines], json_, lambda: _in_words(lines))


@providers.command("end")
@click.argument("name")
@as_json
def end(name: str, json_: bool) -> None:
    """End a provider with its sessions and links. Its people set a password, or are invited again."""
    app = open_app()
    asked = looking_for(f"provider {named(name)}")
    with asked, unit_of_work(app.database, acting(app.database, app.clock, None), app.clock) as unit:
        accounts = end_provider(unit, name=name)
    emit(
        {"name": name, "accounts": accounts}, json_, lambda: f"{name} is ended. Accounts no longer linked: {accounts}."
    )


def _as_data(line: ProviderLine) -> dict[str, object]:
    return {
        "name": line.name,
        "title": line.title,
        "issuer": line.issuer,
        "client_id": line.client_id,
        "vouches_for_addresses": line.vouches_for_addresses,
        "accounts": line.accounts,
        "ended_at": line.ended_at.isoformat() if line.ended_at else None,
    }


def _in_words(lines: list[ProviderLine]) -> str:
    if not lines:
        return "Nobody signs in with the account of another organisation. See: followthrough providers add --help"
    return table(
        "Accounts of other organisations",
        ("Name", "Title", "Issuer", "Accounts", "State"),
        [(each.name, each.title, each.issuer, str(each.accounts), "Ended" if each.ended_at else "") for each in lines],
    )
