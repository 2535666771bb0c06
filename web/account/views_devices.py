"""Pages for the devices that a person has signed in with."""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.people.known_devices import devices_of, end_device
from reviews.people.sign_in import hash_token
from reviews.transactions.unit_of_work import NotFound, Unit
from web.account.device_cookie import device_tokens
from web.core.access import needs
from web.core.context import actor, read_session
from web.core.on_record import Shows, shows
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("devices", __name__)


class ForgetForm(IdempotentForm):
    """A form without fields: only the button is pressed."""


@pages.route("/account/devices")
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def list_devices() -> ResponseReturnValue:
    here = {hash_token(token) for token in device_tokens()}
    return render_template("account/devices.html", devices=devices_of(read_session(), actor()), here=here)


@pages.route("/account/devices/<int:device>/forget", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.NOTHING)
def forget(device: int) -> ResponseReturnValue:
    form = ForgetForm()

    def act(work: Unit) -> str:
        ended = end_device(work, device)
        flash(f"{ended.name} is no longer a device you are known on.")
        return "/account/devices"

    def show() -> str:
        found = next((each for each in devices_of(read_session(), actor()) if each.id == device), None)
        if found is None:
            raise NotFound
        return render_template("account/forget_device.html", form=form, device=found)

    return handle_form(form, act, show)
