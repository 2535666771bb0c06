"""day done"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("actions", sa.Column("done_on", sa.Date(), nullable=True))
    # the day of the submission that holds: one that was returned was never made
    op.execute("""
        UPDATE actions SET done_on = (
            SELECT happened_on FROM events
             WHERE events.action_id = actions.id AND events.step = 'submit' ORDER BY events.id DESC LIMIT 1
        )
         WHERE stage IN ('submitted', 'complete_awaiting_impact', 'embedded', 'closed_complete')
    """)


def downgrade() -> None:
    op.drop_column("actions", "done_on")
