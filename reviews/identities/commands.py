"""Storing, changing and removing the identity of a child, and opening it for a purpose, on record."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import GRANTS, Actor, Permission, realm_of
from reviews.access.visibility import visible
from reviews.audit.write_entry import NewEntry, write_entry
from reviews.cases.page_queries import find_case
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.keyring import Keyring, MissingKey
from reviews.identities.labels import DETAILS_OF_IDENTITY, Detail, DetailKind
from reviews.identities.sealed_details import (
    PURPOSE_OF,
    DamagedIdentity,
    details_of_identity,
    key_of,
    new_key,
    seal_detail,
)
from reviews.identities.unusual_openings import alert
from reviews.keys.wrapped_keys import require_keys
from reviews.models import AuditKind, Case, Child, ChildIdentity, EventKind, IdentityOpening, OpeningPurpose, Through
from reviews.transactions.references import LONGEST_REASON, check_reason
from reviews.transactions.unit_of_work import NotFound, Unit, unit_of_work
from workflows.core.days import is_credible
from workflows.core.engine import Refused

NHS_WEIGHTS = range(10, 1, -1)


def store_identity(
    unit: Unit,
    keyring: Keyring,
    case: Case,
    child_id: int,
    *,
    values: Mapping[str, str],
    cleared: Collection[str] = (),
) -> None:
    """Store who a child is, or change it: a detail left empty stays as it is, one that is `cleared` goes.

    The history says that it was stored or changed, and never what. Raises NotFound, NotAllowed, Refused, MissingKey,
    DamagedIdentity.
    """
    unit.actor.require(Permission.RECORD_IDENTITIES, case.partnership_id, case.realm)
    child = _child(unit, case, child_id)
    typed = {
        detail.column: _checked(detail, values.get(detail.column, ""), unit.today) for detail in DETAILS_OF_IDENTITY
    }
    identity = _stored(unit, child)
    if identity is None:
        if not typed["name"]:
            raise Refused("Enter the name.", field="name")
        purpose = PURPOSE_OF[case.realm]
        require_keys(unit.session, keyring, purpose)
        identity = ChildIdentity(
            child_id=child.id,
            partnership_id=case.partnership_id,
            key_purpose=purpose,
            recorded_at=unit.now,
            recorded_by=unit.actor.signature,
            changed_by="",
        )
        secret, what, present = new_key(keyring, identity), "stored", dict[str, str]()
        unit.session.add(identity)
    else:
        if not any(typed.values()) and not cleared:
            raise Refused("Enter what changes. What you leave empty stays as it is.", field="name")
        if "name" in cleared:
            raise Refused("An identity needs a name. Remove the whole identity instead.", field="cleared")
        secret, what = key_of(keyring, identity), "changed"
        present = details_of_identity(secret, identity)
        identity.changed_at, identity.changed_by = unit.now, unit.actor.signature
    changes = {column: text for column, text in typed.items() if text} | dict.fromkeys(cleared, "")
    _require_order(present | changes)
    for column, text in changes.items():
        seal_detail(secret, identity, column, text)
    _record(unit, case, child, what)


def remove_identity(unit: Unit, case: Case, child_id: int, *, reason: str) -> None:
    """Remove an identity with the key of its child, without which no copy of the row can be read.

    The openings stay on record. Raises NotFound, NotAllowed, Refused.
    """
    unit.actor.require(Permission.RECORD_IDENTITIES, case.partnership_id, case.realm)
    child = _child(unit, case, child_id)
    why = check_reason(reason)
    identity = _stored(unit, child)
    if identity is None:
        raise NotFound
    unit.session.delete(identity)
    _record(unit, case, child, "removed", why)


class NotOnRecord(Exception):
    """What was asked for could not be put on record, and so is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRequest:
    """Whose identity is to be opened, for which purpose, and through what. `purpose` is a value of OpeningPurpose."""

    reference: str
    child_id: int
    purpose: str
    reason: str = ""
    partnership: str | None = None
    through: Through
    route: str
    network: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class OpenedIdentity:
    """An identity as it is shown: each known detail with its title, in order."""

    case: Case
    pseudonym: str
    details: tuple[tuple[str, str], ...]
    by_column: Mapping[str, str]


def open_identity(
    database: Database, clock: Clock, actor: Actor, keyring: Keyring, asked: OpeningRequest
) -> OpenedIdentity:
    """Open an identity, once it is on record: counted, in the audit log, and told of where it is unusual.

    Raises NotFound, NotAllowed, Refused without a purpose; MissingKey and DamagedIdentity, also on record; and
    NotOnRecord where it could not be put there.
    """
    if asked.purpose not in set(OpeningPurpose):
        raise Refused("Choose what you open the identity for.", field="purpose")
    purpose = OpeningPurpose(asked.purpose)
    reason = asked.reason.strip()[:LONGEST_REASON]
    if purpose is OpeningPurpose.OTHER and not reason:
        raise Refused("Enter what you open the identity for.", field="reason")
    with unit_of_work(database, actor, clock) as unit:
        case, _ = find_case(unit.session, actor, asked.reference, partnership=asked.partnership)
        actor.require(Permission.OPEN_IDENTITIES, case.partnership_id, case.realm)
        row = unit.session.execute(
            sa.select(ChildIdentity, Child)
            .join(Child, Child.id == ChildIdentity.child_id)
            .where(Child.id == asked.child_id, Child.case_id == case.id, visible(actor, ChildIdentity))
        ).first()
        if row is None:
            raise NotFound
        identity, child = row
        fault: MissingKey | DamagedIdentity | None = None
        try:
            found = details_of_identity(key_of(keyring, identity), identity)
        except (MissingKey, DamagedIdentity) as refusal:
            fault = refusal
        else:
            opening = IdentityOpening(
                case_id=case.id,
                child_id=child.id,
                purpose=purpose,
                reason=reason,
                opened_at=unit.now,
                opened_by=actor.signature,
                opened_by_id=actor.person_id,
            )
            alert(unit, case, opening)
        now = unit.now
    outcome = purpose.value if fault is None else "missing_key" if isinstance(fault, MissingKey) else "damaged"
    entry = NewEntry(
        at=now,
        kind=AuditKind.IDENTITY_OPENED if fault is None else AuditKind.REFUSED,
        through=asked.through,
        route=asked.route,
        partnership_id=case.partnership_id,
        person_id=actor.person_id,
        person=actor.signature,
        role=_role_of(actor, case),
        case_id=case.id,
        reference=case.reference,
        outcome=outcome,
        network=asked.network,
        request_id=asked.request_id,
    )
    try:
        write_entry(database, entry)
    except SQLAlchemyError as error:
        raise NotOnRecord(
            "The opening could not be put on record, so the identity is not shown. Try again in a few minutes, and "
            "tell whoever runs Followthrough if it happens again."
        ) from error
    if fault is not None:
        raise fault
    shown = tuple(
        (each.title, _in_words(each, found[each.column])) for each in DETAILS_OF_IDENTITY if each.column in found
    )
    return OpenedIdentity(case, child.pseudonym, shown, found)


def _in_words(detail: Detail, text: str) -> str:
    return f"{date.fromisoformat(text):%-d %B %Y}" if detail.kind is DetailKind.DAY else text


def _role_of(actor: Actor, case: Case) -> str:
    """Give the role by which they open identities there."""
    roles = GRANTS[Permission.OPEN_IDENTITIES]
    held = [each.role for each in actor.roles_held_in(case.partnership_id) if realm_of(each.role) is case.realm]
    return next((role.value for role in held if role in roles), "")


def _child(unit: Unit, case: Case, child_id: int) -> Child:
    query = sa.select(Child).where(Child.id == child_id, Child.case_id == case.id, visible(unit.actor, Child))
    found = unit.session.scalars(query).first()
    if found is None:
        raise NotFound
    return found


def _stored(unit: Unit, child: Child) -> ChildIdentity | None:
    query = sa.select(ChildIdentity).where(ChildIdentity.child_id == child.id, visible(unit.actor, ChildIdentity))
    return unit.session.scalars(query.with_for_update()).first()


def _record(unit: Unit, case: Case, child: Child, what: str, reason: str = "") -> None:
    flag_modified(case, "closed_on")  # the version counts it, as for a step
    unit.record(
        EventKind.IDENTITY_CHANGED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"child": child.id, "what": what, **({"reason": reason} if reason else {})},
    )


def _checked(detail: Detail, text: str, today: date) -> str:
    """Give a detail as it is stored. Raises Refused that names its field, and never says what was typed."""
    text = text.strip()
    if len(text) > detail.longest:
        raise Refused(f"{detail.title} can have up to {detail.longest} characters.", field=detail.column)
    if text and detail.kind is DetailKind.DAY:
        return _checked_day(detail, text, today)
    if text and detail.column == "nhs_number":
        return _checked_nhs_number(detail, text)
    return text


def _checked_day(detail: Detail, text: str, today: date) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(f"{detail.title} must be a date such as 2019-03-27.", field=detail.column) from None
    if not is_credible(day) or day > today:
        raise Refused(f"{detail.title} must be in the past.", field=detail.column)
    return day.isoformat()


def _checked_nhs_number(detail: Detail, text: str) -> str:
    """Check the last digit against the others, modulo 11 (NHS Data Dictionary, NHS NUMBER)."""
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) != 10 or not (digits.isascii() and digits.isdecimal()):
        raise Refused("An NHS number has 10 digits.", field=detail.column)
    check = -sum(weight * int(digit) for weight, digit in zip(NHS_WEIGHTS, digits, strict=False)) % 11
    if check != int(digits[-1]):
        raise Refused("This is not an NHS number: its last digit does not fit the others.", field=detail.column)
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


def _require_order(details: Mapping[str, str]) -> None:
    birth, death = details.get("birth"), details.get("death")
    if birth and death and death < birth:
        raise Refused("The date of death must not be before the date of birth.", field="death")
