"""The actions chosen in the list, and what can be done with several at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from reviews.access.permissions import NotAllowed, Permission
from reviews.access.shown import note_rows
from reviews.actions.bulk import MOST_ACTIONS, BulkOutcome
from reviews.actions.list_queries import AGES, LISTED, RATINGS, ActionFilter, ActionLine, action_list, actions_called
from reviews.transactions.unit_of_work import Unit
from web.core.context import actor, kinds, read_session, today
from web.core.query import as_of, number, query_choice, query_text
from web.core.urls import in_partnership
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.definitions.action import WORKERS

NONE = "none"
QUERY_WORDS = ("group", "age", "rating", "agency", "owner", "source", "case", "q", "as-of")
"""The query words that filter a list of actions, or give the day on which it is judged."""


def filter_from_address() -> ActionFilter:
    agency, owner = query_text("agency"), query_text("owner")
    return ActionFilter(
        group=query_choice("group", LISTED),
        age=query_choice("age", AGES),
        rating=query_choice("rating", RATINGS),
        agency_id=number("agency"),
        no_agency=agency == NONE,
        owner_id=number("owner"),
        no_owner=owner == NONE,
        source=query_choice("source", kinds()),
        case_reference=query_text("case"),
        text=query_text("q"),
    )


SHORT = 10
"""References that fit into one sentence above the next page; more get a page."""
LONGEST_ADDRESS = 120


@dataclass(frozen=True, slots=True)
class ChosenActions:
    """The rows in their order, and the addresses of actions that they cannot see.

    `matching` counts all that match the filters, of which these are the first; 0 where rows were ticked.
    """

    partnership_id: int
    rows: list[ActionLine]
    missing: list[str]
    matching: int = 0

    @property
    def addresses(self) -> list[str]:
        return [row.address for row in self.rows]

    @property
    def beyond(self) -> int:
        return max(0, self.matching - len(self.rows))


def chosen_actions(partnership_id: int) -> ChosenActions:
    """Give the rows that were ticked or, where all are asked for, the first that match the filters.

    A form sends the rows that its page showed, and no others.
    """
    if request.method == "GET" and query_text("all"):
        found = action_list(
            read_session(),
            actor(),
            today=as_of(),
            partnership_id=partnership_id,
            wanted=filter_from_address(),
            sort="due",
            size=MOST_ACTIONS,
        )
        note_rows(len(found.rows), partnership_id=partnership_id)
        return ChosenActions(partnership_id, list(found.rows), [], found.total)
    addresses = ticked_addresses()
    rows = actions_called(read_session(), actor(), partnership_id, addresses, today=today())
    note_rows(len(rows), partnership_id=partnership_id)
    visible = {row.address for row in rows}
    return ChosenActions(partnership_id, rows, [address for address in addresses if address not in visible])


def ticked_addresses() -> list[str]:
    """Give the addresses of the rows that were ticked, without repeats."""
    values = request.form if request.method == "POST" else request.args
    return list(dict.fromkeys(text[:LONGEST_ADDRESS] for text in values.getlist("action")))[: MOST_ACTIONS + 1]


def bulk_choices(partnership_id: int) -> Mapping[str, str]:
    """Give what this person can do with several actions of a partnership: titles by address."""
    choices = {
        "/actions/reassign": ("Give them to one person", actor().may(Permission.REASSIGN_ACTIONS, partnership_id)),
        "/actions/more-time": ("Ask for more time", may_ask_for_time(partnership_id)),
        "/actions/export": ("Export them as a file", actor().may(Permission.SEE_ACTIONS, partnership_id)),
    }
    return {path: title for path, (title, is_allowed) in choices.items() if is_allowed}


def may_ask_for_time(partnership_id: int) -> bool:
    return any(assignment.role in WORKERS for assignment in actor().roles_held_in(partnership_id))


def require_may_ask_for_time(partnership_id: int) -> None:
    if not may_ask_for_time(partnership_id):
        who = ", ".join(sorted(role.in_sentence for role in WORKERS))
        raise NotAllowed(f"This is not yours to do. It can be done by: {who}.")


def handle_bulk_form(
    form: IdempotentForm,
    partnership_id: int,
    act: Callable[[Unit], BulkOutcome],
    show: Callable[[], str],
    *,
    done_words: str,
) -> ResponseReturnValue:
    """Do it and go back to the list; where something was not done, a page first names each with its reason."""
    outcomes: list[BulkOutcome] = []
    back = in_partnership("/actions", partnership_id)

    def act_and_return(work: Unit) -> str:
        outcomes[:] = [act(work)]
        return back

    response = handle_form(form, act_and_return, show)
    succeeded = getattr(response, "status_code", 0) == 303
    if not outcomes or not succeeded:
        return response
    (outcome,) = outcomes
    if outcome.not_done or len(outcome.done) > SHORT:
        note_rows(len(outcome.done) + len(outcome.not_done), partnership_id=partnership_id)
        return render_template("actions/bulk.html", outcome=outcome, done_words=done_words, back=back)
    flash(f"{done_words} {', '.join(outcome.done)}.")
    return response
