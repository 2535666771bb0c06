"""The history of one letter, in words."""

from dataclasses import dataclass
from datetime import datetime

from notifications.ledger.queries import LetterFile
from notifications.models import Letter, LetterState
from web.actions.presenter import name_in

REPORTS = {
    LetterState.DELIVERED: "It arrived",
    LetterState.BOUNCED: "It came back",
}
NOW = {
    LetterState.QUEUED: "is waiting to be handed over",
    LetterState.SENDING: "is being handed over",
    LetterState.SENT: "was handed over; no delivery report has come since",
    LetterState.DELIVERED: "arrived",
    LetterState.BOUNCED: "came back",
    LetterState.UNCERTAIN: "may have arrived, and will not be tried again",
    LetterState.FAILED: "was refused, and will not be tried again",
    LetterState.SUPPRESSED: "was stopped before it was handed over",
}


@dataclass(frozen=True, slots=True)
class LetterEvent:
    """One event; `copy` is the id of a copy that was made."""

    title: str
    at: datetime
    by: str = ""
    copy: int | None = None


@dataclass(frozen=True, slots=True)
class LetterHistory:
    """The state in words (`now`), the next try if it waits for one, and the events, the oldest first."""

    now: str
    next_try_at: datetime | None
    events: list[LetterEvent]


def letter_history(file: LetterFile) -> LetterHistory:
    letter = file.letter
    is_waiting = letter.state is LetterState.QUEUED and letter.tries > 0
    events = [*_moments(letter), *_resent(file)]
    return LetterHistory(
        now=NOW[letter.state],
        next_try_at=letter.next_try_at if is_waiting else None,
        events=sorted(events, key=lambda each: each.at),
    )


def _moments(letter: Letter) -> list[LetterEvent]:
    found = []
    if letter.first_tried_at and letter.tries:
        found.append(LetterEvent("First tried", letter.first_tried_at))
    if letter.sent_at:
        found.append(LetterEvent("Handed over", letter.sent_at))
    if letter.reported_at:
        found.append(LetterEvent(REPORTS.get(letter.state, "A delivery report came"), letter.reported_at))
    return found


def _resent(file: LetterFile) -> list[LetterEvent]:
    this_id = file.letter.id
    return [
        LetterEvent("A copy was requested", each.at, name_in(each.by), each.copy if each.copy != this_id else None)
        if each.copy
        else LetterEvent("Put back into the queue", each.at, name_in(each.by))
        for each in file.resent
    ]
