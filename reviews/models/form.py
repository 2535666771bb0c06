"""Which forms have been sent already?"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from reviews.core.db import Base


class SentForm(Base):
    """A form that had its effect: pressing the button again leads to the same page and changes nothing."""

    __tablename__ = "sent_forms"

    form_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    leads_to: Mapped[str] = mapped_column(default="/")
    sent_at: Mapped[datetime] = mapped_column(index=True)
