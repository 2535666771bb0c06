"""The path that a case has taken through its stages, track by track."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from reviews.cases.corrections import current_stage_name
from reviews.cases.history import RecordedStep
from reviews.cases.page_queries import CaseFile
from reviews.models import CaseTrack
from workflows.core.vocabulary import UNOPENED, Track, Workflow
from workflows.diagrams.svg import Arrow, Card, Drawing, Row, draw


@dataclass(slots=True)
class Stay:
    """A time at one stage, with the title of the step that led there and how often each step was taken there."""

    stage: str
    since: date | None
    came_by: str
    steps_taken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _PathStep:
    """A step that was taken, with the stage names of the case's version. `on` is None where nobody knows the day."""

    step: str
    source: str
    to: str
    on: date | None


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
    return TrackPath(draw(track, _notes(row, stays)), row.stage, stays, steps)


def _path_step(workflow: Workflow, taken: RecordedStep) -> _PathStep:
    source, to = (current_stage_name(workflow, taken.track, stage) for stage in (taken.from_stage, taken.to_stage))
    return _PathStep(taken.step, source, to, taken.on if taken.day_known else None)


def _stays(file: CaseFile, track: Track, row: CaseTrack, taken: Sequence[_PathStep]) -> Iterator[Stay]:
    titles = {step.name: step.title for step in track.steps}
    opened = [each for each in taken if each.source == UNOPENED]
    stay = Stay(
        str(track.initial),
        opened[0].on if opened else file.case.opened_on,
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
        yield Stay(row.stage, row.since_on, "")


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


def _day(day: date | None) -> str:
    return f"{day:%-d %B %Y}" if day else "a day not known"
