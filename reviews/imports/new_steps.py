"""What a row of a list of past cases adds to a case: which steps, days and facts are new, and what contradicts it.

Nothing is written here, so a row that is refused leaves no trace.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from reviews.cases.history import CaseHistory, RecordedStep
from reviews.cases.validation import check_fact, check_values
from reviews.imports.readers.past_rows import PastCase, PastFact, PastStep
from reviews.models import CaseTrack
from workflows.core.days import PartialDay, Precision, day_as_known, day_in_words
from workflows.core.engine import Refused, can_still_come
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Value
from workflows.core.vocabulary import BACK, UNOPENED, OnHold, Step, Track, Workflow, hold_step_at


class RowRefused(Exception):
    """The row contradicts the case; `column` is the heading in the file."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


@dataclass(slots=True)
class TrackState:
    """What a track is at while a row is gone through; `passed` are the stages it was at before."""

    stage: str
    since_on: date
    since_known_to: Precision
    held_at: str | None
    passed: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, track: CaseTrack, history: CaseHistory) -> "TrackState":
        moves = [step for step in history.steps if step.track == track.name and step.to_stage != step.from_stage]
        passed = [step.from_stage for step in moves]
        return cls(track.stage, track.since_on, track.since_known_to, track.held_at, passed)

    def leads_to(self, track: Track, step: Step) -> str:
        """Give the stage a step leads to. Out of a hold, which the list may not mention, it is the stage before."""
        if step.to != BACK:
            return str(step.to) or self.stage
        if not step.reopens:
            return self.held_at or self.stage
        stages = {str(stage) for stage in track.stages} - track.finished
        open_stages = (stage for stage in reversed(self.passed) if stage in stages and not hold_step_at(track, stage))
        return next(open_stages, self.stage)

    def move_to(self, stage: str, step: Step, on: date, known_to: Precision) -> None:
        if step.hold is OnHold.START:
            self.held_at = self.stage
        elif stage != self.stage:
            self.held_at = None
        if stage != self.stage:
            self.passed.append(self.stage)
            self.stage, self.since_on, self.since_known_to = stage, on, known_to


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step that the row brings, or a new day or new facts of a recorded one.

    `edition_day` is the day by which the edition of its form is chosen. `occurrence` says which time it is, 0 where
    there is only one.
    """

    step: Step
    past: PastStep
    track: str
    from_stage: str
    to_stage: str
    on: date
    known_to: Precision
    facts: tuple[PastFact, ...]
    edition_day: date
    occurrence: int
    is_new: bool
    day_is_new: bool = False
    contradicts: bool = False

    @property
    def answers(self) -> dict[str, Value]:
        return {fact.name: fact.value for fact in self.facts}


def new_steps(
    workflow: Workflow,
    past: PastCase,
    tracks: Mapping[str, TrackState],
    history: CaseHistory,
    values: Mapping[int, Mapping[str, Value]],
) -> list[NewStep]:
    """Give what the row adds to the history of a case, in order; nothing where it says what is recorded already.

    Nothing that is recorded is overwritten. `tracks` are moved on. Raises RowRefused where the row differs from what
    there is, or a step cannot follow.
    """
    recorded = _recorded(history)
    matches = _match(past.steps, recorded)
    added, contradicting = [], []
    for past_step, match in zip(past.steps, matches, strict=True):
        step = workflow.step(past_step.name)
        if step is None:
            reason = f"“{past_step.name}” is no step of version {workflow.version}, under which this case runs."
            raise RowRefused(past_step.column, reason)
        track = workflow.track_of(step)
        one = ComparedStep(workflow, past, past_step, step, track, recorded[step.name], match)
        if one.contradicts():
            contradicting.append(one)
        elif (new := one.new_step(tracks[track.name], values)) is not None:
            added.append(new)
    return [*added, *(one.contradiction(tracks[one.track.name]) for one in contradicting)]


def _recorded(history: CaseHistory) -> defaultdict[str, list[RecordedStep]]:
    found: defaultdict[str, list[RecordedStep]] = defaultdict(list)
    for step in history.steps:
        found[step.step].append(step)
    return found


def _days_of(recorded: RecordedStep) -> list[PartialDay]:
    return [day for day in (recorded.day, *recorded.contradicted_by) if day is not None]


def _match(
    steps: Sequence[PastStep], recorded: Mapping[str, Sequence[RecordedStep]]
) -> list[tuple[int, RecordedStep | None]]:
    """Give for each step of the row which recorded one it is, with its number among those of its name.

    Days that agree decide, and then the order: one whose day is not known, and then the first that is left.
    """
    found: dict[int, RecordedStep] = {}
    left = {name: list(of_name) for name, of_name in recorded.items()}
    for agreeing in (True, False):
        for index, step in enumerate(steps):
            candidates = left.get(step.name, [])
            if index in found or not candidates:
                continue
            match = _best(step, candidates, agreeing=agreeing)
            if match is not None:
                found[index] = match
                candidates.remove(match)
    numbers: dict[str, int] = {name: len(of_name) for name, of_name in recorded.items()}
    matches: list[tuple[int, RecordedStep | None]] = []
    for index, step in enumerate(steps):
        match = found.get(index)
        if match is None:
            numbers[step.name] = numbers.get(step.name, 0) + 1
            matches.append((numbers[step.name], None))
        else:
            matches.append((list(recorded[step.name]).index(match) + 1, match))
    return matches


def _best(step: PastStep, candidates: Sequence[RecordedStep], *, agreeing: bool) -> RecordedStep | None:
    on = step.on
    if agreeing:
        if on is None:
            return None
        return next((each for each in candidates if any(day.agrees_with(on) for day in _days_of(each))), None)
    unknown = (each for each in candidates if each.day is None) if on is not None else iter(candidates)
    return next(unknown, candidates[0])


@dataclass(frozen=True, slots=True)
class ComparedStep:
    """One step of a row beside what is recorded of it."""

    workflow: Workflow
    case: PastCase
    past: PastStep
    step: Step
    track: Track
    same_name: Sequence[RecordedStep]
    match: tuple[int, RecordedStep | None]

    @property
    def recorded(self) -> RecordedStep | None:
        return self.match[1]

    @property
    def known_to(self) -> Precision:
        return (self.past.on.precision if self.past.on else None) or Precision.UNKNOWN

    @property
    def occurrence(self) -> int:
        """Which time it is, 0 where there is only one."""
        return self.match[0] if self.match[0] > 1 or len(self.same_name) > 1 else 0

    def contradicts(self) -> bool:
        """Whether its day is kept beside the recorded one, as it is of another source. Raises RowRefused."""
        if self.recorded is None or self.past.on is None:
            return False
        days = _days_of(self.recorded)
        if not days or any(day.agrees_with(self.past.on) for day in days):
            return False
        if self.case.source and self.case.source not in self.recorded.sources:
            return True
        raise RowRefused(
            self.past.column,
            f"“{self.step.title}” is recorded for {days[-1]}. An import cannot change this. To keep both days, name "
            "where yours is from in a column “source”.",
        )

    def new_step(self, state: TrackState, values: Mapping[int, Mapping[str, Value]]) -> NewStep | None:
        past, recorded = self.past, self.recorded
        day = self._edition_day()
        facts = self._new_facts(values.get(recorded.event_id, {}) if recorded else {}, day)
        same = [known for known in _days_of(recorded) if past.on and known.agrees_with(past.on)] if recorded else []
        closer = past.on is not None and all(past.on.is_closer_than(known) for known in same)
        if recorded is not None and not closer and not facts:
            return None
        if recorded is None:
            self._require_next(state)
        on = past.placed_on if past.on and recorded else max(past.placed_on, state.since_on)
        on = min(on, past.on.last) if past.on else on
        from_stage = UNOPENED if self.step is self.workflow.opening else state.stage
        to_stage = state.stage
        if recorded is None:
            to_stage = state.leads_to(self.track, self.step)
            state.move_to(to_stage, self.step, on, self.known_to)
        return self._new(from_stage, to_stage, on, facts, day, day_is_new=recorded is not None and closer)

    def contradiction(self, state: TrackState) -> NewStep:
        assert self.past.on is not None  # noqa: S101  # or it would not contradict
        new = self._new(state.stage, state.stage, self.past.on.first, (), self._edition_day(), day_is_new=False)
        return replace(new, contradicts=True)

    def _new(
        self, from_stage: str, to_stage: str, on: date, facts: Iterable[PastFact], day: date, *, day_is_new: bool
    ) -> NewStep:
        return NewStep(
            step=self.step,
            past=self.past,
            track=self.track.name,
            from_stage=from_stage,
            to_stage=to_stage,
            on=on,
            known_to=self.known_to,
            facts=tuple(facts),
            edition_day=day,
            occurrence=self.occurrence,
            is_new=self.recorded is None,
            day_is_new=day_is_new,
        )

    def _edition_day(self) -> date:
        """Give the day whose edition of the form holds: a case keeps the one it was first filled in under."""
        first = next((each for each in self.same_name if each.day_known), None)
        return self.past.placed_on if first is None else first.form_edition or date.min

    def _new_facts(self, existing: Mapping[str, Value], day: date) -> list[PastFact]:
        """Give the facts that are new to the step, checked as its form checks them."""
        new = []
        for fact in self.past.facts:
            if fact.name not in existing or _says_more(fact.value, existing[fact.name]):
                new.append(fact)
            elif existing[fact.name] == fact.value or _says_more(existing[fact.name], fact.value):
                continue
            elif not (self.case.source and _as_known(fact.value) == self.past.on):  # else the day of the step has it
                known = _in_words(existing[fact.name])
                raise RowRefused(fact.column, f"The case says “{known}”. An import cannot change this.")
        for fact in new:
            _check(self.step, fact, day)
        return new

    def _require_next(self, state: TrackState) -> None:
        """Refuse a step that cannot follow, or a day before the present stage began.

        From a final stage only a step that leaves it directly can follow: the list cannot imply that it was reopened.
        """
        if self.step is self.workflow.opening and self.match[0] == 1:
            return
        stage, title = mid_sentence(sentence(state.stage)), mid_sentence(self.track.title)
        over = state.stage in self.track.finished and state.stage not in self.step.source
        if over or not can_still_come(self.track, state.stage, self.step):
            raise RowRefused(self.past.column, f"“{self.step.title}” cannot follow, because the {title} is at {stage}.")
        since = day_as_known(state.since_on, state.since_known_to) or PartialDay.of(state.since_on)
        if self.past.on and since.is_after(self.past.on):
            raise RowRefused(self.past.column, f"This is before {since}, when the {title} reached {stage}.")


def _says_more(value: Value | None, than: Value | None) -> bool:
    """Whether a day says more closely what another one says of a month or a year."""
    first, second = _as_known(value), _as_known(than)
    return first is not None and second is not None and first.is_closer_than(second)


def _as_known(value: Value | None) -> PartialDay | None:
    if isinstance(value, PartialDay):
        return value
    return PartialDay.of(value) if isinstance(value, date) and not isinstance(value, datetime) else None


def _check(step: Step, fact: PastFact, day: date) -> None:
    """Refuse what the step would refuse. A fact that it does not ask for is checked by the fact's own question."""
    try:
        if fact.name in {asked.name for asked in step.questions}:
            check_values(step, {fact.name: fact.value}, on=day)
        else:
            check_fact(fact.question, fact.value)
    except Refused as refusal:
        raise RowRefused(fact.column, refusal.sentence) from refusal


def _in_words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case date() | PartialDay():
            return day_in_words(value)
        case tuple():
            return "; ".join(value)
        case _:
            return mid_sentence(sentence(str(value)))
