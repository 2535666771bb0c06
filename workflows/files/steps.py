"""How is a step read from its table, with what it asks?"""

from collections.abc import Callable, Mapping
from functools import partial

from workflows.core.facts import Value
from workflows.core.questions import Asked, Kind, When
from workflows.core.roles import Role
from workflows.core.vocabulary import OnHold, Step
from workflows.files.schema import YES_NO, Fields
from workflows.files.yaml_nodes import Listing, Table, Word
from workflows.guards.cases import GUARDS

STAYS = "stays"
ROLES = {role.value: role for role in Role}
KINDS = {kind.value: kind for kind in Kind}
HOLDS = {hold.value: hold for hold in OnHold}


def step(page: Fields) -> Step:
    to = page.name("to")
    return Step(
        name=page.name("name"),
        title=page.text("title", longest=100),
        source=page.names("from", required=True),
        to="" if to == STAYS else to,
        by=frozenset(page.some_of("by", ROLES, required=True)),
        only_if=page.some_of("only_if", GUARDS),
        asks=page.tables("asks", partial(_asked, kinds=_kinds_in(page)), "fact"),
        opens=page.name("opens", required=False, longest=40),
        for_each=page.name("for_each", required=False),
        joins=page.names("joins", longest=40),
        hold=page.one_of("hold", HOLDS, required=False),
    )


def _asked(page: Fields, kinds: Mapping[str, str]) -> Asked:
    return Asked(
        name=page.name("name"),
        label=page.text("label", longest=200),
        kind=page.one_of("kind", KINDS, required=False) or Kind.WORDS,
        required=page.yes("required", usual=True),
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
    return page.one(word, "answers", YES_NO, "is neither yes nor no") or False


def _as_number(page: Fields, word: Word) -> Value:
    return page.whole(word, "answers", least=0, most=999_999_999)


TYPED: Mapping[str, Callable[[Fields, Word], Value]] = {Kind.YES_NO.value: _as_yes_no, Kind.NUMBER.value: _as_number}
"""How the answers to a fact are typed, by its kind."""


def _kinds_in(page: Fields) -> dict[str, str]:
    """Look ahead at the kinds of the facts of a form, as an answer is typed by the kind of its fact."""
    asks = page.table.rows.get("asks")
    facts = [item.rows for item in asks.items if isinstance(item, Table)] if isinstance(asks, Listing) else []
    found = [(rows.get("name"), rows.get("kind")) for rows in facts]
    words = [(name, kind) for name, kind in found if isinstance(name, Word) and isinstance(kind, Word)]
    return {name.text.strip(): kind.text.strip() for name, kind in words}
