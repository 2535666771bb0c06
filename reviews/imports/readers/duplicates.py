"""What if two rows of a tracker have one reference? Nothing is merged or overwritten, and both rows are named."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from reviews.imports.readers.result import Doubt, PlanRow, RefusedRow
from reviews.imports.readers.texts import folded, shortened

ReadAction = tuple[PlanRow, list[Doubt]]


def part_repeats(actions: Iterable[ReadAction]) -> tuple[list[ReadAction], list[RefusedRow]]:
    """The first action of each reference; a later one with other text is refused, a mere repeat is a doubt."""
    by_reference: dict[str, list[ReadAction]] = defaultdict(list)
    for action in actions:
        by_reference[folded(action[0].reference)].append(action)
    kept, refused = [], []
    for same in by_reference.values():
        (first, doubts), *later = same
        repeats = [row for row, _ in later if _says_the_same(first, row)]
        clashes = [row for row, _ in later if not _says_the_same(first, row)]
        kept.append((first, doubts + [_repeat(first, row) for row in repeats]))
        refused += [_clash(first, row, clashes) for row in clashes]
    return kept, refused


def _says_the_same(one: PlanRow, other: PlanRow) -> bool:
    return _words(one) == _words(other)


def _words(row: PlanRow) -> tuple[object, ...]:
    texts = (row.recommendation, row.action, row.outcome, row.agency, row.status_text, row.rating_text, row.progress)
    return (*texts, row.evidence, row.due.text, row.owners, row.others, row.strands)


def _repeat(first: PlanRow, row: PlanRow) -> Doubt:
    reason = f"{_place(row, first).capitalize()} repeats row {first.row} word for word; it was taken once."
    return Doubt(row.sheet, row.row, "reference", row.reference, reason)


def _clash(first: PlanRow, row: PlanRow, clashes: Sequence[PlanRow]) -> RefusedRow:
    *places, last = (_place(each, first) for each in (first, *clashes))
    reason = f"The reference {first.reference} stands for different actions in {', '.join(places)} and {last}."
    return RefusedRow(row.sheet, row.row, "reference", reason, shortened(row.action))


def _place(row: PlanRow, first: PlanRow) -> str:
    return f"row {row.row}" if row.sheet == first.sheet else f"row {row.row} of sheet {row.sheet}"
