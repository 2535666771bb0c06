"""How many refusals are written to the audit log, so that nobody can fill the disk by being refused.

Each process counts for itself, in memory: this keeps the log small, and lets nobody in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

WITHIN = timedelta(minutes=10)
FORGOTTEN_EVERY = timedelta(seconds=20)
"""So that a flood is not answered by walking through all that is remembered at each refusal."""
MOST_OF_NETWORK = 100
"""Of one network, of people who have not signed in."""
MOST_OF_NETWORKS = 1_000
"""Of all networks together."""
MOST_OF_PERSON = 300
"""Of one person who has signed in."""
MOST_REMEMBERED = 10_000
"""Networks that are counted by themselves; those beyond are counted together, as one."""
ALL_NETWORKS, OTHERS = "all networks", "others"


@dataclass(slots=True)
class _Window:
    ends_at: datetime
    written: int = 0
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Admitted:
    """That a refusal is written. `stands_for` counts those before it that were not; `is_last` where no more will be."""

    stands_for: int = 1
    is_last: bool = False


class RefusalCounter:
    """What one process has written of refusals lately."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self._silent_until: dict[str, datetime] = {}
        self._forgets_at: datetime | None = None
        self._lock = Lock()

    def admit(
        self, now: datetime, *, person_id: int | None, network: str, same: str = "", lasts: timedelta | None = None
    ) -> Admitted | None:
        """Say whether a refusal is written now. One that is the `same` is written once while it `lasts`."""
        who = f"person {person_id}" if person_id is not None else f"network {network}"
        with self._lock:
            self._forget_over(now)
            if lasts is not None:
                key = f"{who} {same}"
                if key in self._silent_until and self._silent_until[key] > now:
                    return None
                if len(self._silent_until) < MOST_REMEMBERED:
                    self._silent_until[key] = now + lasts
            if person_id is not None:
                return self._count(who, MOST_OF_PERSON, now)
            own = self._count(who, MOST_OF_NETWORK, now)
            together = own and self._count(ALL_NETWORKS, MOST_OF_NETWORKS, now)
            return together and own

    def _count(self, who: str, most: int, now: datetime) -> Admitted | None:
        if most == MOST_OF_NETWORK and who not in self._windows and len(self._windows) >= MOST_REMEMBERED:
            who = OTHERS
        window = self._windows.get(who)
        left_out = 0
        if window is None or window.ends_at <= now:
            left_out = window.left_out if window else 0
            window = self._windows[who] = _Window(now + WITHIN)
        if window.written >= most:
            window.left_out += 1
            return None
        window.written += 1
        return Admitted(1 + left_out, is_last=window.written == most)

    def _forget_over(self, now: datetime) -> None:
        """Forget what is over when much is remembered; what was left out of it is then never told."""
        if self._forgets_at is not None and now < self._forgets_at:
            return
        self._forgets_at = now + FORGOTTEN_EVERY
        if len(self._windows) >= MOST_REMEMBERED:
            self._windows = {who: each for who, each in self._windows.items() if each.ends_at > now}
        if len(self._silent_until) >= MOST_REMEMBERED:
            self._silent_until = {key: until for key, until in self._silent_until.items() if until > now}
