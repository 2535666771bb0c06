"""Which definitions are there, in which versions, and which is in force?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from workflows.definitions import CASE_WORKFLOWS
from workflows.vocabulary import Deadline, Workflow


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Every definition of a kind of case that is known, by name and version. Built by `catalogue_of`."""

    versions: Mapping[str, Mapping[int, Workflow]]

    def version(self, name: str, number: int) -> Workflow:
        """Give one version. Raises LookupError, as a case never names one that is not known."""
        return self.versions[name][number]

    def current(self, name: str, on: date) -> Workflow | None:
        """Give the newest version in force on a day, the first one before that; None for an unknown name."""
        known = self.versions.get(name)
        if not known:
            return None
        in_force = [number for number, workflow in known.items() if workflow.effective_from <= on]
        return known[max(in_force, default=min(known))]

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
        known = self.versions[name]
        versions = [known[number], *(known[other] for other in sorted(known, reverse=True) if other != number)]
        return next(deadline for workflow in versions for deadline in workflow.deadlines if deadline.name == clock)

    def title(self, name: str) -> str:
        """Say what a kind is called today."""
        return self.newest_of(name).title


def catalogue_of(workflows: Iterable[Workflow]) -> Catalogue:
    versions: dict[str, dict[int, Workflow]] = {}
    for workflow in workflows:
        versions.setdefault(workflow.name, {})[workflow.version] = workflow
    return Catalogue(versions)


BUILT_IN = catalogue_of(CASE_WORKFLOWS.values())
"""What the product brings. An installation may know more: `reviews.definitions`."""
