"""Pages of the findings and recommendations of a review, the responses to them and challenges."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.actions.list_queries import actions_answering
from reviews.cases.page_queries import find_case, find_recommendation
from reviews.definitions.installed import present_kind
from reviews.models import Case, Partnership, Recommendation
from reviews.models.recommendations import RESPONSES
from reviews.people.queries import agencies
from reviews.recommendations.commands import (
    LONGEST_TEXT,
    add_finding,
    answer_recommendation,
    change_recommendation,
    make_recommendation,
    raise_challenge,
)
from reviews.recommendations.queries import (
    comparable_recommendations,
    find_finding,
    finding_of,
    findings_of,
    recommendations_of_finding,
)
from reviews.recommendations.similar import similar_recommendations, with_outcomes
from reviews.recommendations.theme_counts import theme_names, themes_of_findings, themes_of_recommendations
from reviews.recommendations.themes import set_themes
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, kinds, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import query_text
from web.core.urls import case_address
from web.forms.question_fields import time_of
from web.forms.step_form import StepForm, make_form
from web.forms.submit_once import IdempotentForm, handle_form
from web.recommendations.forms import RecommendationForm, ResponseForm, challenge_prefilled
from workflows.core.vocabulary import Realm
from workflows.definitions.action import OPEN
from workflows.definitions.challenge_entry import CHALLENGE_ENTRY

pages = Blueprint("recommendations", __name__)


@pages.route("/cases/<reference>/recommendations/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.CASE)
def new_recommendation(reference: str) -> ResponseReturnValue:
    case, partnership = _planned_case(reference)
    form = RecommendationForm(data={"finding": query_text("finding")})
    form.offer(findings_of(read_session(), actor(), case), theme_names(read_session(), actor(), partnership.id))
    if "look" in request.form:
        return _show_add(form, case)

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code)
        made = make_recommendation(unit, found, form.wording())
        set_themes(unit, found, made, form.themes.data or ())
        flash(f"You have added recommendation {made.reference}.")
        return case_address(found.reference, found.partnership_id, "recommendations", made.reference)

    return handle_form(form, act, lambda: _show_add(form, case))


def _show_add(form: RecommendationForm, case: Case) -> str:
    """Show the form, with similar recommendations below the text."""
    similar = similar_below_text(case, form.text.data or "", form.themes.data or ())
    return render_template("recommendations/new_recommendation.html", form=form, case=case, **similar)


@pages.route("/cases/<reference>/recommendations/similar", methods=["POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.LIST)
def similar(reference: str) -> ResponseReturnValue:
    """Show what is similar while a recommendation is typed; posted, so that the text stands in no address."""
    case, _ = _planned_case(reference)
    typed, themes = request.form.get("text", ""), request.form.getlist("themes")
    return render_template("recommendations/similar.html", **similar_below_text(case, typed, themes))


@pages.route("/cases/<reference>/recommendations/<path:number>")
@needs(Permission.SEE_CASE)
@shows(Shows.CASE)
def recommendation(reference: str, number: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    recommendation = find_recommendation(read_session(), actor(), case, number)
    may_plan = actor().may(Permission.ADD_ACTION, partnership.id, case.realm)
    return render_template(
        "recommendations/recommendation.html",
        case=case,
        partnership=partnership,
        recommendation=recommendation,
        finding=finding_of(read_session(), actor(), recommendation),
        actions=actions_answering(read_session(), actor(), recommendation, today=today()),
        responses=RESPONSES,
        **themes_and_outcome(case, recommendation),
        may_plan=may_plan,
        may_challenge=may_plan and recommendation.response == "rejected" and case.realm is Realm.REVIEWS,
        open_stages=OPEN,
        today=today(),
    )


@pages.route("/cases/<reference>/recommendations/<path:number>/edit", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.CASE)
def edit_recommendation(reference: str, number: str) -> ResponseReturnValue:
    case, partnership = _planned_case(reference)
    recommendation = find_recommendation(read_session(), actor(), case, number)
    finding = finding_of(read_session(), actor(), recommendation)
    form = RecommendationForm(obj=recommendation, data={"finding": finding.reference if finding else ""})
    form.offer(findings_of(read_session(), actor(), case))

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code, version=form.seen_version)
        changed = find_recommendation(unit.session, unit.actor, found, number)
        change_recommendation(unit, found, changed, form.wording())
        flash(f"You have changed recommendation {number}.")
        return case_address(found.reference, found.partnership_id, "recommendations", number)

    def render() -> str:
        now, _ = find_case(read_session(), actor(), reference, partnership=partnership.code)
        form.show_version(now.version)
        current = find_recommendation(read_session(), actor(), now, number)
        return render_template("recommendations/edit_recommendation.html", form=form, case=now, recommendation=current)

    return handle_form(form, act, render)


@pages.route("/cases/<reference>/recommendations/<path:number>/response", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.CASE)
def respond(reference: str, number: str) -> ResponseReturnValue:
    case, partnership = _planned_case(reference)
    form = ResponseForm(data=_answered(find_recommendation(read_session(), actor(), case, number)))

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code, version=form.seen_version)
        answered = find_recommendation(unit.session, unit.actor, found, number)
        answer_recommendation(unit, found, answered, **form.answer())
        flash(f"You have recorded the response to {number}.")
        return case_address(found.reference, found.partnership_id, "recommendations", number)

    return handle_form(form, act, lambda: _show_answer(reference, number, form))


@pages.route("/cases/<reference>/recommendations/<path:number>/challenge", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.CASE)
def challenge(reference: str, number: str) -> ResponseReturnValue:
    case, partnership = _planned_case(reference)
    recommendation = find_recommendation(read_session(), actor(), case, number)
    above = case_address(case.reference, case.partnership_id, "recommendations", number)
    workflow = present_kind(read_session(), CHALLENGE_ENTRY.name, today(), partnership.id)
    if workflow is None or workflow.opening is None:
        raise NotFound
    if recommendation.response != "rejected" or case.realm is not Realm.REVIEWS:
        flash("Only a rejected recommendation of a review can go into the challenge log.", "note")
        return redirect(above, 303)
    step, code = workflow.opening, partnership.code
    names = [name for _, name in agencies(read_session(), actor(), partnership.id)]
    form = make_form(StepForm, step, today=today(), agencies=names, initial=challenge_prefilled(case, recommendation))

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=code)
        opened = raise_challenge(
            unit,
            found,
            find_recommendation(unit.session, unit.actor, found, number),
            partnership=unit.partnership(code),
            answers=form.answers(),
            happened_on=form.happened_on.data or unit.today,
        )
        flash(f"You have added {opened.reference} to the challenge log.")
        return case_address(opened.reference, opened.partnership_id)

    return handle_form(
        form,
        act,
        lambda: render_template(
            "cases/open_child_case.html",
            form=form,
            reference=f"{number} of {reference}",
            address_of_case=above,
            step=step,
            workflow=workflow,
            time_of=time_of,
        ),
    )


FEWEST_LETTERS = 15
"""Nothing is looked for before so many letters are typed."""


def similar_below_text(case: Case, text: str, themes: Sequence[str]) -> dict[str, object]:
    """Give the template values for the similar recommendations below a text while it is typed."""
    similar = None
    if themes or len(text.strip()) >= FEWEST_LETTERS:
        similar = similar_recommendations(read_session(), actor(), case, text, today=today(), themes=themes)
    note_rows(len(similar or ()))
    return {"similar": similar, "responses": RESPONSES, "workflows": kinds()}


def themes_and_outcome(case: Case, recommendation: Recommendation) -> dict[str, object]:
    """Give the template values for the themes of a recommendation, its outcome and earlier similar recommendations."""
    themes = themes_of_recommendations(read_session(), actor(), [recommendation.id]).get(recommendation.id, ())
    values: dict[str, object] = {"themes": themes, "similar": None, "outcome": None, "workflows": kinds()}
    if not actor().may(Permission.SEE_THEMES, case.partnership_id, case.realm):
        return values
    similar = similar_recommendations(
        read_session(), actor(), case, recommendation.text, today=today(), themes=themes, began_no_later=True
    )
    pool = comparable_recommendations(actor(), case.partnership_id, case.realm)
    (found,) = with_outcomes(read_session(), actor(), [recommendation.id], pool=pool, today=today())
    return values | {"similar": similar, "outcome": found.outcome}


def _planned_case(reference: str) -> tuple[Case, Partnership]:
    """Find a case to whose plan this person may add; raises NotFound, NotAllowed."""
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.ADD_ACTION, partnership.id, case.realm)
    return case, partnership


def _answered(recommendation: Recommendation) -> dict[str, object]:
    return {
        "response": recommendation.response or None,
        "reason": recommendation.response_reason,
        "by": recommendation.response_by,
        "on": recommendation.responded_on or today(),
        "addressee": recommendation.addressee,
    }


def _show_answer(reference: str, number: str, form: ResponseForm) -> str:
    """Show the form with the response as it is now."""
    case, _ = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    form.show_version(case.version)
    recommendation = find_recommendation(read_session(), actor(), case, number)
    return render_template(
        "recommendations/answer.html", form=form, case=case, recommendation=recommendation, responses=RESPONSES
    )


class FindingForm(IdempotentForm):
    text = TextAreaField(
        "What did the review find?",
        [DataRequired("Enter the finding"), Length(max=LONGEST_TEXT)],
        description="As in the report. Never enter a child's name.",
    )


@pages.route("/cases/<reference>/findings/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.CASE)
def new_finding(reference: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.ADD_ACTION, partnership.id, case.realm)
    form = FindingForm()

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code)
        made = add_finding(unit, found, text=form.text.data or "")
        flash(f"You have added finding {made.reference}.")
        return case_address(found.reference, found.partnership_id, "findings", made.reference)

    return handle_form(form, act, lambda: render_template("recommendations/new_finding.html", form=form, case=case))


@pages.route("/cases/<reference>/findings/<finding>")
@needs(Permission.SEE_CASE)
@shows(Shows.CASE)
def finding(reference: str, finding: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    found = find_finding(read_session(), actor(), case, finding)
    return render_template(
        "recommendations/finding.html",
        case=case,
        partnership=partnership,
        finding=found,
        themes=themes_of_findings(read_session(), actor(), [found.id]).get(found.id, ()),
        recommendations=recommendations_of_finding(read_session(), actor(), found),
        responses=RESPONSES,
        may_plan=actor().may(Permission.ADD_ACTION, partnership.id, case.realm),
    )
