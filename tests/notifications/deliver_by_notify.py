"""Run by the test that kills it: hand over what is queued by GOV.UK Notify. Argument: the moment; the rest is set."""

import sys

from notifications.letters.links import Letterhead
from notifications.process.worker import deliver
from notifications.transports.configured import transport_of
from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import open_database
from reviews.core.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    deliver(
        open_database(settings.database),
        StoppedClock(read_moment(sys.argv[1])),
        transport_of(settings),
        letterhead=Letterhead.of(settings),
    )
