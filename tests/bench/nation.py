"""What an invented nation consists of.

Everything is drawn from the number of the partnership alone: its rows are the same in the nation and by itself.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from random import Random
from typing import Any

from reviews.core.clock import local_day, read_moment

Row = dict[str, Any]

NOW = read_moment("2026-11-20T08:00")
TODAY: date = local_day(NOW)


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each there are in all; `open_actions` include those overdue."""

    name: str
    partnerships: int
    reviews: int
    deaths: int
    actions: int
    open_actions: int
    overdue: int
    owners: int

    def share(self, total: int, place: int) -> int:
        """Give the part of a total that falls to one partnership; all parts add up to the total."""
        return total * (place + 1) // self.partnerships - total * place // self.partnerships


NATION = Size("nation", 150, 7_000, 35_000, 500_000, 75_000, 40_000, 5_000)
REGION = Size("small", 6, 280, 1_400, 20_000, 3_000, 1_600, 200)


@dataclass(slots=True)
class Draft:
    """The rows of one partnership by table, while they are made; `numbers` count on through the whole nation."""

    place: int
    size: Size
    numbers: defaultdict[str, Iterator[int]]
    rows: defaultdict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.place)  # noqa: S311  # invented data is to be the same each time, not secret

    def add(self, table: str, **row: Any) -> Row:
        """Add a row with the next number of its table."""
        return self.add_plain(table, id=next(self.numbers[table]), **row)

    def add_plain(self, table: str, **row: Any) -> Row:
        self.rows[table].append(row)
        return row

    def part(self, total: int) -> int:
        return self.size.share(total, self.place)


def drafts(size: Size, places: int) -> Iterator[Draft]:
    """Give empty drafts of the first so many partnerships of a nation of this size."""
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(1))
    for place in range(places):
        yield Draft(place, size, numbers)
