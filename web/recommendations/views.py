"""How are a review's recommendations and the partners' responses to them kept?"""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from reviews.access.permissions import Permission
from reviews.actions.list_queries import actions_answering
from reviews.cases.page_queries import find_case, one_recommendation
from reviews.definitions.catalogue import present_kind
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
from reviews.recommendations.queries import finding_of, findings_of, one_finding, recommendations_on
from reviews.recommendations.theme_counts import theme_names, themes_of_findings
from reviews.recommendations.themes import set_themes
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import word
from web.core.urls import case_address
from web.forms.question_fields import time_of
from web.forms.step_form import StepForm, make_form
from web.forms.submit_once import OnceForm, send_form
from web.recommendations.forms import RecommendationForm, ResponseForm, challenge_prefilled
from web.recommendations.similar_pages import alike_shown, beside
from workflows.core.vocabulary import Realm
from workflows.definitions.action import OPEN
from workflows.definitions.challenge_entry import CHALLENGE_ENTRY

pages = Blueprint("recommendations", __name__)


@pages.route("/cases/<reference>/recommendations/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def new_recommendation(reference: str) -> ResponseReturnValue:
    case, place = _kept(reference)
    form = RecommendationForm(data={"finding": word("finding")})
    form.offer(findings_of(reader(), actor(), case), theme_names(reader(), actor(), place.id))
    if "look" in request.form:
        return _show_add(form, case)

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code)
        made = make_recommendation(unit, found, form.wording())
        set_themes(unit, found, made, form.themes.data or ())
        flash(f"Recommendation {made.reference} is added.")
        return case_address(found.reference, found.partnership_id, "recommendations", made.reference)

    return send_form(form, act, lambda: _show_add(form, case))


def _show_add(form: RecommendationForm, case: Case) -> str:
    """Show the form, and below its text what was said before."""
    alike = alike_shown(case, form.text.data or "", form.themes.data or ())
    return render_template("recommendations/new_recommendation.html", form=form, case=case, **alike)


@pages.route("/cases/<reference>/recommendations/<path:number>")
@needs(Permission.SEE_CASE)
def recommendation(reference: str, number: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    said = one_recommendation(reader(), actor(), case, number)
    may_plan = actor().may(Permission.ADD_ACTION, place.id, case.realm)
    return render_template(
        "recommendations/recommendation.html",
        case=case,
        place=place,
        recommendation=said,
        finding=finding_of(reader(), actor(), said),
        actions=actions_answering(reader(), actor(), said, today=today()),
        responses=RESPONSES,
        **beside(case, said),
        may_plan=may_plan,
        may_challenge=may_plan and said.response == "rejected" and case.realm is Realm.REVIEWS,
        open_stages=OPEN,
        today=today(),
    )


@pages.route("/cases/<reference>/recommendations/<path:number>/edit", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def edit_recommendation(reference: str, number: str) -> ResponseReturnValue:
    case, place = _kept(reference)
    said = one_recommendation(reader(), actor(), case, number)
    finding = finding_of(reader(), actor(), said)
    form = RecommendationForm(obj=said, data={"finding": finding.reference if finding else ""})
    form.offer(findings_of(reader(), actor(), case))

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code, version=form.seen_version)
        changed = one_recommendation(unit.session, unit.actor, found, number)
        change_recommendation(unit, found, changed, form.wording())
        flash(f"Recommendation {number} is changed.")
        return case_address(found.reference, found.partnership_id, "recommendations", number)

    def render() -> str:
        now, _ = find_case(reader(), actor(), reference, partnership=place.code)
        form.show_version(now.version)
        said_now = one_recommendation(reader(), actor(), now, number)
        return render_template("recommendations/edit_recommendation.html", form=form, case=now, recommendation=said_now)

    return send_form(form, act, render)


@pages.route("/cases/<reference>/recommendations/<path:number>/response", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def respond(reference: str, number: str) -> ResponseReturnValue:
    case, place = _kept(reference)
    form = ResponseForm(data=_answered(one_recommendation(reader(), actor(), case, number)))

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code, version=form.seen_version)
        answered = one_recommendation(unit.session, unit.actor, found, number)
        answer_recommendation(unit, found, answered, **form.answer())
        flash(f"The response to {number} is recorded.")
        return case_address(found.reference, found.partnership_id, "recommendations", number)

    return send_form(form, act, lambda: _show_answer(reference, number, form))


@pages.route("/cases/<reference>/recommendations/<path:number>/challenge", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def challenge(reference: str, number: str) -> ResponseReturnValue:
    case, place = _kept(reference)
    said = one_recommendation(reader(), actor(), case, number)
    above = case_address(case.reference, case.partnership_id, "recommendations", number)
    workflow = present_kind(reader(), CHALLENGE_ENTRY.name, today(), place.id)
    if workflow is None or workflow.opening is None:
        raise NotFound
    if said.response != "rejected" or case.realm is not Realm.REVIEWS:
        flash("Only a recommendation of a review that was rejected goes into the challenge log.", "note")
        return redirect(above, 303)
    step, code = workflow.opening, place.code
    names = [name for _, name in agencies(reader(), actor(), place.id)]
    form = make_form(StepForm, step, today=today(), agencies=names, known=challenge_prefilled(case, said))

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=code)
        opened = raise_challenge(
            unit,
            found,
            one_recommendation(unit.session, unit.actor, found, number),
            partnership=unit.partnership(code),
            given=form.given(),
            happened_on=form.happened_on.data or unit.today,
        )
        flash(f"{opened.reference} is in the challenge log.")
        return case_address(opened.reference, opened.partnership_id)

    return send_form(
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


def _kept(reference: str) -> tuple[Case, Partnership]:
    """Find the case whose plan this person keeps; raises NotFound, NotAllowed."""
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, place.id, case.realm)
    return case, place


def _answered(said: Recommendation) -> dict[str, object]:
    return {
        "response": said.response or None,
        "reason": said.response_reason,
        "by": said.response_by,
        "on": said.responded_on or today(),
        "addressee": said.addressee,
    }


def _show_answer(reference: str, number: str, form: ResponseForm) -> str:
    """Show the form, and beside it the response as it is now."""
    case, _ = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    form.show_version(case.version)
    said = one_recommendation(reader(), actor(), case, number)
    return render_template(
        "recommendations/answer.html", form=form, case=case, recommendation=said, responses=RESPONSES
    )


class FindingForm(OnceForm):
    text = TextAreaField(
        "What did the review find?",
        [DataRequired("Enter the finding"), Length(max=LONGEST_TEXT)],
        description="As it stands in the report. Never a child's name.",
    )


@pages.route("/cases/<reference>/findings/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def new_finding(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, place.id, case.realm)
    form = FindingForm()

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code)
        made = add_finding(unit, found, text=form.text.data or "")
        flash(f"Finding {made.reference} is added.")
        return case_address(found.reference, found.partnership_id, "findings", made.reference)

    return send_form(form, act, lambda: render_template("recommendations/new_finding.html", form=form, case=case))


@pages.route("/cases/<reference>/findings/<finding>")
@needs(Permission.SEE_CASE)
def finding(reference: str, finding: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    found = one_finding(reader(), actor(), case, finding)
    return render_template(
        "recommendations/finding.html",
        case=case,
        place=place,
        finding=found,
        themes=themes_of_findings(reader(), actor(), [found.id]).get(found.id, ()),
        recommendations=recommendations_on(reader(), actor(), found),
        responses=RESPONSES,
        may_plan=actor().may(Permission.ADD_ACTION, place.id, case.realm),
    )
