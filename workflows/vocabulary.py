"""Which words is a workflow written in?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from workflows.facts import Facts as Facts
from workflows.facts import Value as Value
from workflows.words import mid_sentence, sentence
from workflows.working_days import Period

UNOPENED = "unopened"
"""The stage before the opening step of a case: never stored."""
JOINED = "joined_reference"
"""The fact by which a step that joins names the case it joins."""


class Role(StrEnum):
    """What a person is in a partnership (the roles of the access matrix)."""

    BUSINESS_MANAGER = "business_manager"
    BUSINESS_UNIT_ADMIN = "business_unit_admin"
    REVIEW_SUBGROUP_MEMBER = "review_subgroup_member"
    SUBGROUP_CHAIR = "subgroup_chair"
    INDEPENDENT_CHAIR = "independent_chair"
    SAFEGUARDING_PARTNER = "safeguarding_partner"
    AGENCY_LEAD = "agency_lead"
    ACTION_OWNER = "action_owner"
    CDOP_MANAGER = "cdop_manager"
    CDOP_PANEL_MEMBER = "cdop_panel_member"
    LEAD_REVIEWER = "lead_reviewer"
    SCRUTINY_MEMBER = "scrutiny_member"

    @property
    def words(self) -> str:
        return sentence(self.value)

    @property
    def in_sentence(self) -> str:
        """The words as they stand within a sentence: abbreviations keep their capitals."""
        return mid_sentence(self.words)


class Realm(StrEnum):
    """A body of records with its own readers; what is known for child death review stays there (s16N CA 2004)."""

    REVIEWS = "reviews"
    CHILD_DEATHS = "child_deaths"


class Rank(StrEnum):
    """How binding a period is."""

    LAW = "law or statutory guidance"
    NATIONAL = "national expectation"
    LOCAL = "local custom"


class Kind(StrEnum):
    """What an asked fact is, and so how it is typed, checked and stored."""

    WORDS = "words"
    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"
    YES_NO = "yes_no"
    CHOICE = "choice"
    NUMBER = "number"
    AGENCIES = "agencies"


@dataclass(frozen=True, slots=True)
class Asked:
    """A fact that a step records. `name` keeps one kind throughout its workflow; `choices` are value and label."""

    name: str
    label: str
    kind: Kind = Kind.WORDS
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A condition on the facts. `missing` lists what is still lacking, in words; nothing missing means open."""

    name: str
    sentence: str
    reads: frozenset[str]
    missing: Callable[[Facts], Iterable[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One move of a track. An empty `to` leaves the stage as it is; `opens` names the workflow of a case it starts.

    `joins` names those of the running cases one of which this one is taken into; the fact JOINED says which.
    """

    name: str
    title: str
    source: tuple[str, ...]
    to: str
    by: frozenset[Role]
    only_if: tuple[Guard, ...] = ()
    asks: tuple[Asked, ...] = ()
    opens: str = ""
    joins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One region of a case. `settled` stages count as finished though a step may still lead on from them."""

    name: str
    title: str
    stages: type[StrEnum]
    initial: str
    final: frozenset[str]
    steps: tuple[Step, ...]
    settled: frozenset[str] = frozenset()

    @property
    def finished(self) -> frozenset[str]:
        return self.final | self.settled

    def is_opened_by(self, step: Step) -> bool:
        return step in self.steps and step.source == (UNOPENED,)


@dataclass(frozen=True, slots=True)
class Edition:
    """A period as it stood from a day on: never overwritten, so that a running case keeps its own."""

    effective_from: date
    period: Period
    rank: Rank
    authority: str


@dataclass(frozen=True, slots=True, eq=False)
class Deadline:
    """A clock: counted from a step or an asked day, met when one of `met_by` happens.

    A step of `ended_by` stops it unmet (a withdrawal, say). A step that both meets it and counts it anew does so in
    that order, so that a monthly check starts the next month.
    """

    name: str
    title: str
    counted_from: str
    met_by: tuple[str, ...]
    editions: tuple[Edition, ...]
    ended_by: tuple[str, ...] = ()

    def edition_on(self, day: date) -> Edition | None:
        """Give the edition in force on the day the clock is counted from, or None before the first."""
        in_force = [edition for edition in self.editions if edition.effective_from <= day]
        return max(in_force, key=lambda edition: edition.effective_from, default=None)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of an escalation ladder: `days` after the due date (negative: before), and who is told then."""

    name: str
    days: int
    tells: frozenset[Role]


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    name: str
    title: str
    rungs: tuple[Rung, ...]
    authority: str


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """A kind of case: its tracks run side by side. The first track holds the opening step.

    After `last_opening_on` none begins any more, and older ones come in by import only.
    """

    name: str
    title: str
    version: int
    effective_from: date
    prefix: str
    realm: Realm
    tracks: tuple[Track, ...]
    deadlines: tuple[Deadline, ...] = ()
    ladders: tuple[Ladder, ...] = ()
    last_opening_on: date | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for track in self.tracks for step in track.steps)

    @property
    def opening(self) -> Step | None:
        return next((step for step in self.steps if step.source == (UNOPENED,)), None)

    @property
    def asks(self) -> Mapping[str, Asked]:
        return {asked.name: asked for step in self.steps for asked in step.asks}

    def takes_new_on(self, day: date) -> bool:
        """Whether a case of this kind may still begin on that day."""
        return self.last_opening_on is None or day <= self.last_opening_on

    def track(self, name: str) -> Track:
        return next(track for track in self.tracks if track.name == name)

    def track_of(self, step: Step) -> Track:
        return next(track for track in self.tracks if step in track.steps)

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def deadline(self, name: str) -> Deadline:
        return next(deadline for deadline in self.deadlines if deadline.name == name)
