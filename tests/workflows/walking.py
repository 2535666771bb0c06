"""A case walked on paper: no database, only the definition and what has been said so far."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from workflows.core.engine import take_step
from workflows.core.questions import Facts, Kind, Question, Value, filled_in
from workflows.core.vocabulary import UNOPENED, OnHold, Role, Step, Workflow

THAT_DAY = date(2025, 6, 18)


@dataclass
class Walk:
    """Takes steps by name as the system would, filling in what they ask for.

    `stages` is where each track stands; `usual` are answers given whenever they are asked for.
    """

    workflow: Workflow
    on: date = THAT_DAY
    stages: dict[str, str] = field(default_factory=dict)
    usual: dict[str, Value] = field(default_factory=dict)
    known: dict[str, Value] = field(default_factory=dict)
    happened: dict[str, date] = field(default_factory=dict)
    held_at: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stages = {track.name: str(track.initial) for track in self.workflow.tracks} | self.stages

    def take(self, name: str, *, roles: frozenset[Role] | None = None, **given: Value) -> str:
        step = the_step(self.workflow, name)
        track = self.workflow.track_of(step)
        usual = {asked.name: self.usual[asked.name] for asked in step.questions if asked.name in self.usual}
        said = answers_to(step, self.on, **usual | given)
        stage = UNOPENED if step is self.workflow.opening else self.stages[track.name]
        facts = Facts(self.known | said, self.stages, self.happened, self.on, held_at=self.held_at)
        if step.hold is OnHold.START:
            self.held_at[track.name] = stage
        self.stages[track.name] = take_step(track, step, stage=stage, facts=facts, roles=roles)
        self.known |= said
        self.happened[name] = self.on
        return self.stages[track.name]

    def take_all(self, *names: str) -> str:
        return [self.take(name) for name in names][-1]


def the_step(workflow: Workflow, name: str) -> Step:
    step = workflow.step(name)
    assert step is not None, f"{workflow.name} has no step {name}"
    return step


def answers_to(step: Step, on: date, **given: Value) -> dict[str, Value]:
    """Answer all that the form of that day must be told: yes, the first choice, or the day itself."""
    return filled_in(step.form_on(on), given, lambda asked: _answer(asked, on))


def _answer(asked: Question, on: date) -> Value:
    match asked.kind:
        case Kind.YES_NO:
            return True
        case Kind.NUMBER:
            return 1
        case Kind.DAY:
            return on
        case Kind.MOMENT:
            return datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
        case Kind.AGENCIES | Kind.PARTNERS:
            return ("Anyshire Council", "Anyshire Police")
        case Kind.CHOICE:
            return asked.choices[0][0]
        case _:
            return f"An answer to: {asked.label}"
