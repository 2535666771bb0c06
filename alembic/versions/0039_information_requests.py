"""information requests, and the audit log by its moments"""

from alembic import op

revision = "0039"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":  # there the audit log is a file of its own
        op.create_index("ix_audit_entries_at", "audit_entries", ["at", "id"])


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_index("ix_audit_entries_at", "audit_entries")
