"""The reminder process: `python -m notifications`."""

import logging
import sys

from notifications.letters.links import Letterhead
from notifications.process.scheduler import run
from notifications.process.sealing import Sealing
from notifications.transports.configured import transport_of
from reviews.core.db import open_database
from reviews.core.secrets import UnsafeSettings
from reviews.core.settings import Settings
from workflows.core.engine import Refused


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = Settings().of_reminders
    try:
        transport, letterhead = transport_of(settings), Letterhead.of(settings)
    except Refused as refusal:
        sys.exit(refusal.sentence)
    except UnsafeSettings as fault:
        sys.exit(str(fault))
    database, rate_limit = open_database(settings.database), settings.mails_a_minute
    sealing = Sealing.of(settings)
    run(database, settings.clock(), transport, letterhead=letterhead, mails_a_minute=rate_limit, sealing=sealing)


if __name__ == "__main__":
    main()
