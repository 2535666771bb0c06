"""plain columns of letters"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rename_key("once", "letter_key")
    op.execute("ALTER TABLE letters RENAME COLUMN heard_at TO reported_at")
    _rename_required("letter_answers", "said", "recorded")


def downgrade() -> None:
    _rename_required("letter_answers", "recorded", "said")
    op.execute("ALTER TABLE letters RENAME COLUMN reported_at TO heard_at")
    _rename_key("letter_key", "once")


def _rename_key(old: str, new: str) -> None:
    """Rename the unique key of letters with its constraint, which SQLite can only make anew with the table."""
    if _is_postgresql():
        _rename_required("letters", old, new)
        op.execute(f"ALTER TABLE letters RENAME CONSTRAINT uq_letters_{old} TO uq_letters_{new}")
        return
    with op.batch_alter_table("letters") as batch_op:
        batch_op.drop_constraint(batch_op.f(f"uq_letters_{old}"), type_="unique")
        batch_op.alter_column(old, new_column_name=new)
    with op.batch_alter_table("letters") as batch_op:
        batch_op.create_unique_constraint(batch_op.f(f"uq_letters_{new}"), [new])
        for name in ("html", "provider_id"):  # read back, their default would stand in parentheses
            batch_op.alter_column(name, server_default="")


def _rename_required(table: str, old: str, new: str) -> None:
    """Rename a column in place, as both databases can. From PostgreSQL 18 on NOT NULL has a name too."""
    if _is_postgresql():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {old} DROP NOT NULL")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    if _is_postgresql():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {new} SET NOT NULL")


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
