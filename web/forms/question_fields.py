"""The form field of a question, and the answer that was typed into it."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, StopValidation

from reviews.core.clock import LONDON
from web.forms.date_field import DayField
from workflows.core.days import PartialDay
from workflows.core.questions import Kind, Question, Value, When, condition

LONGEST_WORDS = 500
LONGEST_TEXT = 10_000
NUMBER = r"^[0-9]{1,9}$"
TIME = r"^([01]?[0-9]|2[0-3])[:.][0-5][0-9]$"
YES_NO = {"yes": "Yes", "no": "No"}


class NeededWhen(Optional):
    """Requires an answer where `when` holds for the answer to another question; otherwise the field may stay empty."""

    def __init__(self, when: When, message: str) -> None:
        super().__init__()
        self.when, self.message = when, message
        self.field_flags = {}  # otherwise the label says that it is optional

    def __call__(self, form: Any, field: Field) -> None:
        answers = {self.when.fact: form.answer_to(self.when.fact)}
        if self.when.holds(answers) and not any(str(part).strip() for part in field.raw_data or ()):
            field.errors = []
            raise StopValidation(self.message)
        super().__call__(form, field)


def time_of(asked: Question) -> str:
    """Give the name of the field for the time of a moment."""
    return f"{asked.name}_time"


def field_for(
    asked: Question,
    form: Sequence[Question],
    agencies: Sequence[str],
    steps: Sequence[tuple[str, str]] = (),
    people: Sequence[tuple[str, str]] = (),
    *,
    of_history: bool = False,
) -> Any:
    """Make the field of a question; `form` are all questions of its form.

    `agencies` are the names that may be ticked, `steps` the steps, each by name and title, `people` who may be chosen.
    Of an imported history every answer may stay open, and a day may be a month or a year.
    """
    message = f"Answer “{asked.label}”"
    unless_required = NeededWhen(asked.needed_when, message) if asked.needed_when else Optional()
    is_required = asked.required and not of_history
    needed: list[Any] = [InputRequired(message) if is_required else Optional() if of_history else unless_required]
    text_needed: list[Any] = [DataRequired(message)] if is_required else needed
    needed_if = condition(asked, form)
    hint = f"{asked.hint} {needed_if[:1].upper()}{needed_if[1:]}.".strip() if needed_if else asked.hint
    about: dict[str, Any] = {"label": asked.label, "description": hint}
    match asked.kind:
        case Kind.WORDS:
            return StringField(validators=[*text_needed, Length(max=LONGEST_WORDS)], **about)
        case Kind.TEXT:
            return TextAreaField(validators=[*text_needed, Length(max=LONGEST_TEXT)], **about)
        case Kind.DAY | Kind.MOMENT:
            return DayField(validators=needed, partial=of_history, **about)
        case Kind.NUMBER:
            whole = Regexp(NUMBER, message=f"“{asked.label}” must be a whole number")
            return StringField(validators=[*text_needed, whole], **about)
        case Kind.AGENCIES | Kind.STEPS:
            ticked = dict(steps) if asked.kind is Kind.STEPS else {name: name for name in agencies}
            return SelectMultipleField(validators=needed, choices=ticked, **about)
        case Kind.PERSON:
            nobody = {"": "Choose a person" if asked.required else "Nobody"}
            return SelectField(validators=text_needed, choices=nobody | dict(people), **about)
        case Kind.YES_NO | Kind.CHOICE:
            choices = YES_NO if asked.kind is Kind.YES_NO else dict(asked.choices)
            return RadioField(validators=needed, choices=choices, **about)


def time_field(asked: Question) -> Any:
    label = f"{asked.label}: time"
    return StringField(label, [Optional(), Regexp(TIME, message="The time must be like 14:30")])


def value_of(asked: Question, data: Any, typed_time: str | None = None) -> Value | None:
    """Give the answer in the type of its kind; None where nothing was answered."""
    match asked.kind:
        case Kind.YES_NO:
            return {"yes": True, "no": False}.get(data)
        case Kind.AGENCIES | Kind.STEPS:
            return tuple(data or ())
        case Kind.MOMENT:
            return _moment(data, typed_time)
        case Kind.NUMBER:
            return int(data) if str(data or "").isdecimal() else None
        case Kind.DAY:
            day: date | PartialDay | None = data
            return day
        case _:
            return str(data or "").strip()


def as_typed(value: Value) -> tuple[Any, str]:
    """Give what a person would type for a value, and the time beside it for a moment."""
    match value:
        case bool():
            return "yes" if value else "no", ""
        case datetime():
            then = value.astimezone(LONDON)
            return then.date(), f"{then:%H:%M}"
        case tuple():
            return list(value), ""
        case date() | PartialDay():
            return value, ""
        case _:
            return str(value), ""


def _moment(day: date | PartialDay | None, typed: str | None) -> Value | None:
    """Join the day and the time in London; without a time the day alone is known."""
    if day is None or isinstance(day, PartialDay) or not typed:
        return day
    hour, minute = typed.strip().replace(".", ":").split(":")
    return datetime.combine(day, time(int(hour), int(minute)), LONDON)
