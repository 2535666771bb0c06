"""order of actions"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("actions", sa.Column("order", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("actions", "order")
