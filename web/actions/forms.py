"""The forms that add evidence, as a text, a link or a file, and that withdraw it."""

from typing import Any

from wtforms import Field, FileField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from reviews.actions.evidence import LONGEST_LINK, LONGEST_TEXT, LONGEST_WITHDRAWAL_REASON, SHOWS, host_of
from reviews.files.store import StoredFile, StoreFile
from web.forms.fields import SelectField
from web.forms.submit_once import IdempotentForm
from workflows.core.engine import Refused

ACCEPTED = ".pdf,.docx,.xlsx,.csv,.txt,.png,.jpg,.jpeg"
NO_LINK = "The link must be a whole address that begins with https:// or http://"


class EvidenceForm(IdempotentForm):
    """A piece of evidence, with a text beside a link or file. The view sets `taker`, which stores the file."""

    evidence = TextAreaField(
        "What it shows",
        [Length(max=LONGEST_TEXT)],
        description="Minutes, a policy, figures, an audit: what it is and where it is kept. Never a child's name.",
    )
    shows = SelectField("What it is", [Optional()], choices={"": "Not said", **SHOWS})
    link = StringField(
        "Link",
        [Optional(), Length(max=LONGEST_LINK)],
        description="Begins with https://. Others must be able to open it.",
    )
    file = FileField(
        "File",
        description="A .pdf, .docx, .xlsx, .csv, .txt, .png or .jpg file of up to 25 MB, without macros or a password. "
        "Never a child's name, in the file or in what it is called.",
    )
    taker: StoreFile | None = None
    stored: StoredFile | None = None

    def validate_link(self, field: Field) -> None:
        if str(field.data or "").strip() and not host_of(field.data.strip()):
            raise ValidationError(NO_LINK)

    def validate_file(self, field: Field) -> None:
        """Store the file, before the transaction: a file that is not used is removed after it."""
        if not has_file(field) or self.taker is None:
            return
        try:
            self.stored = self.taker(field.data.stream, field.data.filename)
        except Refused as refusal:
            raise ValidationError(refusal.sentence) from refusal
        finally:
            field.data.close()

    @property
    def offers(self) -> bool:
        """Whether a link or a file was given."""
        return bool(str(self.link.data or "").strip()) or has_file(self.file)


class WithdrawForm(IdempotentForm):
    reason = TextAreaField(
        "Why you withdraw it",
        [DataRequired("Say why you withdraw it"), Length(max=LONGEST_WITHDRAWAL_REASON)],
        description="The evidence stays listed, struck through, with this reason. Never a child's name.",
    )


def has_file(field: Field) -> bool:
    chosen: Any = field.data
    return bool(getattr(chosen, "filename", ""))
