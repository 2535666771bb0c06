"""Times the first round of reminders over the whole nation, beside the floor, and its memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.figures import Figure
from tests.bench.measuring import Measured
from tests.bench.morning import Morning, measure_morning
from tests.bench.raw import Raw
from tests.bench.sink import Sink, Taken, sink
from tests.bench.stores import PREFIX, Store

WORK = f"{PREFIX}work"
WANTED = 2
"""The most that a round may take on PostgreSQL, handed over, in times of the floor."""
MOST_HELD = 150 * 2**20
AS_LONG = 0.1
"""By how much the mails of the two programs may differ in length."""
LEDGER = """
    SELECT l.partnership_id, l.person_id, l.state, count(r.id), min(r.rung), max(r.rung), min(r.about), max(r.about),
           sum(coalesce(r.action_id, 0)), sum(coalesce(r.clock_id, 0))
      FROM letters l LEFT JOIN reminders r ON r.letter_id = l.id
     GROUP BY l.id, l.partnership_id, l.person_id, l.state ORDER BY l.partnership_id, l.person_id"""


@dataclass(frozen=True, slots=True)
class Told:
    """A morning of one program: what it took, its ledger by letter, and the mails that arrived."""

    morning: Morning
    ledger: Sequence[Sequence[Any]]
    mails: Taken


def measure_round(store: Store, name: str) -> tuple[list[Measured], Figure]:
    """Measure one morning, each program on a fresh copy: decided, written down, and handed over to one mail server."""
    with sink() as server:
        floor, ours = (_on_a_copy(program, store, name, server) for program in ("floor", "ours"))
    require_the_same(floor, ours)
    took = [(each.morning.decided, each.morning.decided + each.morning.handed_over) for each in (floor, ours)]
    decided, whole = ([seconds * 1000 for seconds in each] for each in zip(*took, strict=True))
    wanted = WANTED if store.kind == "postgresql" else None
    return [
        Measured(f"Reminder round, {len(ours.ledger):,} mails, decided", store.kind, decided[:1], decided[1:]),
        Measured("The same, handed over too", store.kind, whole[:1], whole[1:], wanted),
    ], _memory(store.kind, ours.morning)


def tell(program: str, url: str, server: Sink) -> Told:
    """Let a program have its morning on the database behind a URL."""
    morning = measure_morning(program, url, server.port)
    database = Raw(url)
    ledger = database.rows(LEDGER)
    database.close()
    return Told(morning, ledger, server.taken())


def require_the_same(floor: Told, ours: Told) -> None:
    """Both must have told the same people of the same matters, and handed over as many mails to each, of one length."""
    assert len(floor.ledger) == len(ours.ledger), f"Letters of the floor: {len(floor.ledger)}, ours: {len(ours.ledger)}"
    for one, other in zip(floor.ledger, ours.ledger, strict=True):
        assert tuple(one) == tuple(other), f"The floor wrote {one}, the product {other}."
    assert floor.mails.mails == ours.mails.mails, "The two programs wrote to different people."
    length = ours.mails.size / floor.mails.size
    assert abs(length - 1) < AS_LONG, f"The mails of the product are {length:.2f} times as long as those of the floor."


def _on_a_copy(program: str, store: Store, name: str, server: Sink) -> Told:
    told = tell(program, store.copy(name, WORK), server)
    store.drop(WORK)
    return told


def _memory(kind: str, ours: Morning) -> Figure:
    said = f"{ours.held / 2**20:,.0f} MB, {ours.held_deciding / 2**20:,.0f} when decided"
    return Figure(f"Memory of the round ({kind})", said, f"< {MOST_HELD // 2**20} MB", ours.held < MOST_HELD)
