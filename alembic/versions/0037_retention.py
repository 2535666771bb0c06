"""retention: its schedule, holds on disposal, decisions, certificates, and numbers that are never given again"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

RUNNING = sa.text("released_at IS NULL")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _number_rows(forever=True)
    op.create_table(
        "retention_rules",
        sa.Column("id", _number(), nullable=False),
        sa.Column("partnership_id", _number(), nullable=False),
        sa.Column("workflow", sa.String(length=40), nullable=False),
        sa.Column("years", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("years > 0", name=op.f("ck_retention_rules_years_counted")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_retention_rules_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
    )
    op.create_index("ix_retention_rules_of", "retention_rules", ["partnership_id", "workflow", "id"], unique=False)
    op.create_table(
        "retention_holds",
        sa.Column("id", _number(), nullable=False),
        sa.Column("case_id", _number(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(length=200), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", sa.String(length=200), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_retention_holds_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_holds")),
    )
    op.create_index(op.f("ix_retention_holds_case_id"), "retention_holds", ["case_id"], unique=False)
    op.create_index(
        "ix_retention_holds_running",
        "retention_holds",
        ["case_id"],
        unique=False,
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )
    op.create_table(
        "retention_decisions",
        sa.Column("id", _number(), nullable=False),
        sa.Column("case_id", _number(), nullable=False),
        sa.Column("rule_id", _number(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("decided_by_id", _number(), nullable=True),
        sa.Column("at_terminal", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=True),
        sa.Column("answer_reason", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'keep') = (keep_until IS NOT NULL)", name=op.f("ck_retention_decisions_day_if_kept")
        ),
        sa.CheckConstraint(
            "outcome = 'dispose' OR answer IS NULL", name=op.f("ck_retention_decisions_answered_if_disposed_of")
        ),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_retention_decisions_answered_with_an_answer")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_retention_decisions_case_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["people.id"], name=op.f("fk_retention_decisions_decided_by_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["retention_rules.id"], name=op.f("fk_retention_decisions_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_decisions")),
    )
    for column in ("case_id", "decided_by_id", "rule_id"):
        op.create_index(op.f(f"ix_retention_decisions_{column}"), "retention_decisions", [column], unique=False)
    op.create_table(
        "disposal_certificates",
        sa.Column("id", _number(), nullable=False),
        sa.Column("partnership_id", _number(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("realm", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("workflow", sa.String(length=40), nullable=False),
        sa.Column("child_references", sa.JSON(), nullable=False),
        sa.Column("opened_year", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("closed_known_to", sa.String(length=40), server_default="day", nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("rule_set_by", sa.String(length=200), nullable=False),
        sa.Column("due_since", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.String(length=200), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_by", sa.String(length=200), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("backups", sa.JSON(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_disposal_certificates_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal_certificates")),
        sa.UniqueConstraint("partnership_id", "number", name=op.f("uq_disposal_certificates_partnership_id_number")),
    )
    op.create_index(
        "ix_disposal_certificates_reference",
        "disposal_certificates",
        ["partnership_id", "realm", "reference"],
        unique=False,
    )
    op.create_table(
        "disposal_files",
        sa.Column("stored_as", sa.String(length=64), nullable=False),
        sa.Column("certificate_id", _number(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["disposal_certificates.id"], name=op.f("fk_disposal_files_certificate_id")
        ),
        sa.PrimaryKeyConstraint("stored_as", name=op.f("pk_disposal_files")),
    )
    op.create_index(op.f("ix_disposal_files_certificate_id"), "disposal_files", ["certificate_id"], unique=False)


def downgrade() -> None:
    for table in (
        "disposal_files",
        "disposal_certificates",
        "retention_decisions",
        "retention_holds",
        "retention_rules",
    ):
        op.drop_table(table)
    _number_rows(forever=False)


def _number_rows(*, forever: bool) -> None:
    """Have SQLite number cases and actions after the highest there ever was, as PostgreSQL does, or that there is.

    A table is made anew from its own definition, word for word, with another line for its number.
    """
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in ("cases", "actions"):
        plain, primary = "id INTEGER NOT NULL, ", f", CONSTRAINT pk_{table} PRIMARY KEY (id)"
        numbered = "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "
        look = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL ORDER BY rowid")
        parts = [(row[0], " ".join(row[1].split())) for row in op.get_bind().execute(look, {"name": table})]
        definition = next(sql for kind, sql in parts if kind == "table")
        rest = definition.partition("(")[2].strip()
        if forever:
            rest = rest.replace(plain, numbered, 1).replace(primary, "", 1)
        else:
            rest = rest.replace(numbered, plain, 1).removesuffix(")").rstrip() + f"{primary})"
        if ("AUTOINCREMENT" in rest) is not forever:
            raise RuntimeError(f"The table {table} is not defined as expected.")
        op.execute(f"CREATE TABLE {table}_anew ( {rest}")
        op.execute(f"INSERT INTO {table}_anew SELECT * FROM {table}")  # noqa: S608  # the two names above
        op.execute(f"DROP TABLE {table}")
        op.execute(f"ALTER TABLE {table}_anew RENAME TO {table}")
        for kind, sql in parts:
            if kind != "table":
                op.execute(sql)
