"""Adding, downloading and withdrawing evidence, and giving assurance."""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from reviews.access.permissions import NotAllowed, Permission
from reviews.access.policies import may_withdraw_evidence, why_not_assured_by
from reviews.actions.evidence import (
    ASSURANCE_KINDS,
    LONGEST_TEXT,
    add_evidence,
    record_assurance,
    record_reading,
    withdraw_evidence,
)
from reviews.actions.page_queries import ActionFile, action_file, stored_evidence
from reviews.files.store import stored_file
from reviews.models import Action
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.action_forms import find_action_file, handle_action_form
from web.actions.forms import EvidenceForm, WithdrawForm
from web.actions.presenter import may_add_evidence
from web.core.access import LARGEST_EVIDENCE, accepts_files, needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import query_text
from web.core.stored_files import send_file, taking_files
from web.core.urls import action_address
from web.forms.date_field import DayField
from web.forms.fields import RadioField, SelectField
from web.forms.file_upload import ACCEPTED
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("actions_evidence", __name__)


@pages.route("/actions/<address>/evidence/new", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
@accepts_files(LARGEST_EVIDENCE)
def add(address: str) -> ResponseReturnValue:
    """Add a piece of evidence. For a form that is sent, the command checks whether this person may."""
    file = _file(address)
    form = EvidenceForm()
    if not form.is_submitted() and not may_add_evidence(file):
        raise NotAllowed(
            "Only those who report progress on this action or on a part can add evidence, until it is finished."
        )

    def act(work: Unit) -> str:
        action = work.action(address, partnership=_partnership_code(), version=form.seen_version)
        texts = {"text": form.evidence.data or "", "link": form.link.data or "", "shows": form.shows.data or ""}
        add_evidence(work, action, file=form.stored, **texts)
        flash("The evidence is added to the action.")
        return action_address(action.address, action.partnership_id)

    def show() -> str:
        action = _file(address).action
        form.show_version(action.version)
        back = action_address(action.address, action.partnership_id)
        return render_template("actions/new_evidence.html", form=form, action=action, back=back, accepted=ACCEPTED)

    with taking_files() as form.taker:
        return handle_form(form, act, show)


@pages.route("/actions/<address>/evidence/<int:piece>")
@needs(Permission.SEE_ACTIONS)
@shows(Shows.FILE)
def download(address: str, piece: int) -> ResponseReturnValue:
    """Send a file under the reference of its action, not under the name that its owner gave it."""
    file = _file(address)
    if file.published_only or piece >= 2**31:
        raise NotFound
    row = stored_evidence(read_session(), actor(), file.action, piece)
    code = _partnership_code()
    return send_file(
        stored_file(row),
        f"{file.action.address}-evidence-{piece}",
        lambda work: record_reading(work, work.action(address, partnership=code), piece),
    )


@pages.route("/actions/<address>/evidence/<int:piece>/withdraw", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
def withdraw(address: str, piece: int) -> ResponseReturnValue:
    file = find_action_file(address)
    row = next((each for each in file.action.evidence if each.id == piece), None)
    if row is None:
        raise NotFound
    form = WithdrawForm()
    if not form.is_submitted() and not may_withdraw_evidence(actor(), file.action, row):
        raise NotAllowed(
            "Only the person who offered the evidence or the manager can withdraw it, until the action is accepted."
        )

    def act(work: Unit, action: Action) -> str:
        withdraw_evidence(work, action, piece, reason=form.reason.data or "")
        return "The evidence is withdrawn. It stays listed with your reason, and no longer counts."

    return handle_action_form(address, form, act, "actions/withdraw_evidence.html", lambda file: {"piece": row})


def _file(address: str) -> ActionFile:
    return action_file(read_session(), actor(), address, today=today(), partnership=_partnership_code())


def _partnership_code() -> str | None:
    return query_text("partnership") or None


class AssuranceForm(IdempotentForm):
    kind = SelectField(
        "How you saw it", [InputRequired("Choose how you saw it")], choices={"": "Choose one", **ASSURANCE_KINDS}
    )
    seen_on = DayField("Day you saw it", [InputRequired("Enter the day you saw it")])
    is_assured = RadioField(
        "Is what was agreed being done?",
        [InputRequired("Say whether it is being done")],
        choices={"yes": "Yes, I am assured", "no": "No, I am not assured"},
    )
    text = TextAreaField(
        "What you saw",
        [DataRequired("Say what you saw"), Length(max=LONGEST_TEXT)],
        description="How many were looked at, and what they showed. Never a child's name.",
    )


@pages.route("/actions/<address>/assurance", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
def assure(address: str) -> ResponseReturnValue:
    _require_assurance(_file(address))
    form = AssuranceForm(data={"seen_on": today()})

    def act(work: Unit) -> str:
        action = work.action(address, partnership=_partnership_code(), version=form.seen_version)
        answers = {"kind": form.kind.data, "seen_on": form.seen_on.data, "text": form.text.data}
        record_assurance(work, action, is_assured=form.is_assured.data == "yes", **answers)
        flash("What you saw is recorded with the action.")
        return action_address(action.address, action.partnership_id)

    def show() -> str:
        action = _file(address).action
        form.show_version(action.version)
        back = action_address(action.address, action.partnership_id)
        return render_template("actions/new_assurance.html", form=form, action=action, back=back)

    return handle_form(form, act, show)


def _require_assurance(file: ActionFile) -> None:
    """Refuse before anything is typed; to a reader of what is published the address does not exist."""
    if file.published_only:
        raise NotFound
    refusal = why_not_assured_by(actor(), file.action)
    if refusal:
        raise NotAllowed(refusal)
