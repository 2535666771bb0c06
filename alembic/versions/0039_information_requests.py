"""information requests"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "disclosure_requests",
        sa.Column("id", key, nullable=False),
        sa.Column("partnership_id", key, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("council_reference", sa.String(length=80), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("counted_from_on", sa.Date(), nullable=False),
        sa.Column("ordered_due_on", sa.Date(), nullable=True),
        sa.Column("paused_on", sa.Date(), nullable=True),
        sa.Column("paused_days", sa.Integer(), nullable=False),
        sa.Column("extended_until", sa.Date(), nullable=True),
        sa.Column("extension_notified_on", sa.Date(), nullable=True),
        sa.Column("extension_reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("exemptions", sa.String(length=200), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("handler_id", key, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(answered_on IS NULL) = (outcome IS NULL)", name=op.f("ck_disclosure_requests_answered_with_an_outcome")
        ),
        sa.CheckConstraint(
            "answered_on IS NULL OR paused_on IS NULL", name=op.f("ck_disclosure_requests_no_pause_once_answered")
        ),
        sa.ForeignKeyConstraint(["handler_id"], ["people.id"], name=op.f("fk_disclosure_requests_handler_id")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnerships.id"], name=op.f("fk_disclosure_requests_partnership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure_requests")),
        sa.UniqueConstraint(
            "partnership_id", "reference", name=op.f("uq_disclosure_requests_partnership_id_reference")
        ),
    )
    for column in ("handler_id", "partnership_id"):
        op.create_index(op.f(f"ix_disclosure_requests_{column}"), "disclosure_requests", [column], unique=False)
    op.create_table(
        "requested_cases",
        sa.Column("request_id", key, nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["disclosure_requests.id"], name=op.f("fk_requested_cases_request_id")),
        sa.PrimaryKeyConstraint("request_id", "reference", name=op.f("pk_requested_cases")),
    )
    op.create_index(op.f("ix_requested_cases_reference"), "requested_cases", ["reference"], unique=False)


def downgrade() -> None:
    op.drop_table("requested_cases")
    op.drop_table("disclosure_requests")
