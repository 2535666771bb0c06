"""where clocks start"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_clocks", sa.Column("start_rule", sa.String(60), nullable=True))
    op.add_column("case_clocks", sa.Column("started_on", sa.Date(), nullable=True))
    op.add_column("local_rules", sa.Column("counted_from", sa.String(60), nullable=True))


def downgrade() -> None:
    op.drop_column("local_rules", "counted_from")
    op.drop_column("case_clocks", "started_on")
    op.drop_column("case_clocks", "start_rule")
