"""What the cells of a column are, whatever its heading says: identifiers, numbers, dates, states, or texts."""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reviews.imports.readers.cells import Cell, Sheet, folded

MOST_CELLS = 60
"""The cells that a column is judged by."""
_IDENTIFIER = re.compile(
    r"#?(?=[^\s]*\d)[\w.:#()/\\-]{1,40}|[A-Za-z0-9_-]{16,60}|\(?[a-z]{0,4}[-. ]?\d+([./]\d+)*[a-z]?[.)]?"
)
_NUMBER = re.compile(r"[£$€]?\s?[-+]?\d[\d,. ]*%?|\d+/\d+")
_FLAGS = frozenset(("yes", "no", "y", "n", "true", "false", "0", "1"))
_MONTHS = "|".join(name.lower() for name in (*calendar.month_name, *calendar.month_abbr) if name)
_DAYS = "|".join(name.lower() for name in (*calendar.day_name, *calendar.day_abbr))
_DATE_WORDS = re.compile(
    rf"\b({_MONTHS}|sept|{_DAYS}|tues|thur|thurs)\b\.?|(?<=\d)(st|nd|rd|th|t|z)\b|(?<=\d)t(?=\d)"
    r"|\b(am|pm|by|end|of|due|the|mid)\b"
)
_MONTH = re.compile(rf"\b({_MONTHS}|sept)\b")
_FIGURES = re.compile(r"[\d\s/.:,+'-]*")
_STATE = re.compile(
    r"(not |un)?(yet |been )?(started|begun|commenced|complete[d]?|implemented|achieved|resolved|approved)"
    r"|in[- ]?progress|on[- ]?going|open|closed|done|finished|to[- ]?do|doing|working on it|stuck|pending|new"
    r"|(a)?waiting( (for )?(others|information|approval|feedback|reply|review))?"
    r"|backlog|in review|under review|review|blocked|cancell?ed|deferred|postponed|on hold|overdue|outstanding|active"
    r"|inactive|rejected|withdrawn|superseded|duplicate|merged.*|archived|assigned|unassigned|planned|scheduled|solved"
    r"|processing \(.*\)|on track|off track|at risk|delayed|late|live|draft|partially.*|signed off|closed .*"
    r"|red|amber|green|blue|r|a|g|b|n/?a|\d{1,3} ?%"
)
_RANK = re.compile(
    r"(\(\d\) ?)?(very )?(low|medium|med|high|normal|urgent|critical|important|immediate|major|minor|trivial|blocker)"
    r"|lowest|highest"
    r"|(p|prio(rity)? ?)?[0-9]|(must|should|could|won'?t)( have)?"
)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NAME = re.compile(r"[A-Z][\w'’-]+(,? [A-Z][\w'’.-]*){1,2}([;\n] ?[A-Z][\w'’-]+(,? [A-Z][\w'’.-]*){1,2})*")
_LINK = re.compile(r"https?://\S+")
_TIMELY = re.compile(
    rf"\d|^-*$|\b({_MONTHS}|on-?going|continu\w+|immediate(ly)?|asap|possible|tb[cad]|agreed|confirmed|completed?|done|n/?a"
    r"|(half )?terms?|quarter\w*|annual\w*|weeks?|months?|years?|spring|summer|autumn|winter|dates?|various|none|closed"
    r"|achieved)\b"
)


@dataclass(frozen=True, slots=True)
class Nature:
    """Shares from 0 to 1 of the filled cells that are judged; `filled` counts them, `length` is letters in each."""

    filled: int = 0
    distinct: float = 0
    length: float = 0
    identifiers: float = 0
    numbers: float = 0
    dates: float = 0
    states: float = 0
    ranks: float = 0
    flags: float = 0
    addresses: float = 0
    names: float = 0
    texts: float = 0
    timely: float = 0
    """Cells that may say when: with a figure, a month, or a word such as ongoing."""

    @property
    def may_be_action(self) -> bool:
        """Whether a person could do what most of the cells say."""
        return bool(self.filled) and self.texts >= 0.5


def nature_of(cells: Iterable[Cell]) -> Nature:
    judged = [cell for cell in cells if not cell.is_blank][:MOST_CELLS]
    if not judged:
        return Nature()
    plain = [folded(cell.text[:2_000]) for cell in judged]
    many = len(judged)

    def share(which: Iterable[bool]) -> float:
        return sum(which) / many

    dates = [cell.on is not None or is_like_a_date(text) for cell, text in zip(judged, plain, strict=True)]
    numbers = [bool(_NUMBER.fullmatch(text)) for text in plain]
    identifiers = [bool(_IDENTIFIER.fullmatch(text)) for text in plain]
    states = [bool(_STATE.fullmatch(text)) for text in plain]
    ranks = [bool(_RANK.fullmatch(text)) for text in plain]
    flags = [text in _FLAGS for text in plain]
    addresses = [bool(_ADDRESS.search(text)) and len(text.split()) < 6 for text in plain]
    links = [bool(_LINK.fullmatch(text)) for text in plain]
    kinds = zip(dates, numbers, identifiers, states, ranks, flags, addresses, links, strict=True)
    return Nature(
        filled=many,
        distinct=len(set(plain)) / many,
        length=sum(map(len, plain)) / many,
        identifiers=share(identifiers),
        numbers=share(numbers),
        dates=share(dates),
        states=share(states),
        ranks=share(ranks),
        flags=share(flags),
        addresses=share(addresses),
        names=share(bool(_NAME.fullmatch(cell.text.strip())) for cell in judged),
        texts=share(not any(kind) for kind in kinds),
        timely=share(bool(_TIMELY.search(text)) for text in plain),
    )


def is_like_a_value(text: str) -> bool:
    """Whether a text is an identifier, a number, a date, a link or an address, and no heading."""
    plain = folded(text)
    kinds = (_NUMBER, _IDENTIFIER, _LINK, _ADDRESS)
    return is_like_a_date(plain) or any(kind.fullmatch(plain) for kind in kinds)


def is_like_an_identifier(text: str) -> bool:
    plain = folded(text)
    return bool(_IDENTIFIER.fullmatch(plain)) and not is_like_a_date(plain)


def natures_of(sheet: Sheet, columns: Iterable[int], rows: range) -> dict[int, Nature]:
    """The nature of each column in the first of these rows that are filled."""
    found: dict[int, list[Cell]] = {column: [] for column in columns}
    for row in rows:
        for column, cell in sheet.filled(row).items():
            if column in found and len(found[column]) < MOST_CELLS:
                found[column].append(cell)
        if row - rows.start > 10 * MOST_CELLS:
            break
    return {column: nature_of(cells) for column, cells in found.items()}


def is_like_a_date(plain: str) -> bool:
    """Whether a text in small letters is nothing but a date, as far as its words and figures go."""
    if len(plain) > 40 or not any(letter.isdigit() for letter in plain):
        return False
    parts = re.sub(r"[/-]", " ", plain)
    rest = _DATE_WORDS.sub(" ", parts)
    rest = _MONTH.sub(" ", rest)
    if not _FIGURES.fullmatch(rest):
        return False
    groups = re.findall(r"\d+", plain)
    return bool(_MONTH.search(parts)) or (len(groups) >= 3 and bool(re.search(r"\d\s?[/.-]\s?\d", plain)))
