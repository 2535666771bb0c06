"""Reads dates as people write them, and says whether the reading is certain."""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from workflows.core.days import FIRST_YEAR, LAST_YEAR, PartialDay, Precision

How = Literal["certain", "guess", "unreadable", "none"]

_LONGEST_DATE = 200


@dataclass(frozen=True, slots=True)
class ReadDate:
    """`on` is set only when `how` is "certain"; `text` is what was written; `reason` is a sentence for a person.

    "guess": a day, but more than one reading is possible. "unreadable": not a date. "none": it does not name a day.
    """

    on: date | None
    how: How
    text: str
    reason: str = ""


NO_DATE = ReadDate(None, "none", "")

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_SEPARATOR = r"[/.\-]"
_LEADING = re.compile(
    r"^(?:(?:by|due|on|due by|due on|no later than)\b:?\s*)?(?:the\s+)?"
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
)
_DAY_MONTH_YEAR = re.compile(rf"{_DAY}\s*{_SEPARATOR}\s*(?P<month>\d{{1,2}})\s*{_SEPARATOR}\s*(?P<year>\d{{4}}|\d\d)")
_YEAR_MONTH_DAY = re.compile(
    rf"(?P<year>\d{{4}}){_SEPARATOR}(?P<month>\d{{1,2}}){_SEPARATOR}(?P<day>\d{{1,2}})(?:[t ]\d\d:\d\d.*)?"
)
_DAY_WORD_YEAR = re.compile(rf"{_DAY}(?:\s+of)?[\s\-/]*{_MONTH}[\s\-/,]*(?P<year>\d{{4}}|'?\d\d)")
_WORD_DAY_YEAR = re.compile(rf"{_MONTH}\s+{_DAY}(?:,\s*|\s+)(?P<year>\d{{4}})")
_MONTH_YEAR = re.compile(
    rf"(?:(?:the\s+)?end\s+(?:of\s+)?)?(?:{_MONTH}[\s\-/,]*(?:of\s+)?(?P<year>\d{{4}}|'\d\d)"
    rf"|(?P<month_number>\d{{1,2}}){_SEPARATOR}(?P<month_year>\d{{4}})"
    rf"|(?P<iso_year>\d{{4}})-(?P<iso_month>\d{{1,2}}))"
)
_SHORT_MONTH_YEAR = re.compile(rf"{_MONTH}[\s\-/]*(?P<number>\d\d?)")
_DAY_MONTH = re.compile(rf"(?:{_DAY}(?:\s+of)?[\s\-/]*)?{_MONTH}")
_NO_DAY = re.compile(
    r"|n ?/?[ak]|none|nil|-+|tb[cad]|to be (confirmed|agreed|advised|decided|determined|set)"
    r"|not (known|set|stated|agreed)"
    r"|ongoing|on-going|continuous(ly)?|continuing|immediate(ly)?|asap|as soon as possible|various"
    r"|completed?|closed|done"
)
_SOME_TIME = re.compile(
    r"^\d{4}$|\d{1,2}[/.\-]\d{1,2}[/.\-]\d\d|[a-z].*\d{4}|\d{4}.*[a-z]|\bq[1-4]\b|quarter|spring|summer|autumn|winter"
    rf"|year|month|week|term|meeting|\b({'|'.join(_MONTHS)})\b"
)
_EXCEL_DAY_NUMBER = re.compile(r"\d{5}")


def read_date(text: str, on: date | None = None) -> ReadDate:
    """The day that a text means; a month means its last day. `on` is the value of a date cell, used as it is."""
    if on is not None:
        return _credible(on, text)
    plain = _plain(text)
    if not plain:
        return ReadDate(None, "none", text)
    if len(plain) > _LONGEST_DATE:
        return ReadDate(None, "unreadable", text, "It is too long to be a date.")
    if _NO_DAY.fullmatch(plain):
        return ReadDate(None, "none", text, f"“{text.strip()}” is not a date.")
    return _whole_date(plain, text) or _month(plain, text) or _not_certain(plain, text)


_YEAR_ALONE = re.compile(r"(?:(?:in|during)\s+)?(?P<year>\d{4})")


def read_past_day(text: str, on: date | None = None) -> PartialDay | ReadDate:
    """Read a day that has passed as far as it is known: a month or a year stays one. Else say why it cannot be read."""
    read = read_date(text, on)
    plain = _plain(text)
    if read.on is not None:
        is_month = on is None and _MONTH_YEAR.fullmatch(plain)
        return PartialDay.of(read.on, Precision.MONTH if is_month else Precision.DAY)
    year = _YEAR_ALONE.fullmatch(plain)
    if year and FIRST_YEAR <= int(year["year"]) <= LAST_YEAR:
        return PartialDay.of(date(int(year["year"]), 1, 1), Precision.YEAR)
    return read


def _plain(text: str) -> str:
    """Give a text without its case, its blanks and the words that lead up to a date."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2013", "-")
    plain = " ".join(plain.casefold().split()).rstrip(" .,;")
    return _LEADING.sub("", plain) or plain


def _whole_date(plain: str, text: str) -> ReadDate | None:
    for pattern in (_DAY_MONTH_YEAR, _YEAR_MONTH_DAY, _DAY_WORD_YEAR, _WORD_DAY_YEAR):
        if found := pattern.fullmatch(plain):
            day, month = int(found["day"]), _month_number(found["month"])
            return _day(_year(found["year"]), month, day, text)
    return None


def _day(year: int, month: int, day: int, text: str) -> ReadDate:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return ReadDate(None, "unreadable", text, f"The year {year:04} is not credible.")
    if month > 12 >= day:
        return ReadDate(None, "guess", text, "It may be written with the month first.")
    if not 1 <= month <= 12:
        return ReadDate(None, "unreadable", text, f"There is no month {month}.")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        named = f"{day} {calendar.month_name[month]} {year}"
        return ReadDate(None, "unreadable", text, f"There is no {named}.")
    return ReadDate(date(year, month, day), "certain", text)


def _month(plain: str, text: str) -> ReadDate | None:
    found = _MONTH_YEAR.fullmatch(plain)
    if not found:
        return None
    month = _month_number(found["month"] or found["month_number"] or found["iso_month"])
    year = _year(found["year"] or found["month_year"] or found["iso_year"])
    if not 1 <= month <= 12 or not FIRST_YEAR <= year <= LAST_YEAR:
        return _day(year, month, 1, text)
    return ReadDate(date(year, month, calendar.monthrange(year, month)[1]), "certain", text)


def _not_certain(plain: str, text: str) -> ReadDate:
    if short := _SHORT_MONTH_YEAR.fullmatch(plain):
        name, number = calendar.month_name[_month_number(short["month"])], short["number"]
        reason = f"It may be {name} 20{number:0>2}, or {int(number)} {name} without a year."
        return ReadDate(None, "guess", text, reason)
    if _DAY_MONTH.fullmatch(plain):
        return ReadDate(None, "guess", text, "The year is missing.")
    if _EXCEL_DAY_NUMBER.fullmatch(plain):
        on = date(1899, 12, 30) + timedelta(days=int(plain))
        if FIRST_YEAR <= on.year <= LAST_YEAR:
            return ReadDate(None, "guess", text, f"It may be a spreadsheet's number for {on.day} {on:%B %Y}.")
    if _SOME_TIME.search(plain):
        return ReadDate(None, "guess", text, "It is a time, but not one certain day.")
    return ReadDate(None, "unreadable", text, "It cannot be read as a date.")


def _credible(on: date, text: str) -> ReadDate:
    if FIRST_YEAR <= on.year <= LAST_YEAR:
        return ReadDate(on, "certain", text)
    return ReadDate(None, "unreadable", text, f"The year {on.year:04} is not credible.")


def _month_number(written: str) -> int:
    return int(written) if written.isdigit() else _MONTHS[written]


def _year(written: str) -> int:
    written = written.removeprefix("'")
    return int(written) + (2000 if len(written) == 2 else 0)
