"""The forms that add evidence, as a text, a link or a file, and that withdraw it."""

from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from reviews.actions.evidence import LONGEST_LINK, LONGEST_TEXT, LONGEST_WITHDRAWAL_REASON, SHOWS, host_of
from web.forms.fields import SelectField
from web.forms.file_upload import FileUploadForm, has_file
from web.forms.submit_once import IdempotentForm

NO_LINK = "The link must be a whole address that begins with https:// or http://"


class EvidenceForm(FileUploadForm):
    """A piece of evidence, with a text beside a link or file."""

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

    def validate_link(self, field: Field) -> None:
        if str(field.data or "").strip() and not host_of(field.data.strip()):
            raise ValidationError(NO_LINK)

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
