"""Tables of the history and of forms that were sent."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, known_to_column, words
from workflows.core.days import PartialDay, Precision, day_as_known


class EventKind(StrEnum):
    CASE_OPENED = "case_opened"
    STEP_TAKEN = "step_taken"
    CLOCK_MOVED = "clock_moved"
    CLOCK_FORECAST = "clock_forecast"
    LATE_REASON_GIVEN = "late_reason_given"
    STEP_CORRECTED = "step_corrected"
    VERSION_MOVED = "version_moved"
    VERSION_REVERTED = "version_reverted"
    CASE_OPENED_INSIDE = "case_opened_inside"
    AREA_RECORDED = "area_recorded"
    CHILD_RECORDED = "child_recorded"
    IDENTITY_CHANGED = "identity_changed"
    IDENTITY_ALERTED = "identity_alerted"
    CASE_EDITED = "case_edited"
    FILE_ADDED = "file_added"
    FILE_READ = "file_read"
    FILE_WITHDRAWN = "file_withdrawn"
    KIND_CHANGED = "kind_changed"
    CASE_RIGHT_GIVEN = "case_right_given"
    CASE_RIGHT_ENDED = "case_right_ended"
    CASE_CONFINED = "case_confined"
    OWNER_EXCLUDED = "owner_excluded"
    RETENTION_RULE_SET = "retention_rule_set"
    RETENTION_HOLD_PLACED = "retention_hold_placed"
    RETENTION_HOLD_RELEASED = "retention_hold_released"
    RETENTION_DECIDED = "retention_decided"
    CASE_DISPOSED = "case_disposed"
    AUDIT_LOG_DECIDED = "audit_log_decided"
    AUDIT_LOG_DISPOSED = "audit_log_disposed"
    LOCAL_RULE_SET = "local_rule_set"
    LATE_REASONS_SET = "late_reasons_set"
    AGENCY_CHANGED = "agency_changed"
    PARTNER_SET = "partner_set"
    FINDING_MADE = "finding_made"
    RECOMMENDATION_MADE = "recommendation_made"
    RECOMMENDATION_CHANGED = "recommendation_changed"
    RECOMMENDATION_ANSWERED = "recommendation_answered"
    RECOMMENDATION_CHALLENGED = "recommendation_challenged"
    ANSWER_ADDED = "answer_added"
    ANSWER_REMOVED = "answer_removed"
    PART_ADDED = "strand_added"
    PART_NOTED = "strand_noted"
    PART_ENDED = "strand_ended"
    PART_REOPENED = "strand_reopened"
    THEMES_SET = "themes_set"
    THEME_CHANGED = "theme_changed"
    ACTION_ADDED = "action_added"
    ACTION_IMPORTED = "action_imported"
    ACTION_CHANGED = "action_changed"
    IMPORT_UNDONE = "import_undone"
    QUESTION_DECIDED = "question_decided"
    ACTION_ASSIGNED = "action_assigned"
    ACTION_STEP_TAKEN = "action_step_taken"
    ACTION_EXTENDED = "action_extended"
    ACTION_SUBMITTED = "action_submitted"
    ACTION_RETURNED = "action_returned"
    RECOMMENDATION_REOPENED = "recommendation_reopened"
    PLAN_RULES_SET = "plan_rules_set"
    PLAN_SILENCED = "plan_silenced"
    REMINDERS_STARTED = "reminders_started"
    EXTENSION_ASKED = "extension_asked"
    EXTENSION_ASKED_AGAIN = "extension_asked_again"
    EXTENSION_REFUSED = "extension_refused"
    EXTENSION_UNDONE = "extension_undone"
    DELAY_EXPLAINED = "delay_explained"
    EVIDENCE_ADDED = "evidence_added"
    EVIDENCE_READ = "evidence_read"
    EVIDENCE_WITHDRAWN = "evidence_withdrawn"
    RATING_SAID = "rating_said"
    ACTION_PARKED = "action_parked"
    ACTION_SNOOZED = "action_snoozed"
    ANSWERED_BY_LINK = "answered_by_link"
    ANSWER_UNDONE = "answer_undone"
    NOT_MINE_SAID = "not_mine_said"
    ABSENCE_RECORDED = "absence_recorded"
    ABSENCE_ENDED = "absence_ended"
    ADDRESS_FAILED = "address_failed"
    ADDRESS_SOLVED = "address_solved"
    LETTER_RESENT = "letter_resent"
    SUMMARY_CHOSEN = "summary_chosen"
    CALENDAR_MADE = "calendar_made"
    CALENDAR_REVOKED = "calendar_revoked"
    DEVICE_FORGOTTEN = "device_forgotten"
    SIGN_IN_WARNED = "sign_in_warned"
    POLICY_WRITTEN = "policy_written"
    ASSURANCE_GIVEN = "assurance_given"
    PLAN_EXPORTED = "plan_exported"
    PERSON_ADDED = "person_added"
    PERSON_DISABLED = "person_disabled"
    EMAIL_CHANGED = "email_changed"
    EMAIL_ASKED = "email_asked"
    EMAIL_CONFIRMED = "email_confirmed"
    EMAIL_NOT_CHANGED = "email_not_changed"
    EMAIL_DOMAINS_SET = "email_domains_set"
    ROLE_ENDED = "role_ended"
    PERSON_INVITED = "person_invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    INVITATION_ACCEPTED = "invitation_accepted"
    RESET_SENT = "reset_sent"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # a kind of event
    NAME_CHANGED = "name_changed"
    PROVIDER_SET = "provider_set"
    PROVIDER_LINKED = "provider_linked"
    PROVIDER_UNLINKED = "provider_unlinked"
    TOKEN_MADE = "token_made"  # noqa: S105  # a kind of event
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  # a kind of event
    SESSIONS_ENDED = "sessions_ended"
    FACTOR_CHANGED = "factor_changed"
    FACTOR_RESET = "factor_reset"
    FACTOR_RULE_SET = "factor_rule_set"
    ROLE_ASKED = "role_asked"
    ROLE_CONFIRMED = "role_confirmed"
    ROLE_REFUSED = "role_refused"
    ROLE_LAPSED = "role_lapsed"
    REQUEST_RECEIVED = "request_received"
    REQUEST_CHANGED = "request_changed"
    REQUEST_PAUSED = "request_paused"
    REQUEST_RESUMED = "request_resumed"
    REQUEST_EXTENDED = "request_extended"
    REQUEST_ANSWERED = "request_answered"
    REQUEST_REOPENED = "request_reopened"
    POLICY_SET = "policy_set"
    MAIL_SENDER_SET = "mail_sender_set"
    POLICY_RETIRED = "policy_retired"
    AUDIT_NOTICE_NOTED = "audit_notice_noted"


class Event(Base):
    """A row of the history, which is also the queue of news for mails. Only `announced_at` is ever changed.

    When: `happened_on` is the day it happened, `recorded_at` the moment it was written down. `known_to` says how
    far an imported history knows the day; where it is unknown, `happened_on` only gives the order.
    `announced_at` is set when the morning round has told everybody concerned.

    What: `track`, `step`, `from_stage` and `to_stage` are of a step. `details` has the keys of the kind
    (event_details.py). `form_edition` is the first day of the edition of the form that was filled in; `corrects_id` is
    the event whose day or facts this one corrects.

    Who: `recorded_by` as they were named then, at the terminal with the operating system's user; `recorded_by_id` is
    the person, None for the product itself and for an operator who acted for nobody.
    """

    __tablename__ = "events"
    __table_args__ = (
        sa.Index(
            "ix_events_unannounced",
            "partnership_id",
            "id",
            sqlite_where=sa.text("announced_at IS NULL"),
            postgresql_where=sa.text("announced_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[EventKind] = mapped_column(words(EventKind))
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(sa.ForeignKey("cases.id"), index=True)
    action_id: Mapped[int | None] = mapped_column(sa.ForeignKey("actions.id"), index=True)
    track: Mapped[str | None] = mapped_column(sa.String(40))
    step: Mapped[str | None] = mapped_column(sa.String(60))
    from_stage: Mapped[str | None] = mapped_column(sa.String(60))
    to_stage: Mapped[str | None] = mapped_column(sa.String(60))
    happened_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(200))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    announced_at: Mapped[datetime | None]
    known_to: Mapped[Precision] = known_to_column()
    form_edition: Mapped[date | None]
    corrects_id: Mapped[int | None] = mapped_column(sa.ForeignKey("events.id"), index=True)
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)

    @property
    def day(self) -> PartialDay | None:
        """The day as far as it is known."""
        return day_as_known(self.happened_on, self.known_to)


class SentForm(Base):
    """A form that was handled: sending it again leads to the same page and changes nothing.

    `content` is a keyed hash of what was sent, by which other text under the same id is told apart; "" of an earlier
    version.
    """

    __tablename__ = "sent_forms"

    form_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    leads_to: Mapped[str] = mapped_column(default="/")
    sent_at: Mapped[datetime] = mapped_column(index=True)
    content: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
