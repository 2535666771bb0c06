"""Sealing as a job: what is new is sealed, each chain is anchored daily, and anchors are handed to a place outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.compose import message_id
from notifications.letters.links import Letterhead
from notifications.process.heartbeat import last_heartbeat, write_heartbeat
from notifications.transports.configured import MailTransport
from notifications.transports.envelope import NotSent, Outgoing
from reviews.access.permissions import system
from reviews.audit.anchors import append_lines, lines_for_outside, newest_anchor_at, unsent_anchors, write_anchors
from reviews.audit.seal_rows import seal_rows
from reviews.backups.generations import generation_of, is_held
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.keyring import Keyring, keyring_of
from reviews.core.settings import Settings
from reviews.models import Anchor, Seal, Stream
from reviews.transactions.unit_of_work import reading, unit_of_work

SEALING = "sealing"
MAILTO = "mailto:"
SILENT = timedelta(minutes=10)
"""Without a pass for longer than this, what is written is not protected: there is one a minute."""
ANCHORED = timedelta(hours=26)
"""Within it there is an anchor: there is one a day."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """The keys of seals, and where anchors are kept outside: a file, `mailto:` and an address, or nowhere."""

    keyring: Keyring
    outside: str = ""

    @classmethod
    def of(cls, settings: Settings) -> "Sealing":
        return cls(keyring_of(settings), settings.anchors.strip())


@dataclass(frozen=True, slots=True)
class SealReport:
    """How many rows were sealed by stream, how many anchors written, and why some could not be handed over."""

    sealed: dict[Stream, int]
    anchors: int
    failure: str = ""


@dataclass(frozen=True, slots=True)
class SealStatus:
    """When sealing last went through, and when the newest anchor was made; `dark` says in words what is wrong."""

    sealed_at: datetime | None
    anchored_at: datetime | None
    dark: str


def seal_and_anchor(
    database: Database,
    clock: Clock,
    sealing: Sealing,
    transport: MailTransport,
    *,
    letterhead: Letterhead,
    stop: Callable[[], bool] = lambda: False,
) -> SealReport:
    """Seal what is new, anchor what has no anchor of today, and hand over the anchors that were not yet."""
    sealed = seal_rows(database, sealing.keyring, clock, stop=stop)
    anchors = write_anchors(database, clock)
    failure = _hand_over(database, clock, sealing, transport, letterhead) if sealing.outside else ""
    with unit_of_work(database, system(SEALING), clock) as unit:
        write_heartbeat(unit.session, SEALING, unit.now, failure)
    return SealReport(sealed, anchors, failure)


def seal_status(session: Session, now: datetime) -> SealStatus:
    heartbeat, anchored_at = last_heartbeat(session, SEALING), newest_anchor_at(session)
    sealed_at = heartbeat.seen_at if heartbeat is not None else None
    if sealed_at is None:
        dark = "History and audit log were never sealed, so a change of them would not be noticed."
    elif now - sealed_at > SILENT:
        dark = "History and audit log are not sealed at present, so a change of what is new would not be noticed."
    elif (anchored_at is None or now - anchored_at > ANCHORED) and session.scalar(sa.select(Seal.id).limit(1)):
        dark = "No anchor was made for over a day, so it would not be noticed if the newest rows were cut off."
    else:
        dark = heartbeat.failure if heartbeat is not None else ""
    return SealStatus(sealed_at, anchored_at, dark)


def _hand_over(
    database: Database, clock: Clock, sealing: Sealing, transport: MailTransport, letterhead: Letterhead
) -> str:
    """Hand anchors to the place outside; say why that failed. They are handed over again until they are taken."""
    with reading(database) as session:
        anchors = unsent_anchors(session)
        if not anchors or (sealing.outside.startswith(MAILTO) and is_held(session)):
            return ""
        lines, generation = lines_for_outside(session, anchors), generation_of(session)
    try:
        if sealing.outside.startswith(MAILTO):
            key = f"anchors|{anchors[-1].id}"
            transport.send(
                Outgoing(
                    to=sealing.outside.removeprefix(MAILTO),
                    subject=f"Followthrough: {len(lines)} anchors to keep",
                    body="\n".join([KEEP, "", *lines, ""]),
                    message_id=message_id(letterhead, key, generation),
                    at=clock.now(),
                )
            )
            transport.close()
        else:
            append_lines(Path(sealing.outside), lines)
    except NotSent as fault:
        return f"The anchors could not be mailed ({fault.code})."
    except OSError as fault:
        return f"The anchors could not be written to FOLLOWTHROUGH_ANCHORS ({fault.strerror})."
    with unit_of_work(database, system(SEALING), clock) as unit:
        sent = sa.update(Anchor).where(Anchor.id.in_([each.id for each in anchors])).values(sent_at=unit.now)
        unit.session.execute(sent, execution_options={"synchronize_session": False})
    return ""


KEEP = (
    "Please keep this mail. It has the state of history and audit log today. If they were\n"
    "changed later, even by somebody who can do everything on the server, it would not fit\n"
    "them any more: followthrough audit verify --anchors FILE, with this text in FILE."
)
