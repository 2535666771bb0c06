"""Which forms does the import of a spreadsheet ask to fill in?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, HiddenField, SelectField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from reviews.imports.readers.headings import FIELDS
from reviews.imports.readers.plan import OutlineColumn
from web.forms.submit_once import OnceForm
from web.imports.uploads import SUFFIXES

LARGEST_FILE = 10_000_000
NAMES: Mapping[str, str] = {
    "reference": "Reference of the action",
    "recommendation_reference": "Reference of the recommendation",
    "recommendation": "Recommendation",
    "action": "Action: what is to be done",
    "outcome": "What will be different",
    "due": "Due date",
    "revised_due": "Another due date, for a person to decide",
    "owner": "Owner",
    "agency": "Lead agency",
    "status": "Status",
    "rating": "Rating",
    "progress": "Progress",
    "evidence": "Evidence",
    "completed_on": "Day it was completed",
}
"""What each field of a tracker is called on the page."""
MEANINGS = {"": "None of these: keep its text with the action", **{name: NAMES[name] for name in FIELDS}}


class UploadForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    file = FileField(
        "Spreadsheet",
        description="An .xlsx, .xlsm or .csv file of up to 10 MB. Nothing in it is run, and a password must be taken "
        "off first. It is kept here for you alone, until it is imported or for a day.",
    )
    plan = StringField(
        "Reference of the case or plan",
        [DataRequired("Enter the reference of a case, or one for a new plan"), Length(max=40)],
        description="Such as RR-2026-03. One that is not known yet is opened as a strategy plan, such as SP-2026-01.",
    )
    partnership = SelectField("Partnership")

    def validate_file(self, field: FileField) -> None:
        name = getattr(field.data, "filename", "") or ""
        if not name:
            raise ValidationError("Choose a spreadsheet")
        if Path(name).suffix.lower() not in SUFFIXES:
            raise ValidationError("The spreadsheet must be an .xlsx, .xlsm or .csv file")


class ColumnsForm(OnceForm):
    """What each column means; `seen` is what the preview was made of."""

    seen = HiddenField(default="")
    sheet = SelectField("Sheet", default="")
    remember = BooleanField("Remember this for next time")
    columns: Sequence[tuple[OutlineColumn, Any]] = ()

    @property
    def chosen(self) -> dict[str, str]:
        """Our field, or nothing, by heading."""
        return {column.heading: field.data for column, field in self.columns}

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        fine: bool = super().validate(extra_validators)
        first: dict[str, str] = {}
        for column, field in self.columns:
            if field.data and first.setdefault(field.data, column.heading) != column.heading:
                other = first[field.data]
                field.errors = [*field.errors, f"“{column.heading}” and “{other}” cannot both be: {NAMES[field.data]}"]
                fine = False
        return fine


def columns_form(
    found: Sequence[OutlineColumn], sheets: Sequence[str], *, anew: bool = False, **defaults: Any
) -> ColumnsForm:
    """Make the form of one file: a choice of meaning for each of its columns, and one of its sheets.

    `anew` forgets what was typed.
    """
    fields = {
        f"column_{number}": SelectField(column.heading, choices=MEANINGS, default=column.field)
        for number, column in enumerate(found)
    }
    kind = type("FileColumnsForm", (ColumnsForm,), fields)
    form: ColumnsForm = kind(formdata=None, data=defaults) if anew else kind(data=defaults)
    form.columns = [(column, form[f"column_{number}"]) for number, column in enumerate(found)]
    form.sheet.choices = {"": "All that are not hidden", **{name: name for name in sheets}}
    return form
