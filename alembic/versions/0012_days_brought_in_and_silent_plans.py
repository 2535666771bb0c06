"""days brought in, silent plans, and references unique in each realm for itself"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UNIQUE = (("cases", "reference"), ("actions", "reference"), ("actions", "address"))


def upgrade() -> None:
    op.add_column("actions", sa.Column("brought_in_on", sa.Date(), nullable=True))
    op.add_column("case_clocks", sa.Column("brought_in_on", sa.Date(), nullable=True))
    op.add_column("plan_rules", sa.Column("is_silent", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("plan_rules", sa.Column("reminders_began_on", sa.Date(), nullable=True))
    for table, column in UNIQUE:
        _replace_unique(table, ("partnership_id", column), ("partnership_id", "realm", column))


def downgrade() -> None:
    """Raise IntegrityError where two realms have the same reference."""
    for table, column in UNIQUE:
        _replace_unique(table, ("partnership_id", "realm", column), ("partnership_id", column))
    op.drop_column("plan_rules", "reminders_began_on")
    op.drop_column("plan_rules", "is_silent")
    op.drop_column("case_clocks", "brought_in_on")
    op.drop_column("actions", "brought_in_on")


def _replace_unique(table: str, old: tuple[str, ...], new: tuple[str, ...]) -> None:
    old_name, new_name = (f"uq_{table}_{'_'.join(columns)}" for columns in (old, new))
    if op.get_context().dialect.name == "postgresql":
        op.drop_constraint(old_name, table, type_="unique")
        op.create_unique_constraint(new_name, table, list(new))
        return
    # SQLite can only make the table anew; from its own words, so that every other part of it stays as it is
    connection = op.get_bind()
    query = "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC"
    (_, made), *indexes = connection.exec_driver_sql(query, (table,)).all()
    constraint = re.compile(rf'CONSTRAINT "?{old_name}"? UNIQUE \([^)]*\)')
    anew, number = constraint.subn(f"CONSTRAINT {new_name} UNIQUE ({', '.join(new)})", made)
    assert number == 1, old_name  # noqa: S101
    connection.exec_driver_sql(re.sub(rf'CREATE TABLE "?{table}"?', f"CREATE TABLE _{table}_anew", anew, count=1))
    connection.exec_driver_sql(f"INSERT INTO _{table}_anew SELECT * FROM {table}")  # noqa: S608
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"ALTER TABLE _{table}_anew RENAME TO {table}")
    for _, index in indexes:
        connection.exec_driver_sql(index)
