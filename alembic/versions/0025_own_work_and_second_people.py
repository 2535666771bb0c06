"""whose own work it is, and roles that wait for a second person"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

WAITING = sa.text("answered_at IS NULL")
PEOPLE_OF = {
    "events": ("recorded_by_id",),
    "actions": ("submitted_for_id",),
    "extension_requests": ("asked_by_id", "asked_for_id"),
}

TEXTS = (
    "kind",
    "owner_rating",
    "chair_rating",
    "chair_rating_reason",
    "chair_rating_by",
    "blocked_plan",
    "reference_name",
    "lead_agency_text",
)


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table, columns in PEOPLE_OF.items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.add_column(sa.Column(column, _number(), nullable=True))
                batch_op.create_foreign_key(batch_op.f(f"fk_{table}_{column}"), "people", [column], ["id"])
            for column in TEXTS if table == "actions" else ():  # read back, their default would stand in parentheses
                batch_op.alter_column(column, server_default="")
            for column in columns:
                batch_op.create_index(batch_op.f(f"ix_{table}_{column}"), [column])
    # of indexes that seem as good SQLite goes by their age, and a rebuilt table has them in any order
    op.drop_index("ix_actions_partnership_due", "actions")
    op.create_index("ix_actions_partnership_due", "actions", ["partnership_id", "due_on", "id"], unique=False)
    _name_people()
    op.create_table(
        "role_requests",
        sa.Column("id", _number(), nullable=False),
        sa.Column("partnership_id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("agency_id", _number(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("job_title", sa.String(length=200), nullable=False),
        sa.Column("known_as", sa.String(length=200), server_default="", nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_by_id", _number(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_role_requests_answered_with_an_answer")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_role_requests_agency_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name=op.f("fk_role_requests_asked_by_id")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_role_requests_partnership_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_role_requests_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_requests")),
    )
    for column in ("partnership_id", "person_id", "agency_id", "asked_by_id"):
        op.create_index(op.f(f"ix_role_requests_{column}"), "role_requests", [column], unique=False)
    op.create_index(
        "uq_role_requests_waiting",
        "role_requests",
        ["person_id", "partnership_id", "role"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def _name_people() -> None:
    """Find who signed earlier steps and requests by the address in the signature, also one that was changed since."""
    bind = op.get_bind()
    events = sa.table(
        "events",
        *(sa.column(name) for name in ("recorded_by", "recorded_by_id", "kind")),
        sa.column("details", sa.JSON()),
    )
    requests = sa.table("extension_requests", sa.column("asked_by"), sa.column("asked_by_id"))
    changed = sa.select(events.c.details).where(events.c.kind == "email_changed")
    by_address = {details["was"]: details["person"] for details in bind.scalars(changed)}
    by_address |= {row.email: row.id for row in bind.execute(sa.text("SELECT id, email FROM people"))}
    for table, signed, person in (
        (events, events.c.recorded_by, events.c.recorded_by_id),
        (requests, requests.c.asked_by, requests.c.asked_by_id),
    ):
        for signature in bind.scalars(sa.select(signed).distinct()).all():
            found = by_address.get(signature.rpartition("<")[2].removesuffix(">"))
            if found is not None:
                bind.execute(sa.update(table).where(signed == signature).values({person.name: found}))


def downgrade() -> None:
    op.drop_table("role_requests")
    for table, columns in PEOPLE_OF.items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_index(batch_op.f(f"ix_{table}_{column}"))
                batch_op.drop_constraint(batch_op.f(f"fk_{table}_{column}"), type_="foreignkey")
                batch_op.drop_column(column)
