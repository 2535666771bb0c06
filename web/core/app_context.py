"""What one application, or one command of the terminal, is built on. Knows no Flask: the terminal needs none."""

from dataclasses import dataclass, field

from reviews.audit.refusal_limits import RefusalCounter
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.settings import Settings
from reviews.people.limits import StepCounter


@dataclass(frozen=True, slots=True)
class AppContext:
    settings: Settings
    database: Database
    clock: Clock
    step_counter: StepCounter = field(default_factory=StepCounter, compare=False)
    refusals: RefusalCounter = field(default_factory=RefusalCounter, compare=False)
