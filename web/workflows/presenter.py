"""What does the page of a workflow show of each track, and what of a case in it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reviews.cases.history import record_of
from reviews.cases.page_queries import CaseFile, StepAnswer
from web.core.context import reader
from web.workflows.case_diagram import TrackPath, path_of
from workflows.core.vocabulary import Step, Track, Workflow
from workflows.diagrams.svg import Drawing, draw


@dataclass(frozen=True, slots=True)
class TrackView:
    """A track with its drawing; of a case also its path and, by name of the step, what this person may record."""

    track: Track
    drawing: Drawing
    path: TrackPath | None = None
    answers: Mapping[str, StepAnswer] = field(default_factory=dict)

    @property
    def has_groups(self) -> bool:
        return any(card.is_group for card in self.drawing.cards)

    @property
    def has_returns(self) -> bool:
        return any(arrow.is_return for arrow in self.drawing.arrows)


def views_of(workflow: Workflow) -> list[TrackView]:
    return [TrackView(track, draw(track)) for track in workflow.tracks]


def case_views(file: CaseFile) -> list[TrackView]:
    """Draw the tracks of a case with the way it has come, which is one query however long it is."""
    taken = record_of(reader(), file.case).steps
    paths = [path_of(file, track, taken) for track in file.workflow.tracks]
    return [TrackView(path.track, path.drawing, path, _answers(file.steps, path.track)) for path in paths]


def steps_from(track: Track, stage: str) -> list[Step]:
    """List the steps that lead on from a stage, those that stay there included."""
    return [step for step in track.steps if stage in step.source]


def _answers(steps: Sequence[StepAnswer], track: Track) -> dict[str, StepAnswer]:
    return {answer.step.name: answer for answer in steps if answer.track.name == track.name}
