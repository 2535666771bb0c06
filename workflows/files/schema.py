"""Reading the keys of a table in a definition file. Every complaint is recorded with its line."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import partial
from typing import TypeVar

from workflows.core.bank_holidays import DIVISION, Division
from workflows.core.days import is_credible
from workflows.core.guard_registry import GUARDS
from workflows.core.involvement import Involvement
from workflows.core.questions import Kind, Question, Value, When
from workflows.core.vocabulary import Deadline, Edition, OnHold, Product, Rank, Role, Step, TimedMove
from workflows.core.working_days import LONGEST_COUNT, Period, Unit
from workflows.definitions.shared.authorities import BOOKS
from workflows.definitions.shared.ladder_policies import LADDERS
from workflows.files.yaml_nodes import Listing, Node, Sheet, Table, Word

T = TypeVar("T")

YES_NO: Mapping[str, bool] = {"yes": True, "no": False, "true": True, "false": False}
PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,7}")
NAME = re.compile(r"[a-z][a-z0-9_]*")
ANSWER = re.compile(r"[a-z0-9][a-z0-9_]*")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
LONGEST_TEXT = 500


class Fields:
    """The keys of one table. Each key is read once; keys that nobody read are unknown."""

    def __init__(self, sheet: Sheet, node: Node, what: str) -> None:
        self.sheet, self.what = sheet, what
        self.table = node if isinstance(node, Table) else Table(node.line)
        self._whole = isinstance(node, Table)
        self._read_keys: list[str] = []
        if not self._whole:
            sheet.complain(node.line, f"{what} must be written as keys and values.")
        for line, key in self.table.twice:
            sheet.complain(line, f"{what} has the key {key} twice.")

    def text(self, key: str, *, required: bool = True, longest: int = LONGEST_TEXT) -> str:
        """One line of text; "" where it is left out."""
        found = self._node(key, required)
        return self.word(found, key, longest) if found else ""

    def name(self, key: str, *, required: bool = True, longest: int = 60) -> str:
        """A stored name: small letters, digits and underscores."""
        found = self._node(key, required)
        return self.named(found, key, longest) if found else ""

    def prefix(self, key: str) -> str:
        """What references begin with."""
        found = self._node(key, True)
        text = self.word(found, key, LONGEST_TEXT) if found else ""
        if found and text and not PREFIX.fullmatch(text):
            return self._wrong(found, key, "must be one to eight capitals and digits, a capital first")
        return text

    def names(self, key: str, *, required: bool = False, longest: int = 60) -> tuple[str, ...]:
        """Stored names: one, or a list of them."""
        return tuple(self.named(node, key, longest) for node in self._nodes(key, required))

    def words(self, key: str, *, required: bool = False) -> tuple[Word, ...]:
        """Words as they are written: one, or a list of them."""
        nodes = self._nodes(key, required)
        return tuple(node for node in nodes if isinstance(node, Word) and self.word(node, key, LONGEST_TEXT))

    def day(self, key: str, *, required: bool = True) -> date | None:
        found = self._node(key, required)
        text = self.word(found, key, LONGEST_TEXT) if found else ""
        return self._day(found, key, text) if found and text else None

    def count(self, key: str, *, least: int, most: int) -> int:
        """A whole number within bounds."""
        found = self._node(key, True)
        return self.whole(found, key, least=least, most=most) if found else least

    def yes(self, key: str, *, default: bool) -> bool:
        found = self._node(key, False)
        return self.chosen(found, key, YES_NO, "is neither yes nor no") or False if found else default

    def choice(self, key: str, allowed: Mapping[str, T], *, required: bool = True) -> T | None:
        """The value of one of the allowed names."""
        found = self._node(key, required)
        return self.chosen(found, key, allowed) if found else None

    def choices(self, key: str, allowed: Mapping[str, T], *, required: bool = False) -> tuple[T, ...]:
        """The values of allowed names, one or a list of them."""
        found = [self.chosen(node, key, allowed) for node in self._nodes(key, required)]
        return tuple(each for each in found if each is not None)

    def tables(self, key: str, read: Callable[["Fields"], T], what: str, *, required: bool = False) -> tuple[T, ...]:
        """A list of tables, each read by `read`."""
        found = self._node(key, required)
        if found is not None and not isinstance(found, Listing):
            self._wrong(found, key, "must be a list")
            return ()
        return tuple(self._read(node, read, what) for node in (found.items if found else ()))

    def table_at(self, key: str, read: Callable[["Fields"], T]) -> T | None:
        """A table under a key."""
        found = self._node(key, False)
        if found is None:
            return None
        fields = Fields(self.sheet, found, f"{key} of {self.what}")
        return fields.finish(read(fields))

    def labels(self, key: str) -> tuple[tuple[str, str], ...]:
        """A table of stored values and their labels."""
        found = self._node(key, False)
        if found is None:
            return ()
        within = Fields(self.sheet, found, f"{key} of {self.what}")
        return tuple(
            (
                within.named(Word(within.table.key_lines[value], value), value, 60, ANSWER),
                within.text(value, longest=200),
            )
            for value in within.table.rows
        )

    def word(self, node: Node, key: str, longest: int) -> str:
        if not isinstance(node, Word):
            return self._wrong(node, key, "must be one piece of text")
        text = node.text.strip()
        if not text:
            return self._wrong(node, key, "is empty")
        if CONTROL.search(text):
            return self._wrong(node, key, "must be one line of text")
        return text if len(text) <= longest else self._wrong(node, key, f"is longer than {longest} characters")

    def named(self, node: Node, key: str, longest: int, shape: re.Pattern[str] = NAME) -> str:
        text = self.word(node, key, longest)
        if text and not shape.fullmatch(text):
            return self._wrong(node, key, f"must be small letters, digits and underscores, not “{short(text)}”")
        return text

    def whole(self, node: Node, key: str, *, least: int, most: int) -> int:
        text = self.word(node, key, LONGEST_TEXT)
        if re.fullmatch("[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        if text:
            self._wrong(node, key, f"must be a whole number from {least} to {most}, not “{short(text)}”")
        return least

    def chosen(self, node: Node, key: str, allowed: Mapping[str, T], unknown: str = "") -> T | None:
        text = self.word(node, key, LONGEST_TEXT)
        if text and text not in allowed:
            self._wrong(node, key, f"{unknown or 'is unknown'}: “{short(text)}”{did_you_mean(text, allowed)}")
        return allowed.get(text)

    def finish(self, made: T) -> T:
        """Complain of unknown keys, and remember the table from which the object was made."""
        for key, line in self.table.key_lines.items():
            if key not in self._read_keys:
                self.sheet.complain(
                    line, f"{self.what} has an unknown key, “{short(key)}”{did_you_mean(key, self._read_keys)}"
                )
        return self.sheet.keep(made, self.table)

    def _read(self, node: Node, read: Callable[["Fields"], T], what: str) -> T:
        called = node.rows.get("name") if isinstance(node, Table) else None
        unnamed = f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
        fields = Fields(self.sheet, node, f"{what} {short(called.text)}" if isinstance(called, Word) else unnamed)
        return fields.finish(read(fields))

    def _node(self, key: str, required: bool) -> Node | None:
        self._read_keys.append(key)
        found = self.table.rows.get(key)
        if found is None and required and self._whole:
            self.sheet.complain(self.table.line, f"{self.what} lacks {key}.")
        return found

    def _nodes(self, key: str, required: bool) -> tuple[Node, ...]:
        found = self._node(key, required)
        if isinstance(found, Table) or (isinstance(found, Listing) and required and not found.items):
            self._wrong(found, key, "must be a word, or a list of words")
            return ()
        return found.items if isinstance(found, Listing) else (found,) if found else ()

    def _day(self, node: Node, key: str, text: str) -> date | None:
        try:
            found = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
        except ValueError:
            found = None
        if found is None or not is_credible(found):
            self._wrong(node, key, f"must be a date such as 2025-06-01, not “{short(text)}”")
        return found

    def _wrong(self, node: Node, key: str, sentence: str) -> str:
        self.sheet.complain(
            node.line, f"{key} of {self.what} {sentence.rstrip('.?')}{'?' * sentence.endswith('?') or '.'}"
        )
        return ""


def did_you_mean(text: str, allowed: Iterable[str]) -> str:
    """End a complaint with the allowed name that is nearest, where one is near."""
    near = get_close_matches(text, list(allowed), n=1)
    return f". Did you mean {near[0]}?" if near else "."


def short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


RANKS = {rank.name.lower(): rank for rank in Rank}
UNITS = {unit.value: unit for unit in Unit}
DIVISIONS = {division.value: division for division in Division}


def deadline(page: Fields) -> Deadline:
    return Deadline(
        name=page.name("name"),
        title=page.text("title", longest=100),
        counted_from=page.name("counted_from"),
        met_by=page.names("met_by", required=True),
        ended_by=page.names("ended_by"),
        ladder=page.choice("ladder", LADDERS, required=False),
        starts=page.labels("starts"),
        editions=page.tables("editions", _edition, "edition", required=True),
    )


def _edition(page: Fields) -> Edition:
    count = page.count("period", least=0, most=LONGEST_COUNT)
    unit = page.choice("unit", UNITS) or Unit.DAYS
    cites = page.choices("cites", BOOKS)
    return Edition(
        effective_from=page.day("effective_from") or date.min,
        period=Period(
            count,
            unit,
            page.yes("back", default=False),
            page.choice("bank_holidays", DIVISIONS, required=False) or DIVISION,
        ),
        rank=page.choice("rank", RANKS) or Rank.LOCAL,
        authority=page.text("authority", required=not cites, longest=300),
        cites=cites,
        counted_from=page.name("counted_from", required=False),
        unverified=page.text("unverified", required=False, longest=200),
    )


def timed_move(page: Fields) -> TimedMove:
    return TimedMove(
        deadline=page.name("deadline"),
        step=page.name("step"),
        reason=page.text("reason"),
        why=page.name("why"),
        answers=page.labels("answers"),
    )


def product(page: Fields) -> Product:
    return Product(
        name=page.name("name"),
        label=page.text("label", longest=200),
        factors=page.names("factors", required=True),
    )


STAYS = "stays"
ROLES = {role.value: role for role in Role if role.sees_records}
KINDS = {kind.value: kind for kind in Kind}
HOLDS = {hold.value: hold for hold in OnHold}
NOBODY_BARRED = "nobody"
BARRED: Mapping[str, Involvement | str] = {
    NOBODY_BARRED: NOBODY_BARRED,
    **{involvement.value: involvement for involvement in Involvement},
}


def step(page: Fields) -> Step:
    to = page.name("to")
    return Step(
        name=page.name("name"),
        title=page.text("title", longest=100),
        source=page.names("from", required=True),
        to="" if to == STAYS else to,
        by=frozenset(page.choices("by", ROLES, required=True)),
        only_if=page.choices("only_if", GUARDS),
        questions=page.tables("asks", partial(_question, kinds=_kinds_in(page)), "fact"),
        opens=page.name("opens", required=False, longest=40),
        for_each=page.name("for_each", required=False),
        joins=page.names("joins", longest=40),
        hold=page.choice("hold", HOLDS, required=False),
        barred=_barred(page),
    )


def _barred(page: Fields) -> frozenset[Involvement] | None:
    """Read who may not take the step: `nobody`, or a list. None where it is left out, as before steps named them."""
    named = page.choices("barred", BARRED)
    if not named:
        return None
    found = frozenset(each for each in named if isinstance(each, Involvement))
    if found and NOBODY_BARRED in named:
        page.sheet.complain(page.table.line, f"barred of {page.what} names nobody, and somebody too.")
    return found


def _question(page: Fields, kinds: Mapping[str, str]) -> Question:
    return Question(
        name=page.name("name"),
        label=page.text("label", longest=200),
        kind=page.choice("kind", KINDS, required=False) or Kind.WORDS,
        required=page.yes("required", default=True),
        choices=page.labels("choices"),
        hint=page.text("hint", required=False),
        needed_when=page.table_at("needed_when", partial(_when, kinds=kinds)),
        since=page.day("since", required=False),
        until=page.day("until", required=False),
    )


def _when(page: Fields, kinds: Mapping[str, str]) -> When:
    fact = page.name("fact")
    typed = TYPED.get(kinds.get(fact, ""), _as_text)
    return When(fact, tuple(typed(page, word) for word in page.words("answers", required=True)))


def _as_text(page: Fields, word: Word) -> Value:
    return word.text.strip()


def _as_yes_no(page: Fields, word: Word) -> Value:
    return page.chosen(word, "answers", YES_NO, "is neither yes nor no") or False


def _as_number(page: Fields, word: Word) -> Value:
    return page.whole(word, "answers", least=0, most=999_999_999)


TYPED: Mapping[str, Callable[[Fields, Word], Value]] = {Kind.YES_NO.value: _as_yes_no, Kind.NUMBER.value: _as_number}
"""How an answer in `needed_when` is read, by the kind of the other question."""


def _kinds_in(page: Fields) -> dict[str, str]:
    """Look ahead at the kinds of the questions of a form: they decide how answers in `needed_when` are read."""
    questions = page.table.rows.get("asks")
    facts = [item.rows for item in questions.items if isinstance(item, Table)] if isinstance(questions, Listing) else []
    found = [(rows.get("name"), rows.get("kind")) for rows in facts]
    words = [(name, kind) for name, kind in found if isinstance(name, Word) and isinstance(kind, Word)]
    return {name.text.strip(): kind.text.strip() for name, kind in words}
