"""The limit on letters a minute that the mail server accepts."""

import time
from collections.abc import Callable

MINUTE = 60.1
"""Seconds; a little over a minute, because the mail server counts by its own clock."""
SHORTEST, LONGEST = 0.001, 1.0
"""Seconds of one pause: short enough that a process that is told to stop does so within a second."""


class RateLimit:
    """At most `a_minute` letters in any minute, evenly after a burst of a twelfth; no limit where that is 0.

    `seconds` is a clock that is never set, `pause` waits so many seconds or until the process is to end.
    """

    def __init__(
        self,
        a_minute: int = 0,
        *,
        seconds: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        burst = max(1, a_minute // 12)
        self._step = MINUTE / (a_minute - burst + 1) if a_minute else 0.0
        self._ahead = self._step * (burst - 1)
        self._next_at = 0.0
        self._seconds = seconds
        self._pause = pause

    @property
    def seconds_to_wait(self) -> float:
        """Seconds until the next letter may go."""
        return max(0.0, self._next_at - self._ahead - self._seconds()) if self._step else 0.0

    def await_turn(self, stop: Callable[[], bool]) -> bool:
        """Wait until the next letter may go; False when told to stop. Call it with no letter leased."""
        while not stop():
            if not self.seconds_to_wait:
                return True
            self._pause(min(max(self.seconds_to_wait, SHORTEST), LONGEST))
        return False

    def count_letter(self) -> None:
        """Count a letter that is sent now."""
        self._next_at = max(self._next_at, self._seconds()) + self._step
