"""What does a fact say that was typed at the terminal? Read by its kind, as the step declares it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from web.cli.typed import named, read_day, read_instant
from workflows.core.engine import Refused
from workflows.core.facts import Value
from workflows.core.questions import Asked, Kind

YES_NO = {"yes": True, "no": False}
LONGEST_NUMBER = 9
BETWEEN = ";"


def read_facts(typed: Iterable[str], asks: Iterable[Asked], agencies: Sequence[str]) -> dict[str, Value]:
    """Read NAME=VALUE pairs; raises Refused naming the fact and what is allowed.

    Of two in `asks` with one name the later is meant; `agencies` are the names there are.
    """
    asked = {one.name: one for one in asks}
    found: dict[str, Value] = {}
    for pair in typed:
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals:
            raise Refused(f"“{named(pair)}” is not of the form NAME=VALUE.")
        if name not in asked:
            raise Refused(f"No fact {named(name)} is asked here; the facts are: {', '.join(asked) or 'none'}.")
        if name in found:
            raise Refused(f"{name} is given twice.")
        found[name] = read_fact(asked[name], text, agencies)
    return found


def read_fact(asked: Asked, text: str, agencies: Sequence[str]) -> Value:
    """Read one value: yes or no, a day, a moment, a number, a choice, or names with a semicolon between them."""
    match asked.kind:
        case Kind.YES_NO:
            return _one_of(asked, text, YES_NO)
        case Kind.DAY:
            return _day(asked, text)
        case Kind.MOMENT:
            return _moment(asked, text)
        case Kind.NUMBER:
            return _number(asked, text)
        case Kind.CHOICE:
            return _one_of(asked, text, {value: value for value, _ in asked.choices})
        case Kind.AGENCIES:
            known = {name: name for name in agencies}
            return tuple(str(_one_of(asked, name, known)) for name in _parts(text))
        case Kind.STEPS:
            return _parts(text)
        case _:
            return text


def _one_of(asked: Asked, text: str, allowed: Mapping[str, Value]) -> Value:
    if text not in allowed:
        raise _wrong(asked, text, f"one of: {', '.join(allowed)}")
    return allowed[text]


def _day(asked: Asked, text: str) -> date:
    try:
        return read_day(text)
    except Refused:
        raise _wrong(asked, text, "a day such as 2026-11-20") from None


def _moment(asked: Asked, text: str) -> Value:
    """Read a moment, in Europe/London where no zone is given, or the day alone where the time is not known."""
    try:
        return read_instant(text) if "T" in text else read_day(text)
    except Refused:
        raise _wrong(asked, text, "a moment such as 2026-11-20T14:30, or a day such as 2026-11-20") from None


def _number(asked: Asked, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        raise _wrong(asked, text, "a whole number")
    return int(text)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(BETWEEN) if part.strip())


def _wrong(asked: Asked, text: str, allowed: str) -> Refused:
    return Refused(f"{asked.name} must be {allowed}; “{named(text)}” is not.")
