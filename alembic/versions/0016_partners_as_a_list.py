"""partners as a list"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATUTORY = ("local_authority", "integrated_care_board", "police")


def upgrade() -> None:
    partners = op.create_table(
        "partners",
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_partners_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_partners_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_partners")),
    )
    _name_statutory_partners(partners)


def downgrade() -> None:
    op.drop_table("partners")


def _name_statutory_partners(partners: sa.Table) -> None:
    """Make every agency of a statutory kind a partner; the day it ended is the first of its successor."""
    agencies = sa.table(
        "agencies",
        sa.column("id", sa.BigInteger()),
        sa.column("kind", sa.String()),
        sa.column("began_on", sa.Date()),
        sa.column("ended_on", sa.Date()),
    )
    found = op.get_bind().execute(sa.select(agencies).where(agencies.c.kind.in_(STATUTORY)).order_by(agencies.c.id))
    rows = [
        {
            "agency_id": row.id,
            "from_on": row.began_on,
            "until_on": row.ended_on and row.ended_on - timedelta(days=1),
        }
        for row in found
    ]
    op.bulk_insert(partners, rows)
