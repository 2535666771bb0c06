"""Fields that name themselves and what can be chosen in a refusal, and answers that are needed on a condition."""

from collections.abc import Callable
from typing import Any

import wtforms
from wtforms.form import BaseForm
from wtforms.validators import Optional, StopValidation, ValidationError

MOST_NAMED = 8
"""Choices; a longer list is not repeated in the sentence."""


class NeededIf(Optional):
    """Requires an answer where `needed` gives a sentence for the form; otherwise the field may stay empty.

    The label does not say that the field is optional, so its hint has to say when it is needed.
    """

    def __init__(self, needed: Callable[[Any], str]) -> None:
        super().__init__()
        self.needed = needed
        self.field_flags = {}

    def __call__(self, form: Any, field: Any) -> None:
        if not any(str(part).strip() for part in field.raw_data or ()) and (sentence := self.needed(form)):
            field.errors = []
            raise StopValidation(sentence)
        super().__call__(form, field)


class SelectField(wtforms.SelectField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        _process(self, super().process_formdata, valuelist)

    def pre_validate(self, form: BaseForm) -> None:
        _validate(self, super().pre_validate, form)


class RadioField(wtforms.RadioField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        _process(self, super().process_formdata, valuelist)

    def pre_validate(self, form: BaseForm) -> None:
        _validate(self, super().pre_validate, form)


class SelectMultipleField(wtforms.SelectMultipleField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        _process(self, super().process_formdata, valuelist)

    def pre_validate(self, form: BaseForm) -> None:
        _validate(self, super().pre_validate, form)


class IntegerField(wtforms.IntegerField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as fault:
            raise ValueError(f"“{self.label.text}” must be a whole number") from fault


def choose_sentence(field: wtforms.SelectField) -> str:
    """Say which field it is, and what can be chosen there; an entry with an empty value is no choice."""
    labels = [option.label.text for option in field if option.data not in ("", None)]
    if not labels:
        return f"“{field.label.text}”: there is nothing to choose from here"
    how_many = "one or more" if isinstance(field, wtforms.SelectMultipleField) else "one"
    if len(labels) > MOST_NAMED:
        return f"“{field.label.text}”: choose {how_many} from the list"
    return f"“{field.label.text}”: choose {how_many} of {', '.join(f'“{label}”' for label in labels)}"


def _process(field: wtforms.SelectField, process: Any, valuelist: list[Any]) -> None:
    """Leave what cannot be read to `_validate`: only by then does the field have its choices."""
    try:
        process(valuelist)
    except ValueError:
        if not field.validate_choice:
            raise
        field.data = list(valuelist) if isinstance(field, wtforms.SelectMultipleField) else None


def _validate(field: wtforms.SelectField, validate: Any, form: BaseForm) -> None:
    try:
        validate(form)
    except ValidationError as fault:
        raise ValidationError(choose_sentence(field)) from fault
