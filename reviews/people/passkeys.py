"""Passkeys (Web Authentication): what a device is asked to sign, and whether it has signed it."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from secrets import token_bytes
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from reviews.models import FactorKind, Passkey, PasskeyChallenge
from reviews.people.factors import actor_number, factor_name, record_factor
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

PRODUCT = "Followthrough"
CHALLENGE_LASTS = timedelta(minutes=5)
LONGEST_ANSWER = 20_000
HANDLE_BYTES = 32
NOT_A_PASSKEY = (
    "The passkey was not added. Press the button again, and follow what your browser asks for. If it goes wrong again, "
    "use an app instead."
)
FAULTS = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
"""What the library raises for an answer that no browser gives: any of them is a wrong answer."""


@dataclass(frozen=True, slots=True)
class PasskeySite:
    """The host for which passkeys are made, for ever, and the beginning of the addresses where they are used."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class AskedChallenge:
    """What a session was asked to sign; `user_handle` is that of a passkey to be made."""

    challenge: bytes
    user_handle: bytes


def passkey_site(base_url: str) -> PasskeySite | None:
    """Give where passkeys work; None for an address by number or without TLS, at which browsers refuse them."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    with suppress(ValueError):
        ip_address(host)
        return None
    if not host or (parts.scheme != "https" and host != "localhost"):
        return None
    return PasskeySite(host, f"{parts.scheme}://{parts.netloc}")


def ask_for_new_passkey(unit: Unit, token_hash: str, site: PasskeySite) -> str:
    """Give what a browser needs to make a passkey of the actor's own, as JSON; the challenge is for this session."""
    known = _passkeys(unit.session, actor_number(unit))
    handle = known[0].user_handle if known else token_bytes(HANDLE_BYTES)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=PRODUCT,
        user_name=unit.actor.email,
        user_display_name=unit.actor.name,
        user_id=handle,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    _store_challenge(unit, token_hash, options.challenge, handle)
    return options_to_json(options)


def ask_for_passkey(unit: Unit, token_hash: str, site: PasskeySite) -> str:
    """Give what a browser needs to use one of the actor's passkeys, as JSON."""
    known = _passkeys(unit.session, actor_number(unit))
    options = generate_authentication_options(
        rp_id=site.host,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _store_challenge(unit, token_hash, options.challenge, b"")
    return options_to_json(options)


def pop_challenge(unit: Unit, token_hash: str) -> AskedChallenge | None:
    """Take what the session was asked to sign out of the store, in a transaction of its own: it is answered once."""
    taken = sa.delete(PasskeyChallenge).where(PasskeyChallenge.token_hash == token_hash)
    columns = (PasskeyChallenge.challenge, PasskeyChallenge.user_handle, PasskeyChallenge.made_at)
    row = unit.session.execute(taken.returning(*columns)).first()
    if row is None or row.made_at <= unit.now - CHALLENGE_LASTS:
        return None
    return AskedChallenge(row.challenge, row.user_handle)


def add_passkey(unit: Unit, asked: AskedChallenge | None, answer: str, *, name: str, site: PasskeySite) -> None:
    """Store the passkey that a device has made. Raises Refused for any answer but the one to what was asked."""
    person_id, name = actor_number(unit), factor_name(name)
    if asked is None or not asked.user_handle or len(answer) > LONGEST_ANSWER:
        raise Refused(NOT_A_PASSKEY)
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=asked.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except FAULTS:
        raise Refused(NOT_A_PASSKEY) from None
    known = sa.select(Passkey.id).where(Passkey.credential_id == made.credential_id)
    if unit.session.scalar(known) is not None:
        raise Refused("This passkey is in the list already.")
    unit.session.add(
        Passkey(
            person_id=person_id,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            user_handle=asked.user_handle,
            rp_id=site.host,
            sign_count=made.sign_count,
            aaguid=made.aaguid,
            backed_up=made.credential_backed_up,
            name=name,
            made_at=unit.now,
        )
    )
    unit.session.flush()
    record_factor(unit, person_id, "made", FactorKind.PASSKEY, name)


def take_passkey(unit: Unit, asked: AskedChallenge | None, answer: str, *, site: PasskeySite) -> bool:
    """Whether a passkey of the actor's own has signed what was asked, and was not copied.

    A device that counts its uses must have counted on: two that count the same key are a copy, which the history shows.
    """
    person_id = actor_number(unit)
    if asked is None or asked.user_handle or len(answer) > LONGEST_ANSWER:
        return False
    try:
        credential_id = base64url_to_bytes(json.loads(answer)["id"])
        row = next(each for each in _passkeys(unit.session, person_id) if each.credential_id == credential_id)
        used = verify_authentication_response(
            credential=answer,
            expected_challenge=asked.challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (*FAULTS, StopIteration):
        return False
    if _is_counted_on(unit, row, used.new_sign_count, used.credential_backed_up):
        return True
    record_factor(unit, person_id, "copied", FactorKind.PASSKEY, row.name)
    return False


def other_hosts(session: Session, base_url: str) -> dict[str, int]:
    """Count the passkeys made for another host than that of the address, by host: they no longer work."""
    query = sa.select(Passkey.rp_id, sa.func.count()).group_by(Passkey.rp_id).order_by(Passkey.rp_id)
    here = urlsplit(base_url).hostname
    return {host: count for host, count in session.execute(query) if host != here}


def _passkeys(session: Session, person_id: int) -> list[Passkey]:
    return list(session.scalars(sa.select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)))


def _store_challenge(unit: Unit, token_hash: str, challenge: bytes, user_handle: bytes) -> None:
    unit.session.execute(sa.delete(PasskeyChallenge).where(PasskeyChallenge.token_hash == token_hash))
    unit.session.add(
        PasskeyChallenge(token_hash=token_hash, challenge=challenge, user_handle=user_handle, made_at=unit.now)
    )


def _is_counted_on(unit: Unit, row: Passkey, count: int, backed_up: bool) -> bool:
    """Compare and set. Passkeys that are copied between a person's devices by their maker send 0 for ever."""
    behind: list[Any] = [Passkey.sign_count < count]
    if count == 0:
        behind = [Passkey.sign_count == 0]
    counted = sa.update(Passkey).where(Passkey.id == row.id, *behind)
    values = {"sign_count": count, "used_at": unit.now, "backed_up": backed_up}
    moved = counted.values(values).returning(Passkey.id)
    return unit.session.execute(moved, execution_options={"synchronize_session": False}).first() is not None
