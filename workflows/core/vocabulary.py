"""Which words is a workflow written in?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Asked, Facts, edition_on, form_on
from workflows.core.working_days import Period


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


@dataclass(frozen=True, slots=True)
class Edition:
    """A period as it stood from a day on: never overwritten, so that a running case keeps its own."""

    effective_from: date
    period: Period
    rank: Rank
    authority: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of an escalation ladder: `days` after the due date (negative: before), and who is told then.

    `working` days are those of England and Wales. With `every`, it comes again after each so many days of that kind.
    `deputy`: whoever is named as deputy on the action is told as well.
    """

    name: str
    days: int
    tells: frozenset[Role]
    working: bool = False
    every: int = 0
    deputy: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    name: str
    title: str
    rungs: tuple[Rung, ...]
    authority: str


@dataclass(frozen=True, slots=True, eq=False)
class Deadline:
    """A clock: counted from a step or an asked day, met when one of `met_by` happens.

    A step of `ended_by` stops it unmet (a withdrawal, say). A step that both meets it and counts it anew does so in
    that order, so that a monthly check starts the next month. `ladder` says who is reminded of it, if anybody is.
    """

    name: str
    title: str
    counted_from: str
    met_by: tuple[str, ...]
    editions: tuple[Edition, ...]
    ended_by: tuple[str, ...] = ()
    ladder: Ladder | None = None

    def edition_on(self, day: date) -> Edition | None:
        """Give the edition in force on the day the clock is counted from, or None before the first."""
        in_force = [edition for edition in self.editions if edition.effective_from <= day]
        return max(in_force, key=lambda edition: edition.effective_from, default=None)


UNOPENED = "unopened"
"""The stage before the opening step of a case: never stored."""
BACK = "where_it_was"
"""The `to` of a step that leads back to the stage the track was held at: never stored."""
JOINED = "joined_reference"
"""The fact by which a step that joins names the case it joins."""

BLOCKS = "blocks"
"""The fact by which what runs beside a case names the steps of the case that must wait for it."""
CHILD_CONCERNED = "child_concerned"
"""The fact by which a step names one child of the case, by pseudonym."""
DEATH_ON = "death_on"
"""The day a child died, beside the child it concerns."""
NATURE = "nature"
"""What happened to the children, as it was notified."""


class OnHold(StrEnum):
    """What a step does to the hold of its track."""

    PLACE = "place"
    REVIEW = "review"
    LIFT = "lift"


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A condition on the facts. `missing` lists what is still lacking, in words; nothing missing means open.

    `after` names the steps it wants to have been taken, and `track` the track whose stage it looks at. One that looks
    at the days of steps without wanting them, or counts days, is `by_days`.
    """

    name: str
    sentence: str
    reads: frozenset[str]
    missing: Callable[[Facts], Iterable[str]]
    after: tuple[str, ...] = ()
    track: str = ""
    by_days: bool = False

    @property
    def looks_at_days(self) -> bool:
        return self.by_days or bool(self.after)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One move of a track. An empty `to` leaves the stage as it is; `opens` names the workflow of a case it starts.

    With `for_each`, a fact that names agencies, it starts one for each of them. `joins` names those of the running
    cases one of which this one is taken into; the fact JOINED says which. `hold` places, reviews or lifts a hold.
    """

    name: str
    title: str
    source: tuple[str, ...]
    to: str
    by: frozenset[Role]
    only_if: tuple[Guard, ...] = ()
    asks: tuple[Asked, ...] = ()
    opens: str = ""
    for_each: str = ""
    joins: tuple[str, ...] = ()
    hold: OnHold | None = None

    def form_on(self, day: date) -> tuple[Asked, ...]:
        """Give what is asked by the form as it stood on a day."""
        return form_on(self.asks, day)

    def edition_on(self, day: date) -> date | None:
        """Give the first day of the form's edition in force on a day; None for a form that never changed by then."""
        return edition_on(self.asks, day)


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

    def ends_of(self, step: Step) -> frozenset[str]:
        """Give the stages a step may lead to: none where it stays, and for BACK every one a hold is placed at."""
        if step.to != BACK:
            return frozenset({str(step.to)} if step.to else ())
        placing = [other for other in self.steps if other.hold is OnHold.PLACE and other.to in step.source]
        return frozenset(str(source) for other in placing for source in other.source)


@dataclass(frozen=True, slots=True)
class StageMoved:
    """Where a case of the version before stands in this one: a stage that is called otherwise here."""

    track: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """A kind of case: its tracks run side by side. The first track holds the opening step.

    After `last_opening_on` none begins any more, and older ones come in by import only. One that is `inside` lives
    within another case, in whose realm it is. `moved` are the stages that were called otherwise in earlier versions.
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
    inside: bool = False
    moved: tuple[StageMoved, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for track in self.tracks for step in track.steps)

    @property
    def opening(self) -> Step | None:
        return next((step for step in self.steps if step.source == (UNOPENED,)), None)

    @property
    def every_ladder(self) -> tuple[Ladder, ...]:
        """Its own ladders and those its deadlines name, each once."""
        named = (deadline.ladder for deadline in self.deadlines if deadline.ladder is not None)
        return tuple(dict.fromkeys((*self.ladders, *named)))

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
