"""golden thread"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_mappings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partnership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("headings_sha256", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_column_mappings_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mappings")),
        sa.UniqueConstraint(
            "partnership_id", "headings_sha256", name=op.f("uq_column_mappings_partnership_id_headings_sha256")
        ),
    )
    op.create_table(
        "themes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partnership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_themes_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_themes")),
        sa.UniqueConstraint("partnership_id", "name", name=op.f("uq_themes_partnership_id_name")),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_findings_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("case_id", "reference", name=op.f("uq_findings_case_id_reference")),
    )
    op.create_table(
        "import_runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partnership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=200), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_import_runs_case_id")),
        sa.ForeignKeyConstraint(["partnership_id"], ["partnerships.id"], name=op.f("fk_import_runs_partnership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
    )
    with op.batch_alter_table("import_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_runs_case_id"), ["case_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_runs_partnership_id"), ["partnership_id"], unique=False)

    op.create_table(
        "plan_rules",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amber_days", sa.Integer(), nullable=True),
        sa.Column("red_moves", sa.Integer(), nullable=True),
        sa.Column("cadence_days", sa.Integer(), nullable=True),
        sa.Column("first_impact_months", sa.Integer(), nullable=True),
        sa.Column("second_impact_months", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_plan_rules_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_plan_rules")),
    )
    op.create_table(
        "finding_themes",
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("theme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_finding_themes_finding_id")),
        sa.ForeignKeyConstraint(["theme_id"], ["themes.id"], name=op.f("fk_finding_themes_theme_id")),
        sa.PrimaryKeyConstraint("finding_id", "theme_id", name=op.f("pk_finding_themes")),
    )
    with op.batch_alter_table("finding_themes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_themes_theme_id"), ["theme_id"], unique=False)

    op.create_table(
        "recommendation_themes",
        sa.Column("recommendation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("theme_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation_id"], ["recommendations.id"], name=op.f("fk_recommendation_themes_recommendation_id")
        ),
        sa.ForeignKeyConstraint(["theme_id"], ["themes.id"], name=op.f("fk_recommendation_themes_theme_id")),
        sa.PrimaryKeyConstraint("recommendation_id", "theme_id", name=op.f("pk_recommendation_themes")),
    )
    with op.batch_alter_table("recommendation_themes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recommendation_themes_theme_id"), ["theme_id"], unique=False)

    op.create_table(
        "recommendation_stems",
        sa.Column("recommendation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stem", sa.String(length=6), nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation_id"], ["recommendations.id"], name=op.f("fk_recommendation_stems_recommendation_id")
        ),
        sa.PrimaryKeyConstraint("recommendation_id", "stem", name=op.f("pk_recommendation_stems")),
    )
    with op.batch_alter_table("recommendation_stems", schema=None) as batch_op:
        batch_op.create_index("ix_recommendation_stems_stem", ["stem", "recommendation_id"], unique=False)
    _keep_stems()

    op.create_table(
        "action_answers",
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recommendation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_action_answers_action_id")),
        sa.ForeignKeyConstraint(
            ["recommendation_id"], ["recommendations.id"], name=op.f("fk_action_answers_recommendation_id")
        ),
        sa.PrimaryKeyConstraint("action_id", "recommendation_id", name=op.f("pk_action_answers")),
    )
    with op.batch_alter_table("action_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_answers_recommendation_id"), ["recommendation_id"], unique=False)

    op.create_table(
        "action_strands",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("agency_text", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_on IS NULL)", name=op.f("ck_action_strands_ended_on_if_ended")),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_action_strands_action_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_action_strands_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_strands")),
        sa.UniqueConstraint(
            "action_id", "agency_id", "agency_text", name=op.f("uq_action_strands_action_id_agency_id_agency_text")
        ),
    )
    with op.batch_alter_table("action_strands", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_action_strands_agency_id"), ["agency_id"], unique=False)

    op.create_table(
        "assurances",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_assured", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_assurances_action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assurances")),
    )
    with op.batch_alter_table("assurances", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assurances_action_id"), ["action_id"], unique=False)

    op.create_table(
        "extension_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("wanted_due_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("meanwhile", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_extension_requests_action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_requests")),
    )
    with op.batch_alter_table("extension_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_extension_requests_action_id"), ["action_id"], unique=False)
        batch_op.create_index(
            "ix_extension_requests_waiting",
            ["action_id"],
            unique=False,
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        )

    op.create_table(
        "impact_checks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("result", sa.String(length=40), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_impact_checks_action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impact_checks")),
        sa.UniqueConstraint("action_id", "due_on", name=op.f("uq_impact_checks_action_id_due_on")),
    )
    with op.batch_alter_table("impact_checks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_impact_checks_waiting",
            ["due_on", "action_id"],
            unique=False,
            sqlite_where=sa.text("answered_on IS NULL"),
            postgresql_where=sa.text("answered_on IS NULL"),
        )

    op.create_table(
        "import_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("action_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_import_changes_action_id")),
        sa.ForeignKeyConstraint(["run_id"], ["import_runs.id"], name=op.f("fk_import_changes_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_changes")),
    )
    with op.batch_alter_table("import_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_changes_action_id"), ["action_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_changes_run_id"), ["run_id"], unique=False)

    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deputy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        batch_op.add_column(sa.Column("start_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("review_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("kind", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("self_rating", sa.String(length=10), server_default="", nullable=False))
        batch_op.add_column(sa.Column("own_rating", sa.String(length=10), server_default="", nullable=False))
        batch_op.add_column(sa.Column("own_rating_reason", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("own_rating_by", sa.String(length=200), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_actions_deputy_id"), ["deputy_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_actions_deputy_id"), "people", ["deputy_id"], ["id"])

    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=10), server_default="text", nullable=False))
        batch_op.add_column(sa.Column("shows", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("link", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("file_name", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("stored_as", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("sha256", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("size", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_unique_constraint(batch_op.f("uq_evidence_stored_as"), ["stored_as"])

    with op.batch_alter_table("recommendations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("addressee", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("success", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("evidence_wanted", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("response_by", sa.String(length=200), server_default="", nullable=False))
        batch_op.add_column(sa.Column("responded_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("reopened_on", sa.Date(), nullable=True))
        batch_op.create_index(batch_op.f("ix_recommendations_finding_id"), ["finding_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_recommendations_finding_id"), "findings", ["finding_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("recommendations", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_recommendations_finding_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_recommendations_finding_id"))
        batch_op.drop_column("reopened_on")
        batch_op.drop_column("responded_on")
        batch_op.drop_column("response_by")
        batch_op.drop_column("evidence_wanted")
        batch_op.drop_column("success")
        batch_op.drop_column("addressee")
        batch_op.drop_column("finding_id")

    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_evidence_stored_as"), type_="unique")
        batch_op.drop_column("size")
        batch_op.drop_column("sha256")
        batch_op.drop_column("stored_as")
        batch_op.drop_column("file_name")
        batch_op.drop_column("link")
        batch_op.drop_column("shows")
        batch_op.drop_column("kind")

    with op.batch_alter_table("actions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_actions_deputy_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_actions_deputy_id"))
        batch_op.drop_column("own_rating_by")
        batch_op.drop_column("own_rating_reason")
        batch_op.drop_column("own_rating")
        batch_op.drop_column("self_rating")
        batch_op.drop_column("kind")
        batch_op.drop_column("review_on")
        batch_op.drop_column("start_on")
        batch_op.drop_column("deputy_id")

    with op.batch_alter_table("import_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_changes_run_id"))
        batch_op.drop_index(batch_op.f("ix_import_changes_action_id"))

    op.drop_table("import_changes")
    with op.batch_alter_table("impact_checks", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_impact_checks_waiting",
            sqlite_where=sa.text("answered_on IS NULL"),
            postgresql_where=sa.text("answered_on IS NULL"),
        )

    op.drop_table("impact_checks")
    with op.batch_alter_table("extension_requests", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_extension_requests_waiting",
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_extension_requests_action_id"))

    op.drop_table("extension_requests")
    with op.batch_alter_table("assurances", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assurances_action_id"))

    op.drop_table("assurances")
    with op.batch_alter_table("action_strands", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_strands_agency_id"))

    op.drop_table("action_strands")
    with op.batch_alter_table("action_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_action_answers_recommendation_id"))

    op.drop_table("action_answers")
    with op.batch_alter_table("recommendation_stems", schema=None) as batch_op:
        batch_op.drop_index("ix_recommendation_stems_stem")

    op.drop_table("recommendation_stems")
    with op.batch_alter_table("recommendation_themes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recommendation_themes_theme_id"))

    op.drop_table("recommendation_themes")
    with op.batch_alter_table("finding_themes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_themes_theme_id"))

    op.drop_table("finding_themes")
    op.drop_table("plan_rules")
    with op.batch_alter_table("import_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_runs_partnership_id"))
        batch_op.drop_index(batch_op.f("ix_import_runs_case_id"))

    op.drop_table("import_runs")
    op.drop_table("findings")
    op.drop_table("themes")
    op.drop_table("column_mappings")


def _keep_stems() -> None:
    """Write down the stems of the recommendations that are there, by the rule of this day (reviews/stems.py)."""
    said = sa.table("recommendations", sa.column("id"), sa.column("text"))
    stems = sa.table("recommendation_stems", sa.column("recommendation_id"), sa.column("stem"))
    rows = [
        {"recommendation_id": row.id, "stem": stem}
        for row in op.get_bind().execute(sa.select(said.c.id, said.c.text))
        for stem in sorted({_stem(word) for word in re.findall(r"[^\W\d_]{3,}", row.text.lower())})
    ]
    if rows:
        op.bulk_insert(stems, rows)


def _stem(word: str) -> str:
    cut = re.sub(r"(?:ies|ings?|ed|es|e|s|y)$", "", word)
    return (cut if len(cut) >= 3 else word)[:6]
