"""What of the audit log is unusual: windows, different cases, nights."""

from datetime import datetime, timedelta

import pytest

from reviews.audit.labels import GROUPS, KIND_TITLES
from reviews.audit.thresholds import THRESHOLDS, Reached, Seen, in_words, reached
from reviews.core.clock import read_moment
from reviews.models import AuditKind
from tests.builders import NOW

CASES, VIEWS, NIGHT = THRESHOLDS["cases"], THRESHOLDS["views"], THRESHOLDS["night"]


def views(number: int, *, start: datetime = NOW, seconds: float = 1, cases: int = 10_000) -> list[Seen]:
    return [Seen(start + timedelta(seconds=n * seconds), AuditKind.SEEN, n % cases) for n in range(number)]


def test_every_kind_of_entry_stands_in_one_group_and_has_words() -> None:
    grouped = [kind for group in GROUPS.values() for kind in group.kinds]
    assert sorted(grouped) == sorted(AuditKind)
    assert KIND_TITLES.keys() == set(AuditKind)


def test_120_cases_in_11_seconds_are_one_notice() -> None:
    [found] = reached(CASES, views(120, seconds=11 / 119))
    assert (found.count, found.from_at) == (120, NOW)
    assert in_words(CASES, found) == "opened 120 different cases in 11 seconds"


def test_one_less_than_the_threshold_is_none_and_the_next_one_is() -> None:
    assert list(reached(CASES, views(59))) == []
    assert [each.count for each in reached(CASES, views(60))] == [60]


def test_a_window_slides_so_that_no_boundary_of_the_clock_hides_anything() -> None:
    """Thirty cases before and thirty after ten o'clock are sixty within ten minutes."""
    start = read_moment("2026-11-20T09:55")
    entries = views(30, start=start, seconds=1) + [
        Seen(start + timedelta(minutes=9, seconds=n), AuditKind.SEEN, 500 + n) for n in range(30)
    ]
    [found] = reached(CASES, entries)
    assert (found.count, found.to_at) == (60, start + timedelta(minutes=9, seconds=29))


def test_the_same_case_again_and_again_is_no_scraping_but_300_pages_are_many() -> None:
    entries = views(300, cases=3)
    assert list(reached(CASES, entries)) == []
    assert [each.count for each in reached(VIEWS, entries)] == [300]


def test_what_goes_on_for_an_hour_is_one_notice_for_each_window() -> None:
    found = list(reached(CASES, views(3600)))
    assert [each.count for each in found] == [600] * 6


def test_a_window_that_was_full_before_is_counted_again_and_none_begins_within_it() -> None:
    [first] = reached(CASES, views(70))
    found = list(reached(CASES, views(130), [first.from_at]))
    assert [(each.from_at, each.count) for each in found] == [(NOW, 130)]


@pytest.mark.parametrize(
    ("begins", "counted"),
    [
        ("2026-11-20T22:50", 0),
        ("2026-11-20T23:00", 5),
        ("2026-11-21T04:59", 5),
        ("2026-11-21T05:00", 0),
        ("2026-07-01T22:30", 0),  # half past nine in the evening in UTC, half past ten in London
        ("2026-07-01T23:30", 5),
    ],
)
def test_the_night_is_that_of_london(begins: str, counted: int) -> None:
    entries = views(5, start=read_moment(begins))
    assert sum(each.count for each in reached(NIGHT, entries)) == counted


def test_one_night_is_one_notice() -> None:
    entries = views(12, start=read_moment("2026-11-20T23:05"), seconds=1800)
    assert [each.count for each in reached(NIGHT, entries)] == [12]


def test_lengths_are_said_in_words() -> None:
    said = [in_words(VIEWS, Reached(300, NOW, NOW + timedelta(seconds=each))) for each in (0, 119, 540, 9000)]
    assert [each.rpartition(" in ")[2] for each in said] == ["1 second", "119 seconds", "9 minutes", "2 hours"]
