"""The form of a step, made of the questions that it asks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from reviews.cases.labels import OUR_ROLES
from reviews.models import OurRole
from web.forms.date_field import DayField
from web.forms.fields import RadioField, SelectMultipleField
from web.forms.question_fields import LONGEST_TEXT, field_for, time_field, time_of, value_of
from web.forms.submit_once import IdempotentForm
from workflows.core.questions import Kind, Question, Value, edition_in_words, editions_of
from workflows.core.vocabulary import Step

MOST_CHILDREN = 10
LONGEST_PSEUDONYM = 60
ANOTHER_FORM = (
    "For this day the {form} holds. It is shown now, with what you typed where it asks the same. "
    "Answer the rest, and press the button again."
)

NOTHING: Mapping[str, Value] = MappingProxyType({})
Form = TypeVar("Form", bound="StepForm")


class StepForm(IdempotentForm):
    """The day it happened and one field for each question; a moment has a second field for its time.

    `held` is the first day of the edition that holds for the day entered, "" for the first edition.
    """

    happened_on = DayField("Day it happened", [InputRequired("Enter the day it happened")])
    late_reason = TextAreaField("Why it is late", [Optional(), Length(max=LONGEST_TEXT)])
    edition = HiddenField()
    questions: tuple[Question, ...] = ()
    of_history = False
    held = ""
    held_in_words = ""

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Refuse the answers where another edition of the form holds for the day entered: it is shown instead."""
        seen = self.edition.data if self.edition.raw_data else self.held
        self.edition.data = self.held
        if seen == self.held:
            return bool(super().validate(extra_validators))
        self.form_errors.append(ANOTHER_FORM.format(form=self.held_in_words))
        return False

    def answers(self) -> dict[str, Value | None]:
        """Give the answers by the name of the fact; None where a field is empty."""
        return {asked.name: self._value(asked) for asked in self.questions}

    def answer_to(self, name: str) -> Value | None:
        """Give the answer to one question; None for an empty field and for what cannot be read."""
        asked = next(asked for asked in self.questions if asked.name == name)
        return None if self[name].process_errors else self._value(asked)

    def _value(self, asked: Question) -> Value | None:
        typed_time = self[time_of(asked)].data if asked.kind is Kind.MOMENT else None
        return value_of(asked, self[asked.name].data, typed_time)


class OpeningForm(StepForm):
    """The form of an opening step, with what else is asked when a case is opened."""

    title = StringField(
        "Neutral title",
        [Optional(), Length(max=200)],
        description="A few words to tell this case from others. Never a child's name, initials or date of birth.",
    )
    agencies = SelectMultipleField("Agencies involved", [Optional()])
    part_in_case = RadioField(
        "Our part in this case", [Optional()], choices=dict(OUR_ROLES), default=OurRole.LEAD.value
    )
    area_that_leads = StringField(
        "Area that leads", [Optional(), Length(max=200)], description="Where another area leads."
    )
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


class HappenedOnForm(FlaskForm):  # type: ignore[misc]  # the library is not typed
    """The day alone: it is read first, as it decides which edition of the form is shown."""

    happened_on = DayField("Day it happened")


def make_form(
    base: type[Form],
    step: Step,
    *,
    today: date,
    agencies: Sequence[str],
    partners: Sequence[str] = (),
    form_day: Callable[[date], date] = lambda happened_on: happened_on,
    steps: Sequence[tuple[str, str]] = (),
    people: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType({}),
    initial: Mapping[str, Value] = NOTHING,
) -> Form:
    """Make the form of a step for this request; `agencies` and `partners` are the names that may be ticked.

    `form_day` gives, for the day it happened, the day by which the edition of the form is chosen. `steps` may be
    ticked too, by name and title, and `people` chosen, by the name of the question; `initial` are the answers that the
    form shows at first.
    """
    kind: Any = base
    edition = step.edition_on(form_day(_day_typed(today))) if editions_of(step.questions) else None
    chosen = tuple((name, tuple(choices)) for name, choices in people.items())
    made: type[Form] = _form_class(kind, step, edition, tuple(agencies), tuple(steps), tuple(partners), chosen)
    form = made(data={"happened_on": today} | dict(initial))
    if not form.is_submitted():
        form.edition.data = form.held
    return form


@lru_cache(maxsize=256)
def _form_class(
    base: Any,
    step: Step,
    edition: date | None,
    agencies: tuple[str, ...],
    steps: tuple[Any, ...],
    partners: tuple[str, ...],
    people: tuple[tuple[str, tuple[Any, ...]], ...],
) -> Any:
    questions = step.form_on(edition or date.min)
    fields: dict[str, Any] = {
        "questions": questions,
        "held": edition.isoformat() if edition else "",
        "held_in_words": edition_in_words(step.questions, edition),
    }
    for asked in questions:
        people_of = dict(people).get(asked.name, ())
        fields[asked.name] = field_for(
            asked,
            questions,
            agencies,
            steps,
            partners,
            people_of,
            guards=step.only_if,
            of_history=base.of_history,
        )
        if asked.kind is Kind.MOMENT:
            fields[time_of(asked)] = time_field(asked)
    return type(base.__name__, (base,), fields)


def _day_typed(today: date) -> date:
    day: date | None = HappenedOnForm(data={"happened_on": today}, meta={"csrf": False})["happened_on"].data
    return day or today
