"""Tables of imported trackers: each run, what it changed, and what its columns mean."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, UtcDateTime


class ImportRun(Base):
    """An import of a spreadsheet into a plan. Its ImportChange rows allow it to be undone."""

    __tablename__ = "import_runs"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    file_name: Mapped[str] = mapped_column(sa.String(200))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime())
    imported_by: Mapped[str] = mapped_column(sa.String(200))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ImportChange(Base):
    """What one row of the file changed: `before` holds the columns as they were, None where the row made the action."""

    __tablename__ = "import_changes"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("import_runs.id"), index=True)
    action_id: Mapped[int] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    row: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))


class ColumnMapping(Base):
    """What the headings of a tracker mean, as somebody corrected it; used for the next file with the same headings.

    `answers` are what was decided about its texts then.
    """

    __tablename__ = "column_mappings"
    __table_args__ = (sa.UniqueConstraint("partnership_id", "headings_sha256"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    headings_sha256: Mapped[str] = mapped_column(sa.String(64))
    mapping: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    saved_by: Mapped[str] = mapped_column(sa.String(200))
    answers: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict, server_default="{}")


class ImportQuestion(Base):
    """What a file does not say plainly about an action it was imported into, until a person has decided it.

    `field` and `text` are those of the file, `offered` answers to choose from, the likeliest first. `action_id` is
    None for what concerns no single action, such as a whole column. `answer` is empty while it is open, and "-" where
    the text was left as it stands. `as_asked` is the owner or the due date that the action had when it was asked, or
    that its state was awaited: once that is otherwise, nobody needs to decide any more. `of_new` says that the import
    made the action, `of_ended` that the action had ended by then.
    """

    __tablename__ = "import_questions"
    __table_args__ = (
        sa.Index(
            "ix_import_questions_open",
            "case_id",
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(sa.ForeignKey("import_runs.id"), index=True)
    sheet: Mapped[str] = mapped_column(sa.String(200))
    row: Mapped[int]
    field: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str]
    reason: Mapped[str]
    offered: Mapped[list[str]] = mapped_column(sa.JSON)
    as_asked: Mapped[str] = mapped_column(sa.String(40), default="")
    of_new: Mapped[bool] = mapped_column(default=False)
    of_ended: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[str] = mapped_column(sa.String(200), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
