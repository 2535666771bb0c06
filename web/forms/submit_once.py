"""Forms that take effect at most once, and that refuse to overwrite a change the person has not seen."""

import hmac
import json
from collections.abc import Callable, Mapping
from os import SEEK_END
from secrets import token_urlsafe
from typing import IO, Any

import sqlalchemy as sa
from flask import current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField

from reviews.core.fast_sql import insert_into
from reviews.core.sealed import derived_key
from reviews.models import SentForm
from reviews.transactions.unit_of_work import Stale, Unit
from web.core.context import not_taken, read_session, unit
from web.core.on_record import TRANSITION, name_refusal
from web.core.typed_text import NOT_STORED
from workflows.core.engine import ConflictOfInterest, NotReady, Refused, WrongRole, WrongStage
from workflows.core.vocabulary import Guard

LONGEST_ID = 64
OVERTAKEN = (
    "Somebody else changed this while you had it open. What it says now stands beside what you typed. "
    "Read it, and press the button again if yours still holds."
)


ALREADY_SENT = (
    "This form was sent before with other text, and that was recorded. What you typed now was not. "
    "Read it, and press the button again if it should be recorded too."
)


class AlreadySent(Refused):
    """A form under the id of an earlier one, with other text."""


class IdempotentForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    """A form that takes effect at most once. `version` is that of the row it was filled in against, if there is one."""

    form_id = HiddenField(default=lambda: token_urlsafe(16))
    version = HiddenField(default="")
    overtaken = False
    refused_with = 422

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.content = _content() if self.is_submitted() else ""

    @property
    def seen_version(self) -> int | None:
        text = str(self.version.data or "")
        return int(text) if text.isdecimal() and len(text) < 10 else None

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Take nothing in a request whose form is only shown again."""
        if (shown := not_taken()) is not None:
            self.show_again(shown.sentence)
            return False
        return bool(super().validate(extra_validators))

    def show_again(self, sentence: str) -> None:
        """Show what was typed as a new form, with the reason."""
        self.form_id.data = token_urlsafe(16)
        self.form_errors.append(sentence)

    def refuse(self, refusal: Refused) -> None:
        """Show a refusal at the field it names, or that a guard reads, and the rest above the form."""
        held = refusal.held if isinstance(refusal, NotReady) else ()
        if refusal.field in self:
            self[refusal.field].errors = [*self[refusal.field].errors, refusal.sentence, *refusal.missing]
            return
        if not held:
            self.form_errors.append(refusal.sentence)
        for each in held:
            field = self._field_read_by(each.guard)
            if field is None:
                self.form_errors.append(each.guard.sentence)
            else:
                field.errors = [*field.errors, each.guard.sentence]
        self.form_errors.extend(refusal.missing)

    def _field_read_by(self, guard: Guard) -> Field | None:
        """Give the first field a guard reads that was left empty or at No, or else the first it reads."""
        read = [field for field in self if field.short_name in guard.reads]
        return next((field for field in read if field.data in (None, "", "no", [])), read[0] if read else None)

    def show_version(self, version: int) -> None:
        """Store which version the page shows: at first, and again when somebody else has changed the row since."""
        if self.overtaken or not self.is_submitted():
            self.version.data = str(version)


def handle_form(form: IdempotentForm, act: Callable[[Unit], str], show: Callable[[], str]) -> ResponseReturnValue:
    """Carry out a form, or show it again with what was typed and the reason for the refusal.

    `act` gives the address to redirect to. `show` reads the row again and renders; where the row has a version it
    calls `form.show_version`, and where `form.overtaken` it shows the present content of the row.
    """
    if not form.validate_on_submit():
        return show(), form.refused_with if form.is_submitted() else 200
    try:
        return handle_valid_form(form, act)
    except Stale:
        form.overtaken = True
        form.form_errors.append(OVERTAKEN)
        return show(), 409
    except AlreadySent as answer:
        form.show_again(answer.sentence)
        return show(), 409
    except Refused as refusal:
        form.refuse(refusal)
        if (code := _code(refusal)) == 409:
            name_refusal(TRANSITION)
        return show(), code


def handle_valid_form(form: IdempotentForm, act: Callable[[Unit], str]) -> ResponseReturnValue:
    """Carry out `act` in one unit of work and redirect; a form sent before redirects to where it led then.

    Raises AlreadySent where other text was sent then.
    """
    form_id = str(form.form_id.data or "")[:LONGEST_ID] or token_urlsafe(16)
    above = request.path.rpartition("/")[0] or "/"
    with unit() as work:
        sent = {"form_id": form_id, "leads_to": above, "sent_at": work.now, "content": form.content}
        claim = insert_into(work.session, SentForm).values(sent)
        claimed = work.session.execute(claim.on_conflict_do_nothing().returning(SentForm.form_id))
        first = claimed.first() is not None
        leads_to = act(work) if first else _stored_address(work, form_id, form.content)
        if first and leads_to != above:
            work.session.execute(sa.update(SentForm).where(SentForm.form_id == form_id).values(leads_to=leads_to))
    return redirect(leads_to, 303)


def _content() -> str:
    """Give a keyed hash of what was typed and chosen, which tells nobody what it was; before a file is taken away."""
    fields = [(name, text) for name, text in request.form.items(multi=True) if name not in NOT_STORED]
    files = [(name, file.filename, _size(file.stream)) for name, file in request.files.items(multi=True)]
    key = derived_key(current_app.config["SECRET_KEY"], "content of sent forms")
    return hmac.digest(key, json.dumps([request.path, fields, files]).encode(), "sha256").hex()


def _size(stream: IO[bytes]) -> int:
    at, end = stream.tell(), stream.seek(0, SEEK_END)
    stream.seek(at)
    return end


def earlier_address(form: IdempotentForm) -> str:
    """Give the address a form led to when it was sent before; "" where it never was."""
    query = sa.select(SentForm.leads_to).where(SentForm.form_id == str(form.form_id.data or "")[:LONGEST_ID])
    return read_session().scalar(query) or ""


def _stored_address(work: Unit, form_id: str, content: str) -> str:
    stored = work.session.get_one(SentForm, form_id)
    if stored.content not in ("", content):
        raise AlreadySent(ALREADY_SENT)
    return stored.leads_to


def _code(refusal: Refused) -> int:
    if isinstance(refusal, WrongRole):
        return 403
    return 409 if isinstance(refusal, WrongStage | NotReady | ConflictOfInterest) else 422
