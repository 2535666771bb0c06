"""The lists, over all cases, of requests to agencies and of parallel processes."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.cases.list_queries_child_cases import (
    SORTS,
    ChildCaseFilter,
    asks_an_agency,
    child_case_list,
    count_child_cases,
)
from reviews.people.queries import agencies
from reviews.summary.queries import NEAR
from web.cases.views import CLOCKS, STATUSES
from web.core.access import needs
from web.core.context import actor, kinds, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import number, paginate, partnership_asked, query_choice, query_text

pages = Blueprint("cases_child_cases", __name__)


@pages.route("/cases/requests")
@needs(Permission.SEE_TRACKER)
@shows(Shows.LIST)
def list_requests() -> ResponseReturnValue:
    return _list(asks=True)


@pages.route("/cases/processes")
@needs(Permission.SEE_TRACKER)
@shows(Shows.LIST)
def list_processes() -> ResponseReturnValue:
    return _list(asks=False)


def _list(*, asks: bool) -> str:
    """List what is inside the cases this person sees; the lead of an agency sees what their agency was asked."""
    shown = {name: kind for name, kind in kinds().items() if kind.inside and asks_an_agency(kind) is asks}
    agency_id, sort = number("agency") if asks else None, query_choice("sort", SORTS) or "due"
    filters = ChildCaseFilter(
        workflows=shown,
        status=query_choice("standing", STATUSES) or "open",
        clock=query_choice("clock", CLOCKS),
        agency_ids=(agency_id,) if agency_id else (),
        partnership_id=partnership_asked(),
        text=query_text("q"),
    )
    near, roles_held = today() + NEAR, actor().roles_held
    overdue = ChildCaseFilter(shown, clock="late", partnership_id=filters.partnership_id)
    return render_template(
        "cases/list_child_cases.html",
        asks=asks,
        page=paginate(
            lambda page: child_case_list(
                read_session(), actor(), today=today(), near=near, filters=filters, sort=sort, number=page
            )
        ),
        late=count_child_cases(read_session(), actor(), today=today(), near=near, filters=overdue),
        filters=filters,
        sort=sort,
        workflows=shown,
        status_choices=STATUSES,
        clock_choices=CLOCKS,
        agencies=agencies(read_session(), actor(), filters.partnership_id, ended=True) if asks else (),
        agency_id=agency_id,
        partnerships={assignment.partnership_code: assignment.partnership_name for assignment in roles_held},
        partnership=query_text("partnership").upper(),
        today=today(),
    )
