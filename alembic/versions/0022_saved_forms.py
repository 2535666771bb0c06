"""saved forms, and the content of forms that were sent"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sent_forms", sa.Column("content", sa.String(length=64), server_default="", nullable=False))
    op.create_table(
        "saved_forms",
        sa.Column("id", sa.String(length=22), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_saved_forms_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_forms")),
    )
    for column in ("person_id", "saved_at"):
        op.create_index(op.f(f"ix_saved_forms_{column}"), "saved_forms", [column], unique=False)


def downgrade() -> None:
    op.drop_table("saved_forms")
    op.drop_column("sent_forms", "content")
