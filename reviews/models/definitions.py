"""Tables of rules: added definitions, local periods, reminder policies, rules of a plan, bank holidays."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base, Key, UtcDateTime, words
from workflows.core.working_days import Unit


class AddedDefinition(Base):
    """A definition added from a file. It is never changed: another rule is another version."""

    __tablename__ = "added_definitions"
    __table_args__ = (sa.UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    version: Mapped[int]
    partnership_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partnerships.id"), index=True)
    text: Mapped[str]
    source: Mapped[str] = mapped_column(sa.String(200))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime())
    added_by: Mapped[str] = mapped_column(sa.String(200))


class LocalRule(Base):
    """A period, a ladder, or what it is counted from, that a partnership set for one deadline from a day on.

    Rows are never changed. The latest one in force on the day a clock starts holds; one that sets nothing takes back
    what was set before. `counted_from` is one of the `starts` of the deadline.
    """

    __tablename__ = "local_rules"
    __table_args__ = (
        sa.Index("ix_local_rules_of", "partnership_id", "workflow", "deadline", "effective_from"),
        sa.CheckConstraint("(period IS NULL) = (unit IS NULL)", "period_with_unit"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    workflow: Mapped[str] = mapped_column(sa.String(40))
    deadline: Mapped[str] = mapped_column(sa.String(60))
    effective_from: Mapped[date]
    period: Mapped[int | None]
    unit: Mapped[Unit | None] = mapped_column(words(Unit))
    ladder: Mapped[str | None] = mapped_column(sa.String(40))
    authority: Mapped[str] = mapped_column(sa.String(300))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime())
    set_by: Mapped[str] = mapped_column(sa.String(200))
    counted_from: Mapped[str | None] = mapped_column(sa.String(60))


class VersionMigration(Base):
    """A migration of cases to another version of their definition. `cases` is how many; their histories say which."""

    __tablename__ = "version_moves"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workflow: Mapped[str] = mapped_column(sa.String(40), index=True)
    to_version: Mapped[int]
    reason: Mapped[str] = mapped_column(sa.String(500))
    cases: Mapped[int]
    moved_at: Mapped[datetime] = mapped_column(UtcDateTime())
    moved_by: Mapped[str] = mapped_column(sa.String(200))
    reverted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ReminderPolicy(Base):
    """A ladder that a partnership wrote. Partnership.reminder_policy and PlanRules.reminder_policy name it by `name`.

    `rungs` are objects of name, days, working, every and tells; `begins` is the hour of the round in London, `07:30`.
    """

    __tablename__ = "reminder_policies"
    __table_args__ = (sa.UniqueConstraint("partnership_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    name: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    begins: Mapped[str] = mapped_column(sa.String(5))
    rungs: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    written_at: Mapped[datetime]
    written_by: Mapped[str] = mapped_column(sa.String(200))
    retired_at: Mapped[datetime | None]


class PlanRules(Base):
    """Rules of one plan, in days and months. None is the usual rule.

    Nobody is reminded of the actions of a plan that is silent, until somebody starts its reminders:
    `reminders_began_on` is that day.
    """

    __tablename__ = "plan_rules"

    case_id: Mapped[int] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    amber_days: Mapped[int | None]
    red_moves: Mapped[int | None]
    cadence_days: Mapped[int | None]
    first_impact_months: Mapped[int | None]
    second_impact_months: Mapped[int | None]
    reminder_policy: Mapped[str | None] = mapped_column(sa.String(40))
    is_silent: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    reminders_began_on: Mapped[date | None]


class HolidayLoad(Base):
    """A list of bank holidays that was loaded, and from where. `known_to` is the last day it covers."""

    __tablename__ = "holiday_loads"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(200))
    known_to: Mapped[date]
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime())
    loaded_by: Mapped[str] = mapped_column(sa.String(200))


class BankHoliday(Base):
    """A day that a loaded list changed: its title, or None where it is no bank holiday."""

    __tablename__ = "bank_holidays"

    day: Mapped[date] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(sa.String(200))
    load_id: Mapped[int] = mapped_column(sa.ForeignKey("holiday_loads.id"), index=True)
