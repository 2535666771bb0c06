"""Storing what is uploaded, and sending what is stored."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from flask import Response, g, request

from reviews.core.keyring import MissingKey, keyring_of
from reviews.files.contents import FILE_KINDS
from reviews.files.file_checks import note_damaged
from reviews.files.store import DamagedFile, StoredFile, StoreFile, folder_of, open_sound, storing_files
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.context import app_context, unit

LOG = logging.getLogger("followthrough.files")
NOT_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
NO_KEY = "The file cannot be opened at present: its key is not on the server. Tell your technician."


class FileNotSent(Exception):
    """A stored file is not handed out; `code` is that of the answer, `on_record` why, where that is put on record."""

    def __init__(self, sentence: str, code: int, *, on_record: str = "") -> None:
        super().__init__(sentence)
        self.code, self.on_record = code, on_record


@contextmanager
def taking_files() -> Iterator[StoreFile]:
    """Give a function that stores an uploaded file; at the end those that no row names are discarded."""
    context = app_context()
    with storing_files(context.database, context.settings, context.clock.now()) as take:
        yield take


def send_file(file: StoredFile, called: str, record: Callable[[Unit], None]) -> Response:
    """Send a file under a name that tells nothing, after it was held against what was uploaded.

    `called` is that name without its ending; `record` writes down who takes it. Raises FileNotSent for a damaged file.
    """
    settings = app_context().settings
    try:
        content = open_sound(folder_of(settings.home), file, keyring_of(settings))
    except MissingKey as fault:
        LOG.error("%s was not sent, request %s: %s", file.stored_as, g.get("request_id"), fault.sentence)
        raise FileNotSent(NO_KEY, 503) from fault
    except DamagedFile as fault:
        raise _damaged(fault) from fault
    try:
        with unit() as work:
            record(work)
    except BaseException:
        content.close()
        raise
    suffix = PurePosixPath(file.file_name).suffix.lower()
    answer = Response(content, content_type=FILE_KINDS.get(suffix, "application/octet-stream"))
    name = NOT_IN_A_FILE_NAME.sub("-", called).strip(".-")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}{suffix}"'
    answer.content_length = file.size
    if request.method == "HEAD":
        content.close()  # nobody reads it to its end
    return answer


def _damaged(fault: DamagedFile) -> Exception:
    """Note a damaged file; NotFound where no row names it any more, as it was replaced or disposed of meanwhile."""
    with unit() as work:
        if not note_damaged(work, [fault.stored_as]):
            return NotFound()
    LOG.error("%s, request %s: followthrough files verify names all such files", fault, g.get("request_id"))
    what = "is missing" if fault.fault == "missing" else "is damaged: it is not what was uploaded"
    sentence = f"The file {what}, and was not sent. Tell your technician: it is file {fault.stored_as}."
    return FileNotSent(sentence, 500, on_record="damaged")
