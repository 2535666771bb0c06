"""The path that a case has taken through its stages, track by track."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from reviews.cases.history import RecordedStep, current_stage_name, read_history
from reviews.cases.page_queries import CaseFile, StepOption
from reviews.cases.version_plan import CaseMigration, MigrationPlan
from reviews.cases.version_queries import PastMigration
from reviews.core.paging import Page
from reviews.models import Case, CaseTrack, LocalRule
from web.cases.blocked_steps import MissingItem
from web.core.context import read_session
from workflows.core.bars import barred_from
from workflows.core.days import PartialDay, day_in_words
from workflows.core.involvement import Involvement
from workflows.core.vocabulary import UNOPENED, Role, Step, Track, Workflow
from workflows.diagrams.svg import Arrow, Card, Drawing, Row, draw


@dataclass(slots=True)
class Stay:
    """A time at one stage, with the title of the step that led there and how often each step was taken there."""

    stage: str
    since: PartialDay | None
    came_by: str
    steps_taken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _PathStep:
    """A step that was taken, with the stage names of the case's version. `on` is None where nobody knows the day."""

    step: str
    source: str
    to: str
    on: PartialDay | None


@dataclass(frozen=True, slots=True)
class TrackPath:
    """The path of one track: every stay in order, and the steps taken, each as (step, from, to)."""

    drawing: Drawing
    now: str
    stays: Sequence[Stay]
    taken: frozenset[tuple[str, str, str]]

    @property
    def track(self) -> Track:
        return self.drawing.track

    def is_passed(self, card: Card) -> bool:
        return card.stage == UNOPENED or any(stay.stage == card.stage for stay in self.stays)

    def is_taken(self, arrow: Arrow) -> bool:
        if arrow.source == UNOPENED:
            return True
        return any(
            step == arrow.step and arrow.to in ("", to) and arrow.source in ("", source)
            for step, source, to in self.taken
        )

    def has_recorded(self, card: Card, row: Row) -> bool:
        return any(step == row.step.name and card.stage in ("", source) for step, source, _ in self.taken)


def path_of(file: CaseFile, track: Track, taken: Sequence[RecordedStep]) -> TrackPath:
    """Follow a track from its first stage; stages of an earlier version get the names of the case's version."""
    row = next(each for each in file.case.tracks if each.name == track.name)
    path = [_path_step(file.workflow, each) for each in taken if each.track == track.name]
    stays = list(_stays(file, track, row, path))
    steps = frozenset((each.step, each.source, each.to) for each in path)
    notes: dict[str, Sequence[str]] = {**file.workflow.timed_moves_at(track)}
    for stage, lines in _notes(row, stays).items():
        notes[stage] = [*lines, *notes.get(stage, ())]
    return TrackPath(draw(track, notes), row.stage, stays, steps)


def _path_step(workflow: Workflow, taken: RecordedStep) -> _PathStep:
    source, to = (current_stage_name(workflow, taken.track, stage) for stage in (taken.from_stage, taken.to_stage))
    return _PathStep(taken.step, source, to, taken.day)


def _stays(file: CaseFile, track: Track, row: CaseTrack, taken: Sequence[_PathStep]) -> Iterator[Stay]:
    titles = {step.name: step.title for step in track.steps}
    opened = [each for each in taken if each.source == UNOPENED]
    stay = Stay(
        str(track.initial),
        opened[0].on if opened else file.case.opened,
        titles.get(opened[0].step, "") if opened else "",
    )
    for each in taken:
        title = titles.get(each.step, each.step)
        if each.source == UNOPENED:
            continue
        if each.to == stay.stage:
            stay.steps_taken[title] = stay.steps_taken.get(title, 0) + 1
        else:
            yield stay
            stay = Stay(each.to, each.on, title)
    yield stay
    if stay.stage != row.stage:
        yield Stay(row.stage, row.since, "")


def _notes(row: CaseTrack, stays: Sequence[Stay]) -> dict[str, list[str]]:
    """Give each stage passed the day it was first reached, and mark the present one."""
    notes: dict[str, list[str]] = {}
    for stay in stays:
        notes.setdefault(stay.stage, [f"Reached {_day(stay.since)}"])
    last = stays[-1]
    now = f"{'Ended here,' if row.ended_on else 'Here since'} {_day(last.since)}"
    first = notes[row.stage] if sum(stay.stage == row.stage for stay in stays) > 1 else []
    notes[row.stage] = [*first, now]
    return notes


def _day(day: PartialDay | None) -> str:
    return day_in_words(day, "a day not known")


@dataclass(frozen=True, slots=True)
class TrackView:
    """A track with its drawing; for a case also its path and, by name of the step, what this person may record."""

    track: Track
    drawing: Drawing
    path: TrackPath | None = None
    answers: Mapping[str, StepOption] = field(default_factory=dict)

    @property
    def has_groups(self) -> bool:
        return any(card.is_group for card in self.drawing.cards)

    @property
    def has_returns(self) -> bool:
        return any(arrow.is_return for arrow in self.drawing.arrows)


@dataclass(frozen=True, slots=True)
class WorkflowPage:
    """A workflow, and where a case stands in it if one is named. `local` are the rules in force today by deadline."""

    workflow: Workflow
    views: Sequence[TrackView]
    local: Mapping[str, LocalRule]
    today: date
    other_versions: Sequence[Workflow] = ()
    may_manage: bool = False
    case: Case | None = None
    steps: Sequence[StepOption] = ()
    steps_for_others: Sequence[tuple[StepOption, str]] = ()
    missing: Mapping[str, Sequence[MissingItem]] = field(default_factory=dict)

    @property
    def barred(self) -> Mapping[str, str]:
        """Say of each step to whom it is not open because they would decide on what is their own; "" for nobody."""
        return {
            step.name: "; ".join(each.words for each in Involvement if each in barred_from(track, step))
            for track in self.workflow.tracks
            for step in track.steps
        }

    @property
    def roles(self) -> list[Role]:
        return [role for role in Role if any(role in step.by for step in self.workflow.steps)]

    @property
    def step_titles(self) -> dict[str, str]:
        return {step.name: step.title for step in self.workflow.steps}

    @property
    def question_labels(self) -> dict[str, str]:
        return {name: asked.label for name, asked in self.workflow.questions.items()}


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version with the number of running cases under it that this person manages."""

    workflow: Workflow
    running: int
    is_for_new: bool


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """The versions of a workflow, the moves made before, and the plan of a move if one was asked for."""

    name: str
    lines: Sequence[VersionLine]
    moves: Sequence[PastMigration]
    partnerships: Mapping[str, str]
    partnership: str
    today: date
    plan: MigrationPlan | None = None
    can: Page[CaseMigration] | None = None

    @property
    def title(self) -> str:
        return self.lines[0].workflow.title

    @property
    def running(self) -> int:
        return sum(line.running for line in self.lines)


def views_of(workflow: Workflow) -> list[TrackView]:
    return [TrackView(track, draw(track, workflow.timed_moves_at(track))) for track in workflow.tracks]


def case_views(file: CaseFile) -> list[TrackView]:
    """Draw the tracks of a case with the path it has taken, in one query."""
    taken = read_history(read_session(), file.case).steps
    paths = [path_of(file, track, taken) for track in file.workflow.tracks]
    return [
        TrackView(
            path.track,
            path.drawing,
            path,
            {answer.step.name: answer for answer in file.steps if answer.track.name == path.track.name},
        )
        for path in paths
    ]


def steps_from(track: Track, stage: str) -> list[Step]:
    """List the steps that lead on from a stage, those that stay there included."""
    return [step for step in track.steps if stage in step.source]
