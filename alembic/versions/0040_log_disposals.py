"""disposal of months of the audit log"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "log_disposals",
        sa.Column("id", key, nullable=False),
        sa.Column("partnership_id", key, nullable=False),
        sa.Column("rule_id", key, nullable=False),
        sa.Column("before", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.Column("proposed_by_id", key, nullable=True),
        sa.Column("at_terminal", sa.Boolean(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=True),
        sa.Column("answer_reason", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("run_by", sa.String(length=200), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_log_disposals_answered_with_an_answer")
        ),
        sa.CheckConstraint("(run_at IS NULL) = (number IS NULL)", name=op.f("ck_log_disposals_numbered_when_run")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_log_disposals_partnership_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["people.id"], name=op.f("fk_log_disposals_proposed_by_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["retention_rules.id"], name=op.f("fk_log_disposals_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_disposals")),
        sa.UniqueConstraint("partnership_id", "number", name=op.f("uq_log_disposals_partnership_id_number")),
    )
    for column in ("rule_id", "proposed_by_id"):
        op.create_index(op.f(f"ix_log_disposals_{column}"), "log_disposals", [column], unique=False)


def downgrade() -> None:
    op.drop_table("log_disposals")
