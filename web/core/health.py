"""`/healthz` and `/readyz`, for whoever watches the installation."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from notifications.process.heartbeat import SEEN_LATELY, ProcessStatus, process_status
from notifications.returns.sending_faults import fault_words, open_faults
from reviews.access.permissions import Permission
from reviews.core.schema_version import newest_revision, present_revision
from reviews.files.file_checks import damaged_files
from web.core.access import needs
from web.core.context import app_context, read_session
from web.core.on_record import Shows, shows

pages = Blueprint("health", __name__)


@pages.route("/healthz")
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING)
def alive() -> ResponseReturnValue:
    return {"alive": True}


@pages.route("/readyz")
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING)
def ready() -> ResponseReturnValue:
    """Answer 200 where the tables are the newest and the reminder process was seen lately; else 503.

    That our mail comes back, or a stored file is damaged, is told, and is no reason to take the pages away.
    """
    try:
        process = process_status(read_session())
        migrations = present_revision(app_context().database) == newest_revision()
        faults = open_faults(read_session()) if migrations else ()
        damaged = damaged_files(read_session()) if migrations else ()
    except SQLAlchemyError:
        return {"database": False, "migrations": False, "reminders": False, "sending": False, "files": False}, 503
    reminders = process.heartbeat is not None and app_context().clock.now() - process.heartbeat.seen_at < SEEN_LATELY
    return {
        "database": True,
        "migrations": migrations,
        "reminders": reminders,
        "sending": not faults,
        "sending_faults": [fault_words(fault) for fault in faults],
        "files": not damaged,
        "files_damaged": len(damaged),
        **_detail(process),
    }, 200 if migrations and reminders else 503


def _detail(process: ProcessStatus) -> dict[str, object]:
    """Give what anybody may read: times, counts and whether a process leads; no names."""
    heartbeat, leader, since = process.heartbeat, process.leader, process.waiting_since
    return {
        "last_tick": heartbeat and heartbeat.seen_at.isoformat(),
        "next_tick": heartbeat and heartbeat.next_at and heartbeat.next_at.isoformat(),
        "lead_held": leader is not None and leader.held,
        "mails_waiting": process.waiting,
        "mails_waiting_since": since and since.isoformat(),
    }
