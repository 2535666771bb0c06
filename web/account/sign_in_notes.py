"""What is put on record of those who sign in and out, and of those who try to."""

from flask import session

from reviews.models import AuditKind
from reviews.people.sign_in import account_in_session, account_with_address
from web.core.context import actor, read_session
from web.core.on_record import SignInNote, note_sign_in

HALF = "second factor to come"


def note_signed_in(token: str, way: str) -> None:
    """Note that a session began, whole or half, and which way somebody came."""
    found = account_in_session(read_session(), token)
    if found is not None:
        outcome = f"{way}, {HALF}" if found.awaits_factor else way
        note_sign_in(SignInNote(AuditKind.SIGNED_IN, outcome, found.person_id, found.name, found.partnership_id))


def note_failed(way: str, *, email: str) -> None:
    """Note a wrong password, with the account it was tried for: what was typed in its place is never written."""
    _note_tried(AuditKind.SIGN_IN_FAILED, way, email)


def note_locked_out(way: str, *, email: str) -> None:
    """Note that a try was refused because there were too many wrong ones."""
    _note_tried(AuditKind.LOCKED_OUT, way, email)


def note_signed_out() -> None:
    found = account_in_session(read_session(), session.get("token", ""))
    if found is not None:
        note_sign_in(SignInNote(AuditKind.SIGNED_OUT, "", found.person_id, found.name, found.partnership_id))


def note_unproved(way: str, *, is_over: bool = False) -> None:
    """Note a wrong second factor of somebody whose password was right; `is_over` where the session has ended by it."""
    kind = AuditKind.LOCKED_OUT if is_over else AuditKind.SIGN_IN_FAILED
    _note_tried(kind, way, actor().email)


def _note_tried(kind: AuditKind, way: str, email: str) -> None:
    found = account_with_address(read_session(), email)
    person_id, partnership_id = (found.person_id, found.partnership_id) if found else (None, None)
    note_sign_in(SignInNote(kind, way, person_id, partnership_id=partnership_id))
