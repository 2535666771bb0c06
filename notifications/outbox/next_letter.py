"""The query for the next letter to hand over."""

import os
import socket
from collections.abc import Iterable
from functools import lru_cache
from secrets import token_hex
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import ROLE_ANSWERED, WAITING, Letter, LetterState
from notifications.outbox.recipient_access import (
    comes_back,
    count_lines,
    count_true_lines,
    has_lost_case,
    may_see_summary,
)
from reviews.models import Membership, Partnership, Person

_START = token_hex(4)


def this_process() -> str:
    """Return the name of this process: machine, process id, and a token that is new with each start."""
    return f"{socket.gethostname()[:60]}|{os.getpid()}|{_START}"


def gone(lease_owners: Iterable[str]) -> list[str]:
    """Return the owners known to be dead: those of this machine whose process has ended."""
    return [lease_owner for lease_owner in lease_owners if _is_gone(lease_owner)]


def _is_gone(lease_owner: str) -> bool:
    machine, number, *_ = [*lease_owner.split("|"), ""]
    if machine != socket.gethostname()[:60] or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return lease_owner != this_process()
    return not _is_running(int(number))


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


Rows: TypeAlias = sa.Select[*tuple[Any, ...]]
COLUMNS = (
    Letter.id,
    Letter.state,
    Letter.tries,
    Letter.first_tried_at,
    Letter.next_try_at,
    Letter.lease_until,
    Letter.subject,
    Letter.body,
    Letter.html,
    Letter.message_id,
    Partnership.code,
    sa.func.coalesce(sa.func.nullif(Letter.address, ""), Person.email).label("email"),
    Letter.kind,
    Letter.morning,
    Letter.person_id,
    Letter.partnership_id,
    Letter.again_of_id,
    Partnership.sender_name,
    Partnership.reply_to,
    Partnership.notify_reply_to_id,
)


@lru_cache(maxsize=8)  # building it takes as long as handing over several letters
def next_letter(*, ignore_waits: bool, dead: tuple[str, ...]) -> Rows:
    """Return the query for the next letter that is due, locked; it takes `after`, a letter id, and `now`.

    Due are queued letters whose wait is over, and letters whose lease has run out or whose lease owner is dead.
    `is_there` tells whether the person has an open account and a role in the partnership, and `comes_back` whether mail
    to them does; of a role they were refused they are told without one. `has_lost_case` tells whether a case was hidden
    from them since. `lines` counts the lines of the letter, `true_lines` those that are still to be told.
    """
    now = sa.bindparam("now", type_=Letter.next_try_at.type)
    is_due = sa.true() if ignore_waits else Letter.next_try_at <= now
    queued = (Letter.state == LetterState.QUEUED) & is_due
    died = Letter.lease_by.in_(dead) if dead else sa.false()
    abandoned = (Letter.state == LetterState.SENDING) & ((Letter.lease_until <= now) | died)
    return (
        sa.select(
            *COLUMNS,
            (Person.disabled_at.is_(None) & (_works_there() | (Letter.kind == ROLE_ANSWERED))).label("is_there"),
        )
        .add_columns(
            ((Letter.address == "") & comes_back()).label("comes_back"), may_see_summary().label("may_see_summary")
        )
        .add_columns(has_lost_case().label("has_lost_case"))
        .add_columns(count_lines().label("lines"), count_true_lines().label("true_lines"))
        .join(Person, Person.id == Letter.person_id)
        .join(Partnership, Partnership.id == Letter.partnership_id)
        .where(WAITING, Letter.id > sa.bindparam("after", type_=Letter.id.type), queued | abandoned)
        .order_by(Letter.id)
        .limit(1)
        .with_for_update(of=Letter, skip_locked=True)
    )


def lease_owners(session: Session) -> list[str]:
    """Return the processes that have leased a letter, including those that ended while sending it."""
    sending = sa.select(Letter.lease_by).where(WAITING, Letter.state == LetterState.SENDING).distinct()
    return list(session.scalars(sending))


def left_from(session: Session, letter_id: int) -> int:
    """Count the letters that are still queued, from this one on."""
    queued = (WAITING, Letter.state == LetterState.QUEUED, Letter.id >= letter_id)
    return session.scalar(sa.select(sa.func.count()).select_from(Letter).where(*queued)) or 0


def _works_there() -> sa.ColumnElement[bool]:
    # not EXISTS: PostgreSQL would read all memberships for the sake of one letter
    current = sa.select(sa.func.min(Membership.id)).where(
        Membership.person_id == Letter.person_id,
        Membership.partnership_id == Letter.partnership_id,
        Membership.ended_on.is_(None),
    )
    return current.scalar_subquery().is_not(None)
