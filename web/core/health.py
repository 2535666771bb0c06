"""`/healthz` and `/readyz`, for whoever watches the installation."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from notifications.process.heartbeat import SEEN_LATELY, ProcessStanding, process_standing
from reviews.access.permissions import Permission
from reviews.core.schema_version import newest_revision, present_revision
from web.core.access import needs
from web.core.context import house, reader

pages = Blueprint("health", __name__)


@pages.route("/healthz")
@needs(Permission.ANYBODY)
def alive() -> ResponseReturnValue:
    return {"alive": True}


@pages.route("/readyz")
@needs(Permission.ANYBODY)
def ready() -> ResponseReturnValue:
    """Answer 200 where the database has the newest tables and the reminder process was seen lately, else 503."""
    try:
        process = process_standing(reader())
        migrations = present_revision(house().database) == newest_revision()
    except SQLAlchemyError:
        return {"database": False, "migrations": False, "reminders": False}, 503
    reminders = process.tick is not None and house().clock.now() - process.tick.seen_at < SEEN_LATELY
    return {
        "database": True,
        "migrations": migrations,
        "reminders": reminders,
        **_detail(process),
    }, 200 if migrations and reminders else 503


def _detail(process: ProcessStanding) -> dict[str, object]:
    """Give what anybody may read: times, counts and whether a process leads; no names."""
    tick, leader, since = process.tick, process.leader, process.waiting_since
    return {
        "last_tick": tick and tick.seen_at.isoformat(),
        "next_tick": tick and tick.next_at and tick.next_at.isoformat(),
        "lead_held": leader is not None and leader.held,
        "mails_waiting": process.waiting,
        "mails_waiting_since": since and since.isoformat(),
    }
