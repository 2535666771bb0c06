"""histories and holidays"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("day_known", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "holiday_loads",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("known_to", sa.Date(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday_loads")),
    )
    op.create_table(
        "bank_holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("load_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["holiday_loads.id"], name=op.f("fk_bank_holidays_load_id")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_bank_holidays")),
    )
    with op.batch_alter_table("bank_holidays", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_holidays_load_id"), ["load_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("bank_holidays", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bank_holidays_load_id"))

    op.drop_table("bank_holidays")
    op.drop_table("holiday_loads")
    op.drop_column("events", "day_known")
