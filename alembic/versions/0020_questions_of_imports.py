"""questions of imports, and answers remembered with the columns"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OPEN = sa.text("answered_at IS NULL")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("column_mappings", sa.Column("answers", sa.JSON(), server_default="{}", nullable=False))
    op.create_table(
        "import_questions",
        sa.Column("id", _number(), nullable=False),
        sa.Column("case_id", _number(), nullable=False),
        sa.Column("action_id", _number(), nullable=True),
        sa.Column("run_id", _number(), nullable=True),
        sa.Column("sheet", sa.String(length=200), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("offered", sa.JSON(), nullable=False),
        sa.Column("as_asked", sa.String(length=40), nullable=False),
        sa.Column("of_new", sa.Boolean(), nullable=False),
        sa.Column("of_ended", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_import_questions_action_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_import_questions_case_id")),
        sa.ForeignKeyConstraint(["run_id"], ["import_runs.id"], name=op.f("fk_import_questions_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_questions")),
    )
    for column in ("action_id", "case_id", "run_id"):
        op.create_index(op.f(f"ix_import_questions_{column}"), "import_questions", [column], unique=False)
    op.create_index(
        "ix_import_questions_open",
        "import_questions",
        ["case_id"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def downgrade() -> None:
    op.drop_table("import_questions")
    op.drop_column("column_mappings", "answers")
