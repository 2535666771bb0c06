"""Pages that list and add agencies, and that rename, merge or split them."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.actions.workload import workload_by_agency
from reviews.models import AgencyKind
from reviews.people.accounts import add_agency
from reviews.people.agencies import (
    AffectedItem,
    AgencyChange,
    AgencyTransfer,
    Successor,
    agencies_by_id,
    agency_transfer,
    merge_or_split_agency,
)
from reviews.people.queries import agencies, agency_list
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import code_of, paginate, partnership_asked, partnership_for, partnerships_with
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.fields import SelectField, SelectMultipleField
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("people_agencies", __name__)


LONGEST_NAMES = 2_000
EVERYTHING_ELSE = "Everything open that is not listed here, such as in child death review"
KINDS = {
    AgencyKind.LOCAL_AUTHORITY: "Local authority, a statutory safeguarding partner",
    AgencyKind.INTEGRATED_CARE_BOARD: "Integrated care board, a statutory safeguarding partner",
    AgencyKind.POLICE: "Police, a statutory safeguarding partner",
    AgencyKind.OTHER: "Another agency",
}


class NewAgencyForm(IdempotentForm):
    name = StringField("Name of the agency", [InputRequired("Enter the name of the agency"), Length(max=200)])
    kind = SelectField("Kind", choices={kind.value: title for kind, title in KINDS.items()}, default=AgencyKind.OTHER)


class ChangeForm(IdempotentForm):
    old = SelectMultipleField(
        "Which agency changes",
        [InputRequired("Choose the agency that changes")],
        description="The one that is renamed or split, or all those that merge.",
    )
    into = TextAreaField(
        "Which agency replaces it",
        [InputRequired("Enter the name of the agency that replaces it"), Length(max=LONGEST_NAMES)],
        description="A new name, or the name of an agency in the list. For a split, enter each name on its own line.",
    )
    kind = SelectField(
        "Kind of a new agency",
        default="",
        choices={"": "The same as the old agency", **{kind.value: title for kind, title in KINDS.items()}},
    )
    on = DayField("First day under the new name", [InputRequired("Enter the first day under the new name")])
    others = SelectField(EVERYTHING_ELSE, [Optional()], default="")
    looked_at = HiddenField()

    @property
    def names(self) -> list[str]:
        lines = (" ".join(line.split()) for line in str(self.into.data or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    @property
    def chosen(self) -> str:
        """The change the form asks for; `looked_at` holds the one whose transfer the person has seen."""
        return " | ".join([*sorted(self.old.data or ()), "", *self.names])


@pages.route("/agencies")
@needs(Permission.SEE_PEOPLE)
@shows(Shows.NOTHING)
def list_agencies() -> ResponseReturnValue:
    partnership_id = partnership_asked()
    page = paginate(lambda n: agency_list(read_session(), actor(), partnership_id=partnership_id, number=n))
    return render_template(
        "people/agencies.html",
        page=page,
        workload=workload_by_agency(read_session(), actor(), [row.agency_id for row in page.rows], today=today()),
        partnerships=partnerships_with(Permission.SEE_PEOPLE),
        manages=actor().may(Permission.MANAGE_PEOPLE, partnership_id),
    )


@pages.route("/agencies/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def new_agency() -> ResponseReturnValue:
    partnership_id, form = partnership_for(Permission.MANAGE_PEOPLE), NewAgencyForm()

    def act(work: Unit) -> str:
        kind = AgencyKind(form.kind.data)
        made = add_agency(work, work.partnership(code_of(partnership_id)), name=form.name.data or "", kind=kind)
        flash(f"You have added {made.name}.")
        return in_partnership("/agencies", partnership_id)

    return handle_form(form, act, lambda: _show("people/new_agency.html", form, partnership_id))


@pages.route("/agencies/change", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.LIST, Shows.NOTHING)
def change_agency() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_PEOPLE)
    transfer = _transfer(partnership_id)
    form = _change_form(partnership_id, transfer)

    def show() -> str:
        form.looked_at.data = form.chosen
        items = transfer.seen if transfer else []
        records = [each for each in (*transfer.actions, *transfer.requests) if each.seen] if transfer else []
        note_rows(len(records), partnership_id=partnership_id)
        return _show(
            "people/change_agency.html",
            form,
            partnership_id,
            transfer=transfer,
            successor_fields=[form[_field(each)] for each in items if _field(each) in form],
        )

    if form.is_submitted() and form.looked_at.data != form.chosen and form.validate():
        return show()

    def act(work: Unit) -> str:
        done = _change(work, form, partnership_id, transfer)
        flash(_in_words(done))
        return in_partnership("/agencies", partnership_id)

    return handle_form(form, act, show)


def _transfer(partnership_id: int) -> AgencyTransfer | None:
    """Read what is open of the agencies that were chosen."""
    found = agencies_by_id(read_session(), actor(), partnership_id, _typed_ids())
    return agency_transfer(read_session(), actor(), found) if found else None


def _typed_ids() -> list[int]:
    """Give the numbers of the agencies that were chosen, also of one that a first press has ended."""
    typed = request.form.getlist("old")
    return [int(text) for text in typed if text.isascii() and text.isdecimal() and len(text) < 10]


def _change_form(partnership_id: int, transfer: AgencyTransfer | None) -> ChangeForm:
    """Make the form; for a split, with a field for each item that needs a successor."""
    typed = ChangeForm()
    choices = {"": "Choose an agency", **{name: name for name in typed.names}}
    is_required = typed.looked_at.data == typed.chosen
    fields: dict[str, Any] = {}
    if transfer and len(typed.names) > 1:
        fields = {
            _field(each): _successor_field(_label(each), each.name, choices, is_required) for each in transfer.seen
        }
        fields["others"] = _successor_field(EVERYTHING_ELSE, "everything else", choices, is_required)
    form: ChangeForm = type("ChangeForm", (ChangeForm,), fields)()
    form.others.choices = choices
    present = dict(agencies(read_session(), actor(), partnership_id))
    chosen = {
        agency.id: agency.name for agency in agencies_by_id(read_session(), actor(), partnership_id, _typed_ids())
    }
    form.old.choices = {str(key): name for key, name in (present | chosen).items()}
    return form


def _successor_field(label: str, what: str, choices: dict[str, str], is_required: bool) -> Any:
    """Make the field for the successor of an item; required once the person has seen what is transferred."""
    validator = InputRequired(f"Choose the agency for {what}") if is_required else Optional()
    return SelectField(label, [validator], default="", choices=choices)


def _field(item: AffectedItem) -> str:
    return f"goes_{'person' if '@' in item.name else 'action' if '/' in item.name else 'case'}_{item.id}"


def _label(item: AffectedItem) -> str:
    return f"{item.words}, {item.name}" if "@" in item.name else f"{item.name}: {item.words}"


def _change(work: Unit, form: ChangeForm, partnership_id: int, transfer: AgencyTransfer | None) -> AgencyChange:
    kind = AgencyKind(form.kind.data) if form.kind.data else None
    items = transfer.seen if transfer else []
    return merge_or_split_agency(
        work,
        work.partnership(code_of(partnership_id)),
        old=agencies_by_id(work.session, work.actor, partnership_id, [int(key) for key in form.old.data or ()]),
        new=[Successor(name, kind) for name in form.names],
        on=form.on.data,
        chosen={each.name: form[_field(each)].data for each in items if _field(each) in form},
        others=form.others.data or "",
    )


def _in_words(done: AgencyChange) -> str:
    return (
        f"{' and '.join(done.old)} {'are' if len(done.old) > 1 else 'is'} now {' and '.join(done.new)}. "
        f"Moved: open actions {len(done.actions)}, requests {len(done.requests)}, people {len(done.people)}."
    )


def _show(template: str, form: IdempotentForm, partnership_id: int, **more: Any) -> str:
    back = in_partnership("/agencies", partnership_id)
    return render_template(template, form=form, back=back, partnership=code_of(partnership_id), **more)
