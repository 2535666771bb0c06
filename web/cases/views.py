"""The list of cases, the pages of a case, its children, our part in it, and the export of its plan."""

import re

from flask import Blueprint, Response, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.cases.details import LONGEST_AREA, add_child, record_area
from reviews.cases.event_log import Shown
from reviews.cases.labels import OUR_ROLES
from reviews.cases.list_queries import SORTS, CaseFilter
from reviews.cases.page_queries import (
    case_file,
    find_case,
    visible_children,
)
from reviews.cases.validation import LONGEST_PSEUDONYM
from reviews.exports.formats import FORMATS, record_export
from reviews.exports.plan_rows import exported_plan, find_plan
from reviews.models import OurRole
from reviews.models.recommendations import RESPONSES
from reviews.transactions.unit_of_work import NotFound, Unit
from web.cases.presenter import (
    case_page,
    clocks_page,
    history_page,
    tracker_page,
)
from web.core.access import needs
from web.core.context import actor, app_context, kinds, read_session, today, unit
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.core.query import partnership_asked, query_choice, query_text
from web.core.urls import case_address
from web.forms.fields import RadioField
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.definitions.action import OPEN

pages = Blueprint("cases", __name__)


STATUSES = {"open": "Open", "closed": "Closed", "all": "Open and closed"}
CLOCKS = {"late": "Late", "near": "Due within 14 days"}
LED = {"us": "We lead", "others": "Another area leads"}


@pages.route("/cases")
@needs(Permission.SEE_TRACKER)
@shows(Shows.LIST)
def list_cases() -> ResponseReturnValue:
    page = tracker_page(_filters(), sort=query_choice("sort", SORTS) or "clock", partnership_id=partnership_asked())
    return render_template(
        "cases/list_cases.html",
        page=page,
        workflows=kinds(),
        status_choices=STATUSES,
        clock_choices=CLOCKS,
        led_choices=LED,
    )


@pages.route("/cases/<reference>")
@needs(Permission.SEE_CASE)
@shows(Shows.CASE)
@limit("case pages")
def case(reference: str) -> ResponseReturnValue:
    file = case_file(read_session(), actor(), reference, today=today(), partnership=query_text("partnership") or None)
    return render_template(
        "cases/case.html", page=case_page(file), responses=RESPONSES, exports=FORMATS, open_stages=OPEN
    )


@pages.route("/cases/<reference>/clocks")
@needs(Permission.SEE_CASE)
@shows(Shows.CASE)
@limit("case pages")
def clocks(reference: str) -> ResponseReturnValue:
    found, _ = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    return render_template("cases/clocks.html", page=clocks_page(found))


@pages.route("/cases/<reference>/history")
@needs(Permission.SEE_CASE)
@shows(Shows.CASE)
@limit("case pages")
def history(reference: str) -> ResponseReturnValue:
    found, _ = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    return render_template("cases/history.html", page=history_page(found, _shown()))


def _shown() -> Shown:
    return Shown.READINGS if query_text("show") == Shown.READINGS.value else Shown.STORY


def _filters() -> CaseFilter:
    """Read the filter; a stage counts only beside the workflow it belongs to."""
    workflow = query_choice("workflow", kinds())
    tracks = kinds()[workflow].tracks if workflow else ()
    return CaseFilter(
        status=query_choice("standing", STATUSES) or "open",
        workflow=workflow,
        stage=query_choice("stage", {stage.value for track in tracks for stage in track.stages}),
        clock=query_choice("clock", CLOCKS),
        led=query_choice("led", LED),
        text=query_text("q"),
    )


LONGEST_REASON = 2_000


class ChildForm(IdempotentForm):
    pseudonym = StringField(
        "Pseudonym of the child",
        [DataRequired("Enter a pseudonym"), Length(max=LONGEST_PSEUDONYM)],
        description="Such as Child B. Never a name, initials or a date of birth.",
    )


class AreaForm(IdempotentForm):
    our_role = RadioField("Our part in this case", [InputRequired("Choose our part")], choices=dict(OUR_ROLES))
    lead_area = StringField(
        "Area that leads", [Optional(), Length(max=LONGEST_AREA)], description="Where another area leads."
    )
    reason = TextAreaField("Why this changes", [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)])


@pages.route("/cases/<reference>/children", methods=["GET", "POST"])
@needs(Permission.RECORD_CHILDREN)
@shows(Shows.CASE)
def children(reference: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.RECORD_CHILDREN, partnership.id, case.realm)
    form = ChildForm()

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code)
        add_child(unit, found, pseudonym=form.pseudonym.data or "")
        flash("You added the child.")
        return case_address(found.reference, found.partnership_id)

    return handle_form(
        form,
        act,
        lambda: render_template(
            "cases/children.html", form=form, case=case, children=visible_children(read_session(), actor(), case)
        ),
    )


@pages.route("/cases/<reference>/area", methods=["GET", "POST"])
@needs(Permission.RECORD_AREA)
@shows(Shows.CASE)
def area(reference: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.RECORD_AREA, partnership.id, case.realm)
    form = AreaForm(data={"our_role": case.our_role.value, "lead_area": case.lead_area})

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code, version=form.seen_version)
        record_area(
            unit,
            found,
            our_role=OurRole(form.our_role.data),
            lead_area=form.lead_area.data or "",
            reason=form.reason.data or "",
        )
        flash("You recorded our part in the case.")
        return case_address(found.reference, found.partnership_id)

    return handle_form(form, act, lambda: _show_area(reference, form))


def _show_area(reference: str, form: AreaForm) -> str:
    case, _ = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    form.show_version(case.version)
    return render_template("cases/area.html", form=form, case=case, roles=OUR_ROLES)


NOT_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@pages.route("/cases/<reference>/plan.<into>")
@needs(Permission.SEE_ACTIONS)
@shows(Shows.EXPORT)
@limit("exports")
def export_plan(reference: str, into: str) -> ResponseReturnValue:
    """Send the plan as a download named after its reference; the history of the case records the export."""
    if into not in FORMATS:
        raise NotFound
    chosen = FORMATS[into]
    case, sees_case = find_plan(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    plan = exported_plan(read_session(), actor(), case, sees_case=sees_case, now=app_context().clock.now())
    content = chosen.write(plan)
    with unit() as open_unit:
        record_export(open_unit, plan, into=into)
    name = NOT_IN_A_FILE_NAME.sub("-", plan.reference).strip(".-") or "plan"
    answer = Response(content, content_type=chosen.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{into}"'
    return answer
