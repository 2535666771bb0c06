"""What was typed survives: a form that cannot be taken is shown again with it, now or after its person has signed in.

The token against forged forms names the person for whom a page was made, under our signature. So a form says by
itself whose it is, also where the session has ended and the cookie is lost.
"""

from collections.abc import Sequence
from secrets import token_hex
from urllib.parse import urlencode

from flask import Response, current_app, g, redirect, request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import ImmutableMultiDict

from reviews.access.permissions import system
from reviews.core.sealed import derived_key
from reviews.people.saved_forms import KEY_PURPOSE, TypedForm, delete_saved_form, find_saved_form, save_form
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from web.core.context import NotTaken, actor, app_context, close_read_session, not_taken, read_session, unit

LONGEST_OPEN = 7 * 24 * 60 * 60  # seconds for which a page may have been open
NOT_STORED = ("csrf_token", "form_id")
SAVED = "saved"
"""In the query of a form's address: what of this number was typed there."""

SAVED_FORMS = "/saved"
FORGED = 400
SESSION_CHANGED = (
    "You signed out or in since you opened this page, so nothing was recorded. This is what you typed. "
    "Read it, and press the button again."
)
SAVED_BEFORE = (
    "Nothing was recorded when you pressed the button, because you had to sign in first. This is what you typed. "
    "Read it, and press the button again."
)


def saved_forms_key() -> bytes:
    return derived_key(current_app.config["SECRET_KEY"], KEY_PURPOSE)


def name_person_in_tokens() -> None:
    """Have the tokens of this session's forms name its person."""
    if _person_in(session.get("csrf_token")) != actor().person_id:
        session["csrf_token"] = f"{actor().person_id}.{token_hex(20)}"
        g.pop("csrf_token", None)


def person_of_form() -> int | None:
    """Give the person for whom the page of the posted form was made; None where we did not make it."""
    serializer = URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="wtf-csrf-token")
    try:
        return _person_in(serializer.loads(request.form.get("csrf_token", ""), max_age=LONGEST_OPEN))
    except BadData:
        return None


def _person_in(token: object) -> int | None:
    number, dot, _ = token.partition(".") if isinstance(token, str) else ("", "", "")
    return int(number) if dot and number.isdecimal() else None


def shows_form() -> bool:
    """Whether the address also shows the form that is posted to it: only then can it be shown again."""
    return request.url_rule is not None and {"GET", "POST"} <= (request.url_rule.methods or set())


def save_typed(person_id: int) -> str:
    """Store what was posted for its person; gives the address under which they find it, "" where nothing is stored."""
    if not shows_form():
        return ""
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in NOT_STORED]
    typed = TypedForm(_address(), tuple(fields), tuple(_names_of_files()))
    close_read_session()
    with unit_of_work(app_context().database, system("sign-in"), app_context().clock) as work:
        form_id = save_form(work, saved_forms_key(), person_id, typed)
    return f"/saved/{form_id}" if form_id else ""


def show_again(sentence: str) -> None:
    """Have the view show the posted form with what was typed, and do nothing."""
    g.not_taken = NotTaken(" ".join([sentence, *_about_files(_names_of_files())]), FORGED)
    request.files = ImmutableMultiDict()


def show_saved() -> None:
    """Where a page is asked for with a saved form of this person: show it as when it was sent, and do nothing."""
    form_id = request.args.get(SAVED, "")
    if request.method != "GET" or not form_id or not shows_form():
        return
    now = app_context().clock.now()
    try:
        found = find_saved_form(read_session(), saved_forms_key(), actor().person_id or 0, form_id, now=now)
    except NotFound:
        return
    if found.typed.address.partition("?")[0] != request.path:
        return
    request.method = "POST"
    request.form = ImmutableMultiDict(found.typed.fields)
    g.not_taken = NotTaken(" ".join([SAVED_BEFORE, *_about_files(found.typed.files)]), 200)


def address_of_saved(form_id: str, address: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode({SAVED: form_id})}"


def settle_answer(answer: Response) -> Response:
    """Give the code of a form that was only shown, or save what was typed where it could not be shown.

    What was saved is deleted once it has been taken.
    """
    if (shown := not_taken()) is not None:
        if answer.status_code in (200, 422):
            answer.status_code = shown.code
        elif shown.code == FORGED and g.get("actor") and save_typed(actor().person_id or 0):
            return current_app.make_response(redirect(SAVED_FORMS, 303))
    elif request.method == "POST" and answer.status_code in (200, 303) and g.get("actor") and request.args.get(SAVED):
        with unit() as work:
            delete_saved_form(work, request.args[SAVED])
    return answer


def _address() -> str:
    query = [(name, text) for name, text in request.args.items(multi=True) if name != SAVED]
    return f"{request.path}?{urlencode(query)}" if query else request.path


def _names_of_files() -> list[str]:
    return [file.filename for _, file in request.files.items(multi=True) if file.filename]


def _about_files(names: Sequence[str]) -> list[str]:
    return [f"Choose your file again, because files are not saved: {', '.join(names)}."] if names else []
