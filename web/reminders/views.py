"""Pages about reminders: the ledger, one letter, sending again, samples, the next morning, delivery problems."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from notifications.ledger.forecast import foresee, of_plan
from notifications.ledger.queries import SORTS, LedgerFilters, LedgerRow, LetterFile, last_seen, ledger, letter_file
from notifications.ledger.resend import GIVEN_UP, HANDED_OVER, MOST_RESENT, given_up, replay, replay_all, send_again
from notifications.letters.links import Letterhead
from notifications.letters.wording import rung_label
from notifications.models import Letter, LetterState
from notifications.previews.samples import samples
from notifications.process.heartbeat import SEEN_LATELY, process_status
from notifications.returns.address_problems import solve_problem
from notifications.rounds.delivery_problems import ProblemCause, tasks_of
from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.core.paging import SIZE, Page
from reviews.definitions.bank_holidays import present_calendar
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, app_context, close_read_session, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import code_of, day, paginate, partnership_for, partnerships_with, query_choice, query_text
from web.core.urls import in_partnership
from web.forms.submit_once import IdempotentForm, earlier_address, handle_form
from web.reminders.letter_presenter import letter_history
from web.reminders.presenter import KINDS, STATES, counted, tabs

pages = Blueprint("reminders", __name__)


@pages.route("/reminders")
@needs(Permission.SEE_REMINDERS)
@shows(Shows.LIST)
def reminders() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_REMINDERS)
    sort, filters = query_choice("sort", SORTS) or "-morning", filters_asked()

    def fetch(number: int) -> Page[LedgerRow]:
        found = ledger(read_session(), actor(), partnership_id=partnership_id, filters=filters, sort=sort, page=number)
        return Page(found.rows, number, found.total)

    heartbeat, may_send = last_seen(read_session()), actor().may(Permission.SEND_AGAIN, partnership_id)
    asked_for = may_send and filters.state in (None, *GIVEN_UP)
    return render_template(
        "reminders/reminders.html",
        page=paginate(fetch),
        sort=sort,
        filters=filters,
        states=STATES,
        kinds=KINDS,
        rung=rung_label,
        counted=counted,
        heartbeat=heartbeat,
        is_late=heartbeat is None or app_context().clock.now() - heartbeat.seen_at > SEEN_LATELY,
        given_up=given_up(read_session(), actor(), partnership_id, filters)[1] if asked_for else 0,
        partnership_id=partnership_id,
        partnerships=partnerships_with(Permission.SEE_REMINDERS),
        partnership=code_of(partnership_id),
        tabs=tabs(partnership_id),
    )


@pages.route("/reminders/process")
@needs(Permission.SEE_REMINDERS)
@shows(Shows.NOTHING)
def process() -> ResponseReturnValue:
    status = process_status(read_session())
    now, heartbeat = app_context().clock.now(), status.heartbeat
    is_late = heartbeat is None or now - heartbeat.seen_at > SEEN_LATELY
    return render_template("reminders/process.html", status=status, is_late=is_late, tabs=tabs())


def filters_asked() -> LedgerFilters:
    """Read the filters of the ledger from the address."""
    state = query_choice("state", STATES)
    return LedgerFilters(
        state=LetterState(state) if state else None,
        to=query_text("to"),
        kind=query_choice("kind", KINDS),
        about=query_text("about"),
        since_on=day("since"),
        until_on=day("until"),
    )


LONGEST_NUMBER = 12


class ManyForm(IdempotentForm):
    """`letters` are the ids of the letters that were listed on the page."""

    letters = HiddenField(default="")

    @property
    def numbers(self) -> list[int]:
        ids = str(self.letters.data or "").split(",")[: MOST_RESENT + 1]
        return [int(each) for each in ids if each.isascii() and each.isdecimal() and len(each) <= LONGEST_NUMBER]


@pages.route("/reminders/<int:letter>")
@needs(Permission.SEE_REMINDERS)
@shows(Shows.LIST)
def letter(letter: int) -> ResponseReturnValue:
    found = letter_file(read_session(), actor(), letter)
    note_rows(len(found.items), partnership_id=found.letter.partnership_id)
    partnership_id, state = found.letter.partnership_id, found.letter.state
    may_send = actor().may(Permission.SEND_AGAIN, partnership_id)
    return render_template(
        "reminders/letter.html",
        file=found,
        letter=found.letter,
        history=letter_history(found),
        state=STATES[state],
        kind=KINDS[found.letter.kind],
        rung=rung_label,
        counted=counted,
        partnership_id=partnership_id,
        may_replay=may_send and state in GIVEN_UP,
        may_send_again=may_send and state in HANDED_OVER,
        sees_tasks=actor().may(Permission.SOLVE_DELIVERY_PROBLEMS, partnership_id),
    )


@pages.route("/reminders/<int:letter>/replay", methods=["GET", "POST"])
@needs(Permission.SEND_AGAIN)
@shows(Shows.NOTHING)
def replay_letter(letter: int) -> ResponseReturnValue:
    return _resend(letter, lambda work: replay(work, letter), again=False)


@pages.route("/reminders/<int:letter>/again", methods=["GET", "POST"])
@needs(Permission.SEND_AGAIN)
@shows(Shows.NOTHING)
def resend_letter(letter: int) -> ResponseReturnValue:
    letterhead = Letterhead.of(app_context().settings)
    return _resend(letter, lambda work: send_again(work, letter, letterhead=letterhead), again=True)


@pages.route("/reminders/replay", methods=["GET", "POST"])
@needs(Permission.SEND_AGAIN)
@shows(Shows.NOTHING)
def replay_many() -> ResponseReturnValue:
    """Put the letters of a filter that were given up back into the queue: only those that the page listed."""
    partnership_id = partnership_for(Permission.SEND_AGAIN)
    form, filters = ManyForm(), filters_asked()
    query = urlencode({name: value for name, value in request.args.items() if name not in ("page", "sort")})
    back = f"/reminders?{query}" if query else "/reminders"
    letters, total = given_up(read_session(), actor(), partnership_id, filters)
    if not form.is_submitted():
        form.letters.data = ",".join(str(each.id) for each in letters)

    def act(work: Unit) -> str:
        number = len(replay_all(work, form.numbers))
        flash(f"{number} {'mail is' if number == 1 else 'mails are'} waiting to be handed over again.")
        return back

    def show() -> str:
        return render_template(
            "reminders/replay.html", form=form, back=back, letters=letters, total=total, states=STATES
        )

    return handle_form(form, act, show)


def _resend(number: int, act: Callable[[Unit], Letter], *, again: bool) -> ResponseReturnValue:
    found = letter_file(read_session(), actor(), number)
    partnership_id, form = found.letter.partnership_id, IdempotentForm()
    actor().require(Permission.SEND_AGAIN, partnership_id)
    if not form.is_submitted() and found.letter.state not in (HANDED_OVER if again else GIVEN_UP):
        return redirect(_address(number, partnership_id), 303)

    def go(work: Unit) -> str:
        queued = act(work)
        flash("A copy is waiting to be handed over." if again else "The mail is waiting to be handed over again.")
        return _address(queued.id, partnership_id)

    return handle_form(form, go, lambda: _confirm(form, found, again=again))


def _confirm(form: IdempotentForm, found: LetterFile, *, again: bool) -> str:
    back = _address(found.letter.id, found.letter.partnership_id)
    return render_template("reminders/resend.html", form=form, letter=found.letter, again=again, back=back)


def _address(number: int, partnership_id: int) -> str:
    return in_partnership(f"/reminders/{number}", partnership_id)


FRAMED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@pages.route("/reminders/letters")
@needs(Permission.SEE_REMINDERS)
@shows(Shows.NOTHING)
def letters() -> ResponseReturnValue:
    g.shows_frames = True
    return render_template(
        "reminders/letters.html", letters=samples(app_context().settings.base_url, today()), tabs=tabs()
    )


@pages.route("/reminders/letters/<sample>/html")
@needs(Permission.SEE_REMINDERS)
@shows(Shows.NOTHING)
def sample_letter(sample: str) -> Response:
    """The HTML of one sample, which the page of samples shows in a frame."""
    found = next(
        (mail.html for each, mail in samples(app_context().settings.base_url, today()) if each.name == sample), None
    )
    if found is None:
        raise NotFound
    answer = make_response(found)
    answer.headers["Content-Security-Policy"] = FRAMED
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@pages.route("/reminders/tomorrow")
@needs(Permission.SEE_REMINDERS)
@shows(Shows.LIST)
def tomorrow() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_REMINDERS)
    # the first working day after today
    following = present_calendar(read_session()).next_working_day(today() + timedelta(days=1))
    on, to, plan = day("on") or following, query_text("to"), query_text("plan")
    page_tabs, code = tabs(partnership_id), code_of(partnership_id)
    close_read_session()  # the round is planned in a session of its own
    letterhead = Letterhead.of(app_context().settings)
    found = foresee(
        app_context().database, actor(), partnership_id=partnership_id, code=code, on=on, letterhead=letterhead
    )
    found = of_plan(found, plan) if plan else found
    text = to.casefold()
    chosen = [mail for mail in found.mails if text in mail.name.casefold() or text in mail.email]
    held = sum(len(each) for each in found.held_back.values())
    note_rows(held, partnership_id=partnership_id)
    return render_template(
        "reminders/tomorrow.html",
        found=found,
        page=paginate(lambda number: Page(chosen[(number - 1) * SIZE : number * SIZE], number, len(chosen))),
        held=held,
        on=on,
        following=following,
        to=to,
        plan=plan,
        rung=rung_label,
        counted=counted,
        partnership_id=partnership_id,
        partnerships=partnerships_with(Permission.SEE_REMINDERS),
        partnership=code,
        tabs=page_tabs,
    )


LONGEST_LINE = 200


class SolveForm(IdempotentForm):
    solution = TextAreaField(
        "What was done, in one line",
        [InputRequired("Enter what was done"), Length(max=LONGEST_LINE)],
        description="For example: their provider has repaired the mailbox.",
    )


@pages.route("/reminders/addresses")
@needs(Permission.SOLVE_DELIVERY_PROBLEMS)
@shows(Shows.NOTHING)
def addresses() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SOLVE_DELIVERY_PROBLEMS)
    tasks = tasks_of(read_session(), actor(), partnership_id, app_context().clock.now())
    return render_template(
        "reminders/addresses.html",
        returned=[each for each in tasks if each.why is ProblemCause.COMES_BACK],
        passing=[each for each in tasks if each.why is ProblemCause.PASSING],
        unclear=[each for each in tasks if each.why is ProblemCause.UNCLEAR],
        left=[each for each in tasks if each.why is ProblemCause.LEFT],
        partnership_id=partnership_id,
        partnerships=partnerships_with(Permission.SOLVE_DELIVERY_PROBLEMS),
        partnership=code_of(partnership_id),
        tabs=tabs(partnership_id),
    )


@pages.route("/reminders/addresses/<int:trouble>", methods=["GET", "POST"])
@needs(Permission.SOLVE_DELIVERY_PROBLEMS)
@shows(Shows.NOTHING)
def solve_address(trouble: int) -> ResponseReturnValue:
    partnership_id, form = partnership_for(Permission.SOLVE_DELIVERY_PROBLEMS), SolveForm()
    back = in_partnership("/reminders/addresses", partnership_id)
    tasks = tasks_of(read_session(), actor(), partnership_id, app_context().clock.now())
    task = next((each for each in tasks if each.problem_id == trouble), None)
    if task is None and not earlier_address(form):
        raise NotFound
    name = task.name if task else ""

    def act(work: Unit) -> str:
        solve_problem(work, trouble, form.solution.data or "")
        flash(f"Mails to {name} will be sent again.")
        return back

    return handle_form(form, act, lambda: render_template("reminders/solve.html", form=form, task=task, back=back))
