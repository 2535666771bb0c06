"""Measurements without a floor beside them, each with its limit."""

from dataclasses import dataclass

from tests.bench.definitions import WANTED, measure_definitions
from tests.bench.imports import MOST_MEGABYTES, MOST_SECONDS, ROWS, Used, measure_imports
from tests.bench.memory import SAID_OF, measure_memory
from tests.bench.stores import Store


@dataclass(frozen=True, slots=True)
class Figure:
    """`is_met` is None where nothing certain is wanted."""

    what: str
    found: str
    wanted: str = ""
    is_met: bool | None = None


def figures_of_definitions() -> list[Figure]:
    number, brought, read = measure_definitions()
    return [
        _in_time(f"Load all {number} definitions and check them", brought),
        _in_time(f"The same out of {number} YAML files", read),
    ]


def figure_of_memory(kind: str, url: str) -> Figure:
    held, taken = measure_memory(url)
    return Figure(f"Memory of {SAID_OF:,} cases in a list ({kind}, {held:,} held)", f"{taken / 2**20:,.0f} MB")


def figures_of_imports(store: Store) -> list[Figure]:
    stored, decided = measure_imports(store)
    return [
        _in_bounds(f"Read and store {ROWS:,} rows of a tracker ({store.kind})", stored),
        _in_bounds(f"Decide {ROWS:,} different owners ({store.kind})", decided),
    ]


def _in_bounds(what: str, used: Used) -> Figure:
    return Figure(
        what,
        f"{used.seconds:.1f} s, {used.megabytes:,.0f} MB",
        f"< {MOST_SECONDS} s, {MOST_MEGABYTES} MB",
        used.seconds < MOST_SECONDS and used.megabytes < MOST_MEGABYTES,
    )


def _in_time(what: str, seconds: float) -> Figure:
    return Figure(what, f"{seconds * 1000:,.0f} ms", f"< {WANTED * 1000:,.0f} ms", seconds < WANTED)
