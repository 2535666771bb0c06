"""The form field of a question, and the answer that was typed into it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from reviews.core.clock import LONDON
from web.forms.date_field import DayField
from web.forms.fields import NeededIf, RadioField, SelectField, SelectMultipleField
from workflows.core.days import PartialDay
from workflows.core.questions import Kind, Question, Value, When, condition
from workflows.core.vocabulary import Guard

LONGEST_WORDS = 500
LONGEST_TEXT = 10_000
NUMBER = r"^[0-9]{1,9}$"
TIME = r"^([01]?[0-9]|2[0-3])[:.][0-5][0-9]$"
YES_NO = {"yes": "Yes", "no": "No"}


def needed_when(when: When, message: str) -> NeededIf:
    """Require an answer after certain answers to another question."""
    return NeededIf(lambda form: message if when.holds({when.fact: form.answer_to(when.fact)}) else "")


def time_of(asked: Question) -> str:
    """Give the name of the field for the time of a moment."""
    return f"{asked.name}_time"


def field_for(
    asked: Question,
    form: Sequence[Question],
    agencies: Sequence[str],
    steps: Sequence[tuple[str, str]] = (),
    partners: Sequence[str] = (),
    people: Sequence[tuple[str, str]] = (),
    *,
    guards: Sequence[Guard] = (),
    of_history: bool = False,
) -> Any:
    """Make the field of a question; `form` are all questions of its form.

    `agencies` and `partners` are the names that may be ticked, `steps` the steps, each by name and title, `people` who
    may be chosen. `guards` are those of the step: where one of them reads an answer that may stay empty, its sentence
    is the hint, and nothing says “optional”. Of an imported history every answer may stay open, and a day may be a
    month or a year.
    """
    message = f"Answer “{asked.label}”"
    is_unconditional = asked.required or of_history
    conditions = [] if is_unconditional else [guard.sentence for guard in guards if asked.name in guard.reads]
    unless_required = Optional() if of_history else _may_be_empty(asked, message, conditions)
    is_required = asked.required and not of_history
    needed: list[Any] = [InputRequired(message) if is_required else unless_required]
    text_needed: list[Any] = [DataRequired(message) if is_required else unless_required]
    hint = _hint(asked, form, conditions)
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
        case Kind.AGENCIES | Kind.PARTNERS | Kind.STEPS:
            ticked = {Kind.AGENCIES: _by_name(agencies), Kind.PARTNERS: _by_name(partners), Kind.STEPS: dict(steps)}
            return SelectMultipleField(validators=needed, choices=ticked[asked.kind], **about)
        case Kind.PERSON:
            nobody = {"": "Choose a person" if asked.required else "Nobody"}
            return SelectField(validators=text_needed, choices=nobody | dict(people), **about)
        case Kind.YES_NO | Kind.CHOICE:
            choices = YES_NO if asked.kind is Kind.YES_NO else dict(asked.choices)
            return RadioField(validators=needed, choices=choices, **about)


def _by_name(names: Sequence[str]) -> dict[str, str]:
    return {name: name for name in names}


def _may_be_empty(asked: Question, message: str, conditions: Sequence[str]) -> Optional:
    if asked.needed_when:
        return needed_when(asked.needed_when, message)
    return NeededIf(lambda form: "") if conditions else Optional()


def _hint(asked: Question, form: Sequence[Question], conditions: Sequence[str]) -> str:
    needed_if = condition(asked, form)
    sentence = f"{needed_if[:1].upper()}{needed_if[1:]}." if needed_if else ""
    return " ".join(part for part in (asked.hint, sentence, *conditions) if part)


def time_field(asked: Question) -> Any:
    label = f"{asked.label}: time"
    return StringField(label, [Optional(), Regexp(TIME, message="The time must be like 14:30")])


def value_of(asked: Question, data: Any, typed_time: str | None = None) -> Value | None:
    """Give the answer in the type of its kind; None where nothing was answered."""
    match asked.kind:
        case Kind.YES_NO:
            return {"yes": True, "no": False}.get(data)
        case Kind.AGENCIES | Kind.PARTNERS | Kind.STEPS:
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


def answers_as_typed(questions: Iterable[Question], answers: Mapping[str, Value]) -> dict[str, Any]:
    """Give what a form shows at first for answers that are there already, by the name of the field."""
    typed: dict[str, Any] = {}
    for asked in questions:
        if asked.name in answers:
            typed[asked.name], at = _as_typed(answers[asked.name])
            typed |= {time_of(asked): at} if at else {}
    return typed


def _as_typed(value: Value) -> tuple[Any, str]:
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
