"""Which agencies work in the partnership, and how does one go on as another?"""

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.actions.workload import workload_by_agency
from reviews.models import AgencyKind
from reviews.people.accounts import add_agency
from reviews.people.agencies import Heir, Mover, Moving, Succession, agencies_there, succeed, what_moves
from reviews.people.queries import agencies, agency_list
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import code_of, partnership_asked, place_for, places_with, shown
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("people_agencies", __name__)


LONGEST_NAMES = 2_000
REST = "All that is open and not listed here, such as in child death review"
KINDS = {
    AgencyKind.LOCAL_AUTHORITY: "Local authority, a statutory safeguarding partner",
    AgencyKind.INTEGRATED_CARE_BOARD: "Integrated care board, a statutory safeguarding partner",
    AgencyKind.POLICE: "Police, a statutory safeguarding partner",
    AgencyKind.OTHER: "Another agency",
}


class NewAgencyForm(OnceForm):
    name = StringField("Name of the agency", [InputRequired("Enter its name"), Length(max=200)])
    kind = SelectField("Kind", choices={kind.value: title for kind, title in KINDS.items()}, default=AgencyKind.OTHER)


class ChangeForm(OnceForm):
    old = SelectMultipleField(
        "Which agency changes",
        [InputRequired("Choose the agency that changes")],
        description="One that is renamed or split, or all that become one.",
    )
    into = TextAreaField(
        "Which agency goes on",
        [InputRequired("Enter the name of the agency that goes on"), Length(max=LONGEST_NAMES)],
        description="A new name, or that of an agency in the list. For a split, one name on each line.",
    )
    kind = SelectField(
        "Kind of a new agency",
        default="",
        choices={"": "As before", **{kind.value: title for kind, title in KINDS.items()}},
    )
    on = DayField("First day under the new name", [InputRequired("Enter the day")])
    others = SelectField(
        "All that is open and not listed here, such as in child death review", [Optional()], default=""
    )
    looked_at = HiddenField()

    @property
    def names(self) -> list[str]:
        lines = (" ".join(line.split()) for line in str(self.into.data or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    @property
    def chosen(self) -> str:
        """What was looked at before it is made: these agencies, in the place of those."""
        return " | ".join([*sorted(self.old.data or ()), "", *self.names])


@pages.route("/agencies")
@needs(Permission.SEE_PEOPLE)
def list_agencies() -> ResponseReturnValue:
    place = partnership_asked()
    page = shown(lambda n: agency_list(reader(), actor(), partnership_id=place, number=n))
    return render_template(
        "people/agencies.html",
        page=page,
        workload=workload_by_agency(reader(), actor(), [row.agency_id for row in page.rows], today=today()),
        partnerships=places_with(Permission.SEE_PEOPLE),
        manages=actor().may(Permission.MANAGE_PEOPLE, place),
    )


@pages.route("/agencies/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def new_agency() -> ResponseReturnValue:
    place, form = place_for(Permission.MANAGE_PEOPLE), NewAgencyForm()

    def act(work: Unit) -> str:
        kind = AgencyKind(form.kind.data)
        made = add_agency(work, work.partnership(code_of(place)), name=form.name.data or "", kind=kind)
        flash(f"{made.name} is an agency of the partnership.")
        return in_partnership("/agencies", place)

    return send_form(form, act, lambda: _show("people/new_agency.html", form, place))


@pages.route("/agencies/change", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
def change_agency() -> ResponseReturnValue:
    place = place_for(Permission.MANAGE_PEOPLE)
    moving = _moving(place)
    form = _change_form(place, moving)

    def show() -> str:
        form.looked_at.data = form.chosen
        return _show("people/change_agency.html", form, place, moving=moving, asks=_asks(moving, form))

    if form.is_submitted() and form.looked_at.data != form.chosen and form.validate():
        return show()

    def act(work: Unit) -> str:
        done = _change(work, form, place, moving)
        flash(_in_words(done))
        return in_partnership("/agencies", place)

    return send_form(form, act, show)


def _moving(place: int) -> Moving | None:
    """Read what hangs on the agencies that were chosen."""
    found = agencies_there(reader(), actor(), place, _typed_ids())
    return what_moves(reader(), actor(), found) if found else None


def _typed_ids() -> list[int]:
    """Give the numbers of the agencies that were chosen, one that a first press has ended among them."""
    typed = request.form.getlist("old")
    return [int(text) for text in typed if text.isascii() and text.isdecimal() and len(text) < 10]


def _change_form(place: int, moving: Moving | None) -> ChangeForm:
    """Make the form; where one agency becomes several, with a field for each thing that has to go somewhere."""
    typed = ChangeForm()
    goes = {"": "Choose", **{name: name for name in typed.names}}
    looked_at = typed.looked_at.data == typed.chosen
    fields: dict[str, Any] = {}
    if moving and len(typed.names) > 1:
        fields = {_field(each): _goes(_label(each), each.name, goes, looked_at) for each in moving.seen}
        fields["others"] = _goes(REST, "the rest", goes, looked_at)
    form: ChangeForm = type("ChangeForm", (ChangeForm,), fields)()
    form.others.choices = goes
    present = dict(agencies(reader(), actor(), place))
    chosen = {agency.id: agency.name for agency in agencies_there(reader(), actor(), place, _typed_ids())}
    form.old.choices = {str(key): name for key, name in (present | chosen).items()}
    return form


def _goes(label: str, what: str, choices: dict[str, str], is_needed: bool) -> Any:
    """Make the field that asks where something goes: needed once it has been looked at."""
    validator = InputRequired(f"Say where {what} goes") if is_needed else Optional()
    return SelectField(label, [validator], default="", choices=choices)


def _asks(moving: Moving | None, form: ChangeForm) -> list[Any]:
    return [form[_field(each)] for each in moving.seen if _field(each) in form] if moving else []


def _field(mover: Mover) -> str:
    return f"goes_{'person' if '@' in mover.name else 'action' if '/' in mover.name else 'case'}_{mover.id}"


def _label(mover: Mover) -> str:
    return f"{mover.words}, {mover.name}" if "@" in mover.name else f"{mover.name}: {mover.words}"


def _change(work: Unit, form: ChangeForm, place: int, moving: Moving | None) -> Succession:
    kind = AgencyKind(form.kind.data) if form.kind.data else None
    movers = moving.seen if moving else []
    return succeed(
        work,
        work.partnership(code_of(place)),
        old=agencies_there(work.session, work.actor, place, [int(key) for key in form.old.data or ()]),
        new=[Heir(name, kind) for name in form.names],
        on=form.on.data,
        chosen={each.name: form[_field(each)].data for each in movers if _field(each) in form},
        others=form.others.data or "",
    )


def _in_words(done: Succession) -> str:
    return (
        f"{' and '.join(done.new)} in place of {' and '.join(done.old)}. "
        f"Moved: open actions {len(done.actions)}, requests {len(done.requests)}, people {len(done.people)}."
    )


def _show(template: str, form: OnceForm, place: int, **more: Any) -> str:
    back = in_partnership("/agencies", place)
    return render_template(template, form=form, back=back, partnership=code_of(place), **more)
