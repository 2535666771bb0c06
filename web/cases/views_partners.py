"""Pages of the safeguarding partners of a partnership, and of what was recorded on their behalf."""

from collections.abc import Callable

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms.validators import InputRequired, Optional

from reviews.access.permissions import Permission
from reviews.cases.partner_statements import recorded_on_behalf
from reviews.people.agencies import agencies_by_id
from reviews.people.partners import PartnerLine, not_named, partner_list, set_partner
from reviews.people.queries import agencies
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import code_of, paginate, partnership_for, partnerships_with
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.fields import SelectField
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("cases_partners", __name__)


class DaysForm(IdempotentForm):
    from_on = DayField("First day as a partner", [Optional()], description="Leave empty if it always was.")
    until_on = DayField("Last day as a partner", [Optional()], description="Leave empty while it is one.")


class NewPartnerForm(DaysForm):
    agency = SelectField(
        "Agency",
        [InputRequired("Choose the agency")],
        description="A local authority, integrated care board or police force is a statutory partner; any other, such "
        "as one for education, is a local one.",
    )


@pages.route("/partners")
@needs(Permission.SEE_CASE)
@shows(Shows.LIST)
def list_partners() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_CASE)
    lines = partner_list(read_session(), actor(), partnership_id=partnership_id)
    on_behalf = paginate(
        lambda number: recorded_on_behalf(read_session(), actor(), partnership_id=partnership_id, number=number)
    )
    return render_template(
        "cases/partners.html",
        lines=lines,
        missing=not_named([line for line in lines if line.holds_on(today())]),
        on_behalf=on_behalf,
        partnership_id=partnership_id,
        partnership=code_of(partnership_id),
        partnerships=partnerships_with(Permission.SEE_CASE),
        manages=actor().may(Permission.MANAGE_PEOPLE, partnership_id),
        today=today(),
    )


@pages.route("/partners/new", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def new_partner() -> ResponseReturnValue:
    partnership_id, form = partnership_for(Permission.MANAGE_PEOPLE), NewPartnerForm()
    known = {line.agency_id for line in partner_list(read_session(), actor(), partnership_id=partnership_id)}
    offered = {str(key): name for key, name in agencies(read_session(), actor(), partnership_id) if key not in known}
    form.agency.choices = {"": "Choose an agency", **offered}
    return _answer(form, partnership_id, lambda: int(form.agency.data), None)


@pages.route("/partners/<int:agency>", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def change_partner(agency: int) -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_PEOPLE)
    lines = partner_list(read_session(), actor(), partnership_id=partnership_id)
    line = next((each for each in lines if each.agency_id == agency), None)
    if line is None:
        raise NotFound
    form = DaysForm(data={"from_on": line.from_on, "until_on": line.until_on})
    return _answer(form, partnership_id, lambda: agency, line)


def _answer(
    form: DaysForm, partnership_id: int, agency_id: Callable[[], int], line: PartnerLine | None
) -> ResponseReturnValue:
    def act(work: Unit) -> str:
        found = agencies_by_id(work.session, work.actor, partnership_id, [agency_id()])
        if not found:
            raise NotFound
        days = {"from_on": form.from_on.data, "until_on": form.until_on.data}
        set_partner(work, work.partnership(code_of(partnership_id)), found[0], **days)
        flash(f"{found[0].name}: its days as a safeguarding partner are recorded.")
        return in_partnership("/partners", partnership_id)

    def show() -> str:
        back = in_partnership("/partners", partnership_id)
        return render_template(
            "cases/partner.html", form=form, line=line, back=back, partnership=code_of(partnership_id)
        )

    return handle_form(form, act, show)
