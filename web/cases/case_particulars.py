"""Which children are in a case, and which area leads on it?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.cases.areas import LONGEST_AREA, record_area
from reviews.cases.details import add_child
from reviews.cases.page_queries import children_seen, find_case
from reviews.cases.validation import LONGEST_PSEUDONYM
from reviews.models import OurRole
from reviews.transactions.unit_of_work import Unit
from web.cases.history import OUR_ROLES
from web.core.access import needs
from web.core.context import actor, reader
from web.core.query import word
from web.core.urls import case_address
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("case_particulars", __name__)

LONGEST_REASON = 2_000


class ChildForm(OnceForm):
    pseudonym = StringField(
        "Pseudonym of the child",
        [DataRequired("Enter a pseudonym"), Length(max=LONGEST_PSEUDONYM)],
        description="Such as Child B. Never a name, initials or a date of birth.",
    )


class AreaForm(OnceForm):
    our_role = RadioField("Our part in this case", [InputRequired("Choose our part")], choices=dict(OUR_ROLES))
    lead_area = StringField(
        "Area that leads", [Optional(), Length(max=LONGEST_AREA)], description="Where another area leads."
    )
    reason = TextAreaField("Why this changes", [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)])


@pages.route("/cases/<reference>/children", methods=["GET", "POST"])
@needs(Permission.RECORD_CHILDREN)
def children(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.RECORD_CHILDREN, place.id, case.realm)
    form = ChildForm()

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code)
        add_child(unit, found, pseudonym=form.pseudonym.data or "")
        flash("The child is added.")
        return case_address(found.reference, found.partnership_id)

    return send_form(
        form,
        act,
        lambda: render_template(
            "cases/children.html", form=form, case=case, children=children_seen(reader(), actor(), case)
        ),
    )


@pages.route("/cases/<reference>/area", methods=["GET", "POST"])
@needs(Permission.RECORD_AREA)
def area(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.RECORD_AREA, place.id, case.realm)
    form = AreaForm(data={"our_role": case.our_role.value, "lead_area": case.lead_area})

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code, version=form.seen_version)
        record_area(
            unit,
            found,
            our_role=OurRole(form.our_role.data),
            lead_area=form.lead_area.data or "",
            reason=form.reason.data or "",
        )
        flash("Our part in the case is recorded.")
        return case_address(found.reference, found.partnership_id)

    return send_form(form, act, lambda: _show_area(reference, form))


def _show_area(reference: str, form: AreaForm) -> str:
    case, _ = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    form.show_version(case.version)
    return render_template("cases/area.html", form=form, case=case, roles=OUR_ROLES)
