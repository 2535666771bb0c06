"""What a view shows of records, and the hook that has it written to the audit log before the answer leaves.

What was refused is written too, and who signed in. Where it cannot be written nothing is shown: the answer is 503.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar

from flask import Flask, Response, current_app, g, render_template, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from reviews.access.permissions import GRANTS, Actor
from reviews.access.shown import ShownRecord, in_which_roles, what_was_noted
from reviews.audit.write_entry import NewEntry, write_entry
from reviews.models import AuditKind, Through
from web.core.context import app_context, close_read_session
from web.core.limited_views import network
from web.core.query import partnership_asked, query_text

LOG = logging.getLogger("followthrough.web")

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


class Shows(StrEnum):
    """What of the records is on a page. A child stands on the pages of its case."""

    CASE = "case"
    ACTION = "action"
    FILE = "file"
    EXPORT = "export"
    LIST = "list"
    NOTHING = "nothing"


ONE_RECORD = frozenset({Shows.CASE, Shows.ACTION, Shows.FILE})


@dataclass(frozen=True, slots=True)
class Declared:
    shows: frozenset[Shows]
    through: Through


def shows(*what: Shows, through: Through = Through.PAGE) -> Callable[[View], View]:
    """Declare what a view shows of records; several where it depends on what is asked for.

    The application does not start with a view that declares nothing. A list notes how many rows it has, an export its
    format too (reviews/access/shown.py); a case or an action is noted by the query that finds it.
    """

    def declare(view: View) -> View:
        view.declared = Declared(frozenset(what), through)  # type: ignore[attr-defined]  # read back by declared_by
        return view

    return declare


def declared_by(app: Flask, endpoint: str) -> Declared | None:
    if endpoint == "static":
        return Declared(frozenset({Shows.NOTHING}), Through.PAGE)
    found: Declared | None = getattr(app.view_functions[endpoint], "declared", None)
    return found


def record_every_answer(app: Flask) -> None:
    """Have each answer written that shows or refuses something. Raises LookupError for a view that declares nothing.

    It works where each request begins with `begin_noting`.
    """
    for endpoint in app.view_functions:
        if not (declared := declared_by(app, endpoint)) or not declared.shows:
            raise LookupError(f"The view {endpoint} does not declare what it shows.")
    app.after_request(_put_on_record)


@dataclass(frozen=True, slots=True)
class SignInNote:
    """What became of a try to sign in, or that somebody signed out. `person` is "" where nobody has shown who it is."""

    kind: AuditKind
    outcome: str = ""
    person_id: int | None = None
    person: str = ""
    partnership_id: int | None = None


def note_sign_in(note: SignInNote) -> None:
    """Have this written in place of what the answer shows."""
    g.sign_in_note = note


REFUSALS = {
    403: "authz.denied",
    404: "authz.denied",
    409: "conflict",
    410: "link.dead",
    413: "limit.hit",
    415: "limit.hit",
    429: "limit.hit",
}
"""What is written of a refusal by its code. Of other codes nothing is: 422 asks for a better form, 500 is our fault."""
FORGED, TRANSITION = "csrf.refused", "transition.refused"
SHOWN_AGAIN = REFUSALS | {400: FORGED}
"""What is written beside a record that was shown with a form that was not taken."""


def note_refusal(code: int, name: str = "", *, lasts: timedelta | None = None) -> None:
    """Note that the answer refuses, and shows nothing but that; `name` where it is not the usual one of the code.

    One that lasts, as a limit does, is written once while it does.
    """
    if name or code in REFUSALS:
        g.refusal, g.refusal_lasts = f"{code} {name or REFUSALS[code]}", lasts


def name_refusal(name: str) -> None:
    """Note why a form that is shown again was refused, where it is not the usual reason of its code."""
    g.refusal_name = name


def note_written() -> None:
    """Note that what this answer shows is on record already, before it was read."""
    g.is_on_record = True


def _put_on_record(answer: Response) -> Response:
    entry = _entry(answer)
    if entry is None:
        return answer
    context = app_context()
    close_read_session()  # its connection serves for the entry
    try:
        write_entry(context.database, entry)
    except (SQLAlchemyError, OSError) as fault:
        LOG.error(
            "%s: the audit log cannot be written in %s %s, request %s",
            type(fault).__name__,
            request.method,
            entry.route,
            entry.request_id,
        )
        answer.close()
        return _not_shown(answer)
    return answer


RETRY = timedelta(minutes=1)
CANNOT_WRITE = (
    "What is shown here must be put on record first, and that is not possible at the moment. So nothing is shown. Try "
    "again in a minute. If it does not work then, tell your technician."
)


def _not_shown(instead_of: Response) -> Response:
    if g.get("sign_in_note") is not None:
        session.clear()  # nobody is signed in without a record
    page = render_template("errors/page.html", code=503, sentence=CANNOT_WRITE)
    answer = current_app.make_response((page, 503, {"Retry-After": str(int(RETRY.total_seconds()))}))
    if "Referrer-Policy" in instead_of.headers:
        answer.headers["Referrer-Policy"] = instead_of.headers["Referrer-Policy"]
    return answer


def _entry(answer: Response) -> NewEntry | None:
    """Give what is written of an answer; None for one that neither shows a record nor refuses anything."""
    if request.endpoint is None or request.method == "OPTIONS" or g.get("is_on_record"):
        return None
    declared, noted = declared_by(current_app, request.endpoint), what_was_noted()
    assert declared is not None  # noqa: S101  # record_every_answer has looked
    if (note := g.get("sign_in_note")) is not None:
        return _of_sign_in(note, declared)
    if g.get("refusal"):
        return _of_refusal(g.refusal, declared, noted)
    code = answer.status_code
    if 300 <= code < 400 or code >= 500 or code == 204:
        return None
    outcome = f"{code} {g.get('refusal_name') or SHOWN_AGAIN[code]}" if code in SHOWN_AGAIN else ""
    found = None if code == 410 else _of_view(declared, noted, outcome, code)
    return _of_refusal(outcome, declared, noted) if found is None and outcome else found


def _of_view(declared: Declared, noted: ShownRecord, outcome: str, code: int) -> NewEntry | None:
    if Shows.EXPORT in declared.shows and noted.into:
        return _new(AuditKind.EXPORTED, declared, noted, outcome=noted.into, number=noted.number)
    if (declared.shows & ONE_RECORD or Shows.LIST not in declared.shows) and noted.is_one_record:
        kind = AuditKind.FILE_TAKEN if Shows.FILE in declared.shows else AuditKind.SEEN
        return _new(kind, declared, noted, outcome=outcome)
    if Shows.LIST in declared.shows and noted.number is not None:
        return _new(AuditKind.LISTED, declared, noted, outcome=outcome, number=noted.number) if noted.number else None
    if Shows.NOTHING in declared.shows or code >= HTTPStatus.BAD_REQUEST:
        return None
    # it is on record all the same, without the number or the name of what it shows
    return _new(AuditKind.LISTED if Shows.LIST in declared.shows else AuditKind.SEEN, declared, noted)


REFERENCE = re.compile(r"[A-Z]{2,8}-\d{4}-\d{1,6}(?:[./][A-Z]{1,4}\d{1,4}){0,3}")
"""The shape of the references that are given here. Nothing else that somebody typed is written."""


def _of_refusal(refusal: str, declared: Declared, noted: ShownRecord) -> NewEntry | None:
    if refusal.startswith("404") and declared.through is not Through.PAGE:
        refusal = "404 link.invalid"
    person = _reader(noted)
    admitted = app_context().refusals.admit(
        app_context().clock.now(),
        person_id=person.person_id if person else None,
        network=network(),
        same=request.endpoint or "",
        lasts=g.get("refusal_lasts"),
    )
    if admitted is None:
        return None
    outcome = f"{refusal}{AND_NO_MORE}" if admitted.is_last else refusal
    number = admitted.stands_for if admitted.stands_for > 1 else None
    entry = _new(AuditKind.REFUSED, declared, noted, outcome=outcome, number=number)
    return entry if entry.reference else replace(entry, reference=_reference_asked())


AND_NO_MORE = ", no more is written for 10 minutes"


def _reference_asked() -> str:
    """Give the reference that the address names, whether there is such a record or not."""
    asked = request.view_args or {}
    text = str(asked.get("reference") or asked.get("address") or query_text("case"))
    return text if REFERENCE.fullmatch(text) else ""


def _of_sign_in(note: SignInNote, declared: Declared) -> NewEntry | None:
    now, outcome = app_context().clock.now(), note.outcome
    if note.kind is AuditKind.LOCKED_OUT:
        lasts = g.get("refusal_lasts") or RETRY
        same = f"locked out {note.person_id}"
        if app_context().refusals.admit(now, person_id=None, network=network(), same=same, lasts=lasts) is None:
            return None
    entry = _new(note.kind, declared, ShownRecord(partnership_id=note.partnership_id), outcome=outcome)
    return replace(entry, person_id=note.person_id, person=note.person, role="")


def _new(
    kind: AuditKind, declared: Declared, noted: ShownRecord, *, outcome: str = "", number: int | None = None
) -> NewEntry:
    person = _reader(noted)
    is_listed = kind is AuditKind.LISTED and not {"reference", "address"} & (request.view_args or {}).keys()
    subject = ShownRecord(partnership_id=noted.partnership_id) if is_listed else noted
    return NewEntry(
        at=app_context().clock.now(),
        kind=kind,
        through=declared.through,
        route=request.url_rule.rule[:LONGEST_ROUTE] if request.url_rule else "",
        partnership_id=subject.partnership_id or _partnership_of(person),
        person_id=person.person_id if person else None,
        person=person.name[:LONGEST_NAME] if person else "",
        role=subject.role or _roles_of_page(person),
        case_id=subject.case_id,
        action_id=subject.action_id,
        reference=subject.reference,
        outcome=outcome,
        number=number,
        network=network(),
        request_id=g.get("request_id", ""),
    )


LONGEST_ROUTE, LONGEST_NAME = 120, 200


def _reader(noted: ShownRecord) -> Actor | None:
    """Give whoever has signed in, or whose link or calendar it is."""
    found: Actor | None = g.get("actor") or noted.reader
    return found


def _partnership_of(person: Actor | None) -> int | None:
    """Give the partnership that was asked for, or the only one of the person."""
    if person is None:
        return None
    asked = partnership_asked() if g.get("actor") else None
    theirs = {assignment.partnership_id for assignment in person.roles_held}
    return asked or (theirs.pop() if len(theirs) == 1 else None)


def _roles_of_page(person: Actor | None) -> str:
    """Give the roles in which somebody opens this page."""
    if person is None:
        return ""
    permission = getattr(current_app.view_functions[request.endpoint or ""], "permission", None)
    held = {assignment.role for assignment in person.roles_held}
    return in_which_roles(held & GRANTS[permission] if permission in GRANTS else held)
