"""What came back, and what became of each?"""

from dataclasses import dataclass, replace

from notifications.returns.delivery_reports import Fate, hear
from notifications.returns.dsn import reports_of
from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.transactions.unit_of_work import unit_of_work

COUNTED = {
    Fate.RETURNED: "bounced",
    Fate.EXPIRED: "bounced",
    Fate.ARRIVED: "delivered",
    Fate.DELAYED: "delayed",
}


@dataclass(frozen=True, slots=True)
class Returned:
    """How many mails were read, how many of them changed a letter and to what, and how many changed nothing."""

    read: int = 0
    bounced: int = 0
    delivered: int = 0
    delayed: int = 0
    ignored: int = 0

    def __add__(self, other: "Returned") -> "Returned":
        return Returned(
            self.read + other.read,
            self.bounced + other.bounced,
            self.delivered + other.delivered,
            self.delayed + other.delayed,
            self.ignored + other.ignored,
        )


def take_mail(database: Database, clock: Clock, mail: bytes) -> Returned:
    """Take in one mail that came back to our address; whatever else it is changes nothing."""
    reports = reports_of(mail)
    if not reports:
        return Returned(read=1, ignored=1)
    with unit_of_work(database, system("bounces"), clock) as unit:
        heard = [report.fate for report in reports if hear(unit, report)]
    if not heard:
        return Returned(read=1, ignored=1)
    return replace(Returned(read=1), **{COUNTED[heard[-1]]: 1})
