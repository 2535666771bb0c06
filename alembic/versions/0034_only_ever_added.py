"""triggers that refuse to change or delete rows of the history and of the audit log"""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

COLUMNS = (
    "id, kind, partnership_id, case_id, action_id, track, step, from_stage, to_stage, happened_on, recorded_at, "
    "recorded_by, details, known_to, form_edition, corrects_id, recorded_by_id"
)
"""Those of events but for announced_at."""

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
        for change, refused in (("update", f"UPDATE OF {COLUMNS}"), ("delete", "DELETE")):
            op.execute(
                f"CREATE TRIGGER events_refuse_{change} BEFORE {refused} ON events "
                "BEGIN SELECT RAISE(ABORT, 'Rows of events are only ever added.'); END"
            )
        return
    op.execute(FUNCTION)
    for table, columns in (("events", f" OF {COLUMNS}"), ("audit_entries", "")):
        for change, refused in (
            ("update", f"UPDATE{columns} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"),
            ("delete", f"DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change('disposal')"),
            ("truncate", f"TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"),
        ):
            op.execute(f"CREATE TRIGGER {table}_refuse_{change} BEFORE {refused}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER events_refuse_update")
        op.execute("DROP TRIGGER events_refuse_delete")
        return
    for table in ("events", "audit_entries"):
        for change in ("update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER {table}_refuse_{change} ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
