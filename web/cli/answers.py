"""Which exceptions are answers to the person at the terminal, and in which words?"""

from alembic.util import CommandError
from sqlalchemy.exc import ArgumentError, DBAPIError

from reviews.permissions import NotAllowed
from reviews.trackers import Unreadable
from reviews.unit import NotFound, Stale
from web.keys import UnsafeSettings
from workflows.engine import Refused
from workflows.soundness import Unsound

ANSWERS = (
    Refused,
    NotFound,
    NotAllowed,
    Stale,
    Unreadable,
    UnsafeSettings,
    Unsound,
    DBAPIError,
    ArgumentError,
    CommandError,
    OSError,
)


def in_words(answer: BaseException) -> str:
    """Say what stood in the way in one line, with what is missing; never a value out of the database."""
    match answer:
        case Refused():
            missing = f" Missing: {'; '.join(answer.missing)}." if answer.missing else ""
            return f"{answer.sentence}{missing}"
        case NotFound():
            return str(answer) or "Nothing of that name is known, or it is not theirs to see."
        case Stale():
            return "Somebody else changed this at the same moment: try again."
        case DBAPIError():
            return f"The database did not answer as expected ({type(answer.orig).__name__})."
        case ArgumentError():
            return "FOLLOWTHROUGH_DATABASE_URL is not an address of a database."
        case _:
            return " ".join(str(answer).split())
