"""Pages for what was typed and not taken: each shows only what belongs to the person signed in."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.people.saved_forms import delete_saved_form, find_saved_form, saved_forms
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, app_context, read_session
from web.core.on_record import Shows, shows
from web.core.typed_text import SAVED_FORMS, address_of_saved, saved_forms_key
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("saved_forms", __name__)

HIDDEN = ("version", "edition", "seen", "looked_at")
"""Fields of forms that nobody types."""


@pages.route(SAVED_FORMS)
@needs(Permission.SIGNED_IN)
@shows(Shows.LIST)
def list_saved() -> ResponseReturnValue:
    """Show what this person typed and what was not taken, in plain text, also where its form is gone."""
    now = app_context().clock.now()
    found = saved_forms(read_session(), saved_forms_key(), actor().person_id or 0, now=now)
    note_rows(len(found))
    return render_template("account/saved_forms.html", forms=found, address_of_saved=address_of_saved, hidden=HIDDEN)


@pages.route(f"{SAVED_FORMS}/<form_id>")
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def open_saved(form_id: str) -> ResponseReturnValue:
    """Lead to the form with what was typed; whoever else follows the address finds their own list."""
    now = app_context().clock.now()
    try:
        found = find_saved_form(read_session(), saved_forms_key(), actor().person_id or 0, form_id, now=now)
    except NotFound:
        return redirect(SAVED_FORMS, 303)
    return redirect(address_of_saved(found.id, found.typed.address), 303)


@pages.route(f"{SAVED_FORMS}/<form_id>/delete", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def delete_saved(form_id: str) -> ResponseReturnValue:
    form = IdempotentForm()

    def act(work: Unit) -> str:
        delete_saved_form(work, form_id)
        return SAVED_FORMS

    return handle_form(
        form, act, lambda: render_template("account/delete_saved_form.html", form=form, back=SAVED_FORMS)
    )
