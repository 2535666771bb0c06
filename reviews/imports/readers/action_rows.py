"""What does one action of a tracker say, and what of it needs a person?"""

from collections.abc import Sequence
from dataclasses import dataclass

from reviews.imports.readers.completion import claims_completion, rating_suggests_completion, read_status
from reviews.imports.readers.entries import Entry, actions_in
from reviews.imports.readers.guesses import guesses_in
from reviews.imports.readers.owners import doubt_about_owner, read_owners
from reviews.imports.readers.result import Completed, Doubt, PlanRow, RefusedRow
from reviews.imports.readers.row_references import Name, Recommendation
from reviews.imports.readers.texts import fault_in, one_line, shortened, trimmed
from reviews.imports.readers.written_dates import NO_DATE, ReadDate, read_date

LONGEST_REFERENCE = 80
DONE = ("yes", "awaiting_impact")


@dataclass(frozen=True)
class Named:
    """An entry with what it is called and the recommendation it answers."""

    entry: Entry
    name: Name
    reference: str
    recommendation: Recommendation


def refuse(named: Named) -> list[RefusedRow]:
    """Why the action cannot be kept as it stands, column by column; empty when it can."""
    entry, table = named.entry, named.entry.table
    refused = []
    for column in table.headings:
        for cell in entry.cells(column):
            if reason := fault_in(cell.text):
                shown = shortened(cell.text)
                refused.append(RefusedRow(table.sheet.name, entry.row, table.headings[column], reason, shown))
    if len(named.reference) > LONGEST_REFERENCE:
        reason = f"The reference is longer than {LONGEST_REFERENCE} characters."
        shown = shortened(named.reference)
        refused.append(RefusedRow(table.sheet.name, entry.row, table.heading("reference"), reason, shown))
    return refused


def read_action(named: Named, entries: Sequence[Entry]) -> tuple[PlanRow, list[Doubt]]:
    """The action and its doubts; `entries` are all of its table, to see what a merged cell speaks for."""
    entry = named.entry
    due = _day(entry, "due")
    covers = _covers(entry, "progress", entries)
    completed, doubts = _completion(entry, entries, covers)
    row = PlanRow(
        sheet=entry.table.sheet.name,
        row=entry.row,
        reference=named.reference,
        reference_from=named.name.origin,
        recommendation_reference=named.recommendation.reference,
        recommendation=named.recommendation.text,
        recommendation_from_above=named.recommendation.from_above,
        action=entry.text("action"),
        outcome=entry.text("outcome"),
        due=due,
        owners=read_owners(entry.text("owner")),
        agency=entry.text("agency"),
        status_text=entry.text("status"),
        rating_text=entry.text("rating"),
        progress=entry.text("progress"),
        progress_covers=covers,
        evidence=entry.text("evidence"),
        completed=completed,
        completed_on=_day(entry, "completed_on"),
        guesses=guesses_in(entry, named.name, named.reference, named.recommendation),
        others=_others(entry),
    )
    return row, [*_reference_doubts(named), *_due_doubts(entry, due), *_owner_doubts(entry, row.owners), *doubts]


def _doubt(entry: Entry, field: str, text: str, reason: str) -> Doubt:
    return Doubt(entry.table.sheet.name, entry.row, field, text, reason)


def _day(entry: Entry, field: str) -> ReadDate:
    column = entry.table.columns.get(field)
    cells = entry.cells(column) if column else []
    if len(cells) > 1:
        return ReadDate(None, "guess", entry.text(field), "More than one date is given.")
    return read_date(trimmed(cells[0].text), cells[0].on) if cells else NO_DATE


def _covers(entry: Entry, field: str, entries: Sequence[Entry]) -> int:
    column = entry.table.columns.get(field)
    merge = entry.table.sheet.merge_at(entry.row, column) if column else None
    return actions_in(entries, merge.rows) if merge else 1


def _others(entry: Entry) -> tuple[tuple[str, str], ...]:
    """The columns that are none of ours, and those of ours that no field of an action holds."""
    unkept = ("revised_due", "completed_on")
    kept = {column for name, column in entry.table.columns.items() if name not in unkept}
    columns = (column for column in sorted(entry.table.headings) if column not in kept)
    texts = (
        (entry.table.headings[column], "\n".join(trimmed(cell.text) for cell in entry.cells(column)))
        for column in columns
    )
    return tuple((heading, text) for heading, text in texts if text)


def _reference_doubts(named: Named) -> list[Doubt]:
    entry = named.entry
    column = entry.table.columns.get("reference")
    if column is None:
        return []
    cells = entry.cells(column)
    if cells and cells[0].on and named.name.origin == "stated":
        reason = "A spreadsheet may have turned a reference such as 1.1 into this date."
        return [_doubt(entry, "reference", cells[0].text, reason)]
    if not cells and named.name.origin == "made" and not named.recommendation.from_above:
        return [_doubt(entry, "reference", "", f"The action has no reference and was called {named.reference}.")]
    return []


def _due_doubts(entry: Entry, due: ReadDate) -> list[Doubt]:
    doubts = [_doubt(entry, "due", due.text, due.reason)] if due.reason else []
    if revised := entry.text("revised_due"):
        doubts.append(_doubt(entry, "due", revised, "Another date is given beside the due date; say which one holds."))
    return doubts


def _owner_doubts(entry: Entry, owners: tuple[str, ...]) -> list[Doubt]:
    text = entry.text("owner")
    if text and not owners:
        return [_doubt(entry, "owner", text, doubt_about_owner(text) or "Nobody is named.")]
    return [_doubt(entry, "owner", owner, reason) for owner in owners if (reason := doubt_about_owner(owner))]


def _completion(entry: Entry, entries: Sequence[Entry], covers: int) -> tuple[Completed, list[Doubt]]:
    """Complete only where a status of this very action says so plainly; every other claim is for a person."""
    asks = entry.table.heading("status").casefold().lstrip().startswith(("complete", "is it", "action complete"))
    completed = read_status(entry.text("status"), asks_if_complete=asks)
    shared = _covers(entry, "status", entries)
    doubts = []
    if completed == "doubt" or (completed in DONE and shared > 1):
        reason = f"The status covers {shared} actions" if shared > 1 else "The status does not say plainly"
        doubts.append(_doubt(entry, "status", entry.text("status"), f"{reason}: decide whether this action is done."))
        completed = "doubt"
    if completed in DONE:
        return completed, doubts
    claims = _claims(entry, covers)
    return ("doubt" if claims else completed), doubts + claims + _rating_doubts(entry)


def _claims(entry: Entry, covers: int) -> list[Doubt]:
    claims = []
    which = f"and covers {covers} actions: decide which of them are done" if covers > 1 else "but no status does"
    for name, text in (("progress", entry.text("progress")), ("evidence", entry.text("evidence")), *_others(entry)):
        if claim := claims_completion(text):
            told = which if name == "progress" else "but no status does"
            claims.append(_doubt(entry, name, text, f"{name[:1].upper()}{name[1:]} says “{one_line(claim)}” {told}."))
    if day := entry.text("completed_on"):
        reason = "A day of completion is given, but no status says that the action is complete."
        claims.append(_doubt(entry, "status", day, reason))
    return claims


def _rating_doubts(entry: Entry) -> list[Doubt]:
    rating = entry.text("rating")
    if not rating_suggests_completion(rating):
        return []
    return [_doubt(entry, "rating", rating, "This rating often means complete, but a rating alone closes nothing.")]
