"""How is evidence offered, and how is a file of it taken?"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from flask import Blueprint, Response, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from reviews.access.permissions import NotAllowed, Permission
from reviews.access.policies import why_not_assured_by
from reviews.actions.evidence import (
    ASSURANCE_KINDS,
    LONGEST_TEXT,
    add_evidence,
    may_withdraw,
    record_assurance,
    record_reading,
    withdraw_evidence,
)
from reviews.actions.page_queries import ActionFile, action_file, stored_evidence
from reviews.files.contents import FILE_KINDS
from reviews.files.store import folder_of, open_stored, taking_files
from reviews.models import Action
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.edit_view import action_asked, send_about
from web.actions.forms import ACCEPTED, EvidenceForm, WithdrawForm
from web.actions.presenter import may_offer
from web.core.access import LARGEST_EVIDENCE, accepts_files, needs
from web.core.context import actor, house, reader, today, unit
from web.core.query import word
from web.core.urls import action_address
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("actions_evidence", __name__)


NOT_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
PIECE = 65_536  # bytes
LOCKED_IN = "sandbox; default-src 'none'"


@pages.route("/actions/<address>/evidence/new", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@accepts_files(LARGEST_EVIDENCE)
def add(address: str) -> ResponseReturnValue:
    """Take one piece; whether it is theirs to give, the command says where the form is sent."""
    file = _file(address)
    form = EvidenceForm()
    if not form.is_submitted() and not may_offer(file):
        raise NotAllowed("Evidence is for those who report progress on this action or on a part, until it is finished.")

    def act(work: Unit) -> str:
        action = work.action(address, partnership=_place(), version=form.seen_version)
        said = {"text": form.evidence.data or "", "link": form.link.data or "", "shows": form.shows.data or ""}
        add_evidence(work, action, file=form.stored, **said)
        flash("The evidence is kept with the action.")
        return action_address(action.address, action.partnership_id)

    def show() -> str:
        now = _file(address)
        form.show_version(now.action.version)
        back = action_address(now.action.address, now.action.partnership_id)
        return render_template("actions/new_evidence.html", form=form, action=now.action, back=back, accepted=ACCEPTED)

    with taking_files(house().database, folder_of(house().settings.home), house().clock.now()) as form.taker:
        return send_form(form, act, show)


@pages.route("/actions/<address>/evidence/<int:piece>")
@needs(Permission.SEE_ACTIONS)
def download(address: str, piece: int) -> ResponseReturnValue:
    """Send a file under the reference of its action: what its owner called it stays on the page."""
    file = _file(address)
    if file.published_only or piece >= 2**31:
        raise NotFound
    found = stored_evidence(reader(), actor(), file.action, piece)
    suffix = PurePosixPath(found.file_name).suffix.lower()
    try:
        stream = open_stored(folder_of(house().settings.home), found.stored_as or "")
    except FileNotFoundError:
        raise NotFound from None
    with unit() as work:
        record_reading(work, work.action(address, partnership=_place()), piece)
    answer = Response(_pieces(stream), content_type=FILE_KINDS.get(suffix, "application/octet-stream"))
    name = NOT_IN_A_FILE_NAME.sub("-", file.action.address).strip(".-")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-evidence-{piece}{suffix}"'
    answer.headers["Content-Security-Policy"] = LOCKED_IN
    answer.content_length = found.size
    answer.call_on_close(stream.close)
    return answer


@pages.route("/actions/<address>/evidence/<int:piece>/withdraw", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def withdraw(address: str, piece: int) -> ResponseReturnValue:
    file = action_asked(address)
    found = next((each for each in file.action.evidence if each.id == piece), None)
    if found is None:
        raise NotFound
    form = WithdrawForm()
    if not form.is_submitted() and not may_withdraw(actor(), file.action, found):
        raise NotAllowed("Evidence is withdrawn by whoever offered it or by the manager, until it is accepted.")

    def act(work: Unit, action: Action) -> str:
        withdraw_evidence(work, action, piece, reason=form.reason.data or "")
        return "The evidence is withdrawn. It stays listed with your reason, and shows nothing any more."

    return send_about(address, form, act, "actions/withdraw_evidence.html", lambda now: {"piece": found})


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(PIECE):
            yield piece


def _file(address: str) -> ActionFile:
    return action_file(reader(), actor(), address, today=today(), partnership=_place())


def _place() -> str | None:
    return word("partnership") or None


class AssuranceForm(OnceForm):
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
def assure(address: str) -> ResponseReturnValue:
    _require_theirs(_file(address))
    form = AssuranceForm(data={"seen_on": today()})

    def act(work: Unit) -> str:
        action = work.action(address, partnership=_place(), version=form.seen_version)
        said = {"kind": form.kind.data, "seen_on": form.seen_on.data, "text": form.text.data}
        record_assurance(work, action, is_assured=form.is_assured.data == "yes", **said)
        flash("What you saw is kept with the action.")
        return action_address(action.address, action.partnership_id)

    def show() -> str:
        now = _file(address)
        form.show_version(now.action.version)
        back = action_address(now.action.address, now.action.partnership_id)
        return render_template("actions/new_assurance.html", form=form, action=now.action, back=back)

    return send_form(form, act, show)


def _require_theirs(file: ActionFile) -> None:
    """Answer before anything is typed; to a reader of what is published the address does not exist."""
    if file.published_only:
        raise NotFound
    refusal = why_not_assured_by(actor(), file.action)
    if refusal:
        raise NotAllowed(refusal)
