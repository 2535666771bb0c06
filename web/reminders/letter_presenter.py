"""What happened to a letter, one thing after the other?"""

from dataclasses import dataclass
from datetime import datetime

from notifications.ledger.queries import LetterFile
from notifications.models import Letter, LetterState
from web.actions.history import name_in

HEARD = {
    LetterState.DELIVERED: "It arrived",
    LetterState.BOUNCED: "It came back",
}
NOW = {
    LetterState.QUEUED: "waits to be handed over",
    LetterState.SENDING: "is being handed over",
    LetterState.SENT: "was handed over; nothing was heard of it since",
    LetterState.DELIVERED: "arrived",
    LetterState.BOUNCED: "came back",
    LetterState.UNCERTAIN: "may have arrived, and was given up",
    LetterState.FAILED: "was refused, and was given up",
    LetterState.SUPPRESSED: "was stopped before it was handed over",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened; `copy` is the number of the copy that was made, where it was that."""

    title: str
    at: datetime
    by: str = ""
    copy: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """How it stands in words, when it is tried next where it waits, and what happened, the oldest first."""

    now: str
    next_try_at: datetime | None
    happened: list[Happened]


def letter_story(file: LetterFile) -> Story:
    letter = file.letter
    waits = letter.state is LetterState.QUEUED and letter.tries > 0
    happened = [*_moments(letter), *_resent(file)]
    return Story(
        now=NOW[letter.state],
        next_try_at=letter.next_try_at if waits else None,
        happened=sorted(happened, key=lambda each: each.at),
    )


def _moments(letter: Letter) -> list[Happened]:
    found = []
    if letter.first_tried_at and letter.tries:
        found.append(Happened("First tried", letter.first_tried_at))
    if letter.sent_at:
        found.append(Happened("Handed over", letter.sent_at))
    if letter.heard_at:
        found.append(Happened(HEARD.get(letter.state, "Something was heard of it"), letter.heard_at))
    return found


def _resent(file: LetterFile) -> list[Happened]:
    own = file.letter.id
    return [
        Happened("A copy was asked for", each.at, name_in(each.by), each.copy if each.copy != own else None)
        if each.copy
        else Happened("Put back into the queue", each.at, name_in(each.by))
        for each in file.resent
    ]
