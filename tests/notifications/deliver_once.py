"""Run by the test that kills it: hand over what is queued, then end. Arguments: database URL, mail URL."""

import sys

from notifications.post import post_for
from notifications.relay import deliver
from reviews.clock import StoppedClock, read_moment
from reviews.db import open_database

if __name__ == "__main__":
    database_url, mail_url = sys.argv[1:]
    clock = StoppedClock(read_moment("2026-11-20T08:00"))
    deliver(open_database(database_url), clock, post_for(mail_url, "followthrough@anyshire.example"))
