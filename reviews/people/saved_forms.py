"""Forms that were not taken, because a session had ended: what was typed is sealed for its person, for a day.

ADR 0024 has why. Nobody else can read it: the person is part of what the seal protects.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.sealed import seal, unseal
from reviews.models import SavedForm, SignIn
from reviews.transactions.unit_of_work import NotFound, Unit

KEY_PURPOSE = "saved forms"
"""For which the key that seals them is derived from that of the installation."""
LASTS = timedelta(days=1)
MOST = 10
"""Forms of one person; the oldest makes room."""
LARGEST = 1_000_000
SECRET = re.compile(r"(^|_)(password|passphrase|secret|code|pin|otp|token|credential)s?(?=_|\d|$)")
"""Names of fields that are never stored."""


@dataclass(frozen=True, slots=True)
class TypedForm:
    """What was typed: `address` is that of the form, `files` names the files that are not stored."""

    address: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredForm:
    id: str
    saved_at: datetime
    typed: TypedForm


def save_form(unit: Unit, key: bytes, person_id: int, typed: TypedForm) -> str:
    """Store what somebody typed, without fields that hold a secret; gives its id, "" where it is too large or empty.

    What is older than a day goes, whoever it belongs to, and all but the newest nine of this person.
    """
    fields = tuple((name, text) for name, text in typed.fields if not SECRET.search(name))
    content = json.dumps(asdict(typed) | {"fields": fields}, ensure_ascii=False)
    if len(content.encode()) > LARGEST or not (typed.files or any(text.strip() for _, text in fields)):
        return ""
    delete_old_forms(unit)
    newest = sa.select(SavedForm.id).where(SavedForm.person_id == person_id)
    left = unit.session.scalars(newest.order_by(SavedForm.saved_at.desc(), SavedForm.id).offset(MOST - 1)).all()
    unit.session.execute(sa.delete(SavedForm).where(SavedForm.id.in_(left)))
    form_id = token_urlsafe(16)
    sealed = seal(key, content, _where(form_id, person_id))
    unit.session.add(SavedForm(id=form_id, person_id=person_id, saved_at=unit.now, sealed=sealed))
    return form_id


def delete_old_forms(unit: Unit) -> None:
    unit.session.execute(sa.delete(SavedForm).where(SavedForm.saved_at <= unit.now - LASTS))


def saved_forms(session: Session, key: bytes, person_id: int, *, now: datetime) -> Sequence[StoredForm]:
    """Give the forms of a person, the newest first. What another key sealed is left out."""
    query = sa.select(SavedForm).where(SavedForm.person_id == person_id, SavedForm.saved_at > now - LASTS)
    rows = session.scalars(query.order_by(SavedForm.saved_at.desc(), SavedForm.id)).all()
    opened = ((row, _open(key, row)) for row in rows)
    return [StoredForm(row.id, row.saved_at, typed) for row, typed in opened if typed is not None]


def has_saved_form(session: Session, token_hash: str, *, now: datetime) -> bool:
    """Whether something waits for the person of a session."""
    query = sa.select(SavedForm.id).join(SignIn, SignIn.person_id == SavedForm.person_id)
    theirs = query.where(SignIn.token_hash == token_hash, SavedForm.saved_at > now - LASTS)
    return session.scalar(theirs.limit(1)) is not None


def find_saved_form(session: Session, key: bytes, person_id: int, form_id: str, *, now: datetime) -> StoredForm:
    """Give a form of this person; raises NotFound alike for one of another's and for none."""
    found = next((each for each in saved_forms(session, key, person_id, now=now) if each.id == form_id), None)
    if found is None:
        raise NotFound
    return found


def delete_saved_form(unit: Unit, form_id: str) -> None:
    theirs = (SavedForm.id == form_id, SavedForm.person_id == unit.actor.person_id)
    unit.session.execute(sa.delete(SavedForm).where(*theirs))


def _open(key: bytes, row: SavedForm) -> TypedForm | None:
    text = unseal(key, row.sealed, _where(row.id, row.person_id))
    if text is None:
        return None
    found = json.loads(text)
    fields = tuple((name, typed) for name, typed in found["fields"])
    return TypedForm(found["address"], fields, tuple(found["files"]))


def _where(form_id: str, person_id: int) -> str:
    return f"saved_forms|{form_id}|{person_id}"
