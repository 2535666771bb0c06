"""YAML text as words, lists and tables with their lines. No type is guessed and no object is built."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import yaml

LOADER = getattr(yaml, "CLoader", yaml.Loader)
"""Only its events are read, so it constructs no objects."""
DEEPEST = 20
PLAIN_TAGS = (None, "!")


class NotYaml(Exception):
    """The text cannot be read as YAML, from this line on."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Word:
    """A scalar as written. Its field decides what it means: `no` and `2025-06-01` are text here."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    line: int
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Keys in the order they are written; `key_lines` has the line of each."""

    line: int
    rows: dict[str, "Node"] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)
    twice: list[tuple[int, str]] = field(default_factory=list)


Node: TypeAlias = Word | Listing | Table


def nodes_of(text: str) -> Node:
    """Read the one document of a text. Raises NotYaml, also for anchors, aliases and tags, which are not supported."""
    if unprintable := yaml.reader.Reader.NON_PRINTABLE.search(text):
        raise NotYaml(text.count("\n", 0, unprintable.start()) + 1, "it has a character that cannot be in a text file.")
    try:
        return _document(_Events(yaml.parse(text, Loader=LOADER)))
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        raise NotYaml(mark.line + 1 if mark else 1, f"this is not YAML: {fault.problem or fault.context}.") from None


class _Events:
    """The events of a text in order, each with its line."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events

    def next(self) -> tuple[int, yaml.Event]:
        event = next(self._events)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise NotYaml(line, "anchors and aliases (& and *) are not supported: write it out.")
        tag = getattr(event, "tag", None)
        if tag not in PLAIN_TAGS:
            raise NotYaml(line, f"tags ({tag}) are not supported.")
        return line, event


def _document(events: _Events) -> Node:
    events.next()
    _, begun = events.next()
    if isinstance(begun, yaml.StreamEndEvent):
        raise NotYaml(1, "the file is empty.")
    found = _node(events, *events.next(), 0)
    events.next()
    line, after = events.next()
    if not isinstance(after, yaml.StreamEndEvent):
        raise NotYaml(line, "a second document begins: one file holds one definition.")
    return found


def _node(events: _Events, line: int, event: yaml.Event, depth: int) -> Node:
    if depth > DEEPEST:
        raise NotYaml(line, f"it is nested more than {DEEPEST} deep.")
    match event:
        case yaml.ScalarEvent():
            return Word(line, event.value)
        case yaml.SequenceStartEvent():
            return Listing(line, tuple(_items(events, depth)))
        case _:
            return _table(events, line, depth)


def _items(events: _Events, depth: int) -> Iterator[Node]:
    line, event = events.next()
    while not isinstance(event, yaml.SequenceEndEvent):
        yield _node(events, line, event, depth + 1)
        line, event = events.next()


def _table(events: _Events, line: int, depth: int) -> Table:
    table = Table(line)
    key_line, event = events.next()
    while not isinstance(event, yaml.MappingEndEvent):
        key = _node(events, key_line, event, depth + 1)
        if not isinstance(key, Word):
            raise NotYaml(key.line, "a key must be a word.")
        value = _node(events, *events.next(), depth + 1)
        key_line, event = events.next()
        if key.text in table.rows:
            table.twice.append((key.line, key.text))
        else:
            table.rows[key.text], table.key_lines[key.text] = value, key.line
    return table


T = TypeVar("T")


class Sheet:
    """One file while it is read: its complaints, and the table from which each object was made."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.complaints: list[tuple[int, str]] = []
        self._made: dict[int, tuple[object, Table]] = {}

    def complain(self, line: int, sentence: str) -> None:
        self.complaints.append((line, sentence))

    def keep(self, made: T, table: Table) -> T:
        """Remember the table that an object was made from."""
        self._made[id(made)] = made, table
        return made

    def has_made(self, about: object) -> bool:
        return id(about) in self._made

    def line_of(self, about: object, at: Iterable[str]) -> int:
        """Give the line of an object, or of its part at the path `at`: a key, then an item of its list."""
        table = self._made[id(about)][1]
        line: int = table.line
        node: Node = table
        for name in at:
            line, node = _within(node, name) or (line, node)
        return line

    def in_order(self) -> list[str]:
        """List the complaints in the order of their lines."""
        return [f"{self.source}:{line}: {sentence}" for line, sentence in sorted(set(self.complaints))]


def _within(node: Node, name: str) -> tuple[int, Node] | None:
    match node:
        case Table() if name in node.rows:
            return node.key_lines[name], node.rows[name]
        case Listing():
            return next(
                ((item.line, item) for item in node.items if isinstance(item, Word) and item.text == name), None
            )
        case _:
            return None
