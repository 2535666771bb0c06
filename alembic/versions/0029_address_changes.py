"""changes of an address that wait to be confirmed, domains of addresses, and what people are told of"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at IS NULL")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "address_changes",
        sa.Column("id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("was", sa.String(length=254), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("asked_by", sa.String(length=500), nullable=False),
        sa.Column("asked_by_id", _number(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("old_confirmed_by", sa.String(length=500), nullable=False),
        sa.Column("new_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_address_changes_asked_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_address_changes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_changes")),
    )
    op.create_index(op.f("ix_address_changes_asked_by_id"), "address_changes", ["asked_by_id"], unique=False)
    op.create_index(op.f("ix_address_changes_person_id"), "address_changes", ["person_id"], unique=False)
    op.create_index(
        "uq_address_changes_open",
        "address_changes",
        ["person_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.add_column("partnerships", sa.Column("email_domains", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("letters", sa.Column("address", sa.String(length=254), server_default="", nullable=False))
    for table, column, to in (
        ("account_mails", "address_change_id", "address_changes"),
        ("account_mails", "event_id", "events"),
        ("account_links", "address_change_id", "address_changes"),
    ):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column(column, _number(), nullable=True))
            batch_op.create_foreign_key(op.f(f"fk_{table}_{column}"), to, [column], ["id"])
            batch_op.create_index(op.f(f"ix_{table}_{column}"), [column], unique=False)


def downgrade() -> None:
    for table, column in (
        ("account_links", "address_change_id"),
        ("account_mails", "event_id"),
        ("account_mails", "address_change_id"),
    ):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_index(op.f(f"ix_{table}_{column}"))
            batch_op.drop_constraint(op.f(f"fk_{table}_{column}"), type_="foreignkey")
            batch_op.drop_column(column)
    op.drop_column("letters", "address")
    op.drop_column("partnerships", "email_domains")
    op.drop_table("address_changes")
