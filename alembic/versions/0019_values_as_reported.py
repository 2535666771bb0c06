"""values as reported"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("actions", sa.Column("due_known_to", sa.String(length=40), server_default="day", nullable=False))
    op.add_column(
        "actions", sa.Column("original_due_known_to", sa.String(length=40), server_default="day", nullable=False)
    )
    op.add_column("actions", sa.Column("lead_agency_text", sa.Text(), server_default="", nullable=False))
    op.add_column("actions", sa.Column("rating_reported", sa.Text(), nullable=True))
    op.add_column("actions", sa.Column("awaiting_status", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    for column in ("awaiting_status", "rating_reported", "lead_agency_text", "original_due_known_to", "due_known_to"):
        op.drop_column("actions", column)
