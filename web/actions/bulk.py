"""Which actions of the list were chosen, and what may be done with them together?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.bulk import MOST, Together
from reviews.actions.list_queries import ActionLine, action_list, actions_called
from reviews.transactions.unit_of_work import Unit
from web.actions.list_filters import WORDS, wanted_actions
from web.core.context import actor, reader, today
from web.core.query import as_of, word
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, send_form
from workflows.definitions.action import WORKERS

SHORT = 10
"""References that fit into one sentence above the next page; more stand on a page of their own."""
LONGEST_ADDRESS = 120


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows in their order, and the addresses of which there is none that is theirs to see.

    `matching` counts all that match the filters, of which the first stand here; 0 where rows were ticked.
    """

    place: int
    rows: list[ActionLine]
    missing: list[str]
    matching: int = 0

    @property
    def addresses(self) -> list[str]:
        return [row.address for row in self.rows]

    @property
    def beyond(self) -> int:
        return max(0, self.matching - len(self.rows))


def chosen_in(place: int) -> Chosen:
    """Give the rows that were ticked or, where all are asked for, the first that match the filters.

    What a form sends is what its page showed, and never more.
    """
    if request.method == "GET" and word("all"):
        found = action_list(
            reader(), actor(), today=as_of(), partnership_id=place, wanted=wanted_actions(), sort="due", size=MOST
        )
        return Chosen(place, list(found.rows), [], found.total)
    named = addresses_sent()
    rows = actions_called(reader(), actor(), place, named, today=today())
    there = {row.address for row in rows}
    return Chosen(place, rows, [each for each in named if each not in there])


def addresses_sent() -> list[str]:
    """Give what was ticked, each once."""
    said = request.form if request.method == "POST" else request.args
    return list(dict.fromkeys(text[:LONGEST_ADDRESS] for text in said.getlist("action")))[: MOST + 1]


def offered(place: int | None) -> dict[str, Any]:
    """Give the list of actions what it offers to do with several: nothing where it shows several partnerships."""
    if place is None:
        return {"together": {}, "filter_words": {}}
    may = {
        "/actions/reassign": ("Give them to one person", actor().may(Permission.REASSIGN_ACTIONS, place)),
        "/actions/more-time": ("Ask for more time", may_ask(place)),
        "/actions/export": ("Take them out as a file", actor().may(Permission.SEE_ACTIONS, place)),
    }
    words = {name: word(name) for name in (*WORDS, "partnership") if word(name)}
    return {"together": {path: title for path, (title, yes) in may.items() if yes}, "filter_words": words}


def may_ask(place: int) -> bool:
    return any(post.role in WORKERS for post in actor().posts_in(place))


def require_may_ask(place: int) -> None:
    if not may_ask(place):
        who = ", ".join(sorted(role.in_sentence for role in WORKERS))
        raise NotAllowed(f"This is not yours to do. It can be done by: {who}.")


def send_together(
    form: OnceForm,
    place: int,
    act: Callable[[Unit], Together],
    show: Callable[[], str],
    *,
    done_words: str,
) -> ResponseReturnValue:
    """Do it and go back to the list; where something was not done, a page first names each with its reason."""
    outcome: list[Together] = []
    back = in_partnership("/actions", place)

    def once(work: Unit) -> str:
        outcome[:] = [act(work)]
        return back

    answer = send_form(form, once, show)
    if not outcome or not _succeeded(answer):
        return answer
    (found,) = outcome
    if found.not_done or len(found.done) > SHORT:
        return render_template("actions/bulk.html", outcome=found, done_words=done_words, back=back)
    flash(f"{done_words} {', '.join(found.done)}.")
    return answer


def _succeeded(answer: ResponseReturnValue) -> bool:
    return getattr(answer, "status_code", 0) == 303
