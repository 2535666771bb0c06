"""Is the application alive, and is it ready?"""

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from notifications.models import Tick
from reviews.permissions import Permission
from web.access import needs
from web.state import house, reader

pages = Blueprint("health", __name__)

SEEN_LATELY = timedelta(minutes=5)


@pages.route("/healthz")
@needs(Permission.ANYBODY)
def alive() -> ResponseReturnValue:
    return {"alive": True}


@pages.route("/readyz")
@needs(Permission.ANYBODY)
def ready() -> ResponseReturnValue:
    """Say whether the database answers and the reminder process was seen in the last five minutes."""
    try:
        seen_at = reader().scalar(sa.select(Tick.seen_at).where(Tick.name == "reminders"))
    except SQLAlchemyError:
        return {"database": False, "reminders": False}, 503
    reminders = seen_at is not None and house().clock.now() - seen_at < SEEN_LATELY
    return {"database": True, "reminders": reminders}, 200 if reminders else 503
