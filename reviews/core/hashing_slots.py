"""How many passwords one process hashes at a time.

Argon2 is meant to take a processor and memory for some time: without a limit, whoever posts nonsense takes them all.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore, local

LONGEST_WAIT_SECONDS = 3.0
MOST_WAITING = 2
"""Few, because each of them holds a thread that could answer a page."""


class Busy(Exception):
    """Too much is being worked out at once. The same can be asked again after so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many people are signing in at the moment. Try again in {seconds} seconds.")
        self.seconds = seconds


class HashingSlots:
    """So many at work, so many waiting for no longer than the longest wait; whoever comes besides is told to return.

    `inside` counts those at work and waiting.
    """

    def __init__(
        self, at_work: int, *, waiting: int = MOST_WAITING, longest_wait_seconds: float = LONGEST_WAIT_SECONDS
    ) -> None:
        self._slots = Semaphore(at_work)
        self._most_inside = at_work + waiting
        self._longest_wait_seconds = longest_wait_seconds
        self.inside, self._lock = 0, Lock()
        self._thread = local()

    def require_room(self) -> None:
        """Raise Busy where whoever asks for a slot now would be sent away."""
        if self.inside >= self._most_inside:
            raise Busy(seconds=5)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Take a slot, in which further ones may be taken. Raises Busy."""
        if getattr(self._thread, "has_slot", False):
            yield
            return
        with self._lock:
            self.require_room()
            self.inside += 1
        try:
            if not self._slots.acquire(timeout=self._longest_wait_seconds):
                raise Busy(seconds=5)
            self._thread.has_slot = True
            try:
                yield
            finally:
                self._thread.has_slot = False
                self._slots.release()
        finally:
            with self._lock:
                self.inside -= 1


AT_WORK = max(1, (os.cpu_count() or 2) // 2)
FOR_EVERYBODY = HashingSlots(AT_WORK)
FOR_KNOWN_DEVICES = HashingSlots(AT_WORK)
"""Apart, so that nonsense from elsewhere does not keep out those who have been here before."""
