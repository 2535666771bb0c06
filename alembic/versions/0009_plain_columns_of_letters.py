"""plain columns of letters"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("letters") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_letters_once"), type_="unique")
        batch_op.alter_column("once", new_column_name="letter_key")
        batch_op.alter_column("heard_at", new_column_name="reported_at")
    with op.batch_alter_table("letters") as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_letters_letter_key"), ["letter_key"])
    with op.batch_alter_table("letter_answers") as batch_op:
        batch_op.alter_column("said", new_column_name="recorded")


def downgrade() -> None:
    with op.batch_alter_table("letter_answers") as batch_op:
        batch_op.alter_column("recorded", new_column_name="said")
    with op.batch_alter_table("letters") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_letters_letter_key"), type_="unique")
        batch_op.alter_column("reported_at", new_column_name="heard_at")
        batch_op.alter_column("letter_key", new_column_name="once")
    with op.batch_alter_table("letters") as batch_op:
        batch_op.create_unique_constraint(batch_op.f("uq_letters_once"), ["once"])
