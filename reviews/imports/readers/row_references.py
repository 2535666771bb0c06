"""The reference of each action, and the recommendation it answers."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reviews.imports.readers.cells import folded, one_line, trimmed
from reviews.imports.readers.entries import Entry, SortedTable, actions_in
from reviews.imports.readers.result import ReferenceFrom
from reviews.imports.readers.tables import Table

_LABEL = re.compile(
    r"\s*(?:\((?P<bracketed>\d{1,3}(?:\.\d{1,3})*[a-z]?|[a-zA-Z]|[ivxIVX]{1,5}|[A-Z]{1,3}\d{1,3})\)"
    r"|(?P<marked>\d{1,3}(?:\.\d{1,3})*[a-z]?|[a-zA-Z]|[ivxIVX]{1,5}|[A-Z]{1,3}\d{1,3}[a-z]?)[.):]"
    r"|(?P<plain>\d{1,3}(?:\.\d{1,3})+[a-z]?))\s+(?=\S)"
)
_NAMED = re.compile(
    r"\s*(?:recommendation|rec|objective|priority|aim|finding|theme|standard|r)\.?\s*(\d{1,3}[a-z]?)\b", re.I
)
_PLAIN_NUMBER = re.compile(r"[a-z]{0,3} ?\d{1,3}")
_STANDS_ALONE = re.compile(r"\d.*[a-z.]|[A-Z]+\d+[a-z]?")


@dataclass(frozen=True)
class StatedRecommendation:
    text: str = ""
    reference: str = ""
    from_above: bool = False
    row: int = 0


@dataclass(frozen=True)
class ReferenceOrStem:
    """A reference; where `origin` is "made", the stem that a number is added to."""

    text: str
    origin: ReferenceFrom


def plain_reference(text: str) -> str:
    """A reference as it is compared and stored: plain digits, no blanks around it, no full stop at the end."""
    return one_line(unicodedata.normalize("NFKC", text)).rstrip(".").strip()


def label_of(text: str) -> str:
    """The reference at the beginning of a text, as in "(1a) Raise ..." or "ii. Train ...", or ""."""
    found = _LABEL.match(text)
    return (found["bracketed"] or found["marked"] or found["plain"]) if found else ""


def recommendations_of(found: SortedTable) -> list[StatedRecommendation]:
    """The recommendation of each entry, in order.

    A merged cell applies to all its rows. A blank cell takes the text above, unless the tracker repeats its
    recommendations in each row: there a blank means that there is none.
    """
    repeats = _most_repeated(found.entries) > 1
    numbered = numbers_recommendations(found)
    current = StatedRecommendation()
    answers = {}
    entries = {entry.row: entry for entry in found.entries}
    for row in sorted([*found.headers, *entries]):
        here = _stated(entries.get(row) or Entry(found.table, [row]), numbered or row not in entries)
        if here.text or (here.reference and here.reference != current.reference):
            current = here
        elif repeats:
            current = StatedRecommendation()
        if entry := entries.get(row):
            answers[row] = current if here.text else _taken_down(current, entry)
    return [answers[entry.row] for entry in found.entries]


def recommendation_in(table: Table, row: int) -> StatedRecommendation:
    """The recommendation in a row without an action."""
    return _stated(Entry(table, [row]), True)


def numbers_recommendations(found: SortedTable) -> bool:
    """Whether the column of references numbers the recommendations rather than the actions.

    That is so when reference and recommendation always come together and some reference covers several actions:
    merged over them, written only above the first, or repeated beside each of them with its recommendation.
    """
    if _repeats_numbers(found.entries):
        return True
    owners = [*found.entries, *(Entry(found.table, [row]) for row in found.headers)]
    together = all(bool(entry.unmerged("reference")) == bool(entry.unmerged("recommendation")) for entry in owners)
    without = [entry for entry in found.entries if not entry.unmerged("reference")]
    merged = [entry for entry in without if entry.covered("reference")]
    return together and bool(merged or (without and _most_repeated(found.entries) < 2))


def names_of(found: SortedTable, answered: Sequence[StatedRecommendation]) -> list[ReferenceOrStem]:
    """The reference of each entry, or the stem of one to be made."""
    numbered = numbers_recommendations(found)
    stems = _stems(answered)
    names = []
    for entry, recommendation, stem in zip(found.entries, answered, stems, strict=True):
        stated = plain_reference(entry.text("reference").partition("\n")[0])
        if stated and not numbered:
            shared = _actions_under(found, entry) > 1
            names.append(ReferenceOrStem(stated, "made" if shared else "stated"))
        else:
            names.append(_name_from_text(entry, recommendation, stem))
    return names


def number_references(names: Sequence[ReferenceOrStem]) -> list[str]:
    """The references; each made one gets the next free number under its stem."""
    taken = {folded(name.text) for name in names if name.origin != "made"}
    counts: Counter[str] = Counter()
    references = []
    for name in names:
        reference = name.text
        if name.origin == "made":
            reference = _next(name.text, counts, taken)
        references.append(reference)
    return references


def _next(stem: str, counts: Counter[str], taken: set[str]) -> str:
    while True:
        counts[stem] += 1
        reference = f"{stem}/{counts[stem]}" if stem else f"A{counts[stem]}"
        if folded(reference) not in taken:
            taken.add(folded(reference))
            return reference


def _name_from_text(entry: Entry, recommendation: StatedRecommendation, stem: str) -> ReferenceOrStem:
    label = label_of(entry.text("action"))
    if label and (_STANDS_ALONE.fullmatch(label) or not stem):
        return ReferenceOrStem(label, "text")
    if label:
        return ReferenceOrStem(f"{stem}/{label}", "text")
    return ReferenceOrStem(stem, "made")


def _stems(answered: Sequence[StatedRecommendation]) -> list[str]:
    """The beginning of made references for each recommendation: its own reference, else R and its position."""
    positions = {
        text: position for position, text in enumerate(dict.fromkeys(folded(r.text) for r in answered if r.text), 1)
    }
    return [r.reference or (f"R{positions[folded(r.text)]}" if r.text else "") for r in answered]


def _stated(entry: Entry, numbered: bool) -> StatedRecommendation:
    """The recommendation named in the row itself, also by a merged cell."""
    text = entry.text("recommendation") or ("" if "recommendation" in entry.table.columns else entry.section)
    stated = entry.text("recommendation_reference") or (entry.text("reference") if numbered else "")
    named = _NAMED.match(text)
    reference = plain_reference(stated.partition("\n")[0]) or (named[1] if named else label_of(text))
    return StatedRecommendation(text, reference, row=entry.row)


def _taken_down(current: StatedRecommendation, entry: Entry) -> StatedRecommendation:
    if not current.text or "recommendation" not in entry.table.columns:
        return current
    return StatedRecommendation(current.text, current.reference, True, current.row)


def _most_repeated(entries: Sequence[Entry]) -> int:
    times = Counter(folded(text) for entry in entries if (text := trimmed(entry.unmerged("recommendation"))))
    return max(times.values(), default=0)


def _repeats_numbers(entries: Sequence[Entry]) -> bool:
    """Whether plain numbers and recommendations go in pairs, and two or more pairs are beside several actions.

    With only one such pair, or with references like 1.1, it is taken as a mistake in the references.
    """
    pairs = [
        (folded(plain_reference(entry.unmerged("reference"))), folded(entry.unmerged("recommendation")))
        for entry in entries
    ]
    times = Counter(pairs)
    one_to_one = len(times) == len({number for number, _ in times}) == len({text for _, text in times})
    return (
        one_to_one
        and all(text and _PLAIN_NUMBER.fullmatch(number) for number, text in times)
        and sum(count > 1 for count in times.values()) > 1
        and len({(pair, folded(entry.unmerged("action"))) for pair, entry in zip(pairs, entries, strict=True)})
        == len(pairs)
    )


def _actions_under(found: SortedTable, entry: Entry) -> int:
    merge = found.table.sheet.merge_at(entry.row, found.table.columns["reference"])
    return actions_in(found.entries, merge.rows) if merge else 1
