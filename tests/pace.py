"""The pace of the machine. A shared processor takes longer for the same work, so bounds of seconds go by its pace."""

import time

USUAL_SECONDS = 0.35
"""What five million squares take on a processor that is not shared."""


def slowness() -> float:
    """Give how many times longer than usual the same work takes now; at least 1."""
    begun = time.process_time()
    sum(number * number for number in range(5_000_000))
    return max(1.0, (time.process_time() - begun) / USUAL_SECONDS)
