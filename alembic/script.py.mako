<%def name="lines(written)">${"\n".join(line for line in (written or "").splitlines() if "# ###" not in line).strip() or "pass"}</%def>\
"""${message}"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${lines(upgrades)}


def downgrade() -> None:
    ${lines(downgrades)}
