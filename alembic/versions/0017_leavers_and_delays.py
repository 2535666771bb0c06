"""leavers, delays, more time taken back, retired policies"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LEFT = sa.text("previous_owner_id IS NOT NULL")
TEXTS = (
    "kind",
    "owner_rating",
    "chair_rating",
    "chair_rating_reason",
    "chair_rating_by",
    "blocked_plan",
    "reference_name",
)


def upgrade() -> None:
    with op.batch_alter_table("actions") as batch_op:
        batch_op.add_column(
            sa.Column("previous_owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(batch_op.f("fk_actions_previous_owner_id"), "people", ["previous_owner_id"], ["id"])
        for name in TEXTS:  # read back, their default would stand in parentheses
            batch_op.alter_column(name, server_default="")
    # of indexes that seem as good SQLite goes by their age, and a rebuilt table has them in any order
    op.drop_index("ix_actions_partnership_due", "actions")
    op.create_index("ix_actions_partnership_due", "actions", ["partnership_id", "due_on", "id"], unique=False)
    op.add_column("actions", sa.Column("expected_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_actions_previous_owner_id",
        "actions",
        ["previous_owner_id"],
        unique=False,
        sqlite_where=LEFT,
        postgresql_where=LEFT,
    )
    _name_previous_owners()
    op.create_table(
        "delays",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reported_by", sa.String(length=200), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_delays_action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delays")),
    )
    op.create_index(op.f("ix_delays_action_id"), "delays", ["action_id"], unique=False)
    op.add_column("extensions", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("extensions", sa.Column("undone_by", sa.String(length=200), server_default="", nullable=False))
    op.add_column("extensions", sa.Column("undone_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("reminder_policies", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("reminder_policies", "retired_at")
    for name in ("undone_reason", "undone_by", "undone_at"):
        op.drop_column("extensions", name)
    op.drop_index(op.f("ix_delays_action_id"), table_name="delays")
    op.drop_table("delays")
    op.drop_index("ix_actions_previous_owner_id", table_name="actions", sqlite_where=LEFT, postgresql_where=LEFT)
    op.drop_column("actions", "expected_on")
    with op.batch_alter_table("actions") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_actions_previous_owner_id"), type_="foreignkey")
        batch_op.drop_column("previous_owner_id")


def _name_previous_owners() -> None:
    """Take the previous owner of an action that awaits one from the last event that parked it."""
    events = sa.table(
        "events", sa.column("id"), sa.column("action_id"), sa.column("kind"), sa.column("details", sa.JSON)
    )
    actions = sa.table(
        "actions", sa.column("id"), sa.column("awaiting_owner", sa.Boolean), sa.column("previous_owner_id")
    )
    parked = (
        sa.select(actions.c.id, events.c.details)
        .join_from(actions, events, events.c.action_id == actions.c.id)
        .where(actions.c.awaiting_owner, events.c.kind == "action_parked")
        .order_by(events.c.id)
    )
    connection = op.get_bind()
    previous = {action_id: details.get("previous") for action_id, details in connection.execute(parked)}
    rows = [{"of": action_id, "previous": person_id} for action_id, person_id in previous.items() if person_id]
    if rows:
        update = sa.update(actions).where(actions.c.id == sa.bindparam("of"))
        connection.execute(update.values(previous_owner_id=sa.bindparam("previous")), rows)
