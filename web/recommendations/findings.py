"""How are the findings of a review kept, and what rests on one?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from reviews.access.permissions import Permission
from reviews.cases.page_queries import find_case
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.findings import LONGEST_TEXT, add_finding
from reviews.recommendations.queries_findings import one_finding, recommendations_on
from reviews.recommendations.theme_counts import themes_of_findings
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader
from web.core.query import word
from web.core.urls import case_address
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("findings", __name__)


class FindingForm(OnceForm):
    text = TextAreaField(
        "What did the review find?",
        [DataRequired("Enter the finding"), Length(max=LONGEST_TEXT)],
        description="As it stands in the report. Never a child's name.",
    )


@pages.route("/cases/<reference>/findings/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def add(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, place.id, case.realm)
    form = FindingForm()

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code)
        made = add_finding(unit, found, text=form.text.data or "")
        flash(f"Finding {made.reference} is added.")
        return case_address(found.reference, found.partnership_id, "findings", made.reference)

    return send_form(form, act, lambda: render_template("findings/add.html", form=form, case=case))


@pages.route("/cases/<reference>/findings/<finding>")
@needs(Permission.SEE_CASE)
def show(reference: str, finding: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    found = one_finding(reader(), actor(), case, finding)
    return render_template(
        "findings/finding.html",
        case=case,
        place=place,
        finding=found,
        themes=themes_of_findings(reader(), actor(), [found.id]).get(found.id, ()),
        recommendations=recommendations_on(reader(), actor(), found),
        responses=RESPONSES,
        may_plan=actor().may(Permission.ADD_ACTION, place.id, case.realm),
    )
