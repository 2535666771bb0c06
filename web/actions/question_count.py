"""How many questions of imports wait, for the pages where people see their tasks."""

from flask import request

from reviews.access.permissions import Permission
from reviews.imports.import_questions import count_all_open
from web.core.context import actor, read_session


def open_question_count() -> int:
    """Count what waits in all plans for this person; 0 on a filtered list, which does not show the number."""
    if set(request.args) - {"partnership"} or not actor().may(Permission.IMPORT_ACTIONS):
        return 0
    return count_all_open(read_session(), actor())
