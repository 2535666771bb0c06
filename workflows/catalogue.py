"""Catalogue of definitions: every version of every kind of case, and the one in force on a day."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from workflows import definitions
from workflows.core.vocabulary import Deadline, Edition, Workflow
from workflows.definitions import CASE_WORKFLOWS
from workflows.files.read import read_file, read_workflow

Unread: TypeAlias = Callable[[], Workflow]

FOLDER = Path(definitions.__file__).parent / "earlier"
"""Earlier versions of the product's own definitions. Files are named like `rapid_review-1.yaml`."""


@cache
def read_earlier(path: Path) -> Workflow:
    """Read an earlier definition when it is first needed, which is seldom."""
    return read_workflow(read_file(path), path.name)


def _earlier() -> Mapping[str, Mapping[int, Unread]]:
    found: dict[str, dict[int, Unread]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        name, _, number = path.stem.rpartition("-")
        found.setdefault(name, {})[int(number)] = partial(read_earlier, path)
    return found


EARLIER = _earlier()


NOTHING: Mapping[str, Mapping[int, Unread]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Definitions of kinds of case, by name and version. Built by `catalogue_of`."""

    versions: Mapping[str, "Versions"]

    def version(self, name: str, number: int) -> Workflow:
        """Give one version. Raises LookupError where there is none; a case always names one that there is."""
        return self.versions[name][number]

    def current(self, name: str, on: date) -> Workflow | None:
        """Give the newest version in force on a day, or the first one before any is; None for an unknown name."""
        versions = self.versions.get(name)
        if not versions:
            return None
        downwards = sorted(versions, reverse=True)  # so that an earlier one is read only for a day it was in force on
        return versions[next((number for number in downwards if versions[number].effective_from <= on), downwards[-1])]

    def in_force(self, on: date) -> Sequence[Workflow]:
        """Give each kind of case in the version under which a case opened on that day runs."""
        return [workflow for name in self.versions if (workflow := self.current(name, on))]

    def newest(self) -> Mapping[str, Workflow]:
        """Give the newest version of each kind, in force or not yet, in the order of the definitions."""
        return {name: self.newest_of(name) for name in self.versions}

    def newest_of(self, name: str) -> Workflow:
        versions = self.versions[name]
        return versions[max(versions)]

    def deadline(self, name: str, number: int, clock: str) -> Deadline:
        """Give the deadline of a clock from the version of its case, or from the latest version that has it."""
        return next(_deadlines(self, name, number, clock))

    def edition(self, name: str, number: int, clock: str, since: date) -> Edition:
        """Give the edition by which a clock was counted. An earlier version may be the last to have it."""
        return _edition(self, name, number, clock, since)

    def title(self, name: str) -> str:
        """Give the title of a kind in its newest version."""
        return self.newest_of(name).title

    def every(self) -> list[Workflow]:
        """List every version of every kind, oldest first within a kind."""
        return [versions[number] for versions in self.versions.values() for number in sorted(versions)]

    def has(self, name: str, number: int) -> bool:
        return number in self.versions.get(name, {})

    def with_more(self, workflows: Iterable[Workflow]) -> "Catalogue":
        """Give a catalogue with further definitions. Of two with the same name and version, this catalogue's stays."""
        more = catalogue_of(workflows).versions
        names = dict.fromkeys((*self.versions, *more))
        return Catalogue({name: _together(more.get(name), self.versions.get(name)) for name in names})


@lru_cache(maxsize=1_024)
def _edition(catalogue: Catalogue, name: str, number: int, clock: str, since: date) -> Edition:
    """Cached: a list asks for it ten times for each clock that it shows, which was a tenth of the time of the page."""
    editions = (edition for each in _deadlines(catalogue, name, number, clock) for edition in each.editions)
    return next(edition for edition in editions if edition.effective_from == since)


def _deadlines(catalogue: Catalogue, name: str, number: int, clock: str) -> Iterator[Deadline]:
    versions = catalogue.versions[name]
    numbers = [number, *(other for other in sorted(versions, reverse=True) if other != number)]
    return (deadline for each in numbers for deadline in versions[each].deadlines if deadline.name == clock)


class Versions(Mapping[int, Workflow]):
    """The versions of one kind by number. A version still in its file is read when it is first used."""

    def __init__(self, entries: Mapping[int, Workflow | Unread]) -> None:
        self.entries = entries

    def __getitem__(self, number: int) -> Workflow:
        found = self.entries[number]
        return found if isinstance(found, Workflow) else found()

    def __iter__(self) -> Iterator[int]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def catalogue_of(workflows: Iterable[Workflow], earlier: Mapping[str, Mapping[int, Unread]] = NOTHING) -> Catalogue:
    """Build a catalogue. `earlier` are definitions in files, read when they are first used."""
    versions: dict[str, dict[int, Workflow | Unread]] = {}
    for workflow in workflows:
        versions.setdefault(workflow.name, dict(earlier.get(workflow.name, {})))[workflow.version] = workflow
    return Catalogue({name: Versions(entries) for name, entries in versions.items()})


def _together(first: Versions | None, second: Versions | None) -> Versions:
    return Versions({**(first.entries if first else {}), **(second.entries if second else {})})


BUILT_IN = catalogue_of(CASE_WORKFLOWS.values(), earlier=EARLIER)
"""The definitions of the product. An installation may have more: `reviews.definitions.installed`."""
