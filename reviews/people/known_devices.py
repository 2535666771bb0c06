"""Browsers in which a person has signed in: theirs is a way in of its own while others guess their password."""

from collections.abc import Sequence
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.models import EventKind, KnownDevice
from reviews.people.sign_in import hash_token
from reviews.people.sign_in_tries import KNOWN_FOR
from reviews.transactions.unit_of_work import NotFound, Unit

MOST_IN_A_BROWSER = 5
"""People who sign in at one shared computer."""


def remember_device(unit: Unit, person_id: int, tokens: Sequence[str], *, name: str) -> list[str]:
    """Make a browser known to somebody; gives the tokens its cookie has from now on, newest first.

    A token that the person does not have yet is always made here: one that came with the cookie may have been put
    there by somebody who knows it.
    """
    hashes = {hash_token(token): token for token in tokens}
    theirs = sa.select(KnownDevice).where(
        KnownDevice.person_id == person_id, KnownDevice.token_hash.in_(hashes), KnownDevice.ended_at.is_(None)
    )
    device = unit.session.scalars(theirs.order_by(KnownDevice.id.desc()).limit(1)).first()
    if device is not None and device.used_at > unit.now - KNOWN_FOR:
        device.used_at = unit.now
        token = hashes[device.token_hash]
    else:
        token = token_urlsafe(24)
        unit.session.add(
            KnownDevice(
                person_id=person_id,
                token_hash=hash_token(token),
                name=" ".join(name.split())[:100],
                first_used_at=unit.now,
                used_at=unit.now,
            )
        )
    return [token, *(each for each in tokens if each != token)][:MOST_IN_A_BROWSER]


def devices_of(session: Session, actor: Actor) -> Sequence[KnownDevice]:
    """List the devices known to the actor, the last used first."""
    theirs = (KnownDevice.person_id == actor.person_id, KnownDevice.ended_at.is_(None))
    return session.scalars(
        sa.select(KnownDevice).where(*theirs).order_by(KnownDevice.used_at.desc(), KnownDevice.id.desc())
    ).all()


def end_device(unit: Unit, number: int) -> KnownDevice:
    """End a device of the actor, which is a stranger's from now on. Raises NotFound."""
    theirs = (KnownDevice.person_id == unit.actor.person_id, KnownDevice.ended_at.is_(None))
    device = unit.session.scalars(sa.select(KnownDevice).where(KnownDevice.id == number, *theirs)).first()
    if device is None:
        raise NotFound
    device.ended_at = unit.now
    for partnership_id in sorted({assignment.partnership_id for assignment in unit.actor.roles_held}):
        details = {"person": device.person_id, "device": device.id}
        unit.record(EventKind.DEVICE_FORGOTTEN, partnership_id=partnership_id, details=details)
    return device


def delete_old_devices(unit: Unit) -> None:
    """Delete the devices that were ended, or not used for so long that they count as unknown."""
    old = KnownDevice.ended_at.is_not(None) | (KnownDevice.used_at <= unit.now - KNOWN_FOR)
    unit.session.execute(sa.delete(KnownDevice).where(old), execution_options={"synchronize_session": False})
