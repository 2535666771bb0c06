"""identities of children, sealed, and their openings"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEALED = (
    "name",
    "other_names",
    "birth",
    "death",
    "home_address",
    "nhs_number",
    "local_number",
    "other_numbers",
    "family_contact",
)


def upgrade() -> None:
    op.create_table(
        "child_identities",
        sa.Column("child_id", KEY, nullable=False),
        sa.Column("partnership_id", KEY, nullable=False),
        sa.Column("key_purpose", sa.String(length=40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in SEALED),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["child_id"], ["children.id"], name=op.f("fk_child_identities_child_id")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_child_identities_partnership_id")
        ),
        sa.PrimaryKeyConstraint("child_id", name=op.f("pk_child_identities")),
    )
    op.create_index(op.f("ix_child_identities_partnership_id"), "child_identities", ["partnership_id"])
    op.create_table(
        "identity_openings",
        sa.Column("id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("child_id", KEY, nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("opened_by_id", KEY, nullable=True),
        sa.Column("alerted_for", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_identity_openings_case_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["people.id"], name=op.f("fk_identity_openings_opened_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_openings")),
    )
    op.create_index(op.f("ix_identity_openings_case_id"), "identity_openings", ["case_id"])
    op.create_index("ix_identity_openings_child", "identity_openings", ["child_id", "opened_at"])
    op.create_index("ix_identity_openings_person", "identity_openings", ["opened_by_id", "opened_at"])


def downgrade() -> None:
    op.drop_table("identity_openings")
    op.drop_table("child_identities")
