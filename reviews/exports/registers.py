"""Registers as files, for Excel or as CSV."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.exports.columns import Value
from reviews.exports.csv import as_separated_rows
from reviews.exports.xlsx import as_register
from reviews.requests.queries import KINDS, RequestLine, request_lines

Rows = Callable[[Session, Actor, int, date], list[Sequence[Value]]]


@dataclass(frozen=True, slots=True)
class Register:
    """`headings` have the width of their columns; `rows` gives those of a partnership as they are on a day."""

    title: str
    permission: Permission
    headings: Sequence[tuple[str, int]]
    rows: Rows


def write_register(
    name: str, session: Session, actor: Actor, partnership_id: int, *, today: date, into: str
) -> tuple[int, bytes]:
    """Give how many rows a register has, and the file. Raises NotAllowed."""
    register = REGISTERS[name]
    actor.require(register.permission, partnership_id)
    rows = register.rows(session, actor, partnership_id, today)
    if into == "xlsx":
        return len(rows), as_register(register.title, register.headings, rows)
    return len(rows), as_separated_rows([heading for heading, _ in register.headings], rows)


def _requests(session: Session, actor: Actor, partnership_id: int, today: date) -> list[Sequence[Value]]:
    return [_request(line) for line in request_lines(session, actor, today=today, partnership_id=partnership_id)]


def _request(line: RequestLine) -> Sequence[Value]:
    return (
        line.reference,
        KINDS[line.kind],
        line.council_reference,
        line.received_on,
        line.counted_from_on,
        line.paused_days,
        line.paused_on,
        line.first_due_on,
        line.extended_until,
        line.extension_notified_on,
        line.extension_reason,
        line.due_on,
        line.lateness.in_words,
        line.state,
        line.answered_on,
        line.exemptions,
        line.handler,
        ", ".join(line.cases),
        line.note,
    )


REGISTERS: Mapping[str, Register] = {
    "requests": Register(
        "Requests",
        Permission.HANDLE_REQUESTS,
        (
            ("Reference", 16),
            ("Kind", 26),
            ("Council's reference", 22),
            ("Received on", 12),
            ("Counted from", 12),
            ("Days stopped", 10),
            ("Stopped since", 12),
            ("First due on", 12),
            ("Extended until", 12),
            ("Requester told on", 12),
            ("Reason for extension", 40),
            ("Due on", 12),
            ("Late", 20),
            ("State", 22),
            ("Answered on", 12),
            ("Exemptions", 24),
            ("Handled by", 24),
            ("Cases", 24),
            ("Note", 60),
        ),
        _requests,
    ),
}
