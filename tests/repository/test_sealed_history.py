"""Once history and audit log are sealed, no migration rewrites a row of them."""

import re
from pathlib import Path

import pytest

from tests.repository.repository import ROOT

SEALED = "events|audit_entries"
REWRITES = re.compile(
    rf"""
    \b(update|delete\s+from|truncate(\s+table)?|insert\s+into|replace\s+into)\s+["'`]?({SEALED})\b  # SQL
    | \.(update|delete|insert)\(\s*["']?({SEALED})\b                                                  # SQLAlchemy
    | \b({SEALED})\.(update|delete|insert)\(
    | bulk_insert\(\s*["']?({SEALED})\b
    | \balter\s+table\s+["'`]?({SEALED})["'`]?\s+(alter|drop|rename)
    | drop_column\(\s*["']({SEALED})["']
    | (drop|rename)_table\(\s*["']({SEALED})["']
    """,
    re.IGNORECASE | re.VERBOSE,
)
IN_BATCH = re.compile(
    rf"""batch_alter_table\(\s*["']({SEALED})["'].*?(?=\n    with |\n    op\.|\ndef |\Z)""", re.DOTALL
)
"""What is done to a table in a batch: a column may be added, which changes no row that is there."""
FIRST_SEALED = "0033"


def rewrites(text: str) -> bool:
    upgrade = re.sub(r"\ndef downgrade.*?(?=\ndef |\Z)", "", text, flags=re.DOTALL)
    batches = (found.group(0) for found in IN_BATCH.finditer(upgrade))
    return bool(REWRITES.search(upgrade)) or any("drop_column" in each or "alter_column" in each for each in batches)


def later_migrations() -> list[Path]:
    return [path for path in sorted((ROOT / "alembic" / "versions").glob("*.py")) if path.name[:4] > FIRST_SEALED]


def test_no_later_migration_rewrites_a_sealed_row() -> None:
    """Its seal would no longer fit. A column may be added, and its values stand for what was not known then."""
    assert [path.name for path in later_migrations() if rewrites(path.read_text(encoding="utf-8"))] == []


def test_an_earlier_migration_that_rewrote_the_history_would_be_found() -> None:
    earlier = ROOT / "alembic" / "versions" / "0011_days_as_they_are_known.py"
    assert rewrites(earlier.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ('op.execute("UPDATE events SET step = NULL")', True),
        ("op.execute(sa.update(events).values(step=None))", True),
        ("op.execute(events.update().values(step=None))", True),
        ('op.execute("delete from audit_entries")', True),
        ('with op.batch_alter_table("events") as batch_op:\n        batch_op.drop_column("step")', True),
        ('with op.batch_alter_table("events") as batch_op:\n        batch_op.add_column(sa.Column("x"))', False),
        ('op.execute("UPDATE cases SET title = 1 WHERE id IN (SELECT case_id FROM events)")', False),
    ],
)
def test_what_rewrites_a_row(line: str, is_one: bool) -> None:
    assert rewrites(f"def upgrade():\n    {line}\n") is is_one
