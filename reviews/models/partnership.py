"""Which partnerships are served, and which agencies work in each?"""

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, words


class AgencyKind(StrEnum):
    """The three statutory safeguarding partners, and all others."""

    LOCAL_AUTHORITY = "local_authority"
    INTEGRATED_CARE_BOARD = "integrated_care_board"
    POLICE = "police"
    OTHER = "other"


class Partnership(Base):
    __tablename__ = "partnerships"
    __table_args__ = (sa.CheckConstraint("code = upper(code)", "code_in_capitals"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    reminder_policy: Mapped[str] = mapped_column(sa.String(40), default="calendar-ladder")

    agencies: Mapped[list["Agency"]] = relationship(back_populates="partnership", order_by="Agency.name")


class Agency(Base):
    """An agency, under the name it has from `began_on` to `ended_on`; another name is another row, its successor."""

    __tablename__ = "agencies"
    __table_args__ = (sa.UniqueConstraint("partnership_id", "name"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    partnership_id: Mapped[int] = mapped_column(sa.ForeignKey("partnerships.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[AgencyKind] = mapped_column(words(AgencyKind), default=AgencyKind.OTHER)
    began_on: Mapped[date | None]
    ended_on: Mapped[date | None]

    partnership: Mapped[Partnership] = relationship(back_populates="agencies")


class AgencySuccession(Base):
    """An agency went on as another one from a day on: renamed, merged into it, or split in several."""

    __tablename__ = "agency_successions"
    __table_args__ = (sa.CheckConstraint("from_agency_id <> to_agency_id", "two_agencies"),)

    from_agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.id"), primary_key=True)
    to_agency_id: Mapped[int] = mapped_column(sa.ForeignKey("agencies.id"), primary_key=True, index=True)
    on: Mapped[date]
