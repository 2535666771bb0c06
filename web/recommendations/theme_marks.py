"""Under which themes are a recommendation and a finding told, and what was said before?"""

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import SelectMultipleField
from wtforms.validators import Optional

from reviews.access.permissions import Actor, Permission
from reviews.cases.page_queries import find_case, one_recommendation
from reviews.models import Case, Finding, Recommendation
from reviews.recommendations.queries_findings import one_finding
from reviews.recommendations.theme_counts import theme_names, themes_of_findings, themes_told
from reviews.recommendations.themes import set_themes
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader
from web.core.query import word
from web.core.urls import case_address
from web.forms.submit_once import OnceForm, send_form
from web.recommendations.similar_pages import alike_shown

pages = Blueprint("theme_marks", __name__)

Find = Callable[[Session, Actor, Case, str], Recommendation | Finding]


class MarksForm(OnceForm):
    themes = SelectMultipleField("Themes", [Optional()], description="As many as fit. They say what is told together.")


@pages.route("/cases/<reference>/recommendations/<path:number>/themes", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def of_recommendation(reference: str, number: str) -> ResponseReturnValue:
    return _mark(reference, number, "recommendations", one_recommendation)


@pages.route("/cases/<reference>/findings/<finding>/themes", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def of_finding(reference: str, finding: str) -> ResponseReturnValue:
    return _mark(reference, finding, "findings", one_finding)


@pages.route("/cases/<reference>/recommendations/similar", methods=["POST"])
@needs(Permission.ADD_ACTION)
def similar(reference: str) -> ResponseReturnValue:
    """Say while a recommendation is typed what was said before; posted, so that its text stands in no address."""
    case = _kept(reference)
    typed, themes = request.form.get("text", ""), request.form.getlist("themes")
    return render_template("themes/alike.html", **alike_shown(case, typed, themes))


def _mark(reference: str, number: str, kind: str, find: Find) -> ResponseReturnValue:
    case = _kept(reference)
    told = find(reader(), actor(), case, number)
    own = _themes_of(told)
    form = MarksForm(data={"themes": list(own)})
    form.themes.choices = {name: name for name in theme_names(reader(), actor(), case.partnership_id, own)}
    back = case_address(case.reference, case.partnership_id, kind, number)

    def act(work: Unit) -> str:
        found = work.case(reference, partnership=word("partnership") or None)
        set_themes(work, found, find(work.session, work.actor, found, number), form.themes.data or ())
        flash(f"The themes of {number} are kept.")
        return back

    return send_form(form, act, lambda: render_template("themes/mark.html", form=form, case=case, told=told, back=back))


def _themes_of(told: Recommendation | Finding) -> Sequence[str]:
    found = themes_of_findings if isinstance(told, Finding) else themes_told
    return found(reader(), actor(), [told.id]).get(told.id, ())


def _kept(reference: str) -> Case:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, place.id, case.realm)
    return case
