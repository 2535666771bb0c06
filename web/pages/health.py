"""Is the application alive, and is it ready?"""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from notifications.queries import last_seen
from notifications.ticks import SEEN_LATELY
from reviews.permissions import Permission
from reviews.revision import newest_revision, present_revision
from web.access import needs
from web.state import house, reader

pages = Blueprint("health", __name__)


@pages.route("/healthz")
@needs(Permission.ANYBODY)
def alive() -> ResponseReturnValue:
    return {"alive": True}


@pages.route("/readyz")
@needs(Permission.ANYBODY)
def ready() -> ResponseReturnValue:
    """Say whether the database answers, has the newest tables, and the reminder process was seen lately."""
    try:
        tick = last_seen(reader())
        migrations = present_revision(house().database) == newest_revision()
    except SQLAlchemyError:
        return {"database": False, "migrations": False, "reminders": False}, 503
    reminders = tick is not None and house().clock.now() - tick.seen_at < SEEN_LATELY
    return {
        "database": True,
        "migrations": migrations,
        "reminders": reminders,
    }, 200 if migrations and reminders else 503
