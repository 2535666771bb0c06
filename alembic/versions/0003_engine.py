"""engine"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "version_moves",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workflow", sa.String(length=40), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_by", sa.String(length=200), nullable=False),
        sa.Column("reverted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version_moves")),
    )
    with op.batch_alter_table("version_moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_version_moves_workflow"), ["workflow"], unique=False)

    op.create_table(
        "added_definitions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("partnership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_added_definitions_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_added_definitions")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_added_definitions_name_version")),
    )
    with op.batch_alter_table("added_definitions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_added_definitions_partnership_id"), ["partnership_id"], unique=False)

    op.create_table(
        "local_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partnership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workflow", sa.String(length=40), nullable=False),
        sa.Column("deadline", sa.String(length=60), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=40), nullable=True),
        sa.Column("ladder", sa.String(length=40), nullable=True),
        sa.Column("authority", sa.String(length=300), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("(period IS NULL) = (unit IS NULL)", name=op.f("ck_local_rules_period_with_unit")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_local_rules_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_rules")),
    )
    with op.batch_alter_table("local_rules", schema=None) as batch_op:
        batch_op.create_index(
            "ix_local_rules_of", ["partnership_id", "workflow", "deadline", "effective_from"], unique=False
        )

    op.create_table(
        "agency_successions",
        sa.Column("from_agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("to_agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.CheckConstraint("from_agency_id <> to_agency_id", name=op.f("ck_agency_successions_two_agencies")),
        sa.ForeignKeyConstraint(["from_agency_id"], ["agencies.id"], name=op.f("fk_agency_successions_from_agency_id")),
        sa.ForeignKeyConstraint(["to_agency_id"], ["agencies.id"], name=op.f("fk_agency_successions_to_agency_id")),
        sa.PrimaryKeyConstraint("from_agency_id", "to_agency_id", name=op.f("pk_agency_successions")),
    )
    with op.batch_alter_table("agency_successions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_agency_successions_to_agency_id"), ["to_agency_id"], unique=False)

    op.create_table(
        "case_holds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("track", sa.String(length=40), nullable=False),
        sa.Column("held_at", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("expected_end_on", sa.Date(), nullable=True),
        sa.Column("lifted_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_holds_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_holds")),
    )
    with op.batch_alter_table("case_holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_holds_case_id"), ["case_id"], unique=False)
        batch_op.create_index(
            "ix_case_holds_running",
            ["review_on", "case_id"],
            unique=False,
            sqlite_where=sa.text("lifted_on IS NULL"),
            postgresql_where=sa.text("lifted_on IS NULL"),
        )

    with op.batch_alter_table("agencies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("began_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("ended_on", sa.Date(), nullable=True))

    with op.batch_alter_table("case_clocks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("target_on", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column("local_rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_case_clocks_local_rule_id"), ["local_rule_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_case_clocks_local_rule_id"), "local_rules", ["local_rule_id"], ["id"]
        )

    with op.batch_alter_table("case_tracks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_at", sa.String(length=60), nullable=True))

    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("our_role", sa.String(length=40), server_default="lead", nullable=False))
        batch_op.add_column(sa.Column("lead_area", sa.String(length=200), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_cases_parent_id"), ["parent_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_cases_parent_id"), "cases", ["parent_id"], ["id"])

    with op.batch_alter_table("children", schema=None) as batch_op:
        batch_op.add_column(sa.Column("nature", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("died_on", sa.Date(), nullable=True))

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("form_edition", sa.Date(), nullable=True))
        batch_op.add_column(
            sa.Column("corrects_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_index(batch_op.f("ix_events_corrects_id"), ["corrects_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_events_corrects_id"), "events", ["corrects_id"], ["id"])

    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("clock_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.alter_column(
            "action_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_reminders_of_action_or_clock"), "(action_id IS NULL) <> (clock_id IS NULL)"
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_reminders_clock_id_person_id_rung_about"), ["clock_id", "person_id", "rung", "about"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_reminders_clock_id"), "case_clocks", ["clock_id"], ["id"])

    _remember_holds()


def downgrade() -> None:
    op.execute("DELETE FROM reminders WHERE action_id IS NULL")
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_reminders_of_action_or_clock"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_reminders_clock_id"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_reminders_clock_id_person_id_rung_about"), type_="unique")
        batch_op.alter_column(
            "action_id", existing_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        )
        batch_op.drop_column("clock_id")

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_events_corrects_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_events_corrects_id"))
        batch_op.drop_column("corrects_id")
        batch_op.drop_column("form_edition")

    with op.batch_alter_table("children", schema=None) as batch_op:
        batch_op.drop_column("died_on")
        batch_op.drop_column("nature")

    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_cases_parent_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_cases_parent_id"))
        batch_op.drop_column("lead_area")
        batch_op.drop_column("our_role")
        batch_op.drop_column("parent_id")

    with op.batch_alter_table("case_tracks", schema=None) as batch_op:
        batch_op.drop_column("held_at")

    with op.batch_alter_table("case_clocks", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_case_clocks_local_rule_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_case_clocks_local_rule_id"))
        batch_op.drop_column("local_rule_id")
        batch_op.drop_column("target_on")

    with op.batch_alter_table("agencies", schema=None) as batch_op:
        batch_op.drop_column("ended_on")
        batch_op.drop_column("began_on")

    with op.batch_alter_table("case_holds", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_case_holds_running",
            sqlite_where=sa.text("lifted_on IS NULL"),
            postgresql_where=sa.text("lifted_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_case_holds_case_id"))

    op.drop_table("case_holds")
    with op.batch_alter_table("agency_successions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agency_successions_to_agency_id"))

    op.drop_table("agency_successions")
    with op.batch_alter_table("local_rules", schema=None) as batch_op:
        batch_op.drop_index("ix_local_rules_of")

    op.drop_table("local_rules")
    with op.batch_alter_table("added_definitions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_added_definitions_partnership_id"))

    op.drop_table("added_definitions")
    with op.batch_alter_table("version_moves", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_version_moves_workflow"))

    op.drop_table("version_moves")


def _remember_holds() -> None:
    """Publications that are held back already: where they were held, so that they can go back there."""
    op.execute("""
        UPDATE case_tracks SET held_at = (
            SELECT from_stage FROM events
             WHERE events.case_id = case_tracks.case_id AND events.step = 'place_hold' ORDER BY events.id DESC LIMIT 1
        ) WHERE name = 'publication' AND stage = 'on_hold'
    """)
    op.execute("""
        INSERT INTO case_holds (case_id, track, held_at, reason, placed_on, review_on, expected_end_on)
        SELECT case_id, name, held_at,
               coalesce((SELECT words FROM case_facts AS fact WHERE fact.case_id = case_tracks.case_id
                          AND fact.name = 'hold_reason' ORDER BY fact.id DESC LIMIT 1), ''),
               since_on,
               (SELECT day FROM case_facts AS fact WHERE fact.case_id = case_tracks.case_id
                   AND fact.name = 'hold_review_on' ORDER BY fact.id DESC LIMIT 1),
               (SELECT day FROM case_facts AS fact WHERE fact.case_id = case_tracks.case_id
                   AND fact.name = 'hold_expected_end_on' ORDER BY fact.id DESC LIMIT 1)
          FROM case_tracks WHERE name = 'publication' AND held_at IS NOT NULL
    """)
