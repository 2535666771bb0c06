"""seals"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; rows that are there already are sealed by the reminder process, in batches."""
    _seals("seals")
    if op.get_bind().dialect.name != "sqlite":  # on SQLite in the file of the audit log
        _seals("audit_seals")
    op.create_table(
        "anchors",
        sa.Column("id", KEY, nullable=False),
        sa.Column("stream", sa.String(length=40), nullable=False),
        sa.Column("partnership_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anchors")),
    )
    op.create_index("ix_anchors_at", "anchors", ["at"])
    op.create_index("ix_anchors_stream_partnership_id", "anchors", ["stream", "partnership_id"])
    op.create_table(
        "disposed_rows",
        sa.Column("id", KEY, nullable=False),
        sa.Column("stream", sa.String(length=40), nullable=False),
        sa.Column("row_ids", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.String(length=120), nullable=False),
        sa.Column("key_mark", sa.String(length=16), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposed_rows")),
    )


def _seals(name: str) -> None:
    op.create_table(
        name,
        sa.Column("id", KEY, nullable=False),
        sa.Column("partnership_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("last_id", KEY, nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("total", KEY, nullable=False),
        sa.Column("row_ids", sa.LargeBinary(), nullable=False),
        sa.Column("row_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("newest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_mark", sa.String(length=16), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("partnership_id", "number", name=op.f(f"uq_{name}_partnership_id_number")),
    )
    op.create_index(f"ix_{name}_last_id", name, ["last_id"])


def downgrade() -> None:
    op.drop_table("disposed_rows")
    op.drop_table("anchors")
    if op.get_bind().dialect.name != "sqlite":
        op.drop_table("audit_seals")
    op.drop_table("seals")
