"""Tables of retention: the schedule, holds on disposal, decisions on cases, certificates of what was disposed of."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, known_to_column, words
from workflows.core.days import PartialDay, Precision, day_as_known
from workflows.core.vocabulary import Realm


class RetentionRule(Base):
    """How many years after the day it closed a case of one kind is due for review; None is never, as without a rule.

    Rows are never changed: the latest of a partnership and a workflow holds.
    """

    __tablename__ = "retention_rules"
    __table_args__ = (
        sa.Index("ix_retention_rules_of", "partnership_id", "workflow", "id"),
        sa.CheckConstraint("years > 0", "years_counted"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    workflow: Mapped[str] = mapped_column(sa.String(40))
    years: Mapped[int | None]
    reason: Mapped[str]
    set_by: Mapped[str] = mapped_column(sa.String(200))
    set_at: Mapped[datetime]


class RetentionHoldKind(StrEnum):
    INQUIRY = "inquiry"
    LITIGATION = "litigation"
    INQUEST = "inquest"
    OTHER = "other"


class RetentionHold(Base):
    """Do not destroy: while it runs, the case and all that belongs to it are not disposed of.

    It has nothing to do with CaseHold, which keeps back a step of the case.
    """

    __tablename__ = "retention_holds"
    __table_args__ = (
        sa.Index(
            "ix_retention_holds_running",
            "case_id",
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    kind: Mapped[RetentionHoldKind] = mapped_column(words(RetentionHoldKind))
    reason: Mapped[str]
    placed_by: Mapped[str] = mapped_column(sa.String(200))
    placed_at: Mapped[datetime]
    released_by: Mapped[str] = mapped_column(sa.String(200), default="")
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str] = mapped_column(default="")


class RetentionOutcome(StrEnum):
    KEEP = "keep"
    DISPOSE = "dispose"


class DisposalAnswer(StrEnum):
    """How a proposal to dispose of a case was answered. A hold stops it, also when it was approved."""

    APPROVED = "approved"
    REFUSED = "refused"
    STOPPED = "stopped"


class RetentionDecision(Base):
    """What was decided when a case was reviewed: keep it until a day, or dispose of it once a second person approves.

    The latest of a case holds. `case_version` is that of the case when it was decided; `at_terminal` says that somebody
    at the terminal decided, who counts as one person whoever they act as.
    """

    __tablename__ = "retention_decisions"
    __table_args__ = (
        sa.CheckConstraint("(outcome = 'keep') = (keep_until IS NOT NULL)", "day_if_kept"),
        sa.CheckConstraint("outcome = 'dispose' OR answer IS NULL", "answered_if_disposed_of"),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", "answered_with_an_answer"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("retention_rules.id"), index=True)
    outcome: Mapped[RetentionOutcome] = mapped_column(words(RetentionOutcome))
    keep_until: Mapped[date | None]
    reason: Mapped[str]
    case_version: Mapped[int]
    decided_by: Mapped[str] = mapped_column(sa.String(200))
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    at_terminal: Mapped[bool]
    decided_at: Mapped[datetime]
    answer: Mapped[DisposalAnswer | None] = mapped_column(words(DisposalAnswer))
    answer_reason: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[str] = mapped_column(sa.String(200), default="")
    answered_at: Mapped[datetime | None]


class DisposalCertificate(Base):
    """What stays of a case that was disposed of: no title, no text. Its reference is never given again.

    What: `reference`, `workflow`, `realm`, `child_references`, and the years it opened and closed. Why: it was due
    since `due_since` by a rule of `years` years, which `rule_set_by` set.
    `counts` has the rows by table, `files` the stored files; `digest` is a hash over the hashes of all rows, those of
    files among them, by which a copy that turns up can be told. `backups` names those made before, with the moment.
    Until `finished_at` files may be left to remove.
    """

    __tablename__ = "disposal_certificates"
    __table_args__ = (
        sa.UniqueConstraint("partnership_id", "number"),
        sa.Index("ix_disposal_certificates_reference", "partnership_id", "realm", "reference"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    number: Mapped[str] = mapped_column(sa.String(40))
    realm: Mapped[Realm] = mapped_column(words(Realm))
    reference: Mapped[str] = mapped_column(sa.String(60))
    workflow: Mapped[str] = mapped_column(sa.String(40))
    child_references: Mapped[list[str]] = mapped_column(sa.JSON)
    opened_year: Mapped[int]
    closed_on: Mapped[date]
    closed_known_to: Mapped[Precision] = known_to_column()
    years: Mapped[int]
    rule_set_by: Mapped[str] = mapped_column(sa.String(200))
    due_since: Mapped[date]
    proposed_by: Mapped[str] = mapped_column(sa.String(200))
    proposed_at: Mapped[datetime]
    approved_by: Mapped[str] = mapped_column(sa.String(200))
    approved_at: Mapped[datetime]
    run_by: Mapped[str] = mapped_column(sa.String(200))
    run_at: Mapped[datetime]
    counts: Mapped[dict[str, int]] = mapped_column(sa.JSON)
    files: Mapped[int]
    digest: Mapped[str] = mapped_column(sa.String(64))
    backups: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    finished_at: Mapped[datetime | None]

    @property
    def closed(self) -> PartialDay | None:
        return day_as_known(self.closed_on, self.closed_known_to)


class LogDisposal(Base):
    """The disposal of what the audit log of a partnership says of the time before a day: proposed, answered, and run.

    `before` is the first day that stays, the first of a month in UTC. Once it is run, `number` names its certificate,
    `counts` has how many rows were deleted and how many stayed as their case is held, and `digest` is a hash over those
    that were deleted. Until `finished_at` some of them may be left to delete.
    """

    __tablename__ = "log_disposals"
    __table_args__ = (
        sa.UniqueConstraint("partnership_id", "number"),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", "answered_with_an_answer"),
        sa.CheckConstraint("(run_at IS NULL) = (number IS NULL)", "numbered_when_run"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("retention_rules.id"), index=True)
    before: Mapped[date]
    reason: Mapped[str]
    proposed_by: Mapped[str] = mapped_column(sa.String(200))
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    at_terminal: Mapped[bool]
    proposed_at: Mapped[datetime]
    answer: Mapped[DisposalAnswer | None] = mapped_column(words(DisposalAnswer))
    answer_reason: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[str] = mapped_column(sa.String(200), default="")
    answered_at: Mapped[datetime | None]
    number: Mapped[str | None] = mapped_column(sa.String(40))
    counts: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    digest: Mapped[str] = mapped_column(sa.String(64), default="")
    run_by: Mapped[str] = mapped_column(sa.String(200), default="")
    run_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class DisposalFile(Base):
    """A stored file of a case that was disposed of, which is still to be removed from HOME."""

    __tablename__ = "disposal_files"

    stored_as: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    certificate_id: Mapped[int] = mapped_column(sa.ForeignKey("disposal_certificates.id"), index=True)
