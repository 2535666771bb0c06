"""The steps that a row of a list of past cases tells of, and the order in which they were taken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import pairwise

from reviews.imports.readers.past_columns import ColumnKind, PastColumn, columns_of
from reviews.imports.readers.past_rows import PastFact, PastRow, PastStep, plain_words, when
from workflows.core.days import PartialDay
from workflows.core.engine import can_still_come
from workflows.core.labels import mid_sentence, sentence
from workflows.core.vocabulary import BACK, OnHold, Step, Track, Workflow
from workflows.definitions.shared.past_lists import ORDER, STAGE_WORDS

NOT_TAKEN = "not "
"""Begins an entry of STAGE_WORDS that names a step which was not taken yet."""


@dataclass(slots=True)
class RowStep:
    """A step as the row tells of it: `column` is our name of the column it was read from."""

    step: Step
    occurrence: int
    on: PartialDay | None
    column: str
    facts: dict[str, PastFact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrackPosition:
    """Where a track is, where it returns to from a hold, and where it was before it ended."""

    stage: str
    held_at: str = ""
    before_end: str = ""

    def after(self, track: Track, step: Step) -> "TrackPosition":
        """Give where the track is after a step, which may follow others that the row does not tell of."""
        if step.to == "":
            return self
        if step.to == BACK:
            return TrackPosition((self.before_end if step.reopens else self.held_at) or self.stage)
        held_at = self.stage if step.hold is OnHold.START else ""
        before_end = (self.held_at or self.stage) if step.to in track.finished else ""
        return TrackPosition(str(step.to), held_at, before_end)


@dataclass(slots=True)
class RowSteps:
    """Collects the steps of one case from the columns of its row. What contradicts itself is refused by its cell."""

    row: PastRow
    workflow: Workflow
    found: dict[tuple[str, int], RowStep] = field(default_factory=dict)

    def take(self, name: str, on: PartialDay | None, column: str, *facts: PastFact | None, occurrence: int = 1) -> None:
        """Add a step, or what another column tells of a step that is there."""
        step = self.workflow.step(name)
        assert step is not None, name  # noqa: S101  # readers name steps of the definition
        taken = self.found.setdefault((name, occurrence), RowStep(step, occurrence, on, column))
        if on is not None and taken.on is not None and not on.agrees_with(taken.on):
            other = self.row.heading(taken.column)
            self.row.refuse(column, f"“{step.title}” is {when(on)} here, but {when(taken.on)} in “{other}”.")
        elif on is not None and (taken.on is None or on.is_closer_than(taken.on)):
            taken.on, taken.column = on, column
        for fact in facts:
            if fact is not None and taken.facts.setdefault(fact.name, fact).value != fact.value:
                self.row.refuse(fact.column, f"This contradicts “{taken.facts[fact.name].column}”.")

    def has(self, name: str) -> bool:
        return any(step == name for step, _ in self.found)

    def earliest(self) -> date | None:
        """Give the first day that a step or a fact of the row has, if it is not ahead."""
        days = [taken.on.first for taken in self.found.values() if taken.on is not None]
        values = [fact.value for taken in self.found.values() for fact in taken.facts.values()]
        days += [value.first for value in values if isinstance(value, PartialDay)]
        days += [value for value in values if type(value) is date]
        return min((day for day in days if day <= self.row.today), default=None)

    def in_order(self, start: date) -> tuple[PastStep, ...]:
        """Give the steps in the order they were taken. One without a day is placed on the last day known before it."""
        opening = self.workflow.opening
        if opening is not None and not self.has(opening.name):
            self.take(opening.name, None, opening.name)
        last, steps = start, []
        for taken in ordered(self.workflow, self.found.values()):
            last = max(last, taken.on.first) if taken.on else last
            placed_on = last if taken.on is None else min(last, taken.on.last)
            heading, facts = self.row.heading(taken.column), tuple(taken.facts.values())
            steps.append(PastStep(taken.step.name, taken.on, placed_on, heading, facts, taken.occurrence))
        return tuple(steps)


def read_steps(row: PastRow, columns: Sequence[PastColumn], steps: RowSteps) -> None:
    """Read the columns of steps, and then those of what their forms ask and of where the case is."""
    for column in _of_kind(columns, ColumnKind.STEP):
        for index, on in enumerate(row.taken(column.name)):
            steps.take(column.of, on, column.name, occurrence=column.occurrence + index)
    facts = list(_of_kind(columns, ColumnKind.FACT))
    for column in sorted(facts, key=lambda column: not column.of):  # those that name their step come first
        assert column.question is not None  # noqa: S101
        fact = row.answer(column.name, column.question)
        if fact is not None:
            _add_fact(row, column, fact, steps)
    for column in _of_kind(columns, ColumnKind.STAGE):
        _read_stage(row, column, steps)
    if not row.faults:
        _imply_earlier(steps)
        _check_order(row, steps)


def _of_kind(columns: Iterable[PastColumn], kind: ColumnKind) -> Iterable[PastColumn]:
    return (column for column in columns if column.kind is kind)


def _add_fact(row: PastRow, column: PastColumn, fact: PastFact, steps: RowSteps) -> None:
    """Add a fact to the step that asks for it. What belongs to a step that was not taken is refused, not lost."""
    workflow, occurrence = steps.workflow, column.occurrence
    asking = [step for step in workflow.steps if fact.name in {question.name for question in step.questions}]
    step = workflow.step(column.of) or _only_taken(row, column, asking, steps)
    if step is None:
        return
    if (step.name, occurrence) in steps.found or step is workflow.opening or _implies_hold(step, fact):
        asked = next((question for question in step.questions if question.name == fact.name), fact.question)
        steps.take(step.name, None, column.name, replace(fact, question=asked), occurrence=occurrence)
    else:
        row.refuse(column.name, f"This belongs to “{step.title}”: enter its day in “{row.heading(step.name)}” too.")


def _only_taken(row: PastRow, column: PastColumn, asking: Sequence[Step], steps: RowSteps) -> Step | None:
    """Give the one step of the row that asks for a fact which several steps ask for."""
    taken = [step for step in asking if (step.name, column.occurrence) in steps.found]
    if not taken:
        taken = [step for step in asking if step is steps.workflow.opening]
    if len(taken) == 1:
        return taken[0]
    if not taken:
        titles, names = (
            " or ".join(f"“{each}”" for each in found)
            for found in zip(*((step.title, step.name) for step in asking), strict=True)
        )
        row.refuse(column.name, f"This belongs to {titles}: enter its day in {names} too.")
    else:
        names = " and ".join(f"“{step.name}.{column.name}”" for step in taken)
        row.refuse(column.name, f"Several steps of the row ask for this. Use the columns {names}.")
    return None


def _implies_hold(step: Step, fact: PastFact) -> bool:
    """Whether a fact says that the track was put on hold, even where the day of the hold is not known."""
    return step.hold is OnHold.START and fact.name.endswith("_reason")


def _read_stage(row: PastRow, column: PastColumn, steps: RowSteps) -> None:
    text = row.text(column.name)
    if not text:
        return
    words, workflow = plain_words(text), steps.workflow
    named = _words_of(workflow.name)
    tracks = [track for track in workflow.tracks if column.of in ("", track.name)]
    if words in named and (reached := _on_tracks(workflow, tracks, named[words])):
        _reach_by_steps(row, column, reached, steps)
        return
    for track in tracks:
        stage = _stages_by_words(track).get(words)
        if stage is not None:
            _reach_stage(row, column, track, stage, steps)
            return
    stages = [mid_sentence(sentence(stage)) for track in tracks for stage in track.stages]
    known = ", ".join(dict.fromkeys([*named, *stages]))
    row.refuse(column.name, f"“{text}” is not one of: {known}.")


@cache
def _words_of(workflow: str) -> Mapping[str, tuple[str, ...]]:
    return {plain_words(words): names for words, names in STAGE_WORDS.get(workflow, {}).items()}


@cache
def _stages_by_words(track: Track) -> Mapping[str, str]:
    """Give the stages of a track by their stored names and by these in words."""
    return {words: str(each) for each in track.stages for words in (plain_words(each), plain_words(sentence(each)))}


def _on_tracks(workflow: Workflow, tracks: Sequence[Track], names: Sequence[str]) -> list[str]:
    allowed = {step.name for track in tracks for step in track.steps}
    return [name for name in names if name.removeprefix(NOT_TAKEN) in allowed]


def _reach_by_steps(row: PastRow, column: PastColumn, names: Sequence[str], steps: RowSteps) -> None:
    """Add the steps that words for a stage stand for, where the days of the row do not lead there."""
    workflow = steps.workflow
    refused = [name.removeprefix(NOT_TAKEN) for name in names if name.startswith(NOT_TAKEN)]
    wanted = [step for step in map(workflow.step, names) if step is not None]
    targets = {workflow.track_of(step).name: str(step.to) for step in wanted if step.to}
    before = positions(workflow, steps.found.values())
    for step in wanted:
        track = workflow.track_of(step).name
        if before[track].stage != targets[track] and not steps.has(step.name) and step is not workflow.opening:
            steps.take(step.name, None, column.name)
    after = positions(workflow, steps.found.values())
    for name, stage in targets.items():
        later = _taken_too_early(steps, workflow.track(name), stage)
        if after[name].stage != stage or later:
            at = before[name].stage if before[name].stage != stage else after[name].stage
            _contradict(row, column, steps, workflow.track(name), at, later)
    for name in refused:
        if steps.has(name):
            _contradict(row, column, steps, None, "", name)


def _reach_stage(row: PastRow, column: PastColumn, track: Track, stage: str, steps: RowSteps) -> None:
    """Add the step that leads to a stage, where the days of the row do not lead there."""
    workflow = steps.workflow
    at = positions(workflow, steps.found.values())[track.name].stage
    if at != stage:
        leading = [step for step in track.steps if step.to == stage and not track.is_opened_by(step)]
        direct = [step for step in leading if at in map(str, step.source)]
        possible = direct or [step for step in leading if can_still_come(track, at, step)]
        if len(possible) > 1:
            names = " or ".join(f"“{step.name}”" for step in possible)
            row.refuse(column.name, f"Several steps lead there. Fill in {names}, with its day or with “yes”.")
            return
        if not possible:
            _contradict(row, column, steps, track, at, "")
            return
        steps.take(possible[0].name, None, column.name)
    if later := _taken_too_early(steps, track, stage):
        _contradict(row, column, steps, track, at, later)


def _taken_too_early(steps: RowSteps, track: Track, stage: str) -> str:
    """Name a step of another track that the row has, although what must come before it has not happened at a stage."""
    chain = ORDER.get(steps.workflow.name, ())
    for index, name in enumerate(chain):
        step = steps.workflow.step(name)
        assert step is not None, name  # noqa: S101
        if step in track.steps and not steps.has(name) and stage != step.to and can_still_come(track, stage, step):
            return next((later for later in chain[index + 1 :] if steps.has(later)), "")
    return ""


def _contradict(row: PastRow, column: PastColumn, steps: RowSteps, track: Track | None, at: str, later: str) -> None:
    text = row.text(column.name)
    if later:
        taken = next(taken for (name, _), taken in steps.found.items() if name == later)
        row.refuse(column.name, f"The row says “{text}”, but “{row.heading(taken.column)}” is filled in.")
    elif track is not None:
        where = f"the {mid_sentence(track.title)} is at {mid_sentence(sentence(at))}"
        row.refuse(column.name, f"The row says “{text}”, but by its other columns {where}.")


def _imply_earlier(steps: RowSteps) -> None:
    """Add what must have come before a step of another track: of a report that is published, that it was finished."""
    workflow = steps.workflow
    chain = [step for name in ORDER.get(workflow.name, ()) if (step := workflow.step(name)) is not None]
    for index, step in enumerate(chain):
        track = workflow.track_of(step)
        later = [other for other in chain[index + 1 :] if steps.has(other.name) and other not in track.steps]
        if later and not steps.has(step.name) and step is not workflow.opening:
            at = positions(workflow, steps.found.values())[track.name].stage
            if can_still_come(track, at, step):
                steps.take(step.name, None, steps.found[later[0].name, 1].column)


def _check_order(row: PastRow, steps: RowSteps) -> None:
    """Refuse days of different tracks that are in the wrong order; on one track the stages decide."""
    chain = [steps.found[name, 1] for name in ORDER.get(steps.workflow.name, ()) if (name, 1) in steps.found]
    for earlier, later in pairwise([taken for taken in chain if taken.on is not None]):
        if earlier.on and later.on and earlier.on.is_after(later.on):
            first, second = f"“{later.step.title}” {when(later.on)}", f"“{earlier.step.title}” {when(earlier.on)}"
            row.refuse(later.column, f"{first} is before {second}.")


def positions(workflow: Workflow, taken: Iterable[RowStep]) -> dict[str, TrackPosition]:
    """Give where each track is after these steps."""
    found = {track.name: TrackPosition(str(track.initial)) for track in workflow.tracks}
    for each in ordered(workflow, taken):
        track = workflow.track_of(each.step)
        found[track.name] = found[track.name].after(track, each.step)
    return found


def ordered(workflow: Workflow, taken: Iterable[RowStep]) -> list[RowStep]:
    """Put steps in the order of their days and, where these leave it open, in one that the stages allow.

    The next step is one that no day puts later. Among those it is one that leaves all others possible, that can follow
    at all, that has a day, that follows directly, and that comes first in the definition, in that order of weight.
    """
    index, opening = _numbers(workflow), workflow.opening
    every = sorted(taken, key=lambda each: (index[each.step.name], each.occurrence))
    found, left = [each for each in every if each.step is opening], [each for each in every if each.step is not opening]
    days = {each.on.first: each for each in left if each.on is not None and each.on.exact}
    if len(days) == len(left):
        return [*found, *(days[day] for day in sorted(days))]
    at = {track.name: TrackPosition(str(track.initial)) for track in workflow.tracks}
    while left:
        ready = [each for each in left if not any(_is_before(other, each) for other in left)] or left
        best = min(ready, key=lambda each: _weight(workflow, at, each, left))
        left.remove(best)
        found.append(best)
        track = workflow.track_of(best.step)
        at[track.name] = at[track.name].after(track, best.step)
    return found


def _is_before(step: RowStep, other: RowStep) -> bool:
    if step.step is other.step and step.occurrence < other.occurrence:
        return True
    return step.on is not None and other.on is not None and other.on.is_after(step.on)


def _weight(
    workflow: Workflow, at: Mapping[str, TrackPosition], each: RowStep, left: Sequence[RowStep]
) -> tuple[bool, bool, bool, bool]:
    track = workflow.track_of(each.step)
    position = at[track.name]
    after = position.after(track, each.step)
    others = [other for other in left if other is not each and other.step in track.steps]
    reopened = any(other.step.reopens for other in others)
    impossible = not reopened and any(not can_still_come(track, after.stage, other.step) for other in others)
    follows = can_still_come(track, position.stage, each.step)
    directly = position.stage in map(str, each.step.source)
    return (impossible, not follows, each.on is None, not directly)


@cache
def _numbers(workflow: Workflow) -> Mapping[str, int]:
    """Give the place of each step in the definition."""
    return {step.name: number for number, step in enumerate(workflow.steps)}


@cache
def step_headings(workflow: Workflow) -> Mapping[str, str]:
    """Give the steps that have a column of days, by our name of the column."""
    return {column.name: column.of for column in columns_of(workflow).values() if column.kind is ColumnKind.STEP}
