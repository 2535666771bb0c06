"""Public pages: answering an action by the link in a mail, and the callback of GOV.UK Notify.

The page of a link shows what the mail showed, and no more. Reading it changes nothing, and it signs nobody in.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from hmac import compare_digest
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from notifications.letters.links import Answer, Letterhead, Link, Sealer, answers_for
from notifications.letters.previous_answers import undo_until
from notifications.letters.wording import NEWS_TITLES, when
from notifications.link_answers import NOTHING_SHOWS_IT, LinkReply, Opened, answer_by_link, open_link, undo_answer
from notifications.returns.delivery_reports import apply_report, report_of
from notifications.transports.notify import read_json
from reviews.access.permissions import Permission, system
from reviews.models import Through
from reviews.transactions.unit_of_work import NotFound, Stale, unit_of_work
from web.core.access import needs
from web.core.context import app_context, close_read_session, read_session, today
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.forms.date_field import DayField
from web.forms.fields import RadioField
from workflows.core.engine import Refused, WrongRole, WrongStage

pages = Blueprint("public", __name__)


LABELS = {
    Answer.SEEN: "I have seen it",
    Answer.ON_TRACK: "It is on track",
    Answer.NOT_YET: "It is not done yet",
    Answer.DONE: "It is done, please close it",
    Answer.MORE_TIME: "I need more time",
    Answer.NOT_MINE: "It is not mine",
}
HINTS = {
    "on-track": "Recorded as progress of today.",
    "not-yet": "Say below when you expect it, and why it is not done yet. It stays late, and this is no progress.",
    "done": "Say below what shows that it was done. Somebody else accepts it, or asks for more.",
    "more-time": "Give the new date and the reason below. Until your request is granted the due date stays the same, "
    "and an action that is late stays late.",
    "not-mine": "You stay the owner until somebody else is. The business manager and the agency lead are told.",
}
CHOOSE = "Choose an answer"
NOT_BY_LINK = "You cannot give this answer by a link at the moment. Sign in to see why."
NOT_FROM_THIS_PAGE = "Nothing was recorded, because you opened this page too long ago. Press the button again."
OVERTAKEN = "Somebody else changed the action at the same time, so nothing was recorded. Press the button again."


TEXT_NEEDED = {
    Answer.NOT_YET: "Say why it is not done yet",
    Answer.MORE_TIME: "Say why more time is needed",
    Answer.DONE: NOTHING_SHOWS_IT,
}
DAY_NEEDED = {
    Answer.NOT_YET: ("expected_on", "Enter the day you expect it to be done"),
    Answer.MORE_TIME: ("wanted_due_on", "Enter the new date"),
}


class AnswerForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    """What an answer needs besides is checked here, so that the fault stands at its field."""

    answer = RadioField("Your answer", [InputRequired(CHOOSE)])
    expected_on = DayField(
        "When you expect it to be done", description="Needed for “It is not done yet”. For example, 27 3 2027."
    )
    wanted_due_on = DayField("New date", description="Needed for “I need more time”. For example, 27 3 2027.")
    text = TextAreaField("In your words", [Length(max=2000)])
    has_evidence = False

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        is_valid: bool = super().validate(extra_validators)
        if self.answer.errors:
            return False
        chosen = Answer(self.answer.data)
        name, message = DAY_NEEDED.get(chosen, ("", ""))
        if name and self[name].data is None and not self[name].errors:
            self[name].errors, is_valid = [message], False
        without_text = chosen not in TEXT_NEEDED or (chosen is Answer.DONE and self.has_evidence)
        if not without_text and not (self.text.data or "").strip():
            self.text.errors, is_valid = [TEXT_NEEDED[chosen]], False
        return is_valid

    def reply(self) -> LinkReply:
        text = (self.text.data or "").strip()
        return LinkReply(Answer(self.answer.data), text, self.wanted_due_on.data, self.expected_on.data)

    def refuse(self, sentence: str) -> None:
        """Show a refusal at the day it is about, or else above the form."""
        name, _ = DAY_NEEDED.get(Answer(self.answer.data), ("", ""))
        if name:
            self[name].errors = [sentence]
        else:
            self.form_errors.append(sentence)


class UndoForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    """One button."""


@pages.after_request
def send_no_referrer(response: Response) -> Response:
    """Keep the address from other pages, because whoever has it can answer."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.route("/l/<token>", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
@shows(Shows.ACTION, through=Through.LINK)
@limit("links")
def answer_link(token: str) -> ResponseReturnValue:
    link = _read(token)
    opened = open_link(read_session(), link, today())
    if not opened.works:
        return _gone(opened, token)
    form = _form(opened)
    if not form.validate_on_submit():
        return _show_form(form, opened)
    try:
        _record(link, form.reply())
    except Stale:
        form.form_errors.append(OVERTAKEN)
    except (WrongStage, WrongRole):
        form.form_errors.append(NOT_BY_LINK)
    except Refused as refusal:
        form.refuse(refusal.sentence)
    else:
        return redirect(url_for("public.answer_given", token=token), 303)
    return _show_form(form, opened)


@pages.route("/l/<token>/answer", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
@shows(Shows.ACTION, through=Through.LINK)
@limit("links")
def answer_given(token: str) -> ResponseReturnValue:
    """Show the answer that was recorded, and undo it."""
    link = _read(token)
    opened, form = open_link(read_session(), link, today()), UndoForm()
    if opened.stored_answer is None or opened.actor is None:
        return _gone(opened, token)
    if opened.may_undo(today()) and form.validate_on_submit():
        try:
            _undo(link)
        except (Refused, Stale) as answer:
            form.form_errors.append(answer.sentence if isinstance(answer, Refused) else OVERTAKEN)
        else:
            return redirect(url_for("public.answer_given", token=token), 303)
    _refuse_forged(form)
    until = undo_until(opened.stored_answer.answered_at) if opened.may_undo(today()) else None
    words = LABELS[Answer(opened.stored_answer.answer)]
    page = render_template("public/answer_given.html", form=form, opened=opened, words=words, undo_until=until)
    return page, 409 if form.form_errors else 200


def _read(token: str) -> Link:
    letterhead = Letterhead(app_context().settings.base_url, current_app.config["SECRET_KEY"])
    link = Sealer(letterhead).read(token)
    if link is None:
        raise NotFound
    return link


def _form(opened: Opened) -> AnswerForm:
    form = AnswerForm()
    offered = answers_for(opened.due_on, today())
    form.answer.choices = {each.value: LABELS[each] for each in offered}
    form.has_evidence = opened.has_evidence
    form.text.description = _text_hint(offered, has_evidence=opened.has_evidence)
    preset = request.args.get("answer", "")
    if preset == Answer.ON_TRACK and Answer.NOT_YET in offered:  # of a mail from before it was late
        preset = Answer.NOT_YET
    if request.method != "POST" and preset in offered:
        form.answer.data = preset
    return form


def _text_hint(offered: Sequence[Answer], *, has_evidence: bool) -> str:
    """Name the answers that need a text."""
    needing = [each for each in TEXT_NEEDED if each in offered and not (each is Answer.DONE and has_evidence)]
    labels = [f"“{LABELS[each]}”" for each in needing]
    return f"Needed for {' and for '.join(labels)}." if labels else ""


def _in_the_mail(opened: Opened) -> str:
    """Give what the mail of that morning had about the action: its news, or when it was due."""
    if opened.rung in NEWS_TITLES:
        return NEWS_TITLES[opened.rung]
    words = when(date.fromisoformat(opened.about), opened.link.morning)
    return words[0].upper() + words[1:]


def _record(link: Link, reply: LinkReply) -> None:
    """Record the answer in its own transaction, unless the link was used meanwhile."""
    close_read_session()
    with unit_of_work(app_context().database, system("link"), app_context().clock) as unit:
        opened = open_link(unit.session, link, unit.today, lock=True)
        if opened.works:
            answer_by_link(unit, opened, reply)


def _undo(link: Link) -> None:
    close_read_session()
    with unit_of_work(app_context().database, system("link"), app_context().clock) as unit:
        opened = open_link(unit.session, link, unit.today, lock=True)
        if opened.may_undo(unit.today):
            undo_answer(unit, opened)


def _show_form(form: AnswerForm, opened: Opened) -> ResponseReturnValue:
    is_forged = "csrf_token" in form.errors
    if is_forged:
        form.form_errors.append(NOT_FROM_THIS_PAGE)
    page = render_template(
        "public/answer_link.html",
        form=form,
        opened=opened,
        hints=HINTS,
        today=today(),
        in_the_mail=_in_the_mail(opened),
    )
    return page, 400 if is_forged else 422 if form.is_submitted() else 200


def _gone(opened: Opened, token: str) -> ResponseReturnValue:
    undo = url_for("public.answer_given", token=token) if opened.may_undo(today()) else ""
    sign_in = url_for("account.sign_in", next=opened.page)
    return render_template("public/link_gone.html", opened=opened, undo=undo, sign_in=sign_in), 410


def _refuse_forged(form: FlaskForm) -> None:
    """Respond with 400 to a form that did not come from our page."""
    if "csrf_token" in form.errors:
        raise CSRFError


@pages.route("/notify/callback", methods=["POST"])
@needs(Permission.ANYBODY)
@shows(Shows.NOTHING)
def notify_callback() -> ResponseReturnValue:
    """Apply a delivery report. The response is the same whether the letter exists or not."""
    token = app_context().settings.notify_callback_token
    if token is None or not token.get_secret_value():
        return "", 404
    if not compare_digest(_bearer_token().encode(), token.get_secret_value().encode()):
        return "", 401
    report = report_of(read_json(request.get_data(cache=False)))
    if report is not None:
        with unit_of_work(app_context().database, system("notify"), app_context().clock) as unit:
            apply_report(unit, report)
    return "", 204


def _bearer_token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
