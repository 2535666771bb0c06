"""Handling of a form about one action: sent, or shown again beside what the action says now."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import flash, render_template
from flask.typing import ResponseReturnValue

from reviews.actions.page_queries import ActionFile, action_file
from reviews.models import Action
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.context import actor, read_session, today
from web.core.query import query_text
from web.core.urls import action_address
from web.forms.submit_once import IdempotentForm, handle_form

NOTHING: Mapping[str, Any] = MappingProxyType({})


def find_action_file(address: str) -> ActionFile:
    """Find an action for whoever works with it; to a reader of what is published its forms do not exist."""
    file = action_file(read_session(), actor(), address, today=today(), partnership=query_text("partnership") or None)
    if file.published_only:
        raise NotFound
    return file


def handle_action_form(
    address: str,
    form: IdempotentForm,
    act: Callable[[Unit, Action], str],
    template: str,
    more: Callable[[ActionFile], Mapping[str, Any]] = lambda file: NOTHING,
) -> ResponseReturnValue:
    """Do what is asked and go to the action.

    `act` gives the sentence that the person reads there, and `more` what the template of the form needs besides.
    """

    def run(unit: Unit) -> str:
        action = unit.action(address, partnership=query_text("partnership") or None, version=form.seen_version)
        flash(act(unit, action))
        return action_address(action.address, action.partnership_id)

    def show() -> str:
        file = find_action_file(address)
        form.show_version(file.action.version)
        back = action_address(file.action.address, file.action.partnership_id)
        values = {"form": form, "file": file, "action": file.action, "back": back, "today": today()}
        return render_template(template, **values, **more(file))

    return handle_form(form, run, show)
