"""What is one application, or one command of the terminal, built on?"""

from dataclasses import dataclass

from reviews.clock import Clock
from reviews.db import Database
from reviews.settings import Settings


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    database: Database
    clock: Clock
