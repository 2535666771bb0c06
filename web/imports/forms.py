"""The forms for importing a spreadsheet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, HiddenField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional, ValidationError

from reviews.cases.edit_case import LONGEST_TITLE
from reviews.imports.readers.cells import MOST_ROWS
from reviews.imports.readers.headings import FIELDS
from reviews.imports.readers.plan import OutlineColumn
from web.forms.fields import IntegerField, RadioField, SelectField
from web.forms.submit_once import IdempotentForm
from web.imports.uploads import SUFFIXES

LARGEST_FILE = 10_000_000
NAMES: Mapping[str, str] = {
    "reference": "Reference of the action",
    "recommendation_reference": "Reference of the recommendation",
    "recommendation": "Recommendation",
    "action": "Action: what is to be done",
    "title": "Title: a few words for it",
    "outcome": "What will be different",
    "due": "Due date",
    "revised_due": "Another due date, for a person to decide",
    "owner": "Owner",
    "deputy": "Deputy",
    "agency": "Lead agency",
    "status": "Status",
    "rating": "Rating",
    "progress": "Progress",
    "evidence": "Evidence",
    "completed_on": "Day it was completed",
}
"""The name of each field of a tracker on the page."""
MEANINGS = {"": "None of these: store its text with the action", **{name: NAMES[name] for name in FIELDS}}


class UploadForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    file = FileField(
        "Spreadsheet",
        description="An .xlsx, .xlsm or .csv file of up to 10 MB, without a password. Nothing in it is run. Only you "
        "can see it. It is deleted when it is imported, or after a day.",
    )
    plan = StringField(
        "Reference of the case or plan",
        [DataRequired("Enter the reference of a case, or one for a new plan"), Length(max=40)],
        description="For example RR-2026-03. A new one, such as SP-2026-01, is opened as a strategy plan.",
    )
    partnership = SelectField("Partnership")

    def validate_file(self, field: FileField) -> None:
        name = getattr(field.data, "filename", "") or ""
        if not name:
            raise ValidationError("Choose a spreadsheet")
        if Path(name).suffix.lower() not in SUFFIXES:
            raise ValidationError("The spreadsheet must be an .xlsx, .xlsm or .csv file")


FROM_TOMORROW, SILENT = "tomorrow", "silent"
REMINDERS = {FROM_TOMORROW: "Remind from tomorrow", SILENT: "Stay silent until I start"}
REMINDER_HINTS = {
    FROM_TOMORROW: "What is already overdue is one line in the next mail of its owner, once. Nothing else that is past "
    "is brought up.",
    SILENT: "Nobody is reminded of any action of this plan until you start that on its page.",
}


class ColumnsForm(IdempotentForm):
    """The meaning of each column; `seen` is the fingerprint of what the preview was made from."""

    seen = HiddenField(default="")
    sheet = SelectField("Sheet", default="")
    header_row = IntegerField(
        "Row of the headings",
        [
            Optional(),
            NumberRange(min=1, max=MOST_ROWS, message="Enter the number of a row, as the spreadsheet shows it"),
        ],
        description="Leave it empty for the first row that fits.",
    )
    title = StringField(
        "Title of the new plan",
        [Optional(), Length(max=LONGEST_TITLE)],
        description="A few neutral words to tell it from other plans. Never a child's name.",
    )
    remember = BooleanField("Remember this for next time")
    reminders = RadioField(
        "When does the plan begin to remind?", choices=REMINDERS, default=FROM_TOMORROW, validate_choice=False
    )
    columns: Sequence[tuple[OutlineColumn, Any]] = ()

    @property
    def chosen(self) -> dict[str, str]:
        """Field by heading; "" for none."""
        return {column.heading: field.data for column, field in self.columns}

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        fine: bool = super().validate(extra_validators)
        first: dict[str, str] = {}
        for column, field in self.columns:
            if field.data and first.setdefault(field.data, column.heading) != column.heading:
                other = first[field.data]
                field.errors = [*field.errors, f"“{column.heading}” and “{other}” cannot both be {NAMES[field.data]}"]
                fine = False
        return fine


def columns_form(
    found: Sequence[OutlineColumn], sheets: Sequence[str], *, anew: bool = False, **defaults: Any
) -> ColumnsForm:
    """Make the form for one file: a meaning for each of its columns, and a sheet.

    `anew` ignores what was sent.
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
