"""How is a step asked for? A form made of the facts that it records."""

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, TypeVar

from wtforms import Field, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

from reviews.clock import LONDON
from web.fields import DayField
from web.once import OnceForm
from workflows.vocabulary import Asked, Kind, Step, Value

LONGEST_WORDS = 500
LONGEST_TEXT = 10_000
NUMBER = r"^[0-9]{1,9}$"
MOST_CHILDREN = 10
LONGEST_PSEUDONYM = 60
TIME = r"^([01]?[0-9]|2[0-3])[:.][0-5][0-9]$"
YES_NO = {"yes": "Yes", "no": "No"}

Form = TypeVar("Form", bound="StepForm")


class StepForm(OnceForm):
    """The day it happened, and below it one field for each fact; a moment has a second one for its time."""

    happened_on = DayField("Day it happened", [InputRequired("Enter the day it happened")])
    late_reason = TextAreaField("Why it is late", [Optional(), Length(max=LONGEST_TEXT)])
    asks: tuple[Asked, ...] = ()

    def given(self) -> dict[str, Value | None]:
        """Give what was filled in, by the name of the fact."""
        return {asked.name: self._value(asked) for asked in self.asks}

    def _value(self, asked: Asked) -> Value | None:
        data: Any = self[asked.name].data
        match asked.kind:
            case Kind.YES_NO:
                return {"yes": True, "no": False}.get(data)
            case Kind.AGENCIES:
                return tuple(data or ())
            case Kind.MOMENT:
                return _moment(data, self[time_of(asked)].data)
            case Kind.NUMBER:
                return int(data) if data else None
            case Kind.DAY:
                day: date | None = data
                return day
            case _:
                return str(data or "").strip()


class OpeningForm(StepForm):
    """What is asked besides when a case is opened."""

    title = StringField(
        "Neutral title",
        [Optional(), Length(max=200)],
        description="A few words to tell this case from others. Never a child's name, initials or date of birth.",
    )
    agencies = SelectMultipleField("Agencies involved", [Optional()])
    pseudonyms = TextAreaField(
        "Pseudonyms of the children",
        [Optional(), Length(max=MOST_CHILDREN * (LONGEST_PSEUDONYM + 10))],
        description=f"One on each line, up to {MOST_CHILDREN}, such as Child A. Never a name.",
    )

    def validate_pseudonyms(self, field: Field) -> None:
        if len(self.children) > MOST_CHILDREN:
            raise ValidationError(f"Enter up to {MOST_CHILDREN} pseudonyms, one on each line")
        if any(len(name) > LONGEST_PSEUDONYM for name in self.children):
            raise ValidationError(f"Each pseudonym must be {LONGEST_PSEUDONYM} characters or fewer")

    @property
    def children(self) -> list[str]:
        lines = str(self.pseudonyms.data or "").splitlines()
        return [line.strip() for line in lines if line.strip()]


def make_form(base: type[Form], step: Step, *, today: date, agencies: Sequence[str]) -> Form:
    """Make the form of a step for this request; `agencies` are the names that may be ticked."""
    kind: Any = base
    made: type[Form] = _form_class(kind, step, tuple(agencies))
    return made(data={"happened_on": today})


@lru_cache(maxsize=256)
def _form_class(base: Any, step: Step, agencies: tuple[str, ...]) -> Any:
    fields: dict[str, Any] = {"asks": step.asks}
    for asked in step.asks:
        fields[asked.name] = _field(asked, agencies)
        if asked.kind is Kind.MOMENT:
            fields[time_of(asked)] = StringField(f"{asked.label}: time", [Optional(), Regexp(TIME, message=NO_TIME)])
    return type(base.__name__, (base,), fields)


NO_TIME = "The time must be like 14:30"


def time_of(asked: Asked) -> str:
    """Name the field of the time that belongs to a moment."""
    return f"{asked.name}_time"


def _field(asked: Asked, agencies: Sequence[str]) -> Any:
    wanted = f"Answer “{asked.label}”"
    needed: list[Any] = [InputRequired(wanted) if asked.required else Optional()]
    said: list[Any] = [DataRequired(wanted) if asked.required else Optional()]
    about: dict[str, Any] = {"label": asked.label, "description": asked.hint}
    match asked.kind:
        case Kind.WORDS:
            return StringField(validators=[*said, Length(max=LONGEST_WORDS)], **about)
        case Kind.TEXT:
            return TextAreaField(validators=[*said, Length(max=LONGEST_TEXT)], **about)
        case Kind.DAY | Kind.MOMENT:
            return DayField(validators=needed, **about)
        case Kind.NUMBER:
            whole = Regexp(NUMBER, message=f"“{asked.label}” must be a whole number")
            return StringField(validators=[*said, whole], **about)
        case Kind.AGENCIES:
            return SelectMultipleField(validators=needed, choices={name: name for name in agencies}, **about)
        case Kind.YES_NO | Kind.CHOICE:
            choices = YES_NO if asked.kind is Kind.YES_NO else dict(asked.choices)
            return RadioField(validators=needed, choices=choices, **about)


def _moment(day: date | None, typed: str | None) -> Value | None:
    """Join the day and the time in London; without a time the day alone is known."""
    if day is None or not typed:
        return day
    hour, minute = typed.strip().replace(".", ":").split(":")
    return datetime.combine(day, time(int(hour), int(minute)), LONDON)
