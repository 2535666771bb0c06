"""Reads dates as people write them, and says whether the reading is certain."""

import calendar
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from reviews.core.clock import local_day
from workflows.core.days import FIRST_YEAR, LAST_YEAR, PartialDay, Precision, is_credible

How = Literal["certain", "guess", "unreadable", "none"]
DayOrder = Literal["day first", "month first", "either", "neither"]

_LONGEST_DATE = 200
_MOST_OFFERED = 4


@dataclass(frozen=True, slots=True)
class ReadDate:
    """`on` is set only when `how` is "certain"; `text` is what was written; `reason` is a sentence for a person.

    "guess": a day, but more than one reading is possible. "unreadable": not a date. "none": it does not name a day.
    A month, a quarter or a year is certain: `on` is its last day, and `known_to` says which it is.
    `offered` are readings to choose from, the likeliest first.
    """

    on: date | None
    how: How
    text: str
    reason: str = ""
    known_to: Precision = Precision.DAY
    offered: tuple[PartialDay, ...] = ()

    @property
    def as_known(self) -> PartialDay | None:
        return PartialDay.of(self.on, self.known_to) if self.on else None


NO_DATE = ReadDate(None, "none", "")

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>\d{1,2})(?:\s?(?:st|nd|rd|th))?"
_SEPARATOR = r"[/.\-]"
_WEEKDAYS = {name[:3].lower(): number for number, name in enumerate(calendar.day_name)}
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_LEADING = re.compile(
    r"^(?:(?:by|due|on|due by|due on|no later than)\b:?\s*)?(?:the\s+)?"
    rf"(?:(?:{_WEEKDAY})\b[,.]?\s+)?(?:the\s+)?"
)
_DAY_MONTH_YEAR = re.compile(rf"{_DAY}\s*{_SEPARATOR}\s*(?P<month>\d{{1,2}})\s*{_SEPARATOR}\s*(?P<year>\d{{4}}|\d\d)")
_YEAR_MONTH_DAY = re.compile(rf"(?P<year>\d{{4}}){_SEPARATOR}(?P<month>\d{{1,2}}){_SEPARATOR}(?P<day>\d{{1,2}})")
_DIGITS_ONLY = re.compile(r"(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>[0-3]\d)")
_DAY_WORD_YEAR = re.compile(rf"{_DAY}(?:\s+of)?[\s\-/]*{_MONTH}[\s\-/,]*(?P<year>\d{{4}}|'?\d\d)")
_WORD_DAY_YEAR = re.compile(rf"{_MONTH}\s+{_DAY}(?:,\s*|\s+)(?P<year>\d{{4}})")
_WHOLE_DATES = (_DAY_MONTH_YEAR, _YEAR_MONTH_DAY, _DIGITS_ONLY, _DAY_WORD_YEAR, _WORD_DAY_YEAR)
_END_OF = r"(?:(?:the\s+)?end\s+(?:of\s+)?)?"
_MONTH_YEAR = re.compile(
    rf"{_END_OF}(?:{_MONTH}[\s\-/,]*(?:of\s+)?(?P<year>\d{{4}}|'\d\d)"
    rf"|(?P<month_number>\d{{1,2}}){_SEPARATOR}(?P<month_year>\d{{4}})"
    rf"|(?P<iso_year>\d{{4}})-(?P<iso_month>\d{{1,2}}))"
)
_FIRST_TO_LAST_MONTH = re.compile(rf"(?P<first>[a-z]+) (?:to|-) {_MONTH}\s+(?P<year>\d{{4}})")
_YEAR_ALONE = re.compile(rf"(?:(?:in|during)\s+)?{_END_OF}(?P<year>\d{{4}})")
_QUARTER = r"(?:q|quarter\s*)(?P<quarter>[1-4])"
_FINANCIAL_YEAR = r"(?P<from>\d{4})\s*[/\-]\s*(?P<to>\d{4}|\d\d)"
_OF_FINANCIAL_YEAR = re.compile(
    rf"{_END_OF}(?:{_QUARTER}[\s,]*(?:of\s+)?(?:fy\s*)?{_FINANCIAL_YEAR}"
    rf"|(?:fy\s*)?{_FINANCIAL_YEAR.replace('<from>', '<from2>').replace('<to>', '<to2>')}[\s,]*"
    rf"{_QUARTER.replace('<quarter>', '<quarter2>')})"
)
_OF_SOME_YEAR = re.compile(rf"{_END_OF}{_QUARTER}[\s,]*(?:of\s+)?(?P<year>\d{{4}})")
_SHORT_MONTH_YEAR = re.compile(rf"(?P<end>{_END_OF}){_MONTH}[\s\-/]*(?P<number>\d\d?)")
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
_CLOCK_TIME = r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d)(?:[:.]\d\d(?:\.\d+)?)?)(?:\s*(?P<half>[ap])\.?m\b\.?)?"
_HOUR_ALONE = r"(?P<hour2>\d{1,2})\s*(?P<half2>[ap])\.?m\b\.?|noon|midday|midnight"
_ZONE = r"(?P<zone>z|utc|gmt|bst|[+\-]\d\d:?\d\d)"
_TIME = re.compile(
    rf"(?<=\d)(?:[t\s]+|,\s*)(?:at\s+|@\s*)?(?:{_CLOCK_TIME}|{_HOUR_ALONE})\s*(?:hrs?\b|hours\b)?\s*{_ZONE}?$"
)
_TIME_BEFORE = re.compile(rf"^(?:at\s+)?(?:\d{{1,2}}[:.]\d\d(?:\s*[ap]\.?m\b\.?)?|{_HOUR_ALONE})\s+(?:on\s+)?(?=\S)")
_CHANGED_FROM = re.compile(r"\b(?:was|from|previously|originally|formerly|original)\W*$")
_WEEKDAY_ANYWHERE = re.compile(rf"\b{_WEEKDAY}\b")
_WEEK_OF = re.compile(r"\b(?:w/?c|week (?:commencing|beginning|of|starting))\b")
_BEFORE = re.compile(r"\b(?:before|until|till)\s+(?:the\s+)?$")


@lru_cache(maxsize=1024)
def read_date(text: str, on: date | None = None, *, month_first: bool = False) -> ReadDate:
    """The day that a text means; a month, a quarter or a year means its last day. `on` is the value of a date cell.

    `month_first`: in this column 12/04/2026 is 4 December. A time beside the date changes the day only where it is in
    UTC or another zone: the day is the one in London.
    """
    if on is not None:
        return _credible(_turned(on) if month_first else on, text)
    plain = _plain(text)
    if not plain:
        return ReadDate(None, "none", text)
    if len(plain) > _LONGEST_DATE:
        return ReadDate(None, "unreadable", text, "It is too long to be a date.")
    if _NO_DAY.fullmatch(plain):
        return ReadDate(None, "none", text, f"“{text.strip()}” is not a date.")
    bare, time = _without_time(plain)
    found = _whole_date(bare, text, month_first=month_first)
    if found is not None:
        return _on_weekday(_in_london(found, time), text)
    return _period(bare, text) or _not_certain(bare, text, month_first=month_first)


def read_past_day(text: str, on: date | None = None) -> PartialDay | ReadDate:
    """Read a day that has passed as far as it is known: a month or a year stays one. Else say why it cannot be read."""
    read = read_date(text, on)
    return read.as_known or read


def is_plain_day(text: str) -> bool:
    """Whether a text is a day and nothing else, so that it says no more than the day itself."""
    bare = _stripped(_plain(text))
    return any(pattern.fullmatch(bare) for pattern in _WHOLE_DATES)


def order_of(text: str, on: date | None = None) -> DayOrder:
    """Which part of a date in figures is the day: "either" where both orders give one, "neither" where it has none.

    A date cell counts too: a spreadsheet may have made it of a date that was written with the month first.
    """
    if on is not None:
        return "either" if on.day <= 12 and on.day != on.month else "neither"
    found = _DAY_MONTH_YEAR.fullmatch(_without_time(_plain(text))[0])
    if not found:
        return "neither"
    first, second = int(found["day"]), int(found["month"])
    if first == second or max(first, second) > 31 or min(first, second) < 1:
        return "neither"
    if first > 12 and second > 12:
        return "neither"
    return "either" if max(first, second) <= 12 else "day first" if first > 12 else "month first"


def dates_inside(text: str, *, month_first: bool = False) -> tuple[PartialDay, ...]:
    """The days and months that stand in a longer text, the likeliest first: the latest, unless another replaced it."""
    return tuple(day for _, _, day in _found_inside(_plain(text), month_first=month_first))[:_MOST_OFFERED]


def without_dates(text: str) -> str:
    """A text without the dates in it and the words that lead up to them."""
    plain = unicodedata.normalize("NFKC", text)
    spans = sorted((first, last) for first, last, _ in _found_inside(plain.casefold()))
    if len(plain) != len(plain.casefold()):
        return text
    for first, last in reversed(spans):
        before = re.sub(
            r"(?:\b(?:by|due|on|due by|from|until|before|the|end|end of)\s*)+\Z", "", plain[:first], flags=re.I
        )
        plain = f"{before.rstrip(' (,;:-')}\n{plain[last:].lstrip(' ),;:-.')}"
    return plain.strip()


def _plain(text: str) -> str:
    """Give a text without its case and blanks."""
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u2013", "-").replace("\u2014", "-")
    return " ".join(plain.casefold().split()).rstrip(" .,;")


def _without_time(plain: str) -> tuple[str, re.Match[str] | None]:
    """Give a text without a time of day at its end or beginning, and the time at its end."""
    time = _TIME.search(plain)
    bare = plain[: time.start()] if time else _TIME_BEFORE.sub("", plain)
    return bare.rstrip(" .,;"), time


def _stripped(plain: str) -> str:
    """Give a text without the words that lead up to a date."""
    return _LEADING.sub("", plain) or plain


def _in_london(read: ReadDate, time: re.Match[str] | None) -> ReadDate:
    """Give the day in London where the time says in which zone it is."""
    if read.on is None or time is None or time["zone"] in (None, "bst"):
        return read
    zone = time["zone"].removesuffix("utc").removesuffix("gmt").removesuffix("z") or "+00:00"
    hour = int(time["hour"] or time["hour2"] or 0)
    half = time["half"] or time["half2"]
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    try:
        moment = datetime.fromisoformat(f"{read.on.isoformat()}T{hour:02}:{time['minute'] or '00'}:00{zone}")
    except ValueError:
        return read
    return replace(read, on=local_day(moment))


def _whole_date(plain: str, text: str, *, month_first: bool) -> ReadDate | None:
    stripped = _stripped(plain)
    for pattern in _WHOLE_DATES:
        if found := pattern.fullmatch(stripped):
            day, month = int(found["day"]), _month_number(found["month"])
            if pattern is _DAY_MONTH_YEAR and month_first:
                return _month_first(_year(found["year"]), day, month, text)
            return _day(_year(found["year"]), month, day, text)
    return None


def _day(year: int, month: int, day: int, text: str) -> ReadDate:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return ReadDate(None, "unreadable", text, f"The year {year:04} is not credible.")
    if month > 12 >= day >= 1 and month <= calendar.monthrange(year, day)[1]:
        offered = (PartialDay.of(date(year, day, month)),)
        return ReadDate(None, "guess", text, "It may be written with the month first.", offered=offered)
    if not 1 <= month <= 12:
        return ReadDate(None, "unreadable", text, f"There is no month {month}.")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        named = f"{day} {calendar.month_name[month]} {year}"
        return ReadDate(None, "unreadable", text, f"There is no {named}.")
    return ReadDate(date(year, month, day), "certain", text)


def _month_first(year: int, month: int, day: int, text: str) -> ReadDate:
    if month > 12 and 1 <= day <= 12:
        read = _day(year, day, month, text)
        offered = (PartialDay.of(read.on),) if read.on else ()
        return ReadDate(None, "guess", text, "It cannot be written with the month first.", offered=offered)
    return _day(year, month, day, text)


def _on_weekday(read: ReadDate, text: str) -> ReadDate:
    """Put a date to a person where the weekday beside it does not fit."""
    named = {_WEEKDAYS[found[0][:3]] for found in _WEEKDAY_ANYWHERE.finditer(_plain(text))}
    if read.on is None or len(named) != 1 or read.on.weekday() in named:
        return read
    (weekday,) = named
    near = read.on + timedelta(days=(weekday - read.on.weekday() + 3) % 7 - 3)
    reason = f"{read.on:%-d %B %Y} is a {calendar.day_name[read.on.weekday()]}, not a {calendar.day_name[weekday]}."
    return ReadDate(None, "guess", text, reason, offered=(PartialDay.of(read.on), PartialDay.of(near)))


def _period(plain: str, text: str) -> ReadDate | None:
    """Read a month, a quarter or a year; None where the text is no such."""
    for candidate in dict.fromkeys((_stripped(plain), plain)):
        for read in (_month, _year_alone, _quarter):
            if (found := read(candidate, text)) is not None:
                return found
    return None


def _month(plain: str, text: str) -> ReadDate | None:
    found = _MONTH_YEAR.fullmatch(plain)
    if not found:
        return None
    month = _month_number(found["month"] or found["month_number"] or found["iso_month"])
    year = _year(found["year"] or found["month_year"] or found["iso_year"])
    if not 1 <= month <= 12 or not FIRST_YEAR <= year <= LAST_YEAR:
        return _day(year, month, 1, text)
    return _known_to(year, month, Precision.MONTH, text)


def _year_alone(plain: str, text: str) -> ReadDate | None:
    found = _YEAR_ALONE.fullmatch(plain)
    if not found:
        return None
    if not FIRST_YEAR <= int(found["year"]) <= LAST_YEAR:
        return ReadDate(None, "unreadable", text, f"The year {found['year']} is not credible.")
    return _known_to(int(found["year"]), 12, Precision.YEAR, text)


def _quarter(plain: str, text: str) -> ReadDate | None:
    """Read a quarter of a financial year, which begins in April, or one by its months."""
    if found := _FIRST_TO_LAST_MONTH.fullmatch(plain):
        first, last, year = _MONTHS.get(found["first"]), _MONTHS[found["month"]], int(found["year"])
        is_quarter = last % 3 == 0 and first == last - 2 and FIRST_YEAR <= year <= LAST_YEAR
        return _known_to(year, last, Precision.QUARTER, text) if is_quarter else None
    found = _OF_FINANCIAL_YEAR.fullmatch(plain)
    if not found:
        return None
    begins, ends = int(found["from"] or found["from2"]), found["to"] or found["to2"]
    if not _is_financial_year(begins, ends):
        return None
    return _financial_quarter(begins, int(found["quarter"] or found["quarter2"]), text)


def _is_financial_year(begins: int, ends: str) -> bool:
    return int(ends) % 100 == (begins + 1) % 100 and FIRST_YEAR <= begins < LAST_YEAR


def _financial_quarter(begins: int, quarter: int, text: str) -> ReadDate:
    return _known_to(begins + quarter // 4, (quarter * 3 + 2) % 12 + 1, Precision.QUARTER, text)


def _known_to(year: int, month: int, known_to: Precision, text: str) -> ReadDate:
    return ReadDate(date(year, month, calendar.monthrange(year, month)[1]), "certain", text, known_to=known_to)


def _not_certain(plain: str, text: str, *, month_first: bool) -> ReadDate:
    """Give a guess with the readings that it may have, or say that it is no date."""
    stripped = _stripped(plain)
    if short := _SHORT_MONTH_YEAR.fullmatch(stripped):
        month, number = _month_number(short["month"]), short["number"]
        name = calendar.month_name[month]
        month_of_year = PartialDay.of(date(2000 + int(number), month, 1), Precision.MONTH)
        reason = f"It may be {name} 20{number:0>2}, or {int(number)} {name} without a year."
        return ReadDate(None, "guess", text, reason, offered=(month_of_year,))
    if _DAY_MONTH.fullmatch(stripped):
        return ReadDate(None, "guess", text, "The year is missing.")
    if _EXCEL_DAY_NUMBER.fullmatch(plain):
        on = date(1899, 12, 30) + timedelta(days=int(plain))
        if is_credible(on):
            reason = f"It may be a spreadsheet's number for {on.day} {on:%B %Y}."
            return ReadDate(None, "guess", text, reason, offered=(PartialDay.of(on),))
    if quarter := _OF_SOME_YEAR.fullmatch(stripped):
        return _some_quarter(int(quarter["year"]), int(quarter["quarter"]), text)
    if offered := _offered(plain, month_first=month_first):
        is_week = bool(_WEEK_OF.search(plain))
        several = "It names a week." if is_week else "There is more than one date."
        reason = several if len(offered) > 1 else "There are other words beside the date."
        return ReadDate(None, "guess", text, reason, offered=offered)
    if _SOME_TIME.search(plain):
        return ReadDate(None, "guess", text, "It is a time, but not one certain day.")
    return ReadDate(None, "unreadable", text, "It cannot be read as a date.")


def _some_quarter(year: int, quarter: int, text: str) -> ReadDate:
    if not FIRST_YEAR <= year < LAST_YEAR:
        return ReadDate(None, "unreadable", text, f"The year {year:04} is not credible.")
    both = (
        _financial_quarter(year, quarter, text),
        _known_to(year, quarter * 3, Precision.QUARTER, text),
    )
    offered = tuple(day for read in both if (day := read.as_known))
    return ReadDate(
        None, "guess", text, "It may be a quarter of the financial or of the calendar year.", offered=offered
    )


def _offered(plain: str, *, month_first: bool) -> tuple[PartialDay, ...]:
    offered = tuple(day for _, _, day in _found_inside(plain, month_first=month_first))
    if len(offered) == 1 and offered[0].exact and _WEEK_OF.search(plain):
        offered = (*offered, PartialDay.of(offered[0].last + timedelta(days=4)))
    return offered[:_MOST_OFFERED]


_INSIDE = tuple(
    re.compile(rf"(?<![\w/.\-]){pattern.pattern}(?![\w/\-]|\.\d)")
    for pattern in (*_WHOLE_DATES, _OF_FINANCIAL_YEAR, _MONTH_YEAR)
)
_FINANCIAL_YEAR_INSIDE = re.compile(rf"(?<![\w/.\-])(?:fy\s*)?{_FINANCIAL_YEAR}(?![\w/\-])")


def _found_inside(plain: str, *, month_first: bool = False) -> list[tuple[int, int, PartialDay]]:
    """Give begin, end and day of each date in a text: those that replace others first, then the latest first."""
    found: list[tuple[int, int, PartialDay]] = []
    for first, last, read in _readings_inside(plain, month_first=month_first):
        is_taken = any(first < end and begin < last for begin, end, _ in found)
        if read is not None and not is_taken and read not in (day for _, _, day in found):
            day = read
            if day.exact and (before := _BEFORE.search(plain[:first])) and "before" in before[0]:
                day = PartialDay.of(day.last - timedelta(days=1))
            found.append((first, last, day))
    # a sort keeps the order of what is equal: first by the day, then whether it says that it was replaced
    found.sort(key=lambda each: each[2].last, reverse=True)
    return sorted(found, key=lambda each: bool(_CHANGED_FROM.search(plain[: each[0]].rstrip())))


def _readings_inside(plain: str, *, month_first: bool) -> Iterator[tuple[int, int, PartialDay | None]]:
    for pattern in _INSIDE:
        for match in pattern.finditer(plain):
            words = match[0]
            read = _whole_date(words, words, month_first=month_first) or _period(words, words)
            if read is not None:
                offered = read.offered[0] if read.offered else None
                yield match.start(), match.end(), read.as_known or offered
    for match in _FINANCIAL_YEAR_INSIDE.finditer(plain):
        begins, ends = int(match["from"]), match["to"]
        if _is_financial_year(begins, ends):
            yield match.start(), match.end(), PartialDay.of(date(begins + 1, 3, 31))


def _turned(on: date) -> date:
    """Give the day that a spreadsheet made of a date with the month first, where it can have been one."""
    return on.replace(month=on.day, day=on.month) if on.day <= 12 else on


def _credible(on: date, text: str) -> ReadDate:
    if is_credible(on):
        return ReadDate(on, "certain", text)
    return ReadDate(None, "unreadable", text, f"The year {on.year:04} is not credible.")


def _month_number(written: str) -> int:
    return int(written) if written.isdigit() else _MONTHS[written]


def _year(written: str) -> int:
    written = written.removeprefix("'")
    return int(written) + (2000 if len(written) == 2 else 0)
