"""plain columns"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RENAMED = (
    ("self_rating", "owner_rating"),
    ("own_rating", "chair_rating"),
    ("own_rating_reason", "chair_rating_reason"),
    ("own_rating_by", "chair_rating_by"),
)


def upgrade() -> None:
    op.add_column("actions", sa.Column("awaiting_owner", sa.Boolean(), server_default=sa.false(), nullable=False))
    _mark_parked_actions()
    for old, new in RENAMED:
        _rename_column(old, new)
    _rename_parts("action_strands", "action_parts")


def downgrade() -> None:
    _rename_parts("action_parts", "action_strands")
    for old, new in RENAMED:
        _rename_column(new, old)
    op.execute("""
        UPDATE actions SET owner_text = 'No owner of its own yet; before: ' || substr(owner_text, 13)
         WHERE awaiting_owner AND substr(owner_text, 1, 12) = 'Previously: '
    """)
    op.drop_column("actions", "awaiting_owner")


def _mark_parked_actions() -> None:
    """What told a parked action was a sentence in its owner's text.

    Whoever looks after a parked action is stored as its owner. An action without one has the sentence from a tracker,
    and keeps it.
    """
    op.execute("""
        UPDATE actions SET awaiting_owner = true, owner_text = 'Previously: ' || substr(owner_text, 34)
         WHERE owner_id IS NOT NULL AND substr(owner_text, 1, 33) = 'No owner of its own yet; before: '
    """)


def _rename_parts(old: str, new: str) -> None:
    """Make the table anew under its new name: SQLite cannot rename what is named after a table."""
    op.create_table(
        new,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("agency_text", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_on IS NULL)", name=op.f(f"ck_{new}_ended_on_if_ended")),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f(f"fk_{new}_action_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f(f"fk_{new}_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{new}")),
        sa.UniqueConstraint(
            "action_id", "agency_id", "agency_text", name=op.f(f"uq_{new}_action_id_agency_id_agency_text")
        ),
    )
    columns = "id, action_id, agency_id, agency_text, state, note, due_on, ended_on"
    op.execute(f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {old}")  # noqa: S608  # both names are ours
    op.drop_table(old)
    op.create_index(op.f(f"ix_{new}_agency_id"), new, ["agency_id"], unique=False)
    if _is_postgresql():  # the next number follows those of the rows taken over
        following = f"(SELECT coalesce(max(id), 0) + 1 FROM {new})"  # noqa: S608  # the name is ours
        op.execute(f"SELECT setval(pg_get_serial_sequence('{new}', 'id'), {following}, false)")


def _rename_column(old: str, new: str) -> None:
    """Rename a column of actions in place, as both databases can. From PostgreSQL 18 on NOT NULL has a name too."""
    if _is_postgresql():
        op.execute(f"ALTER TABLE actions ALTER COLUMN {old} DROP NOT NULL")
    op.execute(f"ALTER TABLE actions RENAME COLUMN {old} TO {new}")
    if _is_postgresql():
        op.execute(f"ALTER TABLE actions ALTER COLUMN {new} SET NOT NULL")


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"
