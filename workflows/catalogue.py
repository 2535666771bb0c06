"""Which definitions are there, in which versions, and which is in force?"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from workflows import definitions
from workflows.core.vocabulary import Deadline, Edition, Workflow
from workflows.definitions import CASE_WORKFLOWS
from workflows.files.read import read_file, read_workflow

Unread: TypeAlias = Callable[[], Workflow]

FOLDER = Path(definitions.__file__).parent / "earlier"
"""Each file is named after its definition and the version: `rapid_review-1.yaml`."""


@cache
def read_earlier(path: Path) -> Workflow:
    """Read one, once; most days nobody asks for it."""
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
    """Every definition of a kind of case that is known, by name and version. Built by `catalogue_of`."""

    versions: Mapping[str, "Versions"]

    def version(self, name: str, number: int) -> Workflow:
        """Give one version. Raises LookupError, as a case never names one that is not known."""
        return self.versions[name][number]

    def current(self, name: str, on: date) -> Workflow | None:
        """Give the newest version in force on a day, the first one before that; None for an unknown name."""
        known = self.versions.get(name)
        if not known:
            return None
        downwards = sorted(known, reverse=True)  # so that an earlier one is read only for a day it was in force on
        return known[next((number for number in downwards if known[number].effective_from <= on), downwards[-1])]

    def in_force(self, on: date) -> Sequence[Workflow]:
        """Give each kind in the version that a case opened on that day runs under."""
        return [workflow for name in self.versions if (workflow := self.current(name, on))]

    def newest(self) -> Mapping[str, Workflow]:
        """Give the newest version of each kind, in force or not yet, in the order they are written down."""
        return {name: self.newest_of(name) for name in self.versions}

    def newest_of(self, name: str) -> Workflow:
        known = self.versions[name]
        return known[max(known)]

    def deadline(self, name: str, number: int, clock: str) -> Deadline:
        """Give the deadline of a clock, by the version its case runs under or else by the latest that has it."""
        return next(self._deadlines(name, number, clock))

    def edition(self, name: str, number: int, clock: str, since: date) -> Edition:
        """Give the edition a clock was counted by: an earlier version may be the last to have it."""
        editions = (edition for deadline in self._deadlines(name, number, clock) for edition in deadline.editions)
        return next(edition for edition in editions if edition.effective_from == since)

    def title(self, name: str) -> str:
        """Say what a kind is called today."""
        return self.newest_of(name).title

    def every(self) -> list[Workflow]:
        """List every version of every kind, the earlier ones first."""
        return [known[number] for known in self.versions.values() for number in sorted(known)]

    def has(self, name: str, number: int) -> bool:
        return number in self.versions.get(name, {})

    def with_more(self, workflows: Iterable[Workflow]) -> "Catalogue":
        """Give a catalogue with others beside; of two with one name and version, the one that is here stays."""
        more = catalogue_of(workflows).versions
        names = dict.fromkeys((*self.versions, *more))
        return Catalogue({name: _together(more.get(name), self.versions.get(name)) for name in names})

    def _deadlines(self, name: str, number: int, clock: str) -> Iterator[Deadline]:
        known = self.versions[name]
        numbers = [number, *(other for other in sorted(known, reverse=True) if other != number)]
        return (deadline for one in numbers for deadline in known[one].deadlines if deadline.name == clock)


class Versions(Mapping[int, Workflow]):
    """The versions of one kind by number. One that is still to be read is read when it is asked for."""

    def __init__(self, known: Mapping[int, Workflow | Unread]) -> None:
        self.known = known

    def __getitem__(self, number: int) -> Workflow:
        found = self.known[number]
        return found if isinstance(found, Workflow) else found()

    def __iter__(self) -> Iterator[int]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def catalogue_of(workflows: Iterable[Workflow], earlier: Mapping[str, Mapping[int, Unread]] = NOTHING) -> Catalogue:
    """Put definitions in order; `earlier` are those that are read when they are asked for."""
    versions: dict[str, dict[int, Workflow | Unread]] = {}
    for workflow in workflows:
        known = versions.setdefault(workflow.name, dict(earlier.get(workflow.name, {})))
        known[workflow.version] = workflow
    return Catalogue({name: Versions(known) for name, known in versions.items()})


def _together(first: Versions | None, second: Versions | None) -> Versions:
    return Versions({**(first.known if first else {}), **(second.known if second else {})})


BUILT_IN = catalogue_of(CASE_WORKFLOWS.values(), earlier=EARLIER)
"""What the product brings. An installation may know more: `reviews.definitions.catalogue`."""
