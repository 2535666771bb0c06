"""Tables of partnerships, agencies and the people who work in them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, words
from workflows.core.vocabulary import Role


class AgencyKind(StrEnum):
    """The three statutory safeguarding partners, and all others."""

    LOCAL_AUTHORITY = "local_authority"
    INTEGRATED_CARE_BOARD = "integrated_care_board"
    POLICE = "police"
    OTHER = "other"


class FactorKind(StrEnum):
    """What a person proves beside their password who they are with."""

    PASSKEY = "passkey"
    APP = "app"
    RECOVERY_CODE = "recovery_code"


class FactorRule(StrEnum):
    """Who of a partnership must have a second factor: all, those with a role that sees cases, or nobody."""

    EVERYBODY = "everybody"
    CASE_READERS = "case_readers"
    NOBODY = "nobody"


class Partnership(Base):
    """`sender_name` and `reply_to` are those of its mails, where they are not those of the installation.

    `notify_reply_to_id` is the id of the latter at GOV.UK Notify. `email_domains` are those that the addresses of its
    people may have, any where there is none.
    """

    __tablename__ = "partnerships"
    __table_args__ = (sa.CheckConstraint("code = upper(code)", "code_in_capitals"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    reminder_policy: Mapped[str] = mapped_column(sa.String(40), default="calendar-ladder")
    sender_name: Mapped[str] = mapped_column(sa.String(100), default="", server_default="")
    reply_to: Mapped[str] = mapped_column(sa.String(254), default="", server_default="")
    notify_reply_to_id: Mapped[str] = mapped_column(sa.String(36), default="", server_default="")
    late_reasons_required: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    factor_rule: Mapped[FactorRule] = mapped_column(
        words(FactorRule), default=FactorRule.CASE_READERS, server_default=FactorRule.CASE_READERS
    )
    email_domains: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")

    agencies: Mapped[list["Agency"]] = relationship(back_populates="partnership", order_by="Agency.name")


class Agency(Base):
    """An agency under one name, from `began_on` to `ended_on`. Under a new name it is another row, its successor."""

    __tablename__ = "agencies"
    __table_args__ = (sa.UniqueConstraint("partnership_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[AgencyKind] = mapped_column(words(AgencyKind), default=AgencyKind.OTHER)
    began_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    partnership: Mapped[Partnership] = relationship(back_populates="agencies")


class Partner(Base):
    """An agency that is a safeguarding partner, from `from_on` to `until_on`, both included; None is no limit.

    One of the three statutory kinds of agency is a statutory partner, any other a local one.
    """

    __tablename__ = "partners"
    __table_args__ = (sa.CheckConstraint("until_on >= from_on", "ends_after_it_begins"),)

    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.id"), primary_key=True)
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]


class AgencySuccession(Base):
    """An agency is succeeded by another from a day on: renamed, merged into it, or split into several."""

    __tablename__ = "agency_successions"
    __table_args__ = (sa.CheckConstraint("from_agency_id <> to_agency_id", "two_agencies"),)

    from_agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.id"), primary_key=True)
    to_agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.id"), primary_key=True, index=True)
    on: Mapped[date]


class Person(Base):
    """An account. `email` is in lower case. Without a password nobody can sign in; `disabled_at` closes it."""

    __tablename__ = "people"
    __table_args__ = (sa.CheckConstraint("email = lower(email)", "email_in_lower_case"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200), index=True)
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    disabled_at: Mapped[datetime | None]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="person", order_by="Membership.id")


class Membership(Base):
    """A role of a person in a partnership, for an agency, until `ended_on`.

    `earlier_agency_ids` are the agencies they held it for before those were renamed, merged or split: they go on seeing
    what is closed of these. `known_as` is the name that the partnership gave to somebody whose account it did not know:
    it goes on calling them by it.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "partnership_id", "role"),
        sa.Index("ix_memberships_partnership_id_role", "partnership_id", "role"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.id"), index=True)
    role: Mapped[Role] = mapped_column(words(Role))
    job_title: Mapped[str] = mapped_column(sa.String(200))
    ended_on: Mapped[date | None]
    earlier_agency_ids: Mapped[list[int]] = mapped_column(sa.JSON, default=list, server_default="[]")
    known_as: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")

    person: Mapped[Person] = relationship(back_populates="memberships")
    partnership: Mapped[Partnership] = relationship()
    agency: Mapped[Agency] = relationship()


def name_here() -> sa.ColumnElement[str]:
    """Give the name of a person as the partnership of a role knows them, in a query of Membership and Person."""
    return sa.func.coalesce(sa.func.nullif(Membership.known_as, ""), Person.name)


def known_as_in(partnership_id: Any, person_id: Any) -> sa.ScalarSelect[Any]:
    """Give the name that a partnership gave to a person whose account it did not know; NULL for anybody else."""
    given = sa.select(sa.func.max(Membership.known_as)).where(
        Membership.person_id == person_id, Membership.partnership_id == partnership_id, Membership.known_as != ""
    )
    return given.correlate_except(Membership).scalar_subquery()


class SignIn(Base):
    """A signed-in browser, `browser` says roughly which. Only the hash of its token is stored.

    At `started_at` its holder proved who they are; to prove it again begins another session. `ended_at` ends it
    at once. One that began at a provider has its account there, and, encrypted, the `id_token` with which the
    session at the provider is ended.
    While it `awaits_factor` it is half a session: only the pages of the second factor open. `factor` is what it was
    proved with beside the password, and `proved_at` when its person last proved who they are. `wrong_proofs` counts
    the codes and passwords that were wrong meanwhile.
    """

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(sa.String(100), default="", server_default="")
    awaits_factor: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    factor: Mapped[FactorKind | None] = mapped_column(words(FactorKind))
    proved_at: Mapped[datetime | None]
    wrong_proofs: Mapped[int] = mapped_column(default=0, server_default="0")
    provider_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("provider_accounts.id"), index=True)
    id_token: Mapped[bytes | None] = mapped_column(sa.LargeBinary)


class Invitation(Base):
    """Somebody is asked to come in, by any number of mails, until the link of one is used or it is withdrawn."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    invited_by: Mapped[str] = mapped_column(sa.String(200))
    invited_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class AccountMailKind(StrEnum):
    INVITATION = "invitation"
    RESET = "password_reset"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the kind of a mail
    SIGN_IN_TRIED = "sign_in_tried"
    ADDRESS_OLD = "address_old"
    ADDRESS_NEW = "address_new"
    ADDRESS_CHANGED = "address_changed"
    ADDRESS_LEFT = "address_left"
    AWAY = "away_recorded"
    DEPUTY = "deputy_named"
    BACK = "away_ended"
    ROLE_GIVEN = "role_given"
    ROLE_ENDED = "role_taken"
    ACCOUNT_DISABLED = "account_disabled"
    IDENTITY_ALERT = "identity_alert"
    AUDIT_NOTICE = "audit_notice"


UNWRITTEN = sa.text("written_at IS NULL")


class AccountMail(Base):
    """A mail about an account, waiting to be written until `written_at`.

    `person_id` and `partnership_id` are empty where only an address was typed: whether it is anybody's is asked when
    the mail is written, so that the page that took it answers everybody alike. `event_id` is what somebody else
    recorded about the person, `audit_notice_id` what they are to look into.
    """

    __tablename__ = "account_mails"
    __table_args__ = (sa.Index("ix_account_mails_unwritten", "id", sqlite_where=UNWRITTEN, postgresql_where=UNWRITTEN),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[AccountMailKind] = mapped_column(words(AccountMailKind))
    email: Mapped[str] = mapped_column(sa.String(254))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    partnership_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitations.id"), index=True)
    asked_at: Mapped[datetime]
    written_at: Mapped[datetime | None]
    address_change_id: Mapped[int | None] = mapped_column(sa.ForeignKey("address_changes.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(sa.ForeignKey("events.id"), index=True)
    audit_notice_id: Mapped[int | None] = mapped_column(sa.ForeignKey("audit_notices.id"), index=True)


class LinkPurpose(StrEnum):
    """What the link in a mail about an account is for. A token of one purpose is none of another."""

    INVITATION = "invitation"
    RESET = "reset"
    ADDRESS_OLD = "address_old"
    ADDRESS_NEW = "address_new"


class AccountLink(Base):
    """The link in one mail about an account, for whoever reads the mail at `email`. Only a hash of it is stored."""

    __tablename__ = "account_links"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    purpose: Mapped[LinkPurpose] = mapped_column(words(LinkPurpose))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitations.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    address_change_id: Mapped[int | None] = mapped_column(sa.ForeignKey("address_changes.id"), index=True)


class SavedForm(Base):
    """What a person typed into a form that was not taken, sealed for them alone, for a day at most."""

    __tablename__ = "saved_forms"

    id: Mapped[str] = mapped_column(sa.String(22), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    saved_at: Mapped[datetime] = mapped_column(index=True)
    sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)


class Absence(Base):
    """A person is away from `from_on` to `until_on`, both included; their deputy gets their reminders meanwhile."""

    __tablename__ = "absences"
    __table_args__ = (
        sa.CheckConstraint("until_on >= from_on", "ends_after_it_begins"),
        sa.CheckConstraint("deputy_id <> person_id", "somebody_else"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    deputy_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date]
    recorded_by: Mapped[str] = mapped_column(sa.String(200))
    recorded_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """A person's due dates and clocks, read by a calendar program. Only the hash of its token is stored."""

    __tablename__ = "calendar_feeds"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
