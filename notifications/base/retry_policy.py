"""How often and how long a letter is tried, and how long it waits between two tries."""

from datetime import datetime, timedelta
from zlib import crc32

LEASE = timedelta(minutes=10)
"""Longer than a hanging mail server can delay one letter."""
SETTLES = timedelta(minutes=2)
"""Time from the lease of a letter until that try can no longer be under way."""
HORIZON = timedelta(hours=72)
MOST_TRIES = 8
"""Tries of a letter that crashes its senders, or of which nobody can tell whether it arrived."""
MOST_CRASHES = 2
"""After one crash, which may have any cause, a letter is sent again at once; after this many it waits."""
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
RETURNED_WAIT = timedelta(hours=6)
"""After a letter came back for a reason that may pass, such as a full mailbox."""
MOST_RETURNED_TRIES = 4
"""Tries of a letter that comes back each time for such a reason."""


def next_try(message_id: str, tries: int, now: datetime) -> datetime:
    """Wait twice as long each time, spread by up to a quarter so that letters are not all retried at once."""
    wait = min(FIRST_WAIT * int(2 ** min(tries - 1, 10)), LONGEST_WAIT)
    spread = crc32(f"{message_id}{tries}".encode()) % 1000 / 4000
    return now + wait * (1 + spread)
