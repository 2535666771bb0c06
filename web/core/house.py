"""What is one application, or one command of the terminal, built on?"""

from dataclasses import dataclass

from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.core.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    database: Database
    clock: Clock
