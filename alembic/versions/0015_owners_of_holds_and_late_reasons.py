"""owners of holds and late reasons"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("case_holds") as batch_op:
        batch_op.add_column(sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_case_holds_owner_id"), "people", ["owner_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_case_holds_owner_id"), ["owner_id"])
    op.add_column(
        "partnerships", sa.Column("late_reasons_required", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("partnerships") as batch_op:
        batch_op.drop_column("late_reasons_required")
    with op.batch_alter_table("case_holds") as batch_op:
        batch_op.drop_index(batch_op.f("ix_case_holds_owner_id"))
        batch_op.drop_constraint(batch_op.f("fk_case_holds_owner_id"), type_="foreignkey")
        batch_op.drop_column("owner_id")
