"""How is an action answered by the link of a mail, without signing in?

The page shows the reference and the due date and no more. Reading it changes nothing, however it is read; it never
sends itself, and signs nobody in.
"""

from hmac import compare_digest

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from notifications.letters.answers_told import undo_until
from notifications.letters.letterhead import Letterhead
from notifications.letters.links import Answer, Link, Sealer, answers_for
from notifications.link_answers import Opened, Said, answer_by_link, open_link, undo_answer
from notifications.returns.callbacks import report_of
from notifications.returns.delivery_reports import hear
from notifications.transports.notify import read_json
from reviews.access.permissions import Permission, system
from reviews.transactions.unit_of_work import NotFound, Stale, unit_of_work
from web.core.access import needs
from web.core.context import close_reader, house, reader, today
from web.forms.date_field import DayField
from workflows.core.engine import Refused, WrongRole, WrongStage

pages = Blueprint("public", __name__)


LABELS = {
    Answer.SEEN: "I have seen it",
    Answer.ON_TRACK: "It is on track",
    Answer.DONE: "It is done, please close it",
    Answer.MORE_TIME: "I need more time",
    Answer.NOT_MINE: "It is not mine",
}
HINTS = {
    "on-track": "Recorded as progress of today.",
    "done": "Say below what shows it. Somebody else accepts it, or asks for more.",
    "more-time": "Give the new date and the reason below. The date stays until somebody grants it.",
    "not-mine": "It stays yours until it is given to somebody else. Its manager and the lead of its agency are told.",
}
CHOOSE = "Choose one of the answers"
NOT_BY_LINK = "As the action stands now, this cannot be answered by a link. Sign in to see why."
OVERTAKEN = "Somebody changed the action at the same moment: nothing was recorded. Press the button again."


class AnswerForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    answer = RadioField("Your answer", [InputRequired(CHOOSE)])
    text = TextAreaField(
        "In your words", [Length(max=2000)], description="Needed for more time, and for “done” while nothing shows it."
    )
    wanted_due_on = DayField("New date, if you need more time")


class UndoForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    """One button."""


@pages.after_request
def keep_it_here(response: Response) -> Response:
    """The address is the key to the answer: no other page may learn it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.route("/l/<token>", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
def answer_link(token: str) -> ResponseReturnValue:
    link = _read(token)
    opened = open_link(reader(), link, today())
    if not opened.works:
        return _gone(opened, token)
    form = _form(opened)
    if not form.validate_on_submit():
        return _show_form(form, opened)
    try:
        _record(link, Said(Answer(form.answer.data), (form.text.data or "").strip(), form.wanted_due_on.data))
    except Stale:
        form.form_errors.append(OVERTAKEN)
    except (WrongStage, WrongRole):
        form.form_errors.append(NOT_BY_LINK)
    except Refused as refusal:
        form.form_errors.append(refusal.sentence)
    else:
        return redirect(url_for("public.answer_given", token=token), 303)
    return _show_form(form, opened)


@pages.route("/l/<token>/answer", methods=["GET", "POST"])
@needs(Permission.ANYBODY)
def answer_given(token: str) -> ResponseReturnValue:
    """Show what was recorded, and take it back."""
    link = _read(token)
    opened, form = open_link(reader(), link, today()), UndoForm()
    if opened.given is None or opened.actor is None:
        return _gone(opened, token)
    if opened.may_undo(today()) and form.validate_on_submit():
        try:
            _undo(link)
        except (Refused, Stale) as answer:
            form.form_errors.append(answer.sentence if isinstance(answer, Refused) else OVERTAKEN)
        else:
            return redirect(url_for("public.answer_given", token=token), 303)
    _refuse_forged(form)
    until = undo_until(opened.given.answered_at) if opened.may_undo(today()) else None
    words = LABELS[Answer(opened.given.answer)]
    page = render_template("public/answer_given.html", form=form, opened=opened, words=words, undo_until=until)
    return page, 409 if form.form_errors else 200


def _read(token: str) -> Link:
    letterhead = Letterhead(house().settings.base_url, current_app.config["SECRET_KEY"])
    link = Sealer(letterhead).read(token)
    if link is None:
        raise NotFound
    return link


def _form(opened: Opened) -> AnswerForm:
    form = AnswerForm()
    form.answer.choices = {each.value: LABELS[each] for each in answers_for(opened.due_on, today())}
    wanted = request.args.get("answer", "")
    if request.method != "POST" and wanted in form.answer.choices:
        form.answer.data = wanted
    return form


def _record(link: Link, said: Said) -> None:
    """Answer in a transaction of its own; whoever was answered for meanwhile is shown that it was."""
    close_reader()
    with unit_of_work(house().database, system("link"), house().clock) as unit:
        opened = open_link(unit.session, link, unit.today, lock=True)
        if opened.works:
            answer_by_link(unit, opened, said)


def _undo(link: Link) -> None:
    close_reader()
    with unit_of_work(house().database, system("link"), house().clock) as unit:
        opened = open_link(unit.session, link, unit.today, lock=True)
        if opened.may_undo(unit.today):
            undo_answer(unit, opened)


def _show_form(form: AnswerForm, opened: Opened) -> ResponseReturnValue:
    _refuse_forged(form)
    page = render_template("public/answer_link.html", form=form, opened=opened, hints=HINTS, today=today())
    return page, 422 if form.is_submitted() else 200


def _gone(opened: Opened, token: str) -> ResponseReturnValue:
    undo = url_for("public.answer_given", token=token) if opened.may_undo(today()) else ""
    sign_in = url_for("account.sign_in", next=opened.page)
    return render_template("public/link_gone.html", opened=opened, undo=undo, sign_in=sign_in), 410


def _refuse_forged(form: FlaskForm) -> None:
    """Answer a form that did not come from our page as every other one."""
    if "csrf_token" in form.errors:
        abort(400)


@pages.route("/notify/callback", methods=["POST"])
@needs(Permission.ANYBODY)
def notify_callback() -> ResponseReturnValue:
    """Take in what became of a letter. Whoever has the token hears the same of every letter, known or not."""
    token = house().settings.notify_callback_token
    if token is None or not token.get_secret_value():
        return "", 404
    if not compare_digest(_bearer_token().encode(), token.get_secret_value().encode()):
        return "", 401
    report = report_of(read_json(request.get_data(cache=False)))
    if report is not None:
        with unit_of_work(house().database, system("notify"), house().clock) as unit:
            hear(unit, report)
    return "", 204


def _bearer_token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
