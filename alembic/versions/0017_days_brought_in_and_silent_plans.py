"""days brought in and silent plans"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("actions", sa.Column("brought_in_on", sa.Date(), nullable=True))
    op.add_column("case_clocks", sa.Column("brought_in_on", sa.Date(), nullable=True))
    op.add_column("plan_rules", sa.Column("is_silent", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("plan_rules", sa.Column("reminders_began_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("plan_rules", "reminders_began_on")
    op.drop_column("plan_rules", "is_silent")
    op.drop_column("case_clocks", "brought_in_on")
    op.drop_column("actions", "brought_in_on")
