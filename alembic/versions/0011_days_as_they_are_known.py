"""days as they are known"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KNOWN_TO = (
    ("cases", "opened_known_to"),
    ("cases", "closed_known_to"),
    ("case_tracks", "since_known_to"),
    ("case_tracks", "ended_known_to"),
    ("case_holds", "placed_known_to"),
    ("case_clocks", "dropped_known_to"),
)
DAYS = (("case_clocks", "counted_from_earliest_on"), ("case_clocks", "met_latest_on"))


def upgrade() -> None:
    for table, column in DAYS:
        op.add_column(table, sa.Column(column, sa.Date(), nullable=True))
    for table, column in KNOWN_TO:
        op.add_column(table, sa.Column(column, sa.String(length=40), server_default="day", nullable=False))
    _replace_day_known()
    _mark_unknown_days()


def downgrade() -> None:
    _restore_day_known()
    for table, column in reversed((*DAYS, *KNOWN_TO)):
        op.drop_column(table, column)


def _replace_day_known() -> None:
    """Turn yes and no into how far the day is known; in place, so that the columns stay in their order."""
    if _is_postgresql():
        op.execute("ALTER TABLE events ALTER COLUMN day_known DROP NOT NULL, ALTER COLUMN day_known DROP DEFAULT")
        op.execute("ALTER TABLE events RENAME COLUMN day_known TO known_to")
        op.execute(
            "ALTER TABLE events ALTER COLUMN known_to TYPE VARCHAR(40) "
            "USING CASE WHEN known_to THEN 'day' ELSE 'unknown' END"
        )
        op.execute("ALTER TABLE events ALTER COLUMN known_to SET DEFAULT 'day', ALTER COLUMN known_to SET NOT NULL")
        return
    with op.batch_alter_table("events") as batch_op:
        batch_op.alter_column("day_known", new_column_name="known_to", type_=sa.String(length=40), server_default="day")
    op.execute("UPDATE events SET known_to = CASE known_to WHEN '0' THEN 'unknown' ELSE 'day' END")


def _restore_day_known() -> None:
    if _is_postgresql():
        op.execute("ALTER TABLE events ALTER COLUMN known_to DROP NOT NULL, ALTER COLUMN known_to DROP DEFAULT")
        op.execute("ALTER TABLE events RENAME COLUMN known_to TO day_known")
        op.execute("ALTER TABLE events ALTER COLUMN day_known TYPE BOOLEAN USING day_known = 'day'")
        op.execute("ALTER TABLE events ALTER COLUMN day_known SET DEFAULT true, ALTER COLUMN day_known SET NOT NULL")
        return
    op.execute("UPDATE events SET known_to = CASE known_to WHEN 'day' THEN '1' ELSE '0' END")
    with op.batch_alter_table("events") as batch_op:
        batch_op.alter_column("known_to", new_column_name="day_known", type_=sa.Boolean(), server_default=sa.true())


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _mark_unknown_days() -> None:
    """Mark the days of cases, tracks and holds that came from a step whose day an import did not know."""
    connection = op.get_bind()
    for case_id, steps in _histories(connection):
        opened = next((step for step in steps if step.from_stage == "unopened"), None)
        if opened is not None and opened.unknown:
            _mark(connection, "cases", "opened_known_to", "id = :id", id=case_id)
        tracks = connection.execute(
            sa.text("SELECT id, name, since_on, ended_on FROM case_tracks WHERE case_id = :id"), {"id": case_id}
        ).all()
        for track in tracks:
            moves = [step for step in steps if step.track == track.name and step.to_stage != step.from_stage]
            if moves[-1].unknown if moves else opened is not None and opened.unknown:
                _mark(connection, "case_tracks", "since_known_to", "id = :id", id=track.id)
                if track.ended_on is not None and str(track.ended_on) == str(track.since_on):
                    _mark(connection, "case_tracks", "ended_known_to", "id = :id", id=track.id)
                    _mark(
                        connection,
                        "cases",
                        "closed_known_to",
                        "id = :id AND closed_on = :on",
                        id=case_id,
                        on=track.ended_on,
                    )
                _mark(
                    connection,
                    "case_holds",
                    "placed_known_to",
                    "case_id = :id AND track = :track AND lifted_on IS NULL",
                    id=case_id,
                    track=track.name,
                )


def _mark(connection: sa.Connection, table: str, column: str, where: str, **values: Any) -> None:
    connection.execute(sa.text(f"UPDATE {table} SET {column} = 'unknown' WHERE {where}"), values)  # noqa: S608


def _histories(connection: sa.Connection) -> Iterator[tuple[int, list[Any]]]:
    """Give the steps of each case with an unknown day, each step once: corrected, or with the day an import brought."""
    rows = connection.execute(
        sa.text(
            "SELECT id, case_id, track, step, from_stage, to_stage, corrects_id, known_to = 'unknown' AS unknown "
            "FROM events WHERE kind IN ('step_taken', 'step_corrected') AND step IS NOT NULL AND case_id IN "
            "(SELECT case_id FROM events WHERE known_to = 'unknown') ORDER BY case_id, id"
        )
    ).all()
    cases: dict[int, list[Any]] = {}
    for row in rows:
        cases.setdefault(row.case_id, []).append(row)
    for case_id, events in cases.items():
        known = {(row.track, row.step) for row in events if not row.unknown}
        yield case_id, [_Step(row, bool(row.unknown) and (row.track, row.step) not in known) for row in events]


class _Step:
    def __init__(self, row: Any, unknown: bool) -> None:
        self.track, self.from_stage, self.to_stage, self.unknown = row.track, row.from_stage, row.to_stage, unknown
