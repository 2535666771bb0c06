"""How is a small case, such as a parallel process, opened inside another?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.cases.child_cases import open_inside
from reviews.cases.page_queries import find_case
from reviews.transactions.unit_of_work import NotFound, Unit
from web.cases.child_case_pages import kinds_offered, steps_that_may_wait
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import word
from web.core.urls import case_address
from web.forms.question_fields import time_of
from web.forms.step_form import StepForm, make_form
from web.forms.submit_once import send_form

pages = Blueprint("inside", __name__)


@pages.route("/cases/<reference>/inside/<kind>", methods=["GET", "POST"])
@needs(Permission.RECORD_STEP)
def open_one(reference: str, kind: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    chosen = next((each for each in kinds_offered(case) if each.name == kind), None)
    if chosen is None or chosen.opening is None:
        raise NotFound
    code, key, workflow, step = place.code, case.partnership_id, chosen, chosen.opening
    form = make_form(StepForm, step, today=today(), agencies=(), steps=steps_that_may_wait(case))

    def act(unit: Unit) -> str:
        small = open_inside(
            unit,
            unit.case(reference, partnership=code),
            workflow=kind,
            happened_on=form.happened_on.data or unit.today,
            given=form.given(),
        )
        flash(f"{workflow.title} {small.reference} is on record.")
        return case_address(reference, key)

    def show() -> str:
        address = case_address(reference, key)
        return render_template(
            "cases/open_inside.html",
            form=form,
            reference=reference,
            address_of_case=address,
            step=step,
            workflow=workflow,
            time_of=time_of,
        )

    return send_form(form, act, show)
