"""reminders that can be trusted"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failure", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failures")),
    )
    with op.batch_alter_table("failures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_failures_failed_at"), ["failed_at"], unique=False)

    op.create_table(
        "leaders",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("term > 0", name=op.f("ck_leaders_term_counted")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leaders")),
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partnership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deputy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("deputy_id <> person_id", name=op.f("ck_absences_somebody_else")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_absences_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["deputy_id"], ["people.id"], name=op.f("fk_absences_deputy_id")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_absences_partnership_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_absences_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_absences_deputy_id"), ["deputy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_absences_partnership_id"), ["partnership_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_absences_person_id"), ["person_id"], unique=False)

    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_calendar_feeds_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )
    with op.batch_alter_table("calendar_feeds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_feeds_person_id"), ["person_id"], unique=False)

    op.create_table(
        "reminder_policies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partnership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("begins", sa.String(length=5), nullable=False),
        sa.Column("rungs", sa.JSON(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_reminder_policies_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_policies")),
        sa.UniqueConstraint("partnership_id", "name", name=op.f("uq_reminder_policies_partnership_id_name")),
    )
    op.create_table(
        "summary_rhythms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partnership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rhythm", sa.String(length=20), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("meeting_on", sa.Date(), nullable=True),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_summary_rhythms_partnership_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_summary_rhythms_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summary_rhythms")),
        sa.UniqueConstraint("person_id", "partnership_id", name=op.f("uq_summary_rhythms_person_id_partnership_id")),
    )
    with op.batch_alter_table("summary_rhythms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_summary_rhythms_partnership_id"), ["partnership_id"], unique=False)

    op.create_table(
        "address_troubles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("letter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("solved_by", sa.String(length=200), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_address_troubles_letter_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_address_troubles_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_troubles")),
    )
    with op.batch_alter_table("address_troubles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_troubles_letter_id"), ["letter_id"], unique=False)
        batch_op.create_index(
            "ix_address_troubles_open",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("solved_at IS NULL"),
            postgresql_where=sa.text("solved_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_address_troubles_person_id"), ["person_id"], unique=False)

    op.create_table(
        "letter_answers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("letter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_letter_answers_action_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_letter_answers_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_answers")),
        sa.UniqueConstraint("letter_id", "action_id", name=op.f("uq_letter_answers_letter_id_action_id")),
    )
    with op.batch_alter_table("letter_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_answers_action_id"), ["action_id"], unique=False)

    op.create_table(
        "snoozes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("about", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_snoozes_action_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_snoozes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snoozes")),
        sa.UniqueConstraint("action_id", "person_id", "until_on", name=op.f("uq_snoozes_action_id_person_id_until_on")),
    )
    with op.batch_alter_table("snoozes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_snoozes_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("blocked_plan", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(
            "ix_actions_deputy_live",
            ["deputy_id", "ended_on", "due_on"],
            unique=False,
            sqlite_where=sa.text("ended_on IS NULL AND deputy_id IS NOT NULL"),
            postgresql_where=sa.text("ended_on IS NULL AND deputy_id IS NOT NULL"),
        )
    _keep_plans_of_blocked_actions()
    _put_the_index_of_all_actions_last()

    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_by", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("withdrawn_reason", sa.Text(), server_default="", nullable=False))

    with op.batch_alter_table("progress_updates", schema=None) as batch_op:
        batch_op.add_column(sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("html", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("provider_id", sa.String(length=100), server_default="", nullable=False))
        batch_op.add_column(sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("again_of_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_letters_again_of_id"), ["again_of_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_letters_again_of_id"), "letters", ["again_of_id"], ["id"])

        batch_op.create_index(batch_op.f("ix_letters_message_id"), ["message_id"], unique=False)
        batch_op.drop_constraint(batch_op.f("ck_letters_sent_at_some_time"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_letters_sent_at_some_time"),
            "state NOT IN ('sent', 'delivered', 'bounced') OR sent_at IS NOT NULL",
        )

    with op.batch_alter_table("plan_rules", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reminder_policy", sa.String(length=40), nullable=True))

    with op.batch_alter_table("ticks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.alter_column("name", existing_type=sa.String(length=40), type_=sa.String(length=60))


def downgrade() -> None:
    with op.batch_alter_table("ticks", schema=None) as batch_op:
        batch_op.alter_column("name", existing_type=sa.String(length=60), type_=sa.String(length=40))
        batch_op.drop_column("next_at")

    with op.batch_alter_table("plan_rules", schema=None) as batch_op:
        batch_op.drop_column("reminder_policy")

    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_letters_sent_at_some_time"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_letters_sent_at_some_time"), "state <> 'sent' OR sent_at IS NOT NULL"
        )
        batch_op.drop_index(batch_op.f("ix_letters_message_id"))
        batch_op.drop_constraint(batch_op.f("fk_letters_again_of_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_letters_again_of_id"))
        batch_op.drop_column("again_of_id")
        batch_op.drop_column("heard_at")
        batch_op.drop_column("provider_id")
        batch_op.drop_column("html")

    with op.batch_alter_table("progress_updates", schema=None) as batch_op:
        batch_op.drop_column("taken_back_at")

    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_reason")
        batch_op.drop_column("withdrawn_by")
        batch_op.drop_column("withdrawn_on")

    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_actions_deputy_live",
            sqlite_where=sa.text("ended_on IS NULL AND deputy_id IS NOT NULL"),
            postgresql_where=sa.text("ended_on IS NULL AND deputy_id IS NOT NULL"),
        )
        batch_op.drop_column("blocked_plan")

    with op.batch_alter_table("snoozes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_snoozes_person_id"))

    op.drop_table("snoozes")
    with op.batch_alter_table("letter_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_letter_answers_action_id"))

    op.drop_table("letter_answers")
    with op.batch_alter_table("address_troubles", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_troubles_person_id"))
        batch_op.drop_index(
            "ix_address_troubles_open",
            sqlite_where=sa.text("solved_at IS NULL"),
            postgresql_where=sa.text("solved_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_address_troubles_letter_id"))

    op.drop_table("address_troubles")
    with op.batch_alter_table("summary_rhythms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_summary_rhythms_partnership_id"))

    op.drop_table("summary_rhythms")
    op.drop_table("reminder_policies")
    with op.batch_alter_table("calendar_feeds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_feeds_person_id"))

    op.drop_table("calendar_feeds")
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_absences_person_id"))
        batch_op.drop_index(batch_op.f("ix_absences_partnership_id"))
        batch_op.drop_index(batch_op.f("ix_absences_deputy_id"))

    op.drop_table("absences")
    op.drop_table("leaders")
    with op.batch_alter_table("failures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_failures_failed_at"))

    op.drop_table("failures")


def _keep_plans_of_blocked_actions() -> None:
    """Take what is done about it over from the step that last reported an action as blocked."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    actions = sa.table("actions", sa.column("id", key), sa.column("stage"), sa.column("blocked_plan", sa.Text()))
    events = sa.table(
        "events", sa.column("id", key), sa.column("action_id", key), sa.column("step"), sa.column("details", sa.JSON())
    )
    reported = (
        sa.select(events.c.action_id, events.c.details)
        .join(actions, actions.c.id == events.c.action_id)
        .where(events.c.step == "block", actions.c.stage == "blocked")
        .order_by(events.c.id)
    )
    last = {row.action_id: row.details for row in op.get_bind().execute(reported)}
    for action_id, details in last.items():
        plan = sa.update(actions).where(actions.c.id == action_id)
        op.execute(plan.values(blocked_plan=str((details or {}).get("blocked_plan") or "")))


def _put_the_index_of_all_actions_last() -> None:
    """Make it anew: of indexes that seem as good SQLite goes by their age, and a rebuilt table has them in any order."""
    op.drop_index("ix_actions_partnership_due", "actions")
    op.create_index("ix_actions_partnership_due", "actions", ["partnership_id", "due_on", "id"], unique=False)
