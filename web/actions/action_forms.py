"""How is a form about one action sent, and shown again beside what the action says now?"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import flash, render_template
from flask.typing import ResponseReturnValue

from reviews.actions.page_queries import ActionFile, action_file
from reviews.models import Action
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.context import actor, reader, today
from web.core.query import word
from web.core.urls import action_address
from web.forms.submit_once import OnceForm, send_form

NOTHING: Mapping[str, Any] = MappingProxyType({})


def action_asked(address: str) -> ActionFile:
    """Find the action of an address for whoever works with it; for a reader of what is published it has no forms."""
    file = action_file(reader(), actor(), address, today=today(), partnership=word("partnership") or None)
    if file.published_only:
        raise NotFound
    return file


def send_about(
    address: str,
    form: OnceForm,
    act: Callable[[Unit, Action], str],
    template: str,
    about: Callable[[ActionFile], Mapping[str, Any]] = lambda file: NOTHING,
) -> ResponseReturnValue:
    """Do what is asked and go to the action; `act` gives the sentence that is said there, `about` what is shown."""

    def run(unit: Unit) -> str:
        action = unit.action(address, partnership=word("partnership") or None, version=form.seen_version)
        flash(act(unit, action))
        return action_address(action.address, action.partnership_id)

    def show() -> str:
        now = action_asked(address)
        form.show_version(now.action.version)
        back = action_address(now.action.address, now.action.partnership_id)
        known = {"form": form, "file": now, "action": now.action, "back": back, "today": today()}
        return render_template(template, **known, **about(now))

    return send_form(form, run, show)
