"""What became of one letter, and how is it, or are several, sent again?"""

from collections.abc import Callable
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from notifications.ledger.letter_file import LetterFile, letter_file
from notifications.ledger.resend import AT_ONCE, GIVEN_UP, HANDED_OVER, given_up, replay, replay_all, send_again
from notifications.letters.letterhead import Letterhead
from notifications.models import Letter
from reviews.access.permissions import Permission
from reviews.transactions.unit_of_work import Unit
from web.core.access import needs
from web.core.context import actor, house, reader
from web.core.places import place_for
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, send_form
from web.reminders.letter_presenter import letter_story
from web.reminders.presenter import STATES, counted, kind_words, rung_in_words
from web.reminders.reminders import filters_asked

pages = Blueprint("letter_file", __name__)

LONGEST_NUMBER = 12


class ManyForm(OnceForm):
    """`letters` are the numbers of the letters that stood on the page."""

    letters = HiddenField(default="")

    @property
    def numbers(self) -> list[int]:
        words = str(self.letters.data or "").split(",")[: AT_ONCE + 1]
        return [int(each) for each in words if each.isascii() and each.isdecimal() and len(each) <= LONGEST_NUMBER]


@pages.route("/reminders/<int:letter>")
@needs(Permission.SEE_REMINDERS)
def show(letter: int) -> ResponseReturnValue:
    found = letter_file(reader(), actor(), letter)
    place, state = found.letter.partnership_id, found.letter.state
    may_send = actor().may(Permission.SEND_AGAIN, place)
    return render_template(
        "reminders/letter.html",
        file=found,
        letter=found.letter,
        story=letter_story(found),
        state=STATES[state],
        kind=kind_words(found.letter.kind),
        rung=rung_in_words,
        counted=counted,
        place=place,
        may_replay=may_send and state in GIVEN_UP,
        may_send_again=may_send and state in HANDED_OVER,
        sees_tasks=actor().may(Permission.MANAGE_PEOPLE, place),
    )


@pages.route("/reminders/<int:letter>/replay", methods=["GET", "POST"])
@needs(Permission.SEND_AGAIN)
def put_back(letter: int) -> ResponseReturnValue:
    return _resend(letter, lambda work: replay(work, letter), again=False)


@pages.route("/reminders/<int:letter>/again", methods=["GET", "POST"])
@needs(Permission.SEND_AGAIN)
def again(letter: int) -> ResponseReturnValue:
    letterhead = Letterhead.of(house().settings)
    return _resend(letter, lambda work: send_again(work, letter, letterhead=letterhead), again=True)


@pages.route("/reminders/replay", methods=["GET", "POST"])
@needs(Permission.SEND_AGAIN)
def put_all_back() -> ResponseReturnValue:
    """Put what a filter of the ledger shows and was given up back into the queue; what stood on the page, no more."""
    place = place_for(Permission.SEND_AGAIN)
    form, filters = ManyForm(), filters_asked()
    query = urlencode({name: value for name, value in request.args.items() if name not in ("page", "sort")})
    back = f"/reminders?{query}" if query else "/reminders"
    letters, total = given_up(reader(), actor(), place, filters)
    if not form.is_submitted():
        form.letters.data = ",".join(str(each.id) for each in letters)

    def act(work: Unit) -> str:
        number = len(replay_all(work, form.numbers))
        flash(f"{number} {'mail waits' if number == 1 else 'mails wait'} to be handed over again.")
        return back

    def show() -> str:
        known = {"letters": letters, "total": total, "states": STATES}
        return render_template("reminders/replay.html", form=form, back=back, **known)

    return send_form(form, act, show)


def _resend(number: int, act: Callable[[Unit], Letter], *, again: bool) -> ResponseReturnValue:
    found = letter_file(reader(), actor(), number)
    place, form = found.letter.partnership_id, OnceForm()
    actor().require(Permission.SEND_AGAIN, place)
    if not form.is_submitted() and found.letter.state not in (HANDED_OVER if again else GIVEN_UP):
        return redirect(_address(number, place), 303)

    def go(work: Unit) -> str:
        queued = act(work)
        flash("A copy waits to be handed over." if again else "The mail waits to be handed over again.")
        return _address(queued.id, place)

    return send_form(form, go, lambda: _confirm(form, found, again=again))


def _confirm(form: OnceForm, found: LetterFile, *, again: bool) -> str:
    back = _address(found.letter.id, found.letter.partnership_id)
    return render_template("reminders/resend.html", form=form, letter=found.letter, again=again, back=back)


def _address(number: int, place: int) -> str:
    return in_partnership(f"/reminders/{number}", place)
