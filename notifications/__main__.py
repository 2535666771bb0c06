"""The reminder process: `python -m notifications`."""

import logging
import sys

from notifications.delivery.post import post_of
from notifications.scheduler import run
from notifications.writing.letterhead import Letterhead
from reviews.db import open_database
from reviews.keys import UnsafeSettings
from reviews.settings import Settings
from workflows.engine import Refused


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = Settings()
    try:
        post, letterhead = post_of(settings), Letterhead.of(settings)
    except Refused as refusal:
        sys.exit(refusal.sentence)
    except UnsafeSettings as fault:
        sys.exit(str(fault))
    database, pace = open_database(settings.database), settings.mails_a_minute
    run(database, settings.clock(), post, letterhead=letterhead, mails_a_minute=pace)


if __name__ == "__main__":
    main()
