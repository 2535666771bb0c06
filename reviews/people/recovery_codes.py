"""Ten codes that let a person in without their device, each a single time. They are shown when they are made."""

from secrets import choice

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import FactorKind, RecoveryCode
from reviews.people.factors import actor_number, has_factor, record_factor
from reviews.people.sign_in import hash_token
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

CODES = 10
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike. Sixteen of them are 79 bits, which nobody guesses, even from the hash."""
GROUPS, GROUP = 4, 4


def make_codes(unit: Unit) -> list[str]:
    """Make ten codes for the actor in place of those they have, and give them, the only time they are readable."""
    person_id = actor_number(unit)
    if not has_factor(unit.session, person_id):
        raise Refused("Recovery codes stand in for a passkey or an app. Add one of them first.")
    unit.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = ["-".join("".join(choice(SIGNS) for _ in range(GROUP)) for _ in range(GROUPS)) for _ in range(CODES)]
    rows = [{"person_id": person_id, "code_hash": _hash(person_id, code), "made_at": unit.now} for code in codes]
    unit.session.execute(sa.insert(RecoveryCode), rows)
    record_factor(unit, person_id, "made", FactorKind.RECOVERY_CODE)
    return codes


def take_recovery_code(unit: Unit, code: str) -> bool:
    """Whether a code is one of the actor's that was never used; from now on it is used."""
    person_id = actor_number(unit)
    unused = sa.update(RecoveryCode).where(
        RecoveryCode.person_id == person_id,
        RecoveryCode.code_hash == _hash(person_id, code),
        RecoveryCode.used_at.is_(None),
    )
    taken = unit.session.execute(unused.values(used_at=unit.now).returning(RecoveryCode.id)).first() is not None
    if taken:
        record_factor(unit, person_id, "used", FactorKind.RECOVERY_CODE)
    return taken


def codes_left(session: Session, person_id: int) -> int:
    unused = sa.select(sa.func.count()).select_from(RecoveryCode).where(RecoveryCode.person_id == person_id)
    return session.scalar(unused.where(RecoveryCode.used_at.is_(None))) or 0


def _hash(person_id: int, code: str) -> str:
    signs = "".join(sign for sign in code.lower() if sign.isalnum())
    return hash_token(f"recovery code|{person_id}|{signs}")
