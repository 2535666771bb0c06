"""The lines in which the audit log is read: what one person did with one case in a day is one line that opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reviews.audit.labels import HOW, is_log_read, outcome_in_words, roles_in_words
from reviews.audit.queries import LogRow
from reviews.core.clock import LONDON, local_day, time_in_words
from reviews.models import AuditKind

PERSON = "person "
"""How the outcome of a reading of the log begins that asked about a person: their number follows."""


@dataclass(frozen=True, slots=True)
class LogMoment:
    """One entry of a line."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class LogLine:
    sentence: str
    moments: Sequence[LogMoment]


@dataclass(frozen=True, slots=True)
class LogDay:
    """The lines of a day, the newest first. `goes_on` where the day has more entries, on the next page."""

    day: date
    lines: Sequence[LogLine]
    goes_on: bool


def cut_at_day(rows: Sequence[LogRow], size: int) -> tuple[Sequence[LogRow], int | None]:
    """Give the rows of a page out of one row more than fits, and the entry before which the next page begins.

    A page ends with a whole day where it can, so that a line has all of a day.
    """
    if len(rows) <= size:
        return rows, None
    last_day = local_day(rows[size].at)
    whole = [row for row in rows[:size] if local_day(row.at) != last_day]
    shown = whole or rows[:size]
    return shown, shown[-1].id


def days_of(
    rows: Sequence[LogRow], *, is_cut: bool, with_who: bool, names: Mapping[int, str], next_day: date | None = None
) -> list[LogDay]:
    """Give the days of a page of rows. `names` are those of the partnership's people by number."""
    days: dict[date, dict[tuple[object, ...], list[LogRow]]] = {}
    for row in rows:
        days.setdefault(local_day(row.at), {}).setdefault(_alike(row), []).append(row)
    return [
        LogDay(day, [_line(each, with_who, names) for each in lines.values()], is_cut and day == next_day)
        for day, lines in days.items()
    ]


def _alike(row: LogRow) -> tuple[object, ...]:
    """Give what is the same in all entries of one line."""
    what = row.route if row.kind is AuditKind.LISTED else ""
    return (row.person_id, row.person, row.role, row.kind, _case(row), row.through, row.outcome, what)


def _line(rows: Sequence[LogRow], with_who: bool, names: Mapping[int, str]) -> LogLine:
    newest, oldest = rows[0], rows[-1]
    words = [_did(newest, names)]
    if newest.role:
        words[0] += f" as {roles_in_words(newest.role)}"
    words.append(HOW[newest.through])
    first, last = time_in_words(oldest.at), time_in_words(newest.at)
    if len(rows) == 1:
        when = f"at {last}"
    else:
        times = "twice" if len(rows) == 2 else f"{len(rows)} times"
        when = f"{times} at {last}" if first == last else f"{times} between {first} and {last}"
    sentence = f"{', '.join(words)}, {when}"
    if with_who:
        sentence = f"{newest.person or 'Somebody'} {sentence}"
    return LogLine(sentence[0].upper() + sentence[1:], [_moment(row) for row in rows] if len(rows) > 1 else [])


def _moment(row: LogRow) -> LogMoment:
    parts = [row.reference, row.route, f"{row.number:,} rows" if row.number else ""]
    return LogMoment(row.at.astimezone(LONDON), ", ".join(filter(None, parts)))


def _case(row: LogRow) -> str:
    return row.reference.partition("/")[0]


DID: Mapping[AuditKind, tuple[str, str]] = {
    AuditKind.SEEN: ("looked at {}", "looked at a page"),
    AuditKind.LISTED: ("looked at a list of {}", "looked at a list"),
    AuditKind.FILE_TAKEN: ("took a file of {}", "took a file"),
    AuditKind.EXPORTED: ("exported {}", "exported records"),
    AuditKind.IDENTITY_OPENED: ("opened an identity in {}", "opened an identity"),
    AuditKind.REFUSED: ("was refused {}", "was refused a page"),
    AuditKind.SIGNED_IN: ("signed in", "signed in"),
    AuditKind.SIGN_IN_FAILED: ("failed to sign in", "failed to sign in, or somebody else did with this account"),
    AuditKind.LOCKED_OUT: ("was locked out", "was locked out for a while"),
    AuditKind.SIGNED_OUT: ("signed out", "signed out"),
}
"""What somebody did to what has a reference, and to what has none."""


def _did(row: LogRow, names: Mapping[int, str]) -> str:
    """Say what somebody did, without who: `looked at RR-2026-01`."""
    if is_log_read(row.route):
        return _read_log(row, names)
    reference, outcome = _case(row), outcome_in_words(row.kind, row.outcome)
    with_reference, without = DID[row.kind]
    return f"{with_reference.format(reference) if reference else without}{f' ({outcome})' if outcome else ''}"


def _read_log(row: LogRow, names: Mapping[int, str]) -> str:
    """Say what somebody read in the log itself; the outcome has the purpose of a disclosure and whom it was about."""
    *purpose, last = row.outcome.split(", ")
    is_person = last.startswith(PERSON)
    if not is_person:
        purpose = [last] if last else []
    number = last.removeprefix(PERSON)
    asked = names.get(int(number), "somebody") if is_person and number.isdecimal() else "somebody"
    what = f"who saw {row.reference}" if row.reference else f"what {asked} saw"
    if row.kind is AuditKind.EXPORTED:
        return f"disclosed {what}{f' ({purpose[0]})' if purpose else ''}"
    return f"read in the audit log {what}"
