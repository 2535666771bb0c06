"""The page of whoever looks after the machine: no case, no action, no person."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from notifications.process.heartbeat import SEEN_LATELY, process_status
from notifications.process.sealing import seal_status
from reviews.access.permissions import Permission
from reviews.backups.backup_folder import newest_verified
from reviews.backups.generations import last_restore
from reviews.core.db import is_sqlite
from reviews.core.schema_version import newest_revision
from reviews.core.settings import Environment
from reviews.files.encrypt_files import count_plain
from reviews.files.file_checks import damaged_files
from web.core.access import needs
from web.core.context import actor, app_context, read_session
from web.core.on_record import Shows, shows
from workflows.core.vocabulary import Role

pages = Blueprint("system", __name__)


@pages.route("/system")
@needs(Permission.SEE_SYSTEM)
@shows(Shows.NOTHING)
def system() -> ResponseReturnValue:
    settings, status = app_context().settings, process_status(read_session())
    now, heartbeat = app_context().clock.now(), status.heartbeat
    return render_template(
        "reminders/system.html",
        status=status,
        is_late=heartbeat is None or now - heartbeat.seen_at > SEEN_LATELY,
        database="SQLite" if is_sqlite(read_session()) else "PostgreSQL",
        revision=newest_revision(),
        is_production=settings.env is Environment.PRODUCTION,
        watches_backups=settings.backups is not None,
        backup_made_at=newest_verified(settings.backups) if settings.backups else None,
        restored=last_restore(read_session()),
        seals=seal_status(read_session(), now),
        damaged=damaged_files(read_session()),
        plain=count_plain(read_session()),
        scans=bool(settings.clamd),
    )


def damaged_file_count() -> int:
    """Count the stored files known to be damaged, for those who look after the machine and for the privacy role."""
    roles = {assignment.role for assignment in actor().roles_held}
    if not actor().may(Permission.SEE_SYSTEM) and Role.PRIVACY_OFFICER not in roles:
        return 0
    return len(damaged_files(read_session()))
