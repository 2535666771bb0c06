"""agencies and names of a role: those of before, and the name given to somebody who was not known"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("memberships", sa.Column("earlier_agency_ids", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("memberships", sa.Column("known_as", sa.String(length=200), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("memberships", "known_as")
    op.drop_column("memberships", "earlier_agency_ids")
