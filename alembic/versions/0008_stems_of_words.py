"""stems of words"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from snowballstemmer import stemmer

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    english = stemmer("english")
    _write_anew(40, lambda word: str(english.stemWord(word))[:40])


def downgrade() -> None:
    _write_anew(6, _cut_to_six)


def _write_anew(longest: int, stem: Callable[[str], str]) -> None:
    """Make the table of stems of so many letters, with those of all recommendations there are."""
    with op.batch_alter_table("recommendation_stems", schema=None) as batch_op:
        batch_op.drop_index("ix_recommendation_stems_stem")
    op.drop_table("recommendation_stems")
    op.create_table(
        "recommendation_stems",
        sa.Column("recommendation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stem", sa.String(length=longest), nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation_id"], ["recommendations.id"], name=op.f("fk_recommendation_stems_recommendation_id")
        ),
        sa.PrimaryKeyConstraint("recommendation_id", "stem", name=op.f("pk_recommendation_stems")),
    )
    with op.batch_alter_table("recommendation_stems", schema=None) as batch_op:
        batch_op.create_index("ix_recommendation_stems_stem", ["stem", "recommendation_id"], unique=False)
    recommendations = sa.table("recommendations", sa.column("id"), sa.column("text"))
    stems = sa.table("recommendation_stems", sa.column("recommendation_id"), sa.column("stem"))
    stem_of: dict[str, str] = {}
    for part in op.get_bind().execute(sa.select(recommendations.c.id, recommendations.c.text)).partitions(1_000):
        rows = []
        for row in part:
            words = set(re.findall(r"[^\W\d_]{3,}", row.text.lower()))
            stem_of.update({word: stem(word) for word in words - stem_of.keys()})
            rows += [{"recommendation_id": row.id, "stem": each} for each in sorted({stem_of[word] for word in words})]
        if rows:
            op.bulk_insert(stems, rows)


def _cut_to_six(word: str) -> str:
    cut = re.sub(r"(?:ies|ings?|ed|es|e|s|y)$", "", word)
    return (cut if len(cut) >= 3 else word)[:6]
