"""Pages of the themes of a partnership, and of the themes of a finding or recommendation."""

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Optional

from reviews.access.permissions import Actor, Permission
from reviews.cases.page_queries import find_case, find_recommendation
from reviews.models import Case, Finding, Recommendation, Theme
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.queries import find_finding
from reviews.recommendations.similar import SimilarRecommendation
from reviews.recommendations.theme_counts import theme_lines, theme_names, themes_of_findings, themes_of_recommendations
from reviews.recommendations.theme_page import find_theme_to_see, theme_agencies, theme_recommendations, theme_years
from reviews.recommendations.themes import LONGEST_NAME, add_theme, end_theme, find_theme, rename_theme, set_themes
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, kinds, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import LinkedPage, code_of, paginate, partnership_for, partnerships_with, query_text
from web.core.urls import case_address, in_partnership
from web.forms.fields import SelectMultipleField
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.vocabulary import Realm

pages = Blueprint("recommendations_themes", __name__)


REALMS = {Realm.REVIEWS: "Reviews", Realm.CHILD_DEATHS: "Child death reviews"}


class ThemeForm(IdempotentForm):
    name = StringField(
        "Name of the theme",
        [DataRequired("Enter the name of the theme"), Length(max=LONGEST_NAME)],
        description="A word of the field, such as “Safer sleeping”. Never the name of a person or a place.",
    )
    what = StringField(description="The button that was pressed: rename, end or again.")


@pages.route("/themes")
@needs(Permission.SEE_THEMES)
@shows(Shows.NOTHING)
def themes() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_THEMES)
    realm, realms = _realm(partnership_id)
    return render_template(
        "recommendations/themes.html",
        lines=theme_lines(read_session(), actor(), partnership_id=partnership_id, realm=realm, today=today()),
        partnership_id=partnership_id,
        realm=realm,
        realms=realms,
        partnership=code_of(partnership_id),
        partnerships=partnerships_with(Permission.SEE_THEMES),
        may_manage=actor().may(Permission.MANAGE_THEMES, partnership_id),
    )


@pages.route("/themes/<int:theme_id>")
@needs(Permission.SEE_THEMES)
@shows(Shows.LIST)
def theme(theme_id: int) -> ResponseReturnValue:
    found = find_theme_to_see(read_session(), actor(), theme_id)
    realm, realms = _realm(found.partnership_id)
    return render_template(
        "recommendations/theme.html",
        theme=found,
        realm=realm,
        realms=realms,
        years=theme_years(read_session(), actor(), found, realm=realm, today=today()),
        agencies=theme_agencies(read_session(), actor(), found, realm=realm, today=today()),
        page=_recommendations(found, realm),
        responses=RESPONSES,
        workflows=kinds(),
        may_manage=actor().may(Permission.MANAGE_THEMES, found.partnership_id),
    )


@pages.route("/themes/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_THEMES)
@shows(Shows.NOTHING)
def new_theme() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_THEMES)
    form = ThemeForm()

    def act(work: Unit) -> str:
        made = add_theme(work, partnership_id, form.name.data or "")
        flash(f"You have added the theme “{made.name}”.")
        return in_partnership("/themes", partnership_id)

    return handle_form(
        form,
        act,
        lambda: render_template(
            "recommendations/edit_theme.html", form=form, theme=None, partnership_id=partnership_id
        ),
    )


@pages.route("/themes/<int:theme_id>/edit", methods=["GET", "POST"])
@needs(Permission.MANAGE_THEMES)
@shows(Shows.NOTHING)
def edit_theme(theme_id: int) -> ResponseReturnValue:
    found = find_theme_to_see(read_session(), actor(), theme_id)
    actor().require(Permission.MANAGE_THEMES, found.partnership_id)
    form = ThemeForm(data={"name": found.name})

    def act(work: Unit) -> str:
        flash(_change(work, theme_id, form))
        return in_partnership("/themes", found.partnership_id)

    return handle_form(
        form,
        act,
        lambda: render_template(
            "recommendations/edit_theme.html", form=form, theme=found, partnership_id=found.partnership_id
        ),
    )


def _change(work: Unit, theme_id: int, form: ThemeForm) -> str:
    theme = find_theme(work, theme_id)
    match form.what.data:
        case "end":
            end_theme(work, theme)
            return f"You have ended the theme “{theme.name}”. It stays on what is marked with it."
        case "again":
            add_theme(work, theme.partnership_id, theme.name)
            return f"You have reopened the theme “{theme.name}”."
        case _:
            rename_theme(work, theme, form.name.data or "")
            return f"You have renamed the theme “{theme.name}”."


def _recommendations(theme: Theme, realm: Realm) -> LinkedPage[SimilarRecommendation]:
    return paginate(
        lambda number: theme_recommendations(read_session(), actor(), theme, realm=realm, today=today(), number=number)
    )


def _realm(partnership_id: int) -> tuple[Realm, dict[Realm, str]]:
    """Give the realm to show, and the titles of all realms the actor may see in the partnership."""
    realms = {
        realm: title for realm, title in REALMS.items() if actor().may(Permission.SEE_THEMES, partnership_id, realm)
    }
    asked = next((realm for realm in realms if realm.value == query_text("realm")), None)
    return asked or next(iter(realms)), realms


Find = Callable[[Session, Actor, Case, str], Recommendation | Finding]


class ThemesForm(IdempotentForm):
    themes = SelectMultipleField("Themes", [Optional()], description="Choose all that fit.")


@pages.route("/cases/<reference>/recommendations/<path:number>/themes", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.CASE)
def themes_of_recommendation(reference: str, number: str) -> ResponseReturnValue:
    return _edit_themes(reference, number, "recommendations", find_recommendation)


@pages.route("/cases/<reference>/findings/<finding>/themes", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.CASE)
def themes_of_finding(reference: str, finding: str) -> ResponseReturnValue:
    return _edit_themes(reference, finding, "findings", find_finding)


def _edit_themes(reference: str, number: str, kind: str, find: Find) -> ResponseReturnValue:
    case = _planned_case(reference)
    subject = find(read_session(), actor(), case, number)
    themes = _themes_of(subject)
    form = ThemesForm(data={"themes": list(themes)})
    form.themes.choices = {name: name for name in theme_names(read_session(), actor(), case.partnership_id, themes)}
    back = case_address(case.reference, case.partnership_id, kind, number)

    def act(work: Unit) -> str:
        found = work.case(reference, partnership=query_text("partnership") or None)
        set_themes(work, found, find(work.session, work.actor, found, number), form.themes.data or ())
        flash(f"You have changed the themes of {number}.")
        return back

    return handle_form(
        form,
        act,
        lambda: render_template("recommendations/mark_themes.html", form=form, case=case, subject=subject, back=back),
    )


def _themes_of(subject: Recommendation | Finding) -> Sequence[str]:
    found = themes_of_findings if isinstance(subject, Finding) else themes_of_recommendations
    return found(read_session(), actor(), [subject.id]).get(subject.id, ())


def _planned_case(reference: str) -> Case:
    case, partnership_id = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.ADD_ACTION, partnership_id.id, case.realm)
    return case
