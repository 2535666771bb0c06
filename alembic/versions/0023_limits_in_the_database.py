"""limits in the database, and the browsers people have signed in with before"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "try_counts",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("bucket", sa.String(length=40), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_try_counts_tries_counted")),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_try_counts")),
    )
    op.create_index(op.f("ix_try_counts_expires_at"), "try_counts", ["expires_at"], unique=False)
    op.create_table(
        "known_devices",
        sa.Column("id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_known_devices_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_known_devices_token_hash")),
    )
    op.create_index(op.f("ix_known_devices_person_id"), "known_devices", ["person_id"], unique=False)
    with op.batch_alter_table("people") as batch_op:
        batch_op.drop_constraint(op.f("ck_people_failed_sign_ins_counted"), type_="check")
        batch_op.drop_column("failed_sign_ins")
        batch_op.drop_column("locked_until")


def downgrade() -> None:
    with op.batch_alter_table("people") as batch_op:
        batch_op.add_column(sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("failed_sign_ins", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_check_constraint(op.f("ck_people_failed_sign_ins_counted"), "failed_sign_ins >= 0")
    op.drop_table("known_devices")
    op.drop_table("try_counts")
