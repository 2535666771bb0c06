"""Tokens for programs that act for a person: made, listed and revoked by the operator."""

from collections.abc import Sequence
from datetime import date, timedelta
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from reviews.models import ApiToken, EventKind, Person, TokenScope
from reviews.people.sign_in import hash_token, record_of_account
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

LONGEST = timedelta(days=366)


def make_token(unit: Unit, *, email: str, scope: TokenScope, expires_on: date) -> tuple[ApiToken, str]:
    """Make a token for a person; gives its row, and the token, which is stored nowhere. Only the operator can.

    Raises NotFound, and Refused for a day that is past or more than a year ahead and for somebody who has left.
    """
    unit.actor.require_operator()
    if not unit.today <= expires_on <= unit.today + LONGEST:
        raise Refused("The last day of a token must be today or later, and within a year.")
    person = unit.session.scalars(sa.select(Person).where(Person.email == email.strip().lower())).first()
    if person is None:
        raise NotFound
    if person.disabled_at is not None:
        raise Refused(f"The account of {person.email} is disabled, so no program can act for it.")
    token = token_urlsafe(32)
    made = ApiToken(
        person=person,
        scope=scope,
        token_hash=hash_token(token),
        expires_on=expires_on,
        made_by=unit.actor.signature,
        made_at=unit.now,
    )
    unit.session.add(made)
    unit.session.flush()
    record_of_account(unit, EventKind.TOKEN_MADE, person, token=made.id, scope=scope.value)
    return made, token


def revoke_token(unit: Unit, number: int) -> ApiToken:
    """End a token at once; only the operator can. Raises NotFound for one that is unknown or revoked already."""
    unit.actor.require_operator()
    query = sa.select(ApiToken).where(ApiToken.id == number, ApiToken.revoked_at.is_(None))
    token = unit.session.scalars(query.with_for_update(of=ApiToken)).first()
    if token is None:
        raise NotFound
    token.revoked_at = unit.now
    record_of_account(unit, EventKind.TOKEN_REVOKED, token.person, token=token.id, scope=token.scope.value)
    return token


def api_tokens(session: Session) -> Sequence[ApiToken]:
    """Give every token there was, the newest first."""
    query = sa.select(ApiToken).options(joinedload(ApiToken.person)).order_by(ApiToken.id.desc())
    return session.scalars(query).all()
