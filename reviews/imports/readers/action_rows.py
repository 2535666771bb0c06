"""Reads one action of a tracker: owners, status, parts, and the doubts that a person must settle."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from reviews.imports.readers.answers import Answers
from reviews.imports.readers.cells import Sheet, Unreadable, fault_in, folded, one_line, shortened, trimmed
from reviews.imports.readers.entries import Entry, actions_in
from reviews.imports.readers.result import AgencyPart, Completed, Doubt, Guess, PlanRow, RefusedRow
from reviews.imports.readers.row_references import ReferenceOrStem, StatedRecommendation
from reviews.imports.readers.written_dates import NO_DATE, ReadDate, read_date

_DONE = r"(completed?|closed|done|finished|achieved|signed off)"
_PLAINLY = re.compile(
    r"(action )?((fully |now |100% )*(completed?|closed|done|finished)|100%)( (and|-) (closed|completed?))*"
)
_PLAINLY_ON = re.compile(r"(?:action )?(?:completed?|closed|done|finished)\b\s*[-:(]*\s*(?:on |in )?(?P<day>.+?)\)?")
_AWAITING_IMPACT = re.compile(
    r"(action )?(fully |now )*(completed?|closed|done|finished)\b[\s,;:(-]*((and|but) )?(still )?"
    r"(awaiting|awaits|pending|waiting for)( (evidence|proof|assessment|review|check) of)?( its| the)? impact"
    r"( check| evidence| assessment| review)?\)?"
)
_COLOUR = re.compile(r"(dark |light )?(red|amber|green|blue|yellow|grey|gray|orange|purple|white|black|r|a|g|b)")
_NOT_YET = re.compile(
    r"\b(not|in ?complete|nearly|almost|part|partial|partially|partly|mostly|substantially|to be|due|until|once|when"
    r"|no(?! longer))\b"
)
_MAYBE = re.compile(
    r"complet|\bclosed\b|\bdone\b|finish|achiev|implement|embed|discharg|supersed|withdrawn|reject|no longer|signed off"
)
_CLAIM = re.compile(
    rf"(?:(?:the|this|all|these) )?(?:(?:actions?|tasks?|work|objective) )?(?:(?:is|are|was|were|has|have|been) )*"
    rf"(?:(?:now|fully|all) )*{_DONE}(?:$| (?:on|in|by|at) .{{1,30}}$| (?P<day>.{{1,30}}))"
)
_SENTENCES = re.compile(r"[\n;!]|\.(?:\s|$)")
_LEADING_DATE = re.compile(r"^[^:\-]{0,30}[:\-]\s*")


def read_status(text: str, *, asks_if_complete: bool = False) -> Completed:
    """Read completion from a status cell; `asks_if_complete` when its heading is a question ("Complete? Y/N")."""
    plain = folded(text).replace("\u2013", "-").strip(" .!*")
    if not plain or _COLOUR.fullmatch(plain):
        return "not_stated"
    if asks_if_complete and plain in ("y", "yes", "true", "✓", "✔", "x"):
        return "doubt" if plain == "x" else "yes"
    if _PLAINLY.fullmatch(plain):
        return "yes"
    if _AWAITING_IMPACT.fullmatch(plain):
        return "awaiting_impact"
    dated = _PLAINLY_ON.fullmatch(plain)
    if dated and read_date(dated["day"]).how == "certain":
        return "yes"
    if _NOT_YET.search(plain) or not _MAYBE.search(plain):
        return "no"
    return "doubt"


def claims_completion(progress: str) -> str:
    """The sentence of a progress text that says the work is complete, or "". "5 of 9 have completed" does not."""
    for sentence in _SENTENCES.split(progress.replace("\u2013", "-")):
        plain = folded(sentence).strip(" .")
        if _is_claim(plain) or _is_claim(_LEADING_DATE.sub("", plain)):
            return sentence.strip()
    return ""


def rating_suggests_completion(rating: str) -> bool:
    """Blue often means complete, but colours are local custom."""
    return folded(rating) in ("blue", "b") or bool(_PLAINLY.fullmatch(folded(rating)))


def _is_claim(sentence: str) -> bool:
    found = _CLAIM.fullmatch(sentence)
    return found is not None and (not found["day"] or read_date(found["day"]).how in ("certain", "guess"))


BY_POSITION = "There is no reference in this row. It comes from the position, and changes if rows are inserted."
BY_LABEL = "It is the label at the beginning of the action."
FROM_ABOVE = "The cell is blank. The recommendation above was used."
FROM_A_LINE = "It is in a line across the table, above the action."


def guesses_in(
    entry: Entry, name: ReferenceOrStem, reference: str, recommendation: StatedRecommendation
) -> tuple[Guess, ...]:
    """Give each guess with the text in the file; a recommendation by the beginning of its text."""
    return (*_of_reference(entry, name, reference), *_of_recommendation(entry, recommendation))


def _of_reference(entry: Entry, name: ReferenceOrStem, reference: str) -> Iterator[Guess]:
    if name.origin == "made":
        yield Guess("reference", entry.text("reference"), reference, BY_POSITION)
    elif name.origin == "text":
        yield Guess("reference", shortened(entry.text("action")), reference, BY_LABEL)


def _of_recommendation(entry: Entry, recommendation: StatedRecommendation) -> Iterator[Guess]:
    if recommendation.from_above:
        yield Guess("recommendation", "", shortened(recommendation.text), FROM_ABOVE)
    elif recommendation.text and "recommendation" not in entry.table.columns and recommendation.text == entry.section:
        yield Guess("recommendation", entry.section, shortened(recommendation.text), FROM_A_LINE)


_BULLET = re.compile(r"^(?:[-•*·▪]+\s*|and\s+|&\s+)")
_WRAPPED = re.compile(r"\b(of|for|the|in)\s*\n\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"\n|;|\s/\s")
_ADDRESSES = re.compile(r"[^\s,@]+@[^\s,@]+(\s*,\s*[^\s,@]+@[^\s,@]+)+")
_NOBODY = re.compile(r"n ?/?a|none|nil|-+|–|tb[cad]|to be (confirmed|agreed|advised|decided)|vacant|vacancy|\?+")
_ANOTHER_ROW = re.compile(r"(as|see) above|ditto|[\"”]")
_PERHAPS_SEVERAL = re.compile(r",|&|\+|/|\band\b|\((two|three|four|\d+|x ?\d+)\)|^(all|various)\b")


def read_owners(text: str) -> tuple[str, ...]:
    """One text for each owner: separated by lines, semicolons, " / ", or by commas between e-mail addresses."""
    joined = _WRAPPED.sub(r"\1 ", text)
    parts = [part for piece in _BETWEEN.split(joined) for part in _without_commas(piece)]
    if _ANOTHER_ROW.fullmatch(folded(text)):
        return ()
    named = (one_line(_BULLET.sub("", part.strip())).strip(" ,") for part in parts)
    return tuple(dict.fromkeys(owner for owner in named if owner and not _NOBODY.fullmatch(folded(owner))))


def doubt_about_owner(owner: str) -> str:
    """Why this text may not be one owner, as a sentence; empty when it is."""
    if _ANOTHER_ROW.fullmatch(folded(owner)):
        return "It refers to another row. Say who the owner is."
    if _PERHAPS_SEVERAL.search(folded(owner)):
        return "It may name more than one owner. It was imported as one."
    return ""


def _without_commas(piece: str) -> list[str]:
    return piece.split(",") if _ADDRESSES.fullmatch(piece.strip()) else [piece]


LONGEST_REFERENCE = 80
DONE = ("yes", "awaiting_impact")


@dataclass(frozen=True)
class NamedEntry:
    """An entry with its reference and the recommendation it answers."""

    entry: Entry
    name: ReferenceOrStem
    reference: str
    recommendation: StatedRecommendation


def faults_of(named: NamedEntry) -> list[RefusedRow]:
    """Why the action cannot be imported, column by column; empty when it can."""
    entry, table = named.entry, named.entry.table
    refused = []
    for column in table.headings:
        for cell in entry.cells(column):
            if reason := fault_in(cell.text):
                excerpt = shortened(cell.text)
                refused.append(RefusedRow(table.sheet.name, entry.row, table.headings[column], reason, excerpt))
    if len(named.reference) > LONGEST_REFERENCE:
        reason = f"The reference must be {LONGEST_REFERENCE} characters or fewer."
        excerpt = shortened(named.reference)
        refused.append(RefusedRow(table.sheet.name, entry.row, table.heading("reference"), reason, excerpt))
    return refused


def read_action(named: NamedEntry, entries: Sequence[Entry], answers: Answers) -> tuple[PlanRow, list[Doubt]]:
    """The action and its doubts; `entries` are all of its table, to count the actions under a merged cell."""
    entry = named.entry
    due = _decided_day(entry, "due", _day(entry, "due"), answers)
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
        return ReadDate(None, "guess", entry.text(field), "There is more than one date.")
    return read_date(trimmed(cells[0].text), cells[0].on) if cells else NO_DATE


def _decided_day(entry: Entry, field: str, read: ReadDate, answers: Answers) -> ReadDate:
    """Give the day that a person decided on, as 2027-06-09, where the cell does not say it plainly."""
    answer = answers.of(entry.row, field, read.text) if read.how != "certain" else None
    if answer is None:
        return read
    try:
        return ReadDate(date.fromisoformat(answer), "certain", read.text)
    except ValueError:
        raise Unreadable(f"Row {entry.row}: “{answer[:40]}” is not a day. Write it as 2027-06-09.") from None


def _covers(entry: Entry, field: str, entries: Sequence[Entry]) -> int:
    column = entry.table.columns.get(field)
    merge = entry.table.sheet.merge_at(entry.row, column) if column else None
    return actions_in(entries, merge.rows) if merge else 1


def _others(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Heading and text of the columns that no field of an action is read from."""
    not_whole = ("revised_due", "completed_on", "title")
    read_elsewhere = {column for name, column in entry.table.columns.items() if name not in not_whole}
    columns = (column for column in sorted(entry.table.headings) if column not in read_elsewhere)
    texts = (
        (entry.table.headings[column], "\n".join(trimmed(cell.text) for cell in entry.cells(column)))
        for column in columns
    )
    return tuple((heading, text) for heading, text in texts if text)


def _reference_doubts(named: NamedEntry) -> list[Doubt]:
    entry = named.entry
    column = entry.table.columns.get("reference")
    if column is None:
        return []
    cells = entry.cells(column)
    if cells and cells[0].on and named.name.origin == "stated":
        reason = "A spreadsheet may have changed a reference such as 1.1 into this date."
        return [_doubt(entry, "reference", cells[0].text, reason)]
    if not cells and named.name.origin == "made" and not named.recommendation.from_above:
        return [_doubt(entry, "reference", "", f"The action has no reference. It was called {named.reference}.")]
    return []


def _due_doubts(entry: Entry, due: ReadDate) -> list[Doubt]:
    doubts = [_doubt(entry, "due", due.text, due.reason)] if due.reason else []
    if revised := entry.text("revised_due"):
        doubts.append(
            _doubt(entry, "due", revised, "There is another date beside the due date. Say which one is right.")
        )
    return doubts


def _owner_doubts(entry: Entry, owners: tuple[str, ...]) -> list[Doubt]:
    text = entry.text("owner")
    if text and not owners:
        return [_doubt(entry, "owner", text, doubt_about_owner(text) or "No owner is named.")]
    return [_doubt(entry, "owner", owner, reason) for owner in owners if (reason := doubt_about_owner(owner))]


def _completion(entry: Entry, entries: Sequence[Entry], covers: int) -> tuple[Completed, list[Doubt]]:
    """Complete only where the status of this action says so plainly; a person must decide every other claim."""
    asks = entry.table.heading("status").casefold().lstrip().startswith(("complete", "is it", "action complete"))
    completed = read_status(entry.text("status"), asks_if_complete=asks)
    shared = _covers(entry, "status", entries)
    doubts = []
    if completed == "doubt" or (completed in DONE and shared > 1):
        reason = f"The status covers {shared} actions" if shared > 1 else "The status is not clear"
        doubts.append(_doubt(entry, "status", entry.text("status"), f"{reason}. Decide whether this action is done."))
        completed = "doubt"
    if completed in DONE:
        return completed, doubts
    claims = _claims(entry, covers)
    return ("doubt" if claims else completed), doubts + claims + _rating_doubts(entry)


def _claims(entry: Entry, covers: int) -> list[Doubt]:
    claims = []
    shared = f"and covers {covers} actions. Decide which of them are done" if covers > 1 else "but the status does not"
    for name, text in (("progress", entry.text("progress")), ("evidence", entry.text("evidence")), *_others(entry)):
        if claim := claims_completion(text):
            ending = shared if name == "progress" else "but the status does not"
            claims.append(_doubt(entry, name, text, f"{name[:1].upper()}{name[1:]} says “{one_line(claim)}” {ending}."))
    if day := entry.text("completed_on"):
        reason = "There is a completion date, but the status does not say that the action is complete."
        claims.append(_doubt(entry, "status", day, reason))
    return claims


def _rating_doubts(entry: Entry) -> list[Doubt]:
    rating = entry.text("rating")
    if not rating_suggests_completion(rating):
        return []
    return [
        _doubt(
            entry, "rating", rating, "This rating often means complete, but a rating alone does not close an action."
        )
    ]


_POINTS = re.compile(
    r"\bsee\s+(?:the\s+)?(?:work)?(?:sheet|tab)\s+(?:no\.?\s*)?[“‘\"']?([^.,;\n“”‘’\"']+)", re.IGNORECASE
)


def pointed_at(texts: Iterable[str], sheets: Sequence[Sheet]) -> tuple[list[Sheet], list[str]]:
    """The sheets that the texts refer to, by number or by name, and the words for sheets that are not there."""
    found: list[Sheet] = []
    missing: list[str] = []
    for words in (match[1] for text in texts for match in _POINTS.finditer(text)):
        sheet = _sheet(folded(words), sheets)
        if sheet is None:
            missing.append(one_line(words))
        elif sheet not in found:
            found.append(sheet)
    return found, missing


def read_parts(sheet: Sheet) -> tuple[AgencyPart, ...]:
    """One part for each row under the headings: the first cell names the body, the others say how far it is."""
    rows = [row for row in sorted(sheet.rows) if sheet.filled(row)]
    header = next((row for row in rows if len(sheet.filled(row)) > 1), None)
    return tuple(_part(sheet, row) for row in rows if header is not None and row > header)


def _part(sheet: Sheet, row: int) -> AgencyPart:
    texts = [trimmed(cell.text) for cell in sheet.filled(row).values()]
    return AgencyPart(one_line(texts[0]), "; ".join(texts[1:]), sheet.name, row)


def _sheet(words: str, sheets: Sequence[Sheet]) -> Sheet | None:
    number = re.match(r"\d{1,3}\b", words)
    if number and 1 <= int(number[0]) <= len(sheets):
        return sheets[int(number[0]) - 1]
    return next((sheet for sheet in sheets if words.startswith(folded(sheet.name))), None)
