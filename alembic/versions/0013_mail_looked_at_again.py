"""mail looked at again"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MAILED = sa.text("left_out = ''")
LINE = ["person_id", "rung", "about"]


def upgrade() -> None:
    op.create_table(
        "sending_faults",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending_faults")),
    )
    with op.batch_alter_table("letters") as batch_op:
        batch_op.add_column(sa.Column("written_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("sent_to", sa.String(length=254), server_default="", nullable=False))
    with op.batch_alter_table("address_troubles") as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=40), server_default="no such address", nullable=False))
        batch_op.add_column(sa.Column("closes", sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column("reports", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("last_reported_at", sa.DateTime(timezone=True), nullable=True))
    _judge_again()
    with op.batch_alter_table("partnerships") as batch_op:
        batch_op.add_column(sa.Column("sender_name", sa.String(length=100), server_default="", nullable=False))
        batch_op.add_column(sa.Column("reply_to", sa.String(length=254), server_default="", nullable=False))
        batch_op.add_column(sa.Column("notify_reply_to_id", sa.String(length=36), server_default="", nullable=False))
    with op.batch_alter_table("actions") as batch_op:
        batch_op.add_column(sa.Column("reference_name", sa.String(length=120), server_default="", nullable=False))
    with op.batch_alter_table("reminders") as batch_op:
        batch_op.add_column(sa.Column("role", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("why", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("left_out", sa.String(length=40), server_default="", nullable=False))
        for subject in ("action_id", "clock_id"):
            batch_op.drop_constraint(batch_op.f(f"uq_reminders_{subject}_person_id_rung_about"), type_="unique")
    for subject in ("action", "clock"):
        op.create_index(
            f"uq_reminders_of_{subject}",
            "reminders",
            [f"{subject}_id", *LINE],
            unique=True,
            sqlite_where=MAILED,
            postgresql_where=MAILED,
        )


def _judge_again() -> None:
    """Give each stored problem its kind. What was no missing address closes none any more."""
    kinds = (
        ("refused by policy", "answer LIKE '5.7.%' OR answer IN ('5.1.7', '5.1.8')"),
        ("mailbox full", "answer LIKE '5.2.2%'"),
        ("mail loop", "answer LIKE '5.4.6%' OR answer LIKE '5.4.14%'"),
        ("refused", "answer LIKE '5.%' AND answer NOT LIKE '5.1.%' AND kind = 'no such address'"),
    )
    for kind, found in kinds:
        op.execute(f"UPDATE address_troubles SET kind = '{kind}', closes = false WHERE {found}")  # noqa: S608  # ours
    op.execute("UPDATE address_troubles SET last_reported_at = reported_at")


def downgrade() -> None:
    for subject in ("action", "clock"):
        op.drop_index(f"uq_reminders_of_{subject}", table_name="reminders")
    op.execute("DELETE FROM reminders WHERE left_out <> ''")
    with op.batch_alter_table("reminders") as batch_op:
        for subject in ("action_id", "clock_id"):
            name = batch_op.f(f"uq_reminders_{subject}_person_id_rung_about")
            batch_op.create_unique_constraint(name, [subject, *LINE])
        for column in ("left_out", "why", "role"):
            batch_op.drop_column(column)
    with op.batch_alter_table("actions") as batch_op:
        batch_op.drop_column("reference_name")
    with op.batch_alter_table("partnerships") as batch_op:
        for column in ("notify_reply_to_id", "reply_to", "sender_name"):
            batch_op.drop_column(column)
    op.execute("DELETE FROM address_troubles WHERE NOT closes")
    with op.batch_alter_table("address_troubles") as batch_op:
        for column in ("last_reported_at", "reports", "closes", "kind"):
            batch_op.drop_column(column)
    with op.batch_alter_table("letters") as batch_op:
        for column in ("sent_to", "written_at"):
            batch_op.drop_column(column)
    op.drop_table("sending_faults")
