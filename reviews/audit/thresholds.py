"""What of the audit log is unusual enough to tell the privacy officer: how much of what, within how long."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from reviews.core.clock import LONDON
from reviews.models import AuditKind

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT_BEGINS, NIGHT_ENDS = time(23), time(5)
LOOKED_AT = frozenset({AuditKind.SEEN, AuditKind.FILE_TAKEN})


@dataclass(frozen=True, slots=True)
class Threshold:
    """So many entries of these kinds of one person in one partnership, within a time.

    With `by_case` different cases are counted, with `at_night` only what was between 11pm and 5am in London. `what`
    says it of somebody, with `{count}` and `{time}`.
    """

    title: str
    kinds: frozenset[AuditKind]
    at_least: int
    within: timedelta
    what: str
    by_case: bool = False
    at_night: bool = False


THRESHOLDS: Mapping[str, Threshold] = {
    "cases": Threshold(
        "Many cases", LOOKED_AT, 60, 10 * MINUTE, "opened {count} different cases in {time}", by_case=True
    ),
    "views": Threshold("Many pages", LOOKED_AT, 300, 10 * MINUTE, "opened {count} pages of cases in {time}"),
    "exports": Threshold("Many exports", frozenset({AuditKind.EXPORTED}), 10, HOUR, "made {count} exports in {time}"),
    "identities": Threshold(
        "Many identities",
        frozenset({AuditKind.IDENTITY_OPENED}),
        10,
        10 * MINUTE,
        "opened the identities of children {count} times in {time}",
    ),
    "refusals": Threshold(
        "Many refusals", frozenset({AuditKind.REFUSED}), 20, 10 * MINUTE, "was refused {count} times in {time}"
    ),
    "failed_sign_ins": Threshold(
        "Failed sign-ins",
        frozenset({AuditKind.SIGN_IN_FAILED}),
        10,
        HOUR,
        "had {count} failed tries to sign in as them in {time}",
    ),
    "night": Threshold(
        "At night",
        LOOKED_AT | {AuditKind.EXPORTED, AuditKind.IDENTITY_OPENED},
        5,
        6 * HOUR,
        "opened {count} pages, files or exports between 11pm and 5am",
        at_night=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the thresholds need of one entry."""

    at: datetime
    kind: AuditKind
    case_id: int | None


@dataclass(frozen=True, slots=True)
class Reached:
    """That a threshold was reached: how many it counted, from the first to the last moment within its window."""

    count: int
    from_at: datetime
    to_at: datetime


def reached(threshold: Threshold, entries: Sequence[Seen], earlier: Collection[datetime] = ()) -> Iterator[Reached]:
    """Give each window of a threshold that is full, for entries of one person in one partnership in their order.

    A window begins with an entry and no two overlap, so that what goes on for hours is one notice for each window.
    `earlier` are the moments at which windows begin that were full before: those are counted again as they are.
    """
    counted = [each for each in entries if _counts(threshold, each)]
    moments = [each.at for each in counted]
    index = 0
    while index < len(counted):
        first = moments[index]
        ends_at = min([first + threshold.within, *(at for at in earlier if at > first)])
        end = bisect_left(moments, ends_at, index)
        was_full, count = first in earlier, end - index
        if threshold.by_case and (was_full or count >= threshold.at_least):
            count = len({each.case_id for each in counted[index:end]})
        if was_full or count >= threshold.at_least:
            yield Reached(count, first, moments[end - 1])
            index = end
        else:
            index += 1


def in_words(threshold: Threshold, found: Reached) -> str:
    """Say what somebody did: `opened 120 different cases in 11 seconds`."""
    return threshold.what.format(count=f"{found.count:,}", time=_length(found.to_at - found.from_at))


def _counts(threshold: Threshold, entry: Seen) -> bool:
    if entry.kind not in threshold.kinds or (threshold.by_case and entry.case_id is None):
        return False
    local = entry.at.astimezone(LONDON).time()
    return not threshold.at_night or local >= NIGHT_BEGINS or local < NIGHT_ENDS


def _length(length: timedelta) -> str:
    seconds = max(1, round(length.total_seconds()))
    if seconds < 120:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{round(minutes / 60)} hours"
