"""Exceptions that are answers to the person at the terminal, and their words."""

from errno import EADDRINUSE

from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError

from reviews.access.permissions import NotAllowed
from reviews.core.secrets import UnsafeSettings
from reviews.imports.readers.cells import Unreadable
from reviews.transactions.unit_of_work import NotFound, Stale
from workflows.checks import Unsound
from workflows.core.engine import Refused
from workflows.files.read import NotADefinition

ANSWERS = (
    Refused,
    NotFound,
    NotAllowed,
    Stale,
    Unreadable,
    UnsafeSettings,
    Unsound,
    NotADefinition,
    ValidationError,
    DBAPIError,
    ArgumentError,
    CommandError,
    OSError,
)
CHANGED_MEANWHILE = "Somebody else changed this at the same moment: nothing was stored, try again."
NO_DATABASE = (
    "The database cannot be opened, or does not answer. Check FOLLOWTHROUGH_DATABASE_URL, or FOLLOWTHROUGH_HOME where "
    "the database is in it."
)


def in_words(answer: BaseException) -> str:
    """Give the answer in one line, with what is missing. It never has a value from the database in it."""
    return " ".join(_words(answer).split())


def _words(answer: BaseException) -> str:
    match answer:
        case Refused():
            missing = f" Missing: {'; '.join(answer.missing)}." if answer.missing else ""
            return f"{answer.sentence}{missing}"
        case NotFound():
            return str(answer) or "There is nothing with that name, or you cannot see it."
        case Stale():
            return CHANGED_MEANWHILE
        case DBAPIError():
            return _of_the_database(answer)
        case ArgumentError():
            return "FOLLOWTHROUGH_DATABASE_URL is not the address of a database."
        case ValidationError():
            return " ".join(
                f"FOLLOWTHROUGH_{fault['loc'][0]}".upper() + f": {fault['msg']}." for fault in answer.errors()
            )
        case OSError():
            return _of_the_machine(answer)
        case _:
            return str(answer)


def _of_the_database(fault: DBAPIError) -> str:
    match fault:
        case IntegrityError():
            return CHANGED_MEANWHILE
        case OperationalError():
            return NO_DATABASE
        case _:
            return f"The database did not answer as expected ({type(fault.orig).__name__})."


def _of_the_machine(fault: OSError) -> str:
    if fault.errno == EADDRINUSE:
        return "This port is in use already: choose another with --port."
    return f"{fault.strerror or fault}: {fault.filename}" if fault.filename else f"{fault.strerror or fault}"
