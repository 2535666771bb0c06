"""The parts a workflow is made of: tracks, steps, guards, deadlines with their editions, and ladders."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import prod

from workflows.core.involvement import Involvement
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Facts, Question, Value, edition_on, form_on
from workflows.core.working_days import Period


class Role(StrEnum):
    """What a person does in a partnership: the roles of the access matrix."""

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
    PRIVACY_OFFICER = "privacy_officer"
    TECHNICIAN = "technician"

    @property
    def words(self) -> str:
        return sentence(self.value)

    @property
    def sees_records(self) -> bool:
        """Whether the role has to do with cases and actions. Those of privacy and of the machine see none."""
        return self not in (Role.PRIVACY_OFFICER, Role.TECHNICIAN)

    @property
    def in_sentence(self) -> str:
        """The words within a sentence: abbreviations keep their capitals."""
        return mid_sentence(self.words)


class Realm(StrEnum):
    """A body of records with its own readers. What is known for child death review stays there (s16N CA 2004)."""

    REVIEWS = "reviews"
    CHILD_DEATHS = "child_deaths"


class Rank(StrEnum):
    """How binding a period is."""

    LAW = "law or statutory guidance"
    NATIONAL = "national expectation"
    LOCAL = "local custom"


@dataclass(frozen=True, slots=True)
class BookEdition:
    """An edition of a book of guidance, as it is cited for what happens from a day on."""

    effective_from: date
    title: str
    unverified: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """Guidance that is published again and again. Definitions name the book, and never one of its editions."""

    name: str
    title: str
    editions: tuple[BookEdition, ...]

    def edition_on(self, day: date) -> BookEdition:
        """Give the edition in force on a day, or the first one before any was."""
        begun = [edition for edition in self.editions if edition.effective_from <= day]
        return max(begun or self.editions[:1], key=lambda edition: edition.effective_from)


@dataclass(frozen=True, slots=True)
class Edition:
    """A period as it is in force from a day on. Editions are added and never changed: running clocks keep theirs.

    It is chosen by the day the clock starts, and so are the editions of the books it `cites`; `authority` is a source
    that has none. `counted_from` is one of the deadline's `starts` where the period is not counted from what starts the
    clock. `unverified` says what of it nobody has compared with its source.
    """

    effective_from: date
    period: Period
    rank: Rank
    authority: str = ""
    cites: tuple[Book, ...] = ()
    counted_from: str = ""
    unverified: str = ""

    def authority_on(self, day: date) -> str:
        """Cite what a clock rests on that starts on a day."""
        return "; ".join([*(book.edition_on(day).title for book in self.cites), *filter(None, [self.authority])])

    def in_force_from(self, day: date) -> date:
        """Give the first day on which clocks ran by this period with these very editions of the books."""
        return max([self.effective_from, *(book.edition_on(day).effective_from for book in self.cites)])

    @property
    def sources(self) -> str:
        """The authority without the editions of the books."""
        return "; ".join([*(book.title for book in self.cites), *filter(None, [self.authority])])


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of an escalation ladder: `days` after the due date (negative: before), and the roles it reminds.

    `working` counts working days of England and Wales. `every` repeats the rung after that many days of the same kind;
    0 does not repeat it. `deputy` also reminds the deputy named on the action.
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
    """The rule of a clock: counted from a step or from a day or moment that is asked for, met by a step of `met_by`.

    A step of `ended_by` stops the clock unmet, such as a withdrawal. A step that both meets the clock and starts it
    again does so in that order: a monthly check starts the next month. `ladder` says who is reminded, None for nobody.
    `starts` are the days the period may be counted from, as (step or fact, its name in a sentence), where there is more
    than one rule: what starts the clock, and what an edition or a partnership may put in its place.
    """

    name: str
    title: str
    counted_from: str
    met_by: tuple[str, ...]
    editions: tuple[Edition, ...]
    ended_by: tuple[str, ...] = ()
    ladder: Ladder | None = None
    starts: tuple[tuple[str, str], ...] = ()

    def rule_of(self, counted_from: str | None) -> str:
        """Name the rule a clock is counted by: `awareness`, or the step or fact itself where there is only one."""
        start = counted_from or self.counted_from
        return dict(self.starts).get(start, start)

    def title_by(self, counted_from: str | None) -> str:
        """Give the title, with the rule a clock is counted by where there is more than one."""
        return f"{self.title}, counted from {self.rule_of(counted_from)}" if self.starts else self.title

    def edition_on(self, day: date) -> Edition | None:
        """Give the edition in force on the day the clock starts, or None before the first."""
        in_force = [edition for edition in self.editions if edition.effective_from <= day]
        return max(in_force, key=lambda edition: edition.effective_from, default=None)


@dataclass(frozen=True, slots=True, eq=False)
class TimedMove:
    """What happens when nobody acts by a day: once `deadline` has passed unmet, the system records `step`.

    `reason` says why, and answers the question `why` of the step; `answers` are its other facts, as pairs.
    """

    deadline: str
    step: str
    reason: str
    why: str
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """A number that is worked out and never entered: the product of the numbers that one step asks for as `factors`."""

    name: str
    label: str
    factors: tuple[str, ...]

    def of(self, facts: Mapping[str, Value | None]) -> int | None:
        """Give the number; None where a factor is not there."""
        numbers = [value for factor in self.factors if isinstance(value := facts.get(factor), int)]
        return prod(numbers) if len(numbers) == len(self.factors) else None


UNOPENED = "unopened"
"""The stage before the opening step of a case. Never stored."""
BACK = "where_it_was"
"""The `to` of a step that leads back to the stage at which the track was put on hold, or ended. Never stored."""
REOPENED = "reopened_reason"
"""The fact that says why a track that had ended is reopened."""
JOINED = "joined_reference"
"""The fact that names the case a step joins."""

SIGNED_FOR, VIEW_OF = "signed_for", "view_of"
SPOKEN_FOR = (SIGNED_FOR, VIEW_OF)
"""The facts that name the bodies a step speaks for. A safeguarding partner speaks for their own body alone."""

BLOCKS = "blocks"
"""The fact in which a parallel process names the steps of its case that must wait for it."""
CHILD_CONCERNED = "child_concerned"
"""The fact that names one child of the case, by pseudonym."""
DEATH_ON = "death_on"
"""The day on which that child died."""
PAST_BY_THEN = frozenset({DEATH_ON, "la_aware_at", "incident_on", "jar_started_at"})
"""Days and moments that were past when the step was taken that records them."""
REVIEWER = "lead_reviewer"
"""The fact that names the person to whom the case is given as lead reviewer."""
REVIEWER_UNTIL = "lead_reviewer_until"
"""The last day on which that person has the case."""
REVIEWER_ENDED = "lead_reviewer_ended"
"""The fact that names a lead reviewer from whom the case is taken before that day."""
NATURE = "nature"
"""What happened to the children, as notified."""


class OnHold(StrEnum):
    """What a step does to the hold of its track."""

    START = "place"
    REVIEW = "review"
    LIFT = "lift"


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A condition on the facts. `missing` lists in words what is lacking: nothing means that the guard is satisfied.

    `reads` are the facts it looks at, `after` the steps that must have been taken, `track` the track whose stage it
    looks at. `by_days` marks a guard that counts days, or looks at the days of steps that it does not require.
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
    """What leads from one stage to another, or is recorded at the same one.

    An empty `to` leaves the stage as it is. `opens` names the workflow of a case that the step starts: one for each
    agency named by the fact `for_each`, where there is one. `joins` names the workflows of running cases into one of
    which this case is taken; the fact JOINED says which. `hold` places, reviews or lifts a hold.

    `barred` are those who may not take it because they would decide on what is their own, whatever roles they hold.
    Every step names them, or NOBODY; None is a step of a file written before steps did (`bars.py`).
    """

    name: str
    title: str
    source: tuple[str, ...]
    to: str
    by: frozenset[Role]
    only_if: tuple[Guard, ...] = ()
    questions: tuple[Question, ...] = ()
    opens: str = ""
    for_each: str = ""
    joins: tuple[str, ...] = ()
    hold: OnHold | None = None
    barred: frozenset[Involvement] | None = None

    @property
    def reopens(self) -> bool:
        """Whether it leads a track that has ended back to where it was."""
        return self.to == BACK and self.hold is None

    def form_on(self, day: date) -> tuple[Question, ...]:
        """Give the questions of the form as it was on a day."""
        return form_on(self.questions, day)

    def edition_on(self, day: date) -> date | None:
        """Give the first day of the edition of the form in force on a day; None for the first edition."""
        return edition_on(self.questions, day)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One of the parts of a case that run side by side. `settled` stages count as finished, though a step leads on."""

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
        """Give the stages a step may lead to: none where it stays; for BACK every stage it may have been at."""
        if step.to != BACK:
            return frozenset({str(step.to)} if step.to else ())
        if step.reopens:
            ending = [other for other in self.steps if other.to in step.source]
            held = {other.to for other in self.steps if other.hold is OnHold.START}
            return frozenset(str(source) for other in ending for source in other.source) - self.finished - held
        placing = [other for other in self.steps if other.hold is OnHold.START and other.to in step.source]
        return frozenset(str(source) for other in placing for source in other.source)


@dataclass(frozen=True, slots=True)
class RenamedStage:
    """A stage that had another name in an earlier version: `was` there, `now` here."""

    track: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """A kind of case. Its tracks run side by side; the first one holds the opening step.

    No case of this kind begins after `last_opening_on`; older ones come in by import. Cases of a workflow that is
    `inside` are children of another case and share its realm. `moved` are stages with other names in earlier versions.
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
    moved: tuple[RenamedStage, ...] = ()
    timed_moves: tuple[TimedMove, ...] = ()
    products: tuple[Product, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for track in self.tracks for step in track.steps)

    @property
    def opening(self) -> Step | None:
        return next((step for step in self.steps if step.source == (UNOPENED,)), None)

    @property
    def every_ladder(self) -> tuple[Ladder, ...]:
        """The ladders of the workflow and those its deadlines name, each once."""
        named = (deadline.ladder for deadline in self.deadlines if deadline.ladder is not None)
        return tuple(dict.fromkeys((*self.ladders, *named)))

    @property
    def books(self) -> tuple[Book, ...]:
        """The books that its deadlines cite, each once."""
        cited = (book for deadline in self.deadlines for edition in deadline.editions for book in edition.cites)
        return tuple(dict.fromkeys(cited))

    @property
    def unverified(self) -> list[str]:
        """What of its deadlines and their authorities nobody has compared with its source, in sentences."""
        return [
            *(
                f"“{deadline.title}”, for clocks that start from {_day(edition.effective_from)}: {edition.unverified}."
                for deadline in self.deadlines
                for edition in deadline.editions
                if edition.unverified
            ),
            *(f"{each.title}: {each.unverified}." for book in self.books for each in book.editions if each.unverified),
        ]

    @property
    def questions(self) -> Mapping[str, Question]:
        return {question.name: question for step in self.steps for question in step.questions}

    def takes_new_on(self, day: date) -> bool:
        """Whether a case of this kind may begin on that day."""
        return self.last_opening_on is None or day <= self.last_opening_on

    def track(self, name: str) -> Track:
        return next(track for track in self.tracks if track.name == name)

    def track_of(self, step: Step) -> Track:
        return next(track for track in self.tracks if step in track.steps)

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def stages_of(self, move: TimedMove) -> list[str]:
        """Give the stages at which a timed move may happen: where its step may be recorded, and what it waits for."""
        waited_for = set(self.deadline(move.deadline).met_by)
        acting = {str(stage) for step in self.steps if step.name in waited_for for stage in step.source}
        return [str(stage) for step in self.steps if step.name == move.step for stage in step.source if stage in acting]

    def timed_moves_at(self, track: Track) -> Mapping[str, list[str]]:
        """Say at each stage of a track what happens there by itself, in sentences."""
        found: dict[str, list[str]] = {}
        titles = {step.name: step.title for step in track.steps}
        for move in (move for move in self.timed_moves if move.step in titles):
            title = self.deadline(move.deadline).title
            for stage in self.stages_of(move):
                found.setdefault(stage, []).append(f"By itself once “{title}” has passed: “{titles[move.step]}”")
        return found

    def deadline(self, name: str) -> Deadline:
        return next(deadline for deadline in self.deadlines if deadline.name == name)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


REVIEW_DAY = "_review_on"


def hold_name(step: Step) -> str:
    """Give the prefix of the facts of a hold: `hold` for a step that asks `hold_review_on`."""
    return next(
        question.name.removesuffix(REVIEW_DAY) for question in step.questions if question.name.endswith(REVIEW_DAY)
    )


def hold_step_at(track: Track, stage: str) -> Step | None:
    """Give the step that puts a track on hold at a stage; None for a stage that is no hold."""
    return next((step for step in track.steps if step.hold is OnHold.START and step.to == stage), None)


def fact_of_hold(step: Step, fact: str, facts: Mapping[str, Value]) -> Value | None:
    """Give one fact of a hold: `reason`, `evidence`, `owner`, `told`, `told_on`, `review_on` or `expected_end_on`."""
    return facts.get(f"{hold_name(step)}_{fact}")


def day_of_hold(step: Step, fact: str, facts: Mapping[str, Value]) -> date | None:
    value = fact_of_hold(step, fact, facts)
    return value if isinstance(value, date) else None


def waits_for_hold(track: Track, step: Step, stage: str, facts: Facts) -> str:
    """Say that a step waits for a hold, and when the hold is looked at again; "" for a track that is not on hold."""
    hold_step = hold_step_at(track, stage)
    if hold_step is None:
        return ""
    day = day_of_hold(hold_step, "review_on", facts.known)
    again = f" The hold is looked at again on {day.day} {day:%B %Y}." if day else ""
    return f"“{step.title}” waits: the {mid_sentence(track.title)} is on hold.{again}"
