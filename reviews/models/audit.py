"""The table of the audit log: who looked at what, who was refused, and who signed in."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import AuditBase, Key, words


class AuditKind(StrEnum):
    SEEN = "seen"
    LISTED = "listed"
    FILE_TAKEN = "file_taken"
    EXPORTED = "exported"
    IDENTITY_OPENED = "identity_opened"
    REFUSED = "refused"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED_OUT = "locked_out"
    SIGNED_OUT = "signed_out"


class Through(StrEnum):
    PAGE = "page"
    LINK = "link"
    CALENDAR = "calendar"
    TERMINAL = "terminal"
    PROGRAM = "program"


def _newest_first(name: str, where: str, *columns: str) -> sa.Index:
    """An index for the newest rows of one case, person or reference, also of a period long ago.

    It has the kind too, so that rare kinds are found without a look at the rows of others.
    """
    condition = sa.text(where)
    return sa.Index(
        f"ix_audit_entries_{name}_at", *columns, "at", "id", "kind", sqlite_where=condition, postgresql_where=condition
    )


class AuditEntry(AuditBase):
    """What somebody saw or was refused, at a moment, written before the answer left. Never changed.

    Who: `person_id` is None for the operator at the terminal; `person` is their name then, at the terminal with the
    operating system's user; `role` the roles they were shown it in; `network` where they are. Of a failed sign-in
    `person_id` is the account that was tried, if there is one, and `person` is empty: nobody has shown who it was.
    What: `case_id`, `action_id` and `reference` name the record as it was asked for, `number` says how many were listed
    or exported, or for how many refusals a row stands; `outcome` is the code of a refusal, also of one shown beside the
    record, the format of an export, the way of a sign-in or the purpose of an opened identity.
    How: `through`, and `route`, the pattern of the address (without what stands in it) or the command. The log has
    `request_id` too.

    No number here is a foreign key: the rows outlive what they tell of, and on SQLite stand in another file.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index("ix_audit_entries_at", "at", "id"),
        _newest_first("case", "case_id IS NOT NULL", "case_id"),
        _newest_first("person", "person_id IS NOT NULL", "person_id"),
        _newest_first("reference", "reference <> ''", "reference", "case_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[AuditKind] = mapped_column(words(AuditKind))
    partnership_id: Mapped[int | None] = mapped_column(Key)
    person_id: Mapped[int | None] = mapped_column(Key)
    person: Mapped[str] = mapped_column(sa.String(200), default="")
    role: Mapped[str] = mapped_column(sa.String(200), default="")
    through: Mapped[Through] = mapped_column(words(Through))
    route: Mapped[str] = mapped_column(sa.String(120), default="")
    case_id: Mapped[int | None] = mapped_column(Key)
    action_id: Mapped[int | None] = mapped_column(Key)
    reference: Mapped[str] = mapped_column(sa.String(80), default="")
    outcome: Mapped[str] = mapped_column(sa.String(60), default="")
    number: Mapped[int | None]
    network: Mapped[str] = mapped_column(sa.String(64), default="")
    request_id: Mapped[str] = mapped_column(sa.String(40), default="")
