"""How long does the first round of reminders take over the whole nation, beside the floor?"""

from time import perf_counter

import sqlalchemy as sa

from notifications.models import Letter, Reminder
from notifications.reminders import plan_round
from reviews.db import engine_of, open_database
from tests.bench.floor_round import first_round
from tests.bench.measuring import Measured
from tests.bench.nation import NOW
from tests.bench.raw import Raw
from tests.bench.stores import PREFIX, Store

WORK = f"{PREFIX}work"


def measure_round(store: Store, name: str) -> Measured:
    """Measure one morning, each program on a fresh copy: decided and written down, not sent."""
    database = Raw(store.copy(name, WORK))
    begun = perf_counter()
    written = first_round(database)
    floor = perf_counter() - begun
    database.close()
    store.drop(WORK)
    ours, found = _ours(store.copy(name, WORK))
    store.drop(WORK)
    assert written == found, f"The floor wrote {written} letters and reminders, the product {found}."
    return Measured(f"Reminder round, {written[0]:,} mails", store.kind, [floor * 1000], [ours * 1000])


def _ours(url: str) -> tuple[float, tuple[int, int]]:
    database = open_database(url)
    begun = perf_counter()
    plan_round(database, NOW, base_url="http://127.0.0.1")
    seconds = perf_counter() - begun
    with database() as session:
        letters = session.scalar(sa.select(sa.func.count()).select_from(Letter)) or 0
        reminders = session.scalar(sa.select(sa.func.count()).select_from(Reminder)) or 0
    engine_of(database).dispose()
    return seconds, (letters, reminders)
