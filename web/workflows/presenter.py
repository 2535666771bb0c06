"""What the pages of a workflow show: its tracks, a case on them, its versions and the moves between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from reviews.cases.history import read_history
from reviews.cases.page_queries import CaseFile, StepOption
from reviews.cases.version_plan import CaseMigration, MigrationPlan
from reviews.cases.version_queries import PastMigration
from reviews.core.paging import Page
from reviews.models import Case, LocalRule
from web.cases.blocked_steps import MissingItem
from web.core.context import read_session
from web.workflows.case_diagram import TrackPath, path_of
from workflows.core.vocabulary import Role, Step, Track, Workflow
from workflows.diagrams.svg import Drawing, draw


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
    return [TrackView(track, draw(track)) for track in workflow.tracks]


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
