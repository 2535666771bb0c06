"""Limits on tries, counted in the database, which all processes share.

Tries are counted, not people: a name that nobody has is counted like any other, so a limit tells nobody who exists. A
count is one statement, and its row is deleted when it is over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from threading import Lock
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.fast_sql import insert_into
from reviews.models import TryCount
from reviews.transactions.unit_of_work import Unit, unit_of_work


class Limited(Exception):
    """There were too many tries. The same can be tried again after so many seconds."""

    def __init__(self, seconds: float, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence, self.seconds = sentence, max(1, ceil(seconds))

    @property
    def in_words(self) -> str:
        """The sentence, and when to come back."""
        for unit, length in (("hour", 3600), ("minute", 60)):
            if self.seconds > length:
                return f"{self.sentence} Try again in {ceil(self.seconds / length)} {unit}s."
        return f"{self.sentence} Try again in {self.seconds} second{'' if self.seconds == 1 else 's'}."


class Per(StrEnum):
    NETWORK = "network"
    PERSON = "person"


class Counted(StrEnum):
    """Every request, those that send a form, or those that ask for what is not there."""

    ALL = "all"
    FORMS = "forms"
    MISSES = "misses"


@dataclass(frozen=True, slots=True)
class Bucket:
    """At most so many within a time. `step` is how many a process counts for itself before it writes them down.

    With a step the limit may be passed by one step less one for each process, and a page costs no write.
    """

    most: int
    within: timedelta
    per: Per
    counted: Counted
    sentence: str
    step: int = 1


NO_LINK = "Too many links that do not exist were opened from your network."
NO_CALENDAR = "Too many calendars that do not exist were asked for from your network."
RESETS = "Too many new passwords were asked for from your network."
ADDRESSES = "You have asked for many changes of addresses in a short time."
FILES = "You have sent many files in a short time."
PREVIEWS = "You have looked at many imports in a short time."
EXPORTS = "You have exported many files in a short time."
CASE_PAGES = "You have opened many pages of cases in a short time."

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

BUCKETS: Mapping[str, Bucket] = MappingProxyType(
    {
        "links": Bucket(20, MINUTE, Per.NETWORK, Counted.MISSES, NO_LINK),
        "calendars": Bucket(20, MINUTE, Per.NETWORK, Counted.MISSES, NO_CALENDAR),
        "invitations": Bucket(20, MINUTE, Per.NETWORK, Counted.MISSES, NO_LINK),
        "resets": Bucket(20, HOUR, Per.NETWORK, Counted.FORMS, RESETS),
        "address changes": Bucket(20, HOUR, Per.PERSON, Counted.FORMS, ADDRESSES),
        "uploads": Bucket(60, HOUR, Per.PERSON, Counted.FORMS, FILES),
        "previews": Bucket(120, HOUR, Per.PERSON, Counted.ALL, PREVIEWS),
        "exports": Bucket(20, HOUR, Per.PERSON, Counted.ALL, EXPORTS),
        "case pages": Bucket(300, 10 * MINUTE, Per.PERSON, Counted.ALL, CASE_PAGES, step=10),
    }
)
"""Who opens a link or calendar that exists is never limited, whatever others of their network try."""


def network_of(address: str) -> str:
    """Give the network that counts as one attacker: an IPv4 address, or the 64 bits of IPv6 that one site has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return str(found)


def key_of(bucket: str, *of: object) -> str:
    return sha256("|".join([bucket, *map(str, of)]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Try:
    """What one try adds to one count, and when that count is over.

    `lasts` moves its end on with each try, as for delays that grow.
    """

    key: str
    bucket: str
    expires_in: timedelta
    lasts: bool = False
    by: int = 1


@dataclass(frozen=True, slots=True)
class Count:
    tries: int
    last_at: datetime
    expires_at: datetime


def count(session: Session, tries: Sequence[Try], now: datetime) -> dict[str, Count]:
    """Add tries to their counts in one statement, and give the counts by key. A count that is over begins again."""
    rows = [
        {
            "key_hash": each.key,
            "bucket": each.bucket,
            "tries": each.by,
            "began_at": now,
            "last_at": now,
            "expires_at": now + each.expires_in,
        }
        for each in sorted(tries, key=lambda each: each.key)  # in one order, so that no two wait for each other
    ]
    lasting = [each.key for each in tries if each.lasts]
    statement = insert_into(session, TryCount).values(rows)
    new, old = statement.excluded, TryCount
    is_over = old.expires_at <= new.began_at
    counted = statement.on_conflict_do_update(
        index_elements=[old.key_hash],
        set_={
            "tries": sa.case((is_over, new.tries), else_=old.tries + new.tries),
            "began_at": sa.case((is_over, new.began_at), else_=old.began_at),
            "warned_at": sa.case((is_over, sa.null()), else_=old.warned_at),
            "last_at": new.last_at,
            "expires_at": sa.case((is_over | old.key_hash.in_(lasting), new.expires_at), else_=old.expires_at),
        },
    ).returning(old.key_hash, old.tries, old.last_at, old.expires_at)
    return {row.key_hash: Count(row.tries, row.last_at, row.expires_at) for row in session.execute(counted)}


def counts_of(session: Session, keys: Sequence[str], now: datetime) -> dict[str, Count]:
    """Give the counts that are not over, by key."""
    rows = session.execute(
        sa.select(TryCount.key_hash, TryCount.tries, TryCount.last_at, TryCount.expires_at).where(
            TryCount.key_hash.in_(keys), TryCount.expires_at > now
        )
    )
    return {row.key_hash: Count(row.tries, row.last_at, row.expires_at) for row in rows}


def count_or_limit(database: Database, clock: Clock, name: str, of: object, *, by: int = 1) -> None:
    """Count so many requests of a bucket, from a network or by a person. Raises Limited once there are too many."""
    bucket, key = BUCKETS[name], key_of(name, of)
    with unit_of_work(database, system("limits"), clock) as unit:
        now = unit.now
        found = count(unit.session, [Try(key, name, bucket.within, by=by)], now)[key]
    if found.tries > bucket.most:
        raise Limited((found.expires_at - now).total_seconds(), bucket.sentence)


class StepCounter:
    """What one process has counted of the buckets with a step, and not written down yet. It knows no network."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._limited_until: dict[str, datetime] = {}
        self._lock = Lock()

    def count_or_limit(self, database: Database, clock: Clock, name: str, person_id: int) -> None:
        """Count one request, and write down a whole step. Raises Limited."""
        bucket, key = BUCKETS[name], key_of(name, person_id)
        with self._lock:
            until = self._limited_until.get(key)
            if until is not None and until <= clock.now():
                del self._limited_until[key]
            counted = self._counts[key] = self._counts.get(key, 0) + 1
            if counted >= bucket.step:
                del self._counts[key]
        if until is not None and until > clock.now():
            raise Limited((until - clock.now()).total_seconds(), bucket.sentence)
        if counted < bucket.step:
            return
        try:
            count_or_limit(database, clock, name, person_id, by=counted)
        except Limited as limited:
            with self._lock:
                self._limited_until[key] = clock.now() + timedelta(seconds=limited.seconds)
            raise


def delete_old_counts(unit: Unit) -> None:
    over = sa.delete(TryCount).where(TryCount.expires_at <= unit.now)
    unit.session.execute(over, execution_options={"synchronize_session": False})
