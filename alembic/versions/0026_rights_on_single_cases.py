"""rights of named people on single cases, and cases confined to them"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

IN_FORCE = sa.text("ended_at IS NULL")
CONFINED = sa.text("confined_at IS NOT NULL")


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("cases", sa.Column("confined_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_cases_confined",
        "cases",
        ["partnership_id"],
        unique=False,
        sqlite_where=CONFINED,
        postgresql_where=CONFINED,
    )
    op.create_table(
        "case_rights",
        sa.Column("id", _number(), nullable=False),
        sa.Column("case_id", _number(), nullable=False),
        sa.Column("person_id", _number(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind = 'excluded' OR until_on IS NOT NULL", name=op.f("ck_case_rights_grant_has_a_last_day")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_rights_case_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_case_rights_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_rights")),
    )
    op.create_index(op.f("ix_case_rights_case_id"), "case_rights", ["case_id"], unique=False)
    op.create_index(
        "ix_case_rights_person_id",
        "case_rights",
        ["person_id"],
        unique=False,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )


def downgrade() -> None:
    op.drop_table("case_rights")
    op.drop_index("ix_cases_confined", "cases")
    op.drop_column("cases", "confined_at")
