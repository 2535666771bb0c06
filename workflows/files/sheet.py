"""Which complaints are there of one file, and on which line does each thing in it stand?"""

from collections.abc import Iterable
from typing import TypeVar

from workflows.files.yaml_nodes import Listing, Node, Table, Word

T = TypeVar("T")


class Sheet:
    """One file while it is read: its complaints, and from which table each thing was made."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.complaints: list[tuple[int, str]] = []
        self._made: dict[int, tuple[object, Table]] = {}

    def complain(self, line: int, sentence: str) -> None:
        self.complaints.append((line, sentence))

    def keep(self, made: T, table: Table) -> T:
        """Remember the table that a thing was made from."""
        self._made[id(made)] = made, table
        return made

    def knows(self, about: object) -> bool:
        return id(about) in self._made

    def line_of(self, about: object, at: Iterable[str]) -> int:
        """Give the line of a thing, or of what stands in it on the way `at`: a key, then an item of its list."""
        table = self._made[id(about)][1]
        place: tuple[int, Node] = table.line, table
        for name in at:
            place = _within(place[1], name) or place
        return place[0]

    def told(self) -> list[str]:
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
