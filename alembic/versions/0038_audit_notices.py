"""notices of what is unusual in the audit log"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "audit_notices",
        sa.Column("id", _number(), nullable=False),
        sa.Column("partnership_id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("threshold", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recipient_role", sa.String(length=40), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finding", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.String(length=200), nullable=False),
        sa.Column("noted_by_id", _number(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(noted_at IS NULL) = (finding IS NULL)", name=op.f("ck_audit_notices_noted_with_a_finding")
        ),
        sa.ForeignKeyConstraint(["noted_by_id"], ["people.id"], name=op.f("fk_audit_notices_noted_by_id")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_audit_notices_partnership_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_audit_notices_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_notices")),
        sa.UniqueConstraint(
            "partnership_id",
            "person_id",
            "threshold",
            "from_at",
            name=op.f("uq_audit_notices_partnership_id_person_id_threshold_from_at"),
        ),
    )
    for column in ("partnership_id", "person_id", "noted_by_id"):
        op.create_index(op.f(f"ix_audit_notices_{column}"), "audit_notices", [column], unique=False)
    op.create_table(
        "audit_watch",
        sa.Column("id", _number(), nullable=False),
        sa.Column("last_entry_id", _number(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_watch")),
    )
    with op.batch_alter_table("account_mails") as batch_op:
        batch_op.add_column(sa.Column("audit_notice_id", _number(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_account_mails_audit_notice_id"), "audit_notices", ["audit_notice_id"], ["id"]
        )
        batch_op.create_index(op.f("ix_account_mails_audit_notice_id"), ["audit_notice_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("account_mails") as batch_op:
        batch_op.drop_index(op.f("ix_account_mails_audit_notice_id"))
        batch_op.drop_constraint(op.f("fk_account_mails_audit_notice_id"), type_="foreignkey")
        batch_op.drop_column("audit_notice_id")
    op.drop_table("audit_watch")
    op.drop_table("audit_notices")
