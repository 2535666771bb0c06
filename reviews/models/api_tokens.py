"""Table of tokens with which programs act for a person."""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from reviews.core.db import Base, Key, words
from reviews.models.people import Person


class TokenScope(StrEnum):
    READ = "read"
    WRITE = "write"


class ApiToken(Base):
    """A key for a program, which may do what its person may, within its scope, up to `expires_on` included.

    Only a hash is stored. It ends with the account of its person.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    scope: Mapped[TokenScope] = mapped_column(words(TokenScope))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    expires_on: Mapped[date]
    made_by: Mapped[str] = mapped_column(sa.String(200))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
