"""Anchors: the state of each chain once a day, stored, told to people, and kept outside.

Who has the database and the key can write a whole chain anew. What somebody else has kept of an earlier day then no
longer fits: the number of rows, and the head of the chain after them.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.audit.canonical_rows import TABLES, SealKey
from reviews.audit.seal_rows import sessions_of
from reviews.core.clock import LONDON, Clock, local_day
from reviews.core.db import Database
from reviews.models import Anchor, Partnership, Stream
from reviews.models.seals import INSTALLATION
from workflows.core.engine import Refused

SHORT = 16
"""Hexadecimal digits of a head that are told in words."""
THE_INSTALLATION = "the installation"
STREAM_WORDS = {Stream.HISTORY: "history", Stream.AUDIT_LOG: "audit log"}
_LINE = re.compile(
    r"Seal of (?P<partnership>[^,]+), (?P<stream>history|audit log), (?P<day>\d{1,2} [A-Z][a-z]+ \d{4}): "
    r"(?P<total>[\d,]+) rows?, (?P<head>[0-9a-f]{4}(?:-[0-9a-f]{4}){3})"
)


@dataclass(frozen=True, slots=True)
class OutsideAnchor:
    """An anchor as somebody has kept it; `head` is the whole or its beginning. `line` says where it was read."""

    stream: Stream
    partnership: str
    total: int
    head: str
    at: datetime
    line: int


def write_anchors(database: Database, clock: Clock) -> int:
    """Write the anchor of each chain that has none of today, and give how many that were."""
    now, written = clock.now(), 0
    for stream in Stream:
        with database() as session:
            today = sa.select(Anchor.partnership_id, Anchor.at).where(
                Anchor.stream == stream, Anchor.at >= _start_of_day(now)
            )
            done = {row[0] for row in session.execute(today)}
        with sessions_of(database, stream)() as session:
            ends = [end for end in _ends(session, stream) if end["partnership_id"] not in done]
        if ends:
            with database() as session:
                session.connection(execution_options={"writes": True})
                session.execute(sa.insert(Anchor), [{**end, "stream": stream, "at": now} for end in ends])
                session.commit()
            written += len(ends)
    return written


def anchor_line(stream: Stream, partnership: str, day: date, total: int, head: str) -> str:
    """Say an anchor in one line that can be kept, typed off and read again."""
    short = "-".join(head[start : start + 4] for start in range(0, SHORT, 4))
    rows = f"{total:,} {'row' if total == 1 else 'rows'}"
    return f"Seal of {partnership or THE_INSTALLATION}, {STREAM_WORDS[stream]}, {day.day} {day:%B %Y}: {rows}, {short}"


def anchor_lines(session: Session, partnership_id: int, code: str, *, day: date) -> list[str]:
    """Say the newest anchors of a partnership, and of the entries of none, that were made by a day."""
    newest = (
        sa.select(sa.func.max(Anchor.id))
        .where(Anchor.stream.in_(tuple(Stream)), Anchor.partnership_id.in_((partnership_id, INSTALLATION)))
        .group_by(Anchor.stream, Anchor.partnership_id)
    )
    query = sa.select(Anchor).where(Anchor.id.in_(newest)).order_by(Anchor.partnership_id.desc(), Anchor.stream.desc())
    return [
        anchor_line(each.stream, code if each.partnership_id else "", local_day(each.at), each.total, each.head)
        for each in session.scalars(query)
        if local_day(each.at) <= day
    ]


def newest_anchor_at(session: Session) -> datetime | None:
    return session.scalar(sa.select(sa.func.max(Anchor.at)))


def verified_to(session: Session, partnership_id: int) -> datetime | None:
    """Give the moment up to which a verification last found a partnership's audit log whole; None if none did."""
    verified = (Anchor.partnership_id == partnership_id, Anchor.verified_at.is_not(None))
    return session.scalar(sa.select(sa.func.max(Anchor.at)).where(Anchor.stream == Stream.AUDIT_LOG, *verified))


def unsent_anchors(session: Session) -> list[Anchor]:
    """Give the anchors that were not handed to the place outside yet."""
    return list(session.scalars(sa.select(Anchor).where(Anchor.sent_at.is_(None)).order_by(Anchor.id)))


def lines_for_outside(session: Session, anchors: Sequence[Anchor]) -> list[str]:
    """Write anchors as lines of JSON, for keeping outside."""
    codes = {row[0]: row[1] for row in session.execute(sa.select(Partnership.id, Partnership.code))}
    return [
        json.dumps(
            {
                "stream": each.stream.value,
                "partnership": codes.get(each.partnership_id, ""),
                "number": each.number,
                "total": each.total,
                "head": each.head,
                "at": each.at.astimezone(UTC).isoformat(),
            }
        )
        for each in anchors
    ]


def append_lines(path: Path, lines: Sequence[str]) -> None:
    """Append lines to a file, durably. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())


def read_outside(path: Path) -> list[OutsideAnchor]:
    """Read the anchors in a file: lines of JSON, lines of mails, and anything between them.

    Raises Refused for a file that cannot be read or holds none, and for a damaged line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise Refused(f"{path} cannot be read: {getattr(fault, 'strerror', None) or 'it is no text'}.") from None
    found = list(_outside_anchors(path, text))
    if not found:
        raise Refused(f"{path} holds no anchor. Each is a line of FOLLOWTHROUGH_ANCHORS, or one that begins “Seal of”.")
    return found


def anchor_mac(key: SealKey, anchor: Any, verified_at: datetime) -> str:
    """Give what shows that the chain was verified up to an anchor: whoever lacks the key cannot write it."""
    moment = verified_at.astimezone(UTC).isoformat()
    return key.mac("verified", anchor.stream, anchor.partnership_id, anchor.number, anchor.total, anchor.head, moment)


def _outside_anchors(path: Path, text: str) -> Iterator[OutsideAnchor]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("{"):
            try:
                data = json.loads(line)
                at = datetime.fromisoformat(data["at"])
                yield OutsideAnchor(
                    Stream(data["stream"]), str(data["partnership"]), int(data["total"]), data["head"], at, number
                )
            except (ValueError, KeyError, TypeError):
                raise Refused(f"Line {number} of {path} is no anchor: it was damaged.") from None
        elif match := _LINE.search(line):
            stream = next(stream for stream, words in STREAM_WORDS.items() if words == match["stream"])
            try:
                at = datetime.strptime(match["day"], "%d %B %Y").replace(tzinfo=LONDON)
            except ValueError:
                raise Refused(f"Line {number} of {path} is no anchor: it names no day.") from None
            code = "" if match["partnership"] == THE_INSTALLATION else match["partnership"]
            total = int(match["total"].replace(",", ""))
            yield OutsideAnchor(stream, code, total, match["head"].replace("-", ""), at, number)


def _ends(session: Session, stream: Stream) -> list[dict[str, Any]]:
    """Give the newest seal of each chain."""
    seals = TABLES[stream].seal_table
    newest = sa.select(seals.c.partnership_id, sa.func.max(seals.c.number).label("number"))
    last = newest.group_by(seals.c.partnership_id).subquery()
    query = sa.select(seals.c.partnership_id, seals.c.number, seals.c.total, seals.c.head).join(
        last, sa.and_(seals.c.partnership_id == last.c.partnership_id, seals.c.number == last.c.number)
    )
    return [dict(row._mapping) for row in session.execute(query.order_by(seals.c.partnership_id))]


def _start_of_day(now: datetime) -> datetime:
    day = local_day(now)
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)
