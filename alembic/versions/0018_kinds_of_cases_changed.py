"""kinds of cases changed after opening"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CHANGED = sa.text("kind_changed_id IS NOT NULL")
PRESENT = sa.text("earlier_workflow IS NULL")
ONCE = ["case_id", "name", "counted_from_on"]


def upgrade() -> None:
    with op.batch_alter_table("cases") as batch_op:
        batch_op.add_column(
            sa.Column("kind_changed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(batch_op.f("fk_cases_kind_changed_id"), "events", ["kind_changed_id"], ["id"])
        for name, default in (
            ("our_role", "lead"),
            ("lead_area", ""),
            ("opened_known_to", "day"),
            ("closed_known_to", "day"),
        ):
            batch_op.alter_column(name, server_default=default)  # read back, it would stand in parentheses
    op.create_index(
        "ix_cases_kind_changed_id",
        "cases",
        ["kind_changed_id"],
        unique=False,
        sqlite_where=CHANGED,
        postgresql_where=CHANGED,
    )
    with op.batch_alter_table("case_clocks") as batch_op:
        batch_op.add_column(sa.Column("earlier_workflow", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("earlier_version", sa.Integer(), nullable=True))
        batch_op.alter_column("dropped_known_to", server_default="day")
        batch_op.drop_constraint(batch_op.f("uq_case_clocks_case_id_name_counted_from_on"), type_="unique")
    op.create_index("ix_case_clocks_case_id", "case_clocks", ["case_id"], unique=False)
    op.create_index(
        "ix_case_clocks_present", "case_clocks", ONCE, unique=True, sqlite_where=PRESENT, postgresql_where=PRESENT
    )


def downgrade() -> None:
    op.drop_index("ix_case_clocks_present", table_name="case_clocks", sqlite_where=PRESENT, postgresql_where=PRESENT)
    op.drop_index("ix_case_clocks_case_id", table_name="case_clocks")
    with op.batch_alter_table("case_clocks") as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_case_clocks_case_id_name_counted_from_on"), ONCE)
        batch_op.drop_column("earlier_version")
        batch_op.drop_column("earlier_workflow")
    op.drop_index("ix_cases_kind_changed_id", table_name="cases", sqlite_where=CHANGED, postgresql_where=CHANGED)
    with op.batch_alter_table("cases") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_cases_kind_changed_id"), type_="foreignkey")
        batch_op.drop_column("kind_changed_id")
