"""providers of sign-ins"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sign_in_providers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("client_id", sa.String(length=200), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=False),
        sa.Column("vouches_for_addresses", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("name = lower(name)", name=op.f("ck_sign_in_providers_name_in_lower_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_providers")),
        sa.UniqueConstraint("name", name=op.f("uq_sign_in_providers_name")),
    )
    op.create_table(
        "provider_accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("provider_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("tenant_id", sa.String(length=100), nullable=False),
        sa.Column("object_id", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_provider_accounts_person_id")),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["sign_in_providers.id"], name=op.f("fk_provider_accounts_provider_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_accounts")),
    )
    with op.batch_alter_table("provider_accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_accounts_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_provider_accounts_live",
            ["provider_id", "subject"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("provider_account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("id_token", sa.LargeBinary(), nullable=True))
        batch_op.alter_column("browser", server_default="")  # read back, it would stand in parentheses
        batch_op.create_index(batch_op.f("ix_sign_ins_provider_account_id"), ["provider_account_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_sign_ins_provider_account_id"), "provider_accounts", ["provider_account_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_sign_ins_provider_account_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_sign_ins_provider_account_id"))
        batch_op.drop_column("id_token")
        batch_op.drop_column("provider_account_id")

    with op.batch_alter_table("provider_accounts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_provider_accounts_live",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_provider_accounts_person_id"))

    op.drop_table("provider_accounts")
    op.drop_table("sign_in_providers")
