"""What would become of a case under another version of its definition, or why can it not move?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from reviews.cases.clock_fates import Happened
from reviews.definitions.local_rules import LocalRules
from reviews.models import Case, CaseClock, CaseHold, CaseTrack
from workflows.core.bank_holidays import Calendar
from workflows.core.vocabulary import Workflow


@dataclass(frozen=True, slots=True)
class Standing:
    """An open case as it stands, with all that a plan looks at. `inside` are the running small cases in it."""

    case: Case
    partnership: str
    tracks: Sequence[CaseTrack]
    clocks: Sequence[CaseClock]
    holds: Sequence[CaseHold]
    history: Sequence[Happened]
    inside: Sequence["Inner"]


@dataclass(frozen=True, slots=True)
class Inner:
    """A running small case: its kind, and the steps of the case around it that it holds back."""

    reference: str
    workflow: str
    blocks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """The version a case runs under, the one it is to move to, and what else its dates are counted by.

    `is_theirs` is false where the version was added for another partnership alone.
    """

    was: Workflow
    now: Workflow
    calendar: Calendar
    local: LocalRules
    is_theirs: bool = True


@dataclass(frozen=True, slots=True)
class StageChange:
    """A track and its stage in both versions. No `was`: the track is new; no `now`: it is left behind, finished."""

    track: str
    title: str
    was: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class Dated:
    """A clock as a version counts it."""

    edition_from: date
    counted_from_on: date
    due_on: date
    due_at: datetime | None
    provisional: bool
    target_on: date | None
    local_rule_id: int | None


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A clock and its date in both versions. No `was`: it starts; no `now`: it ends, met where `met_on` says so.

    `row` is the clock that runs now, and `dated` how it runs on, or what is started.
    """

    clock: str
    title: str
    was: date | None
    now: date | None
    because: str = ""
    met_on: date | None = None
    row: CaseClock | None = None
    dated: Dated | None = None

    @property
    def is_kept(self) -> bool:
        return self.was == self.now and not self.because


@dataclass(frozen=True, slots=True)
class CasePlan:
    """One case: what would change, or `reasons` why it cannot move. `said` is what a person should know of it.

    `held` gives, for each track on hold, the stage it will go back to.
    """

    standing: Standing
    from_version: int
    stages: Sequence[StageChange]
    held: Mapping[str, str]
    clocks: Sequence[ClockChange]
    reasons: Sequence[str]
    said: Sequence[str]

    @property
    def reference(self) -> str:
        return self.standing.case.reference

    @property
    def partnership(self) -> str:
        return self.standing.partnership

    @property
    def in_words(self) -> tuple[object, ...]:
        """Give all that was shown of it, for a fingerprint."""
        stages = tuple((each.track, each.was, each.now) for each in self.stages)
        clocks = tuple((each.clock, each.was, each.now, each.met_on, each.dated) for each in self.clocks)
        return (self.standing.case.id, self.from_version, stages, clocks, tuple(self.said))


@dataclass(frozen=True, slots=True)
class VersionPlan:
    """What a move of all cases of a kind to one version would do. `already` counts those that run under it."""

    workflow: Workflow
    can: Sequence[CasePlan]
    cannot: Sequence[CasePlan]
    already: int

    @property
    def fingerprint(self) -> str:
        """Tell one plan from another: what was looked at must be what is done."""
        said = (self.workflow.name, self.workflow.version, *(plan.in_words for plan in self.can))
        return sha256(repr(said).encode()).hexdigest()[:32]


Rulebook = Mapping[int, LocalRules]
"""What each partnership set itself, by partnership."""
