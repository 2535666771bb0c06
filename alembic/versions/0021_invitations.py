"""invitations, mails and links about accounts, and the browser of a session"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

UNWRITTEN = sa.text("written_at IS NULL")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("partnership_id", _number(), nullable=False),
        sa.Column("invited_by", sa.String(length=200), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_invitations_partnership_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_invitations_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_partnership_id"), "invitations", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_invitations_person_id"), "invitations", ["person_id"], unique=False)

    op.create_table(
        "account_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("invitation_id", _number(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_account_links_invitation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_account_links_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_links")),
    )
    op.create_index(op.f("ix_account_links_invitation_id"), "account_links", ["invitation_id"], unique=False)
    op.create_index(op.f("ix_account_links_person_id"), "account_links", ["person_id"], unique=False)

    op.create_table(
        "account_mails",
        sa.Column("id", _number(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("person_id", _number(), nullable=True),
        sa.Column("partnership_id", _number(), nullable=True),
        sa.Column("invitation_id", _number(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["invitation_id"], ["invitations.id"], name=op.f("fk_account_mails_invitation_id")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_account_mails_partnership_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_account_mails_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_mails")),
    )
    op.create_index(op.f("ix_account_mails_invitation_id"), "account_mails", ["invitation_id"], unique=False)
    op.create_index(op.f("ix_account_mails_partnership_id"), "account_mails", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_account_mails_person_id"), "account_mails", ["person_id"], unique=False)
    op.create_index(
        "ix_account_mails_unwritten",
        "account_mails",
        ["id"],
        unique=False,
        sqlite_where=UNWRITTEN,
        postgresql_where=UNWRITTEN,
    )

    op.create_table(
        "account_letters",
        sa.Column("letter_id", _number(), nullable=False),
        sa.Column("account_mail_id", _number(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_mail_id"], ["account_mails.id"], name=op.f("fk_account_letters_account_mail_id")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_account_letters_letter_id")),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_account_letters")),
    )
    op.create_index(op.f("ix_account_letters_account_mail_id"), "account_letters", ["account_mail_id"], unique=False)

    op.add_column("sign_ins", sa.Column("browser", sa.String(length=100), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("sign_ins", "browser")
    for table in ("account_letters", "account_mails", "account_links", "invitations"):
        op.drop_table(table)
