"""How has each theme come up, and which themes does a partnership tell its learning under?"""

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, Optional

from reviews.access.permissions import Actor, Permission, realm_of
from reviews.cases.page_queries import find_case, one_recommendation
from reviews.models import Case, Finding, Recommendation, Theme
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.queries import one_finding
from reviews.recommendations.similar import Told
from reviews.recommendations.theme_counts import theme_lines, theme_names, themes_of_findings, themes_told
from reviews.recommendations.theme_page import one_theme, theme_agencies, theme_recommendations, theme_years
from reviews.recommendations.themes import LONGEST_NAME, add_theme, end_theme, find_theme, rename_theme, set_themes
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, kinds, reader, today
from web.core.query import Shown, code_of, place_for, places_with, shown, word
from web.core.urls import case_address, in_partnership
from web.forms.submit_once import OnceForm, send_form
from web.recommendations.similar_pages import alike_shown
from workflows.core.vocabulary import Realm

pages = Blueprint("recommendations_themes", __name__)


REALMS = {Realm.REVIEWS: "Reviews", Realm.CHILD_DEATHS: "Child death reviews"}


class ThemeForm(OnceForm):
    name = StringField(
        "Name of the theme",
        [DataRequired("Enter the name of the theme"), Length(max=LONGEST_NAME)],
        description="A word of the field, such as “Safer sleeping”. Never a name of a person or a place.",
    )
    what = StringField(description="The button that was pressed: rename, end or again.")


@pages.route("/themes")
@needs(Permission.SEE_THEMES)
def themes() -> ResponseReturnValue:
    place = place_for(Permission.SEE_THEMES)
    realm, realms = _realm(place)
    return render_template(
        "recommendations/themes.html",
        lines=theme_lines(reader(), actor(), partnership_id=place, realm=realm, today=today()),
        place=place,
        realm=realm,
        realms=realms,
        partnership=code_of(place),
        partnerships=places_with(Permission.SEE_THEMES),
        may_manage=actor().may(Permission.MANAGE_THEMES, place),
    )


@pages.route("/themes/<int:theme_id>")
@needs(Permission.SEE_THEMES)
def theme(theme_id: int) -> ResponseReturnValue:
    found = one_theme(reader(), actor(), theme_id)
    realm, realms = _realm(found.partnership_id)
    return render_template(
        "recommendations/theme.html",
        theme=found,
        realm=realm,
        realms=realms,
        years=theme_years(reader(), actor(), found, realm=realm, today=today()),
        agencies=theme_agencies(reader(), actor(), found, realm=realm, today=today()),
        page=_told(found, realm),
        responses=RESPONSES,
        workflows=kinds(),
        may_manage=actor().may(Permission.MANAGE_THEMES, found.partnership_id),
    )


@pages.route("/themes/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_THEMES)
def new_theme() -> ResponseReturnValue:
    place = place_for(Permission.MANAGE_THEMES)
    form = ThemeForm()

    def act(work: Unit) -> str:
        made = add_theme(work, place, form.name.data or "")
        flash(f"The theme “{made.name}” is added.")
        return in_partnership("/themes", place)

    return send_form(
        form, act, lambda: render_template("recommendations/edit_theme.html", form=form, theme=None, place=place)
    )


@pages.route("/themes/<int:theme_id>/edit", methods=["GET", "POST"])
@needs(Permission.MANAGE_THEMES)
def edit_theme(theme_id: int) -> ResponseReturnValue:
    found = one_theme(reader(), actor(), theme_id)
    actor().require(Permission.MANAGE_THEMES, found.partnership_id)
    form = ThemeForm(data={"name": found.name})

    def act(work: Unit) -> str:
        flash(_change(work, theme_id, form))
        return in_partnership("/themes", found.partnership_id)

    return send_form(
        form,
        act,
        lambda: render_template("recommendations/edit_theme.html", form=form, theme=found, place=found.partnership_id),
    )


def _change(work: Unit, theme_id: int, form: ThemeForm) -> str:
    theme = find_theme(work, theme_id)
    match form.what.data:
        case "end":
            end_theme(work, theme)
            return f"The theme “{theme.name}” has ended. What is told under it stays there."
        case "again":
            add_theme(work, theme.partnership_id, theme.name)
            return f"The theme “{theme.name}” is offered again."
        case _:
            rename_theme(work, theme, form.name.data or "")
            return f"The theme is called “{theme.name}” now."


def _told(theme: Theme, realm: Realm) -> Shown[Told]:
    return shown(
        lambda number: theme_recommendations(reader(), actor(), theme, realm=realm, today=today(), number=number)
    )


def _realm(place: int) -> tuple[Realm, dict[Realm, str]]:
    """Give the realm asked for, or the first that is theirs in the partnership, and all that are."""
    posts = [post for post in actor().posts_in(place) if actor().may(Permission.SEE_THEMES, place, realm_of(post.role))]
    theirs = {realm: words for realm, words in REALMS.items() if realm in {realm_of(post.role) for post in posts}}
    asked = next((realm for realm in theirs if realm.value == word("realm")), None)
    return asked or next(iter(theirs)), theirs


Find = Callable[[Session, Actor, Case, str], Recommendation | Finding]


class MarksForm(OnceForm):
    themes = SelectMultipleField("Themes", [Optional()], description="As many as fit. They say what is told together.")


@pages.route("/cases/<reference>/recommendations/<path:number>/themes", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def themes_of_recommendation(reference: str, number: str) -> ResponseReturnValue:
    return _mark(reference, number, "recommendations", one_recommendation)


@pages.route("/cases/<reference>/findings/<finding>/themes", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def themes_of_finding(reference: str, finding: str) -> ResponseReturnValue:
    return _mark(reference, finding, "findings", one_finding)


@pages.route("/cases/<reference>/recommendations/similar", methods=["POST"])
@needs(Permission.ADD_ACTION)
def similar(reference: str) -> ResponseReturnValue:
    """Say while a recommendation is typed what was said before; posted, so that its text stands in no address."""
    case = _kept(reference)
    typed, themes = request.form.get("text", ""), request.form.getlist("themes")
    return render_template("recommendations/similar.html", **alike_shown(case, typed, themes))


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

    return send_form(
        form,
        act,
        lambda: render_template("recommendations/mark_themes.html", form=form, case=case, told=told, back=back),
    )


def _themes_of(told: Recommendation | Finding) -> Sequence[str]:
    found = themes_of_findings if isinstance(told, Finding) else themes_told
    return found(reader(), actor(), [told.id]).get(told.id, ())


def _kept(reference: str) -> Case:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, place.id, case.realm)
    return case
