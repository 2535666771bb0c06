"""The field of a form that takes a file, which is stored before the transaction that names it."""

from typing import Any

from wtforms import Field, FileField
from wtforms.validators import ValidationError

from reviews.files.contents import FILE_KINDS
from reviews.files.store import StoredFile, StoreFile
from reviews.files.virus_scanner import Infected, Unscanned
from web.core.on_record import note_refusal
from web.forms.submit_once import IdempotentForm
from workflows.core.engine import Refused

ACCEPTED = ",".join(FILE_KINDS)
WHICH_FILES = (
    "A .pdf, .docx, .xlsx, .csv, .txt, .png or .jpg file of up to 25 MB, without macros or a password. "
    "Never a child's name, in the file or in what it is called."
)


class FileUploadForm(IdempotentForm):
    """A form with a file. The view sets `taker`, which stores it; `stored` is what was."""

    file = FileField("File", description=WHICH_FILES)
    taker: StoreFile | None = None
    stored: StoredFile | None = None

    def validate_file(self, field: Field) -> None:
        """Store the file, before the transaction: a file that is not used is removed after it."""
        if not has_file(field) or self.taker is None:
            return
        try:
            self.stored = self.taker(field.data.stream, field.data.filename)
        except Refused as refusal:
            if isinstance(refusal, Infected):
                note_refusal(422, "infected")
            if isinstance(refusal, Unscanned):
                self.refused_with = 503
            raise ValidationError(refusal.sentence) from refusal
        finally:
            field.data.close()


def has_file(field: Field) -> bool:
    chosen: Any = field.data
    return bool(getattr(chosen, "filename", ""))
