"""The date field of the design system: three boxes for day, month and year."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field
from wtforms.form import BaseForm
from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from workflows.core.days import FIRST_YEAR, LAST_YEAR, PartialDay, Precision, is_credible

PARTS = ("day", "month", "year")
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
LONGEST_TYPED = 100


class DayField(Field):
    """A day: ``data`` is a date, or None when nothing or no real date was typed.

    With ``partial`` the day, or the day and the month, may be left empty: ``data`` is then the month or the year.

    Reads ``name-day``, ``name-month`` and ``name-year``, or one ``name`` as 2024-03-27. Months may be words. Whether
    it must be filled in is left to InputRequired; ``typed`` holds the three texts to show again.
    """

    typed: dict[str, str]

    def __init__(self, *args: Any, partial: bool = False, **kwargs: Any) -> None:
        self.partial = partial
        super().__init__(*args, **kwargs)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Sequence[Any] | None = None) -> None:
        super().process(_joined_parts(formdata, self.name), data, extra_filters)

    def process_data(self, value: date | PartialDay | None) -> None:
        self.data = value
        self.typed = dict(zip(PARTS, _as_typed(value), strict=True))

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data = None
        self.typed = dict(zip(PARTS, valuelist[1:], strict=True))
        if valuelist[0]:
            self.data = self._read()

    def pre_validate(self, form: BaseForm) -> None:
        # Without this, DataRequired would replace "must be a real date" by its own "is required".
        if self.process_errors:
            raise StopValidation

    @property
    def faulty(self) -> tuple[str, ...]:
        """The parts to mark and to link to when there is an error: the empty ones, or else all three."""
        if not self.errors:
            return ()
        return tuple(part for part in PARTS if not self.typed[part]) or PARTS

    def _read(self) -> date | PartialDay:
        missing = [f"a {part}" for part in PARTS if not self.typed[part]]
        if missing and not (self.partial and missing in (["a day"], ["a day", "a month"])):
            raise ValueError(f"{self.label.text} must include {' and '.join(missing)}")
        day, month, year = (self.typed[part] for part in PARTS)
        try:
            found = date(_year(year), _month(month) if month else 1, _number(day, digits=2) if day else 1)
        except ValueError as fault:
            raise ValueError(f"{self.label.text} must be a real date") from fault
        if not is_credible(found):
            raise ValueError(f"{self.label.text} must be in the years {FIRST_YEAR} to {LAST_YEAR}")
        if day:
            return found
        return PartialDay.of(found, Precision.MONTH if month else Precision.YEAR)


def _as_typed(value: date | PartialDay | None) -> tuple[str, str, str]:
    if value is None:
        return "", "", ""
    if isinstance(value, date):
        return str(value.day), str(value.month), str(value.year)
    month = "" if value.precision is Precision.YEAR else str(value.first.month)
    return str(value.first.day) if value.exact else "", month, str(value.first.year)


def _joined_parts(formdata: Any, name: str) -> MultiDict[str, str] | None:
    """All that was typed, joined, and then each part; empty when the form does not hold this field at all."""
    if formdata is None:
        return None
    names = [f"{name}-{part}" for part in PARTS]
    if any(each in formdata for each in names):
        texts = [_tidy(formdata.get(each, "")) for each in names]
    elif name in formdata:
        texts = _split(_tidy(formdata.get(name)))
    else:
        return MultiDict()
    return MultiDict((name, text) for text in ("".join(texts), *texts))


def _split(text: str) -> list[str]:
    iso = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", text)
    return [iso[3], iso[2], iso[1]] if iso else [text, "", ""]


def _tidy(text: str) -> str:
    return text.strip()[:LONGEST_TYPED]


def _year(text: str) -> int:
    if len(text) != 4:
        raise ValueError(text)
    return _number(text, digits=4)


def _month(text: str) -> int:
    named = [n for n, month in enumerate(MONTHS, 1) if len(text) >= 3 and month.startswith(text.casefold())]
    return named[0] if named else _number(text, digits=2)


def _number(text: str, *, digits: int) -> int:
    if not re.fullmatch(rf"[0-9]{{1,{digits}}}", text):
        raise ValueError(text)
    return int(text)
