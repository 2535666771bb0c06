"""`python -m tests.bench`: measures pages, steps and rounds on an invented nation, and prints a table."""

import argparse
import os
from collections.abc import Iterable
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure, figure_of_memory, figures_of_definitions, figures_of_imports
from tests.bench.loading import bar, load
from tests.bench.measuring import Measured, measure_pages
from tests.bench.nation import NATION, REGION, Size
from tests.bench.review_steps import MEASURED
from tests.bench.rounds import measure_round
from tests.bench.stores import PREFIX, Store, opened
from tests.bench.transitions import measure_transitions

KINDS = ("postgresql", "sqlite")
WORKING, NEIGHBOUR = f"{PREFIX}working_copy", f"{PREFIX}working_copy_alone"
MOST_GROWTH = 1.5
CONSOLE = Console(width=130)


def main() -> None:
    given = _given()
    size = REGION if given.small else NATION
    CONSOLE.print(
        f"Invented: {size.partnerships} partnerships, {size.reviews:,} reviews, {size.deaths:,} child deaths, "
        f"{size.actions:,} actions ({size.open_actions:,} live, {size.overdue:,} overdue), {size.owners:,} owners."
    )
    figures = figures_of_definitions()
    found = [line for kind in given.database or KINDS for line in _measure(kind, size, given.requests, figures)]
    CONSOLE.print(_table(found))
    CONSOLE.print(
        f"Medians of {given.requests} requests, in turn through the same server (waitress, one connection kept open); "
        "the floor is raw SQL and a string. “Undisturbed” is the ratio of the quickest tenths, which other work on "
        f"this machine spoils least (its load is {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores). "
        "The round is one run: it plans and writes the ledger, and then hands every mail, text and HTML, to one mail "
        "server; both programs must have told the same people of the same matters. Its memory is that of the process. "
        "“In the nation” is how many times as long our page takes as in a database with that partnership alone. "
        f"A step of a case is the mean of {len(MEASURED)} steps of a rapid review, one transaction each and no page; "
        "both programs must have written the same history, facts, stages and clocks.",
        style="dim",
    )
    CONSOLE.print(_figures(figures))


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure on an invented nation.")
    parser.add_argument("--small", action="store_true", help="a twenty-fifth of the nation, for a quick try")
    parser.add_argument("--database", action="append", choices=KINDS, help="only this one (may be given twice)")
    parser.add_argument("--requests", type=int, default=60, help="how often each page is asked for")
    return parser.parse_args()


def _measure(kind: str, size: Size, requests: int, figures: list[Figure]) -> list[Measured]:
    """Measure on one database; what has no floor beside it is added to the figures."""
    with opened(kind) as store:
        nation, alone = _loaded(store, size, size.partnerships), _loaded(store, size, 1)
        with CONSOLE.status(f"Measuring on {kind} …"):
            working = store.copy(nation, WORKING)
            figures.append(figure_of_memory(kind, working))
            pages = list(measure_pages(kind, working, store.copy(alone, NEIGHBOUR), requests))
            rounds, memory = measure_round(store, nation)
            figures += [memory, *figures_of_imports(store)]
            found = [*pages, measure_transitions(kind, working, requests), *rounds]
        store.drop(WORKING)
        store.drop(NEIGHBOUR)
    return found


def _loaded(store: Store, size: Size, places: int) -> str:
    with bar() as progress:
        name, seconds = load(store, size, places, progress)
    how = "kept from an earlier run" if seconds is None else f"loaded in {seconds:.0f} s"
    CONSOLE.print(f"{store.kind}, {places} of {size.partnerships} partnerships: {store.megabytes(name)} MB, {how}")
    return name


def _table(found: Iterable[Measured]) -> Table:
    table = Table("What", "Database")
    for heading in ("Floor ms", "Ours ms", "× floor", "Undisturbed", "Wanted", "Met", "In the nation"):
        table.add_column(heading, justify="right")
    for line in found:
        wanted = "" if line.wanted is None else f"≤ {line.wanted:g}"
        met = "" if line.wanted is None else _yes(line.ratio <= line.wanted)
        table.add_row(
            line.what,
            line.kind,
            f"{median(line.floor):,.2f}",
            f"{median(line.ours):,.2f}",
            f"{line.ratio:.1f}",
            f"{line.undisturbed:.1f}",
            wanted,
            met,
            "" if line.growth is None else f"× {line.growth:.2f}{'' if line.growth <= MOST_GROWTH else ', GROWS'}",
        )
    return table


def _figures(figures: Iterable[Figure]) -> Table:
    table = Table("What")
    for heading in ("Found", "Wanted", "Met"):
        table.add_column(heading, justify="right")
    for figure in figures:
        table.add_row(figure.what, figure.found, figure.wanted, "" if figure.is_met is None else _yes(figure.is_met))
    return table


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "NO"


if __name__ == "__main__":
    main()
