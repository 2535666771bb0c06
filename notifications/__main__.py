"""The reminder process: `python -m notifications`."""

import logging
import sys

from notifications.post import post_for
from notifications.scheduler import run
from reviews.db import open_database
from reviews.settings import Settings
from workflows.engine import Refused


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    settings = Settings()
    try:
        post = post_for(settings.mail, settings.mail_from)
    except Refused as refusal:
        sys.exit(refusal.sentence)
    run(open_database(settings.database), settings.clock(), post, base_url=settings.base_url)


if __name__ == "__main__":
    main()
