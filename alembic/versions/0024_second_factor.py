"""second factor"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

OPEN = sa.text("done_at IS NULL AND stopped_at IS NULL")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "authenticator_apps",
        sa.Column("id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_authenticator_apps_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator_apps")),
    )
    op.create_index(op.f("ix_authenticator_apps_person_id"), "authenticator_apps", ["person_id"], unique=False)

    op.create_table(
        "factor_resets",
        sa.Column("id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_by_id", _number(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", _number(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.String(length=200), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> asked_by_id", name=op.f("ck_factor_resets_two_people")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_factor_resets_asked_by_id")),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["people.id"], name=op.f("fk_factor_resets_confirmed_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_factor_resets_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factor_resets")),
    )
    for column in ("asked_by_id", "confirmed_by_id"):
        op.create_index(op.f(f"ix_factor_resets_{column}"), "factor_resets", [column], unique=False)
    op.create_index(
        "uq_factor_resets_open",
        "factor_resets",
        ["person_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )

    op.create_table(
        "passkeys",
        sa.Column("id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(), nullable=False),
        sa.Column("rp_id", sa.String(length=253), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkeys_uses_counted")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passkeys_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_person_id"), "passkeys", ["person_id"], unique=False)

    op.create_table(
        "recovery_codes",
        sa.Column("id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_recovery_codes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_codes_code_hash")),
    )
    op.create_index(op.f("ix_recovery_codes_person_id"), "recovery_codes", ["person_id"], unique=False)

    op.create_table(
        "passkey_challenges",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_hash"], ["sign_ins.token_hash"], name=op.f("fk_passkey_challenges_token_hash"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_passkey_challenges")),
    )
    op.add_column(
        "partnerships",
        sa.Column("factor_rule", sa.String(length=40), server_default="case_readers", nullable=False),
    )
    op.add_column("sign_ins", sa.Column("awaits_factor", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("sign_ins", sa.Column("factor", sa.String(length=40), nullable=True))
    op.add_column("sign_ins", sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sign_ins", sa.Column("wrong_proofs", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    for column in ("wrong_proofs", "proved_at", "factor", "awaits_factor"):
        op.drop_column("sign_ins", column)
    op.drop_column("partnerships", "factor_rule")
    for table in ("passkey_challenges", "recovery_codes", "passkeys", "factor_resets", "authenticator_apps"):
        op.drop_table(table)
