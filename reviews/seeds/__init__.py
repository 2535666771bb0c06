"""What do the invented partnerships, Anyshire and Midmarch, look like?"""

from pathlib import Path

import sqlalchemy as sa

from reviews.clock import Clock
from reviews.db import Database
from reviews.models import Partnership
from reviews.permissions import system
from reviews.seeds.cases import seed_cases
from reviews.seeds.people import PLACES, seed_people
from reviews.seeds.plans import seed_plans
from reviews.seeds.town import Town
from reviews.unit import unit_of_work


def seed(database: Database, clock: Clock, *, password_hash: str, files: Path | None = None) -> bool:
    """Load the invented data in one transaction, dated back from today; False when it is there already.

    `files` is the folder of the evidence: without it, none of it is a file.
    """
    with unit_of_work(database, system("demonstration"), clock) as unit:
        if unit.session.scalar(sa.select(Partnership.id).limit(1)) is not None:
            return False
        for place in PLACES:
            town = Town(unit, seed_people(unit, place, password_hash=password_hash))
            seed_cases(town, place)
            seed_plans(town, place, files)
    return True
