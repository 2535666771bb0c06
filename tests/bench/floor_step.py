"""How does the floor record progress on an action? The same rows as the product, in one transaction."""

from collections.abc import Mapping

from tests.bench.nation import NOW, TODAY
from tests.bench.raw import Raw

EVENT = """
    INSERT INTO events (kind, partnership_id, case_id, action_id, track, step, from_stage, to_stage, happened_on,
                        recorded_at, recorded_by, recorded_by_id, details)
    VALUES ('action_step_taken', ?, ?, ?, 'action', 'progress', ?, 'in_progress', ?, ?, ?, ?, ?)"""
PROGRESS = """
    INSERT INTO progress_updates (action_id, happened_on, text, reported_by, reported_at) VALUES (?, ?, ?, ?, ?)"""
WHO = "Somebody <somebody@area.example>"


def record_progress(db: Raw, asked: Mapping[str, str], text: str) -> None:
    place, day, now = int(asked["partnership"]), TODAY.isoformat(), NOW.isoformat(" ")
    find = f"SELECT id, case_id, stage FROM actions WHERE address = ? AND partnership_id = ? {db.for_update}"
    db.run(db.begin_writing)
    ((number, case_id, stage),) = db.rows(find, asked["action"], place)
    change = "UPDATE actions SET stage = 'in_progress', last_progress_on = ?, version = version + 1 WHERE id = ?"
    db.run(change, day, number)
    db.run(PROGRESS, number, day, text, WHO, now)
    db.run(EVENT, place, case_id, number, stage, day, now, WHO, int(asked["person"]), f'{{"update": "{text}"}}')
    db.run("COMMIT")
