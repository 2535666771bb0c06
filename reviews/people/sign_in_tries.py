"""How often a password may be tried, so that nobody can guess one and nobody can keep its owner out.

What grows is the delay for one account from one network. The count of an account alone blocks nobody: it makes devices
that are not known wait a little before their first try. A known device has a count of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.hashing_slots import FOR_EVERYBODY, FOR_KNOWN_DEVICES, HashingSlots
from reviews.models import AccountMail, AccountMailKind, KnownDevice, Person, TryCount
from reviews.people.limits import Count, Limited, Try, count, counts_of, key_of
from reviews.transactions.unit_of_work import reading, unit_of_work

SLOWED_FROM, BLOCKED_FROM = 5, 10
FIRST_BLOCK, LONGEST_BLOCK = timedelta(minutes=15), timedelta(hours=24)
REMEMBERED_FOR = timedelta(hours=48)
KNOWN_FOR = timedelta(days=180)
"""How long a device stays known that nobody signs in at."""

ACCOUNT, DEVICE, PAIR, NETWORK = "account", "device", "account and network", "network"
ACCOUNT_WINDOW = timedelta(hours=24)
WARNED_FROM = 10
"""Wrong passwords for one account, from wherever, after which its holder is written to: once in the window."""
PRESSED_FROM = 20
FIRST_WAIT = timedelta(seconds=30)
"""From so many on, a device that is not known waits so long before its first try."""
NETWORK_WINDOW, MOST_OF_NETWORK = timedelta(minutes=15), 30
"""Wrong passwords from one network, for whichever accounts, after which its unknown devices wait for the window to
end. Many, because a whole office may come from one address."""

TOO_MANY = "There were too many wrong passwords."


def delay_after(tries: int) -> timedelta:
    """Give how long to wait after so many wrong passwords: seconds from the 5th, 15 minutes from the 10th, doubling."""
    if tries >= BLOCKED_FROM:
        return min(FIRST_BLOCK * (1 << min(tries - BLOCKED_FROM, 10)), LONGEST_BLOCK)
    return timedelta(seconds=1 << (tries - SLOWED_FROM)) if tries >= SLOWED_FROM else timedelta(0)


@dataclass(frozen=True, slots=True)
class PasswordTry:
    """One try to sign in, not yet counted. `person` is None for an unknown address, and for a disabled account."""

    email: str
    person_id: int | None
    password_hash: str | None
    is_known_device: bool
    tries: tuple[Try, ...]
    counts: dict[str, Count]

    @property
    def slots(self) -> HashingSlots:
        return FOR_KNOWN_DEVICES if self.is_known_device else FOR_EVERYBODY

    @property
    def is_pressed(self) -> bool:
        """Whether so many guess the password of the account that devices it does not know are slowed."""
        of_account = self._count(ACCOUNT)
        return not self.is_known_device and of_account is not None and of_account.tries >= PRESSED_FROM

    @property
    def is_first_of_many(self) -> bool:
        return self.is_pressed and self._count(PAIR) is None

    def wait(self, now: datetime) -> timedelta:
        """Give how long it must still wait; nothing or less where it may go on."""
        of_network = self._count(NETWORK)
        if of_network is not None and of_network.tries >= MOST_OF_NETWORK:
            return of_network.expires_at - now
        before = self._count(DEVICE if self.is_known_device else PAIR)
        if before is None:
            return timedelta(0)
        return max(delay_after(before.tries), FIRST_WAIT if self.is_pressed else timedelta(0)) - (now - before.last_at)

    def _count(self, bucket: str) -> Count | None:
        return next((self.counts.get(each.key) for each in self.tries if each.bucket == bucket), None)


def look_at_try(
    session: Session, *, email: str, network: str, device_hashes: Sequence[str], now: datetime, known_since: datetime
) -> PasswordTry:
    """Find what a try is counted under. Reads the same for every address, known or not."""
    name = email.strip().lower()
    known = (
        (KnownDevice.person_id == Person.id)
        & KnownDevice.token_hash.in_(device_hashes)
        & KnownDevice.ended_at.is_(None)
        & (KnownDevice.used_at > known_since)
    )
    row = session.execute(
        sa.select(Person.id, Person.password_hash, Person.disabled_at, KnownDevice.id.label("device"))
        .outerjoin(KnownDevice, known)
        .where(Person.email == name)
        .order_by(KnownDevice.id.desc())
        .limit(1)
    ).first()
    person_id = row.id if row is not None and row.disabled_at is None else None
    device = row.device if row is not None else None
    of_account = Try(key_of(ACCOUNT, name), ACCOUNT, ACCOUNT_WINDOW)
    by: tuple[Try, ...]
    if device is not None:
        by = (Try(key_of(DEVICE, name, device), DEVICE, REMEMBERED_FOR, lasts=True),)
    else:
        by = (
            Try(key_of(PAIR, name, network), PAIR, REMEMBERED_FOR, lasts=True),
            Try(key_of(NETWORK, network), NETWORK, NETWORK_WINDOW),
        )
    tries = (*by, of_account)
    return PasswordTry(
        name,
        person_id,
        row.password_hash if row is not None and person_id is not None else None,
        device is not None,
        tries,
        counts_of(session, [each.key for each in tries], now),
    )


def begin_try(
    database: Database, clock: Clock, *, email: str, network: str, device_hashes: Sequence[str]
) -> PasswordTry:
    """Look whether somebody may try a password now, which writes nothing where they may. Raises Limited."""
    now = clock.now()
    with reading(database) as session:
        found = look_at_try(
            session, email=email, network=network, device_hashes=device_hashes, now=now, known_since=now - KNOWN_FOR
        )
    if found.is_first_of_many:
        with unit_of_work(database, system("sign-in"), clock) as unit:
            count(unit.session, [replace(found.tries[0], by=0)], now)
        raise Limited(FIRST_WAIT.total_seconds(), TOO_MANY)
    wait = found.wait(now)
    if wait > timedelta(0):
        raise Limited(wait.total_seconds(), TOO_MANY)
    return found


def count_try(database: Database, clock: Clock, found: PasswordTry) -> None:
    """Count a try as wrong before its password is looked at. Raises Limited where others were counted meanwhile."""
    with unit_of_work(database, system("sign-in"), clock) as unit:
        counts = count(unit.session, found.tries, unit.now)
        key = found.tries[0].key
        before = counts[key].tries - 1
        seen = found.counts[key].tries if key in found.counts else 0
        if before > seen and delay_after(before) > timedelta(0):
            raise Limited(delay_after(before).total_seconds(), TOO_MANY)


def warn_holder(database: Database, clock: Clock, found: PasswordTry) -> None:
    """Have the holder of an account written to whose password was wrong too often: once while its count lasts.

    Whether anybody holds it is asked when the mail is written, so that all names are answered alike.
    """
    key = found.tries[-1].key
    before = found.counts[key].tries if key in found.counts else 0
    if before + 1 < WARNED_FROM:
        return
    with unit_of_work(database, system("sign-in"), clock) as unit:
        unwarned = (TryCount.key_hash == key, TryCount.tries >= WARNED_FROM, TryCount.warned_at.is_(None))
        warned = sa.update(TryCount).where(*unwarned).values(warned_at=unit.now).returning(TryCount.key_hash)
        if unit.session.execute(warned).first() is not None:
            unit.session.add(AccountMail(kind=AccountMailKind.SIGN_IN_TRIED, email=found.email, asked_at=unit.now))


def forget_try(session: Session, found: PasswordTry) -> None:
    """Take back a try whose password was right: with it end the delays of this device or of this network."""
    session.execute(sa.delete(TryCount).where(TryCount.key_hash == found.tries[0].key))
    others = sa.update(TryCount).where(TryCount.key_hash.in_([each.key for each in found.tries[1:]]))
    session.execute(others.where(TryCount.tries > 0).values(tries=TryCount.tries - 1))
