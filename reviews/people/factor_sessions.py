"""How a session passes its second factor: from half to whole, and proved afresh before what needs it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.secrets import is_password
from reviews.models import FactorKind, PasskeyChallenge, Person, SignIn
from reviews.people.authenticator_apps import take_code
from reviews.people.factors import actor_number
from reviews.people.passkeys import AskedChallenge, PasskeySite, take_passkey
from reviews.people.recovery_codes import take_recovery_code
from reviews.people.sign_in import hash_token
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

FRESH = timedelta(minutes=10)
MOST_WRONG_PROOFS = 5
"""In one session, which then ends: whoever goes on needs the password again."""
MOST_WRONG_IN = ((timedelta(hours=1), 20), (timedelta(days=1), 50))
"""Of one person in all their sessions. Of two codes in a million, fifty tries a day find one in 27 years."""
TOO_MANY_WRONG = "There were too many wrong codes. Use a passkey or a recovery code, or wait an hour."


@dataclass(frozen=True, slots=True)
class SessionProof:
    """What a session was proved with, and when last; `is_over` where it has ended."""

    awaits_factor: bool
    factor: FactorKind | None
    proved_at: datetime | None
    is_over: bool


def proof_of(session: Session, token_hash: str) -> SessionProof:
    """Give how a session was proved; raises NotFound."""
    row = session.get(SignIn, token_hash)
    if row is None:
        raise NotFound
    return SessionProof(row.awaits_factor, row.factor, row.proved_at, row.ended_at is not None)


def is_freshly_proved(session: Session, token_hash: str, *, now: datetime, by_device: bool = False) -> bool:
    """Whether whoever holds the session has proved who they are in the last ten minutes.

    They prove it with their second factor, or, if they have none, with their password. `by_device` asks for a passkey
    or an app, for what a recovery code is not enough.
    """
    proof = proof_of(session, token_hash)
    if proof.awaits_factor or proof.proved_at is None or proof.proved_at <= now - FRESH:
        return False
    return not by_device or proof.factor in (FactorKind.PASSKEY, FactorKind.APP)


def prove_by_code(unit: Unit, token_hash: str, code: str, *, secret_key: str) -> str | None:
    """Give the new token of a session whose holder typed the code of their app; None for a wrong one, which counts.

    Raises Refused where there were too many wrong ones in all sessions of the person.
    """
    _refuse_guessing(unit)
    return _passed(unit, token_hash, FactorKind.APP, take_code(unit, code, secret_key=secret_key))


def prove_by_recovery_code(unit: Unit, token_hash: str, code: str) -> str | None:
    """Give the new token of a session whose holder typed a recovery code; None for a wrong one, which counts."""
    return _passed(unit, token_hash, FactorKind.RECOVERY_CODE, take_recovery_code(unit, code))


def prove_by_passkey(
    unit: Unit, token_hash: str, asked: AskedChallenge | None, answer: str, *, site: PasskeySite
) -> str | None:
    """Give the new token of a session whose holder used a passkey; None for a wrong answer, which counts."""
    return _passed(unit, token_hash, FactorKind.PASSKEY, take_passkey(unit, asked, answer, site=site))


def password_matches(database: Database, clock: Clock, person_id: int, password: str) -> bool:
    """Whether this is the password of a person. It is slow, and so runs outside any transaction."""
    with database() as session:
        password_hash = session.scalar(sa.select(Person.password_hash).where(Person.id == person_id))
    return is_password(password, password_hash)


def prove_by_password(unit: Unit, token_hash: str, *, matches: bool) -> str | None:
    """Give the new token of a session whose holder, without a second factor, has given their password again."""
    return _passed(unit, token_hash, None, matches)


def continue_session(unit: Unit, token_hash: str, factor: FactorKind | None) -> str:
    """Give a session another token: whoever knew the old one, from before it was proved, holds nothing any more.

    Half a session becomes a whole one, which begins now. Raises NotFound for one that has ended, or went on already.
    """
    unit.session.execute(sa.delete(PasskeyChallenge).where(PasskeyChallenge.token_hash == token_hash))
    token = token_urlsafe(32)
    present = sa.update(SignIn).where(SignIn.token_hash == token_hash, SignIn.ended_at.is_(None))
    renewed = present.values(
        token_hash=hash_token(token),
        started_at=sa.case((SignIn.awaits_factor, unit.now), else_=SignIn.started_at),
        seen_at=unit.now,
        awaits_factor=False,
        factor=factor,
        proved_at=unit.now,
        wrong_proofs=0,
    )
    done = unit.session.execute(
        renewed.returning(SignIn.person_id), execution_options={"synchronize_session": False}
    ).first()
    if done is None:
        raise NotFound
    return token


def _passed(unit: Unit, token_hash: str, factor: FactorKind | None, is_right: bool) -> str | None:
    if is_right:
        return continue_session(unit, token_hash, factor)
    wrong = sa.update(SignIn).where(SignIn.token_hash == token_hash)
    counted = wrong.values(
        wrong_proofs=SignIn.wrong_proofs + 1,
        ended_at=sa.case((SignIn.wrong_proofs + 1 >= MOST_WRONG_PROOFS, unit.now), else_=SignIn.ended_at),
    )
    unit.session.execute(counted, execution_options={"synchronize_session": False})
    return None


def _refuse_guessing(unit: Unit) -> None:
    for period, most in MOST_WRONG_IN:
        wrong = sa.select(sa.func.coalesce(sa.func.sum(SignIn.wrong_proofs), 0)).where(
            SignIn.person_id == actor_number(unit), SignIn.started_at > unit.now - period
        )
        if (unit.session.scalar(wrong) or 0) >= most:
            raise Refused(TOO_MANY_WRONG)
