"""How is a small case, such as a parallel process, opened inside another?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue

from reviews.commands.inside import open_inside
from reviews.permissions import Permission
from reviews.queries.case_file import find_case
from reviews.unit import NotFound, Unit
from web.access import needs
from web.addresses import case_address
from web.asked_fields import time_of
from web.inside_page import kinds_offered, steps_that_may_wait
from web.lists import word
from web.once import send_form
from web.state import actor, reader, today
from web.step_forms import StepForm, make_form

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
