"""files of cases, and the keys that files are encrypted under"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("evidence") as batch_op:
        batch_op.add_column(sa.Column("wrapped_key", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("damaged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "attachments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("stored_as", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("damaged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.String(length=200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attachments_case_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_attachments_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("stored_as", name=op.f("uq_attachments_stored_as")),
    )
    op.create_index(op.f("ix_attachments_case_id"), "attachments", ["case_id"])
    op.create_index(op.f("ix_attachments_event_id"), "attachments", ["event_id"])
    for table in ("evidence", "attachments"):
        known = sa.text("damaged_at IS NOT NULL")
        op.create_index(f"ix_{table}_damaged_at", table, ["damaged_at"], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    """Refuses where files are encrypted: their keys would go, and nobody could ever open them again."""
    for table in ("evidence", "attachments"):
        key = sa.column("wrapped_key")
        if op.get_bind().scalar(sa.select(key).select_from(sa.table(table)).where(key.is_not(None)).limit(1)):
            raise RuntimeError(f"Files of {table} are encrypted under keys that only this revision keeps.")
    op.drop_table("attachments")
    op.drop_index("ix_evidence_damaged_at", "evidence")
    with op.batch_alter_table("evidence") as batch_op:
        batch_op.drop_column("damaged_at")
        batch_op.drop_column("wrapped_key")
