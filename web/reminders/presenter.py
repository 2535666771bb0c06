"""The navigation between the pages about reminders, and the words for states, kinds and rungs."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from notifications.base.summary_rhythm import SUMMARY
from notifications.ledger.queries import LedgerItem
from notifications.models import ROLE_ANSWERED, SEALS, SECOND_FACTOR, LetterState
from notifications.process.plan_round import KIND
from notifications.returns.sending_faults import fault_words, open_faults
from notifications.rounds.delivery_problems import WITH_TASKS, tasks_of
from reviews.access.permissions import Permission
from reviews.models import AccountMailKind
from web.core.context import actor, app_context, read_session
from web.core.query import partnership_asked
from web.core.urls import in_partnership

STATES = {
    LetterState.QUEUED: ("Waiting", "grey"),
    LetterState.SENDING: ("Being sent", "blue"),
    LetterState.SENT: ("Handed over", "green"),
    LetterState.DELIVERED: ("Delivered", "teal"),
    LetterState.BOUNCED: ("Came back", "red"),
    LetterState.UNCERTAIN: ("Uncertain", "orange"),
    LetterState.FAILED: ("Failed", "red"),
    LetterState.SUPPRESSED: ("Stopped", "yellow"),
}
KINDS = {
    KIND: "Morning mail",
    WITH_TASKS: "Morning mail with addresses and owners to put right",
    SUMMARY: "The summary",
    AccountMailKind.INVITATION.value: "Invitation",
    AccountMailKind.RESET.value: "Link that sets a password",
    AccountMailKind.PASSWORD_CHANGED.value: "Password changed",
    SECOND_FACTOR: "About a second factor",
    AccountMailKind.SIGN_IN_TRIED.value: "Password tried by others",
    AccountMailKind.ADDRESS_OLD.value: "Confirm a new address, at the old one",
    AccountMailKind.ADDRESS_NEW.value: "Confirm a new address, at the new one",
    AccountMailKind.ADDRESS_CHANGED.value: "Address changed",
    AccountMailKind.ADDRESS_LEFT.value: "Address changed, at the old one",
    AccountMailKind.AWAY.value: "Recorded as away",
    AccountMailKind.DEPUTY.value: "Named as deputy",
    AccountMailKind.BACK.value: "No longer away",
    AccountMailKind.ROLE_GIVEN.value: "Role given",
    AccountMailKind.ROLE_ENDED.value: "Role ended",
    AccountMailKind.ACCOUNT_DISABLED.value: "Account disabled",
    SEALS: "Seals of the record",
    AccountMailKind.IDENTITY_ALERT.value: "Unusual opening of an identity",
    AccountMailKind.AUDIT_NOTICE.value: "Notice from the audit log",
    ROLE_ANSWERED: "What became of a role that was asked for",
}


@dataclass(frozen=True, slots=True)
class Tab:
    text: str
    href: str
    here: bool


def tabs(partnership_id: int | None = None) -> list[Tab]:
    """List the pages about reminders that this person may open in a partnership."""
    partnership_id = partnership_id or partnership_asked() or actor().partnerships_with(Permission.SEE_REMINDERS)[0]
    pages = {
        "/reminders": "What was sent",
        "/reminders/tomorrow": "The next morning",
        "/reminders/process": "The process",
        "/reminders/letters": "What the mails look like",
    }
    if actor().may(Permission.SOLVE_DELIVERY_PROBLEMS, partnership_id):
        number = len(tasks_of(read_session(), actor(), partnership_id, app_context().clock.now()))
        pages["/reminders/addresses"] = f"Addresses and owners to put right: {number}"
    return [Tab(text, in_partnership(path, partnership_id), path == request.path) for path, text in pages.items()]


def delivery_problem_count() -> int:
    """Count the delivery problems for the person to solve; 0 on a filtered list, which does not show the number."""
    if set(request.args) - {"partnership"}:
        return 0
    partnership_ids = actor().partnerships_with(Permission.SOLVE_DELIVERY_PROBLEMS)
    now = app_context().clock.now()
    return sum(len(tasks_of(read_session(), actor(), each, now)) for each in partnership_ids)


def sending_faults() -> list[str]:
    """Say to a manager what is wrong with how this installation sends mail; nothing where nothing is."""
    if not actor().may(Permission.SET_LOCAL_RULES):
        return []
    return [fault_words(fault) for fault in open_faults(read_session())]


def counted(items: Sequence[LedgerItem]) -> str:
    """Count the items of a mail: `1 clock and 2 actions`."""
    clocks = sum(1 for item in items if item.clock)
    numbers = {"clock": clocks, "action": len(items) - clocks}
    return " and ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in numbers.items() if n)
