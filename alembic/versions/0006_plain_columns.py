"""plain columns"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("actions", sa.Column("awaiting_owner", sa.Boolean(), server_default=sa.false(), nullable=False))
    _mark_parked_actions()


def downgrade() -> None:
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
