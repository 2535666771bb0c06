"""Organisations that sign people in with their own accounts: adding and ending them, and whose account is whose."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from reviews.core.sealed import derived_key, seal, unseal
from reviews.models import (
    EventKind,
    LinkPurpose,
    Membership,
    Partnership,
    Person,
    ProviderAccount,
    SignIn,
    SignInProvider,
)
from reviews.people.account_links import find_invitation_to, find_link
from reviews.people.accounts import single_line
from reviews.people.invitations import accept_for
from reviews.people.sign_in import begin_session, record_of_account
from reviews.transactions.unit_of_work import Gone, NotFound, Unit
from workflows.core.engine import Refused

NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
NOT_LET_IN = (
    "This account is not known here. Whoever is invited comes in: ask the business manager of your partnership to "
    "invite you at the e-mail address of this account."
)


@dataclass(frozen=True, slots=True)
class ProvenAccount:
    """The account at a provider that somebody has shown to be theirs, and its address, if the provider stands by it."""

    subject: str
    confirmed_email: str
    tenant_id: str
    object_id: str
    id_token: str


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A provider with the number of accounts that come in by it."""

    name: str
    title: str
    issuer: str
    client_id: str
    vouches_for_addresses: bool
    accounts: int
    ended_at: datetime | None


def add_provider(
    unit: Unit,
    *,
    name: str,
    title: str,
    issuer: str,
    client_id: str,
    client_secret: str,
    vouches_for_addresses: bool,
    secret: str,
) -> SignInProvider:
    """Add a provider, or set another client of it; only the operator can. `secret` is the installation's key.

    Accounts stay linked while the issuer is the same. Raises Refused.
    """
    unit.actor.require_operator()
    if not NAME.fullmatch(name):
        raise Refused("The name must be 2 to 40 small letters, digits or hyphens, such as council.")
    provider = unit.session.scalars(sa.select(SignInProvider).where(SignInProvider.name == name)).first()
    if provider is None:
        provider = SignInProvider(name=name, added_at=unit.now)
        unit.session.add(provider)
    elif provider.issuer != issuer and _accounts(unit.session, provider):
        raise Refused(f"{name} has accounts of {provider.issuer}. Add the other issuer under a name of its own.")
    provider.title, provider.issuer = single_line(title, "title")[:100], issuer
    provider.client_id = single_line(client_id, "client id")
    provider.client_secret = seal(_key(secret), client_secret, name)
    provider.vouches_for_addresses, provider.ended_at = vouches_for_addresses, None
    unit.session.flush()
    _record_everywhere(unit, provider)
    return provider


def end_provider(unit: Unit, *, name: str) -> int:
    """End a provider, the sessions begun with it and the accounts linked to it; only the operator can.

    Gives how many accounts were linked. Their people can be invited again. Raises NotFound.
    """
    unit.actor.require_operator()
    provider = live_provider(unit.session, name)
    accounts = _accounts(unit.session, provider)
    for account in accounts:
        _unlink(unit, account)
    provider.ended_at = unit.now
    _record_everywhere(unit, provider)
    return len(accounts)


def live_provider(session: Session, name: str) -> SignInProvider:
    """Find a provider that people sign in with; raises NotFound."""
    query = sa.select(SignInProvider).where(SignInProvider.name == name, SignInProvider.ended_at.is_(None))
    provider = session.scalars(query).first()
    if provider is None:
        raise NotFound
    return provider


def live_providers(session: Session) -> Sequence[tuple[str, str]]:
    """Give name and title of the providers that people sign in with, by title."""
    query = sa.select(SignInProvider.name, SignInProvider.title).where(SignInProvider.ended_at.is_(None))
    return [(row.name, row.title) for row in session.execute(query.order_by(SignInProvider.title, SignInProvider.id))]


def linked_to(session: Session, person_id: int) -> set[str]:
    """Give the names of the providers that a person can sign in with."""
    query = sa.select(SignInProvider.name).join(ProviderAccount, ProviderAccount.provider_id == SignInProvider.id)
    return set(session.scalars(query.where(ProviderAccount.person_id == person_id, ProviderAccount.ended_at.is_(None))))


def provider_lines(session: Session) -> list[ProviderLine]:
    """Give every provider there was, by name."""
    accounts = (
        sa.select(sa.func.count())
        .where(ProviderAccount.provider_id == SignInProvider.id, ProviderAccount.ended_at.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(sa.select(SignInProvider, accounts).order_by(SignInProvider.name)).all()
    return [
        ProviderLine(
            each.name, each.title, each.issuer, each.client_id, each.vouches_for_addresses, number, each.ended_at
        )
        for each, number in rows
    ]


def client_secret_of(provider: SignInProvider, *, secret: str) -> str:
    """Give what we prove ourselves with at a provider. Raises Refused where it was stored under another key."""
    found = unseal(_key(secret), provider.client_secret, provider.name)
    if found is None:
        raise Refused(f"The secret of {provider.title} was stored under another key of the installation. Add it again.")
    return found


def come_in(
    unit: Unit, provider: SignInProvider, proven: ProvenAccount, *, invitation: str, browser: str, secret: str
) -> str:
    """Begin the session of whoever an account belongs to; gives its token.

    An account that nobody has is linked once, to the person who was invited at its confirmed address; `invitation` is
    the token of the link they came by, if they did. Raises Refused, with one sentence whatever is missing.
    """
    account = unit.session.scalars(
        sa.select(ProviderAccount).where(
            ProviderAccount.provider_id == provider.id,
            ProviderAccount.subject == proven.subject,
            ProviderAccount.ended_at.is_(None),
        )
    ).first()
    if account is None:
        account = _link(unit, provider, proven, _invited(unit, proven, invitation))
    person = unit.session.get_one(Person, account.person_id, with_for_update=True)
    works = sa.select(Membership.id).where(Membership.person_id == person.id, Membership.ended_on.is_(None)).limit(1)
    if person.disabled_at is not None or unit.session.scalar(works) is None:
        raise Refused(NOT_LET_IN)
    account.used_at = unit.now
    id_token = seal(_key(secret), proven.id_token, proven.subject)
    return begin_session(
        unit, person, browser=browser, is_proved=True, provider_account_id=account.id, id_token=id_token
    )


def link_to_actor(unit: Unit, provider: SignInProvider, proven: ProvenAccount) -> None:
    """Link an account at a provider to the person signed in. Raises Refused for one that somebody has."""
    taken = sa.select(ProviderAccount.person_id).where(
        ProviderAccount.provider_id == provider.id,
        ProviderAccount.subject == proven.subject,
        ProviderAccount.ended_at.is_(None),
    )
    holder = unit.session.scalar(taken)
    person = unit.session.get_one(Person, unit.actor.person_id, with_for_update=True)
    if holder == person.id:
        raise Refused("You can sign in with this account already.")
    if holder is not None:
        raise Refused(NOT_LET_IN)
    _link(unit, provider, proven, person)


def provider_session(session: Session, token_hash: str, *, secret: str) -> tuple[SignInProvider, str] | None:
    """Give the provider that a session began at, and the token that ends it there; None for any other session."""
    row = session.execute(
        sa.select(SignInProvider, ProviderAccount.subject, SignIn.id_token)
        .join(ProviderAccount, ProviderAccount.provider_id == SignInProvider.id)
        .join(SignIn, SignIn.provider_account_id == ProviderAccount.id)
        .where(SignIn.token_hash == token_hash)
    ).first()
    if row is None:
        return None
    provider, subject, sealed = row
    return provider, (unseal(_key(secret), sealed, subject) if sealed else None) or ""


def _invited(unit: Unit, proven: ProvenAccount, invitation: str) -> Person:
    """Give the person invited at the confirmed address of an account, and spend the invitation. Raises Refused."""
    try:
        if invitation:
            link, person = find_link(unit.session, LinkPurpose.INVITATION, invitation, now=unit.now, lock=True)
        else:
            link, person = find_invitation_to(unit.session, proven.confirmed_email, now=unit.now)
    except (NotFound, Gone):
        raise Refused(NOT_LET_IN) from None
    if not proven.confirmed_email or link.email != proven.confirmed_email:
        raise Refused(NOT_LET_IN)
    return accept_for(unit, person)


def _link(unit: Unit, provider: SignInProvider, proven: ProvenAccount, person: Person) -> ProviderAccount:
    """Link an account to a person, in place of the one they had there: an application registered anew renames all."""
    for earlier in _accounts(unit.session, provider, person_id=person.id):
        _unlink(unit, earlier)
    account = ProviderAccount(
        provider_id=provider.id,
        subject=proven.subject,
        tenant_id=proven.tenant_id,
        object_id=proven.object_id,
        person_id=person.id,
        linked_at=unit.now,
    )
    unit.session.add(account)
    unit.session.flush()
    record_of_account(unit, EventKind.PROVIDER_LINKED, person, provider=provider.name)
    return account


def _unlink(unit: Unit, account: ProviderAccount) -> None:
    account.ended_at = unit.now
    unit.session.flush()
    begun = sa.update(SignIn).where(SignIn.provider_account_id == account.id, SignIn.ended_at.is_(None))
    unit.session.execute(begun.values(ended_at=unit.now))
    record_of_account(unit, EventKind.PROVIDER_UNLINKED, account.person, provider=account.provider.name)


def _accounts(session: Session, provider: SignInProvider, *, person_id: int | None = None) -> Sequence[ProviderAccount]:
    query = sa.select(ProviderAccount).where(
        ProviderAccount.provider_id == provider.id, ProviderAccount.ended_at.is_(None)
    )
    if person_id is not None:
        query = query.where(ProviderAccount.person_id == person_id)
    return session.scalars(query.options(joinedload(ProviderAccount.person)).order_by(ProviderAccount.id)).all()


def _record_everywhere(unit: Unit, provider: SignInProvider) -> None:
    """Record a change of a provider in every partnership, as it lets people into all of them."""
    details = {"provider": provider.name, "issuer": provider.issuer, "ended": provider.ended_at is not None}
    for partnership_id in unit.session.scalars(sa.select(Partnership.id).order_by(Partnership.id)).all():
        unit.record(EventKind.PROVIDER_SET, partnership_id=partnership_id, details=details)


def _key(secret: str) -> bytes:
    return derived_key(secret, "sign-in providers")
