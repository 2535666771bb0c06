"""triggers that refuse to change or delete rows of the history and of the audit log"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

COLUMNS = {
    "events": "id, kind, partnership_id, case_id, action_id, track, step, from_stage, to_stage, happened_on, "
    "recorded_at, recorded_by, details, known_to, form_edition, corrects_id, recorded_by_id",
    "seals": "id, partnership_id, number, first_id, last_id, row_count, total, row_ids, row_hashes, form, newest_at, "
    "sealed_at, key_mark, head",
    "anchors": "id, stream, partnership_id, number, total, head, at",
    "disposed_rows": "id, stream, row_ids, certificate, key_mark, mac",
}
"""By table those that never change."""
OF_AUDIT_LOG = ("audit_entries", "audit_seals")
"""On SQLite a file of its own: its tables get theirs when they are made."""
CHANGING = ("events", "anchors")
"""Of these the other columns may change."""
DISPOSED = ("events", "audit_entries")

# the privilege to delete is asked before: a role without it is refused whatever it sets
FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_NARGS > 0 AND current_setting('followthrough.disposal', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Rows of % are only ever added.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, columns in COLUMNS.items():
            for change, refused in (("update", f"UPDATE OF {columns}"), ("delete", "DELETE")):
                op.execute(
                    f"CREATE TRIGGER {table}_refuse_{change} BEFORE {refused} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'Rows of {table} are only ever added.'); END"
                )
        return
    op.execute(FUNCTION)
    for table in (*COLUMNS, *OF_AUDIT_LOG):
        columns = f" OF {COLUMNS[table]}" if table in CHANGING else ""
        disposal = "'disposal'" if table in DISPOSED else ""
        for change, refused in (
            ("update", f"UPDATE{columns} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"),
            ("delete", f"DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change({disposal})"),
            ("truncate", f"TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"),
        ):
            op.execute(f"CREATE TRIGGER {table}_refuse_{change} BEFORE {refused}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in COLUMNS:
            for change in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_refuse_{change}")
        return
    for table in (*COLUMNS, *OF_AUDIT_LOG):
        for change in ("update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER {table}_refuse_{change} ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
