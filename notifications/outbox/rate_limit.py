"""May the next letter go, or is that too fast for the mail server?"""

import time
from collections.abc import Callable

MINUTE = 60.1
"""A little over: the mail server counts by a clock of its own."""
SHORTEST, LONGEST = 0.001, 1.0
"""Nobody waits longer than a second without looking whether they are to stop."""


class Pace:
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
    def rest(self) -> float:
        """How many seconds the next letter has to wait."""
        return max(0.0, self._next_at - self._ahead - self._seconds()) if self._step else 0.0

    def await_turn(self, stop: Callable[[], bool]) -> bool:
        """Wait until the next letter may go; False when told to stop. The caller should be holding nothing."""
        while not stop():
            if not self.rest:
                return True
            self._pause(min(max(self.rest, SHORTEST), LONGEST))
        return False

    def note_one(self) -> None:
        """Count a letter that goes now."""
        self._next_at = max(self._next_at, self._seconds()) + self._step
