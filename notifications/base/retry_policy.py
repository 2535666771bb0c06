"""How long is a letter tried, and how long does it rest between two tries?"""

from datetime import datetime, timedelta
from zlib import crc32

LEASE = timedelta(minutes=10)
"""Longer than a hanging mail server can hold one letter."""
SETTLES = timedelta(minutes=2)
"""From the claim of a letter to when it can no longer be on its way in."""
HORIZON = timedelta(hours=72)
MOST_TRIES = 8
"""Tries of a letter that harms whoever sends it, or whose arrival nobody can tell."""
MOST_CRASHES = 2
"""Sent again at once after one crash, which may have had any cause; after another only when the others have gone."""
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)


def next_try(message_id: str, tries: int, now: datetime) -> datetime:
    """Wait twice as long each time, spread by up to a quarter so that refused letters do not all come back at once."""
    wait = min(FIRST_WAIT * int(2 ** min(tries - 1, 10)), LONGEST_WAIT)
    spread = crc32(f"{message_id}{tries}".encode()) % 1000 / 4000
    return now + wait * (1 + spread)
