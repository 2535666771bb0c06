"""How does a plan go out as a file?"""

import re

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.exports.formats import FORMATS
from reviews.exports.log import record_export
from reviews.exports.rows import exported_plan, find_plan
from reviews.transactions.unit_of_work import NotFound
from web.core.access import needs
from web.core.context import actor, house, reader, unit
from web.core.query import word

pages = Blueprint("plan_exports", __name__)

NOT_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@pages.route("/cases/<reference>/plan.<into>")
@needs(Permission.SEE_ACTIONS)
def export(reference: str, into: str) -> ResponseReturnValue:
    """Send the plan as a download named after its reference; what was taken out stands in the history of the case."""
    if into not in FORMATS:
        raise NotFound
    wanted = FORMATS[into]
    case, sees_case = find_plan(reader(), actor(), reference, partnership=word("partnership") or None)
    plan = exported_plan(reader(), actor(), case, sees_case=sees_case, now=house().clock.now())
    content = wanted.write(plan)
    with unit() as open_unit:
        record_export(open_unit, plan, into=into)
    name = NOT_IN_A_FILE_NAME.sub("-", plan.reference).strip(".-") or "plan"
    answer = Response(content, content_type=wanted.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{into}"'
    return answer
