"""Reads one action of a tracker: owners, dates, state, parts, and the doubts that a person must settle."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reviews.imports.readers.answers import AS_IT_STANDS, Answers
from reviews.imports.readers.cells import Cell, Sheet, Unreadable, fault_in, folded, one_line, shortened, trimmed
from reviews.imports.readers.entries import Entry, actions_in
from reviews.imports.readers.headings import meaning_of
from reviews.imports.readers.result import AgencyPart, Doubt, Guess, PlanRow, RefusedRow
from reviews.imports.readers.row_references import ReferenceOrStem, StatedRecommendation
from reviews.imports.readers.table_reading import (
    TableReading,
    decided_day,
    in_figures,
    named_in_progress,
    names_owner_and_date,
)
from reviews.imports.readers.written_dates import NO_DATE, ReadDate, dates_inside, read_date, without_dates
from reviews.imports.readers.written_states import (
    DECIDABLE,
    DECIDE_DONE,
    MAYBE_DONE,
    NOT_CLEAR,
    STAGES_BY_NAME,
    ReadState,
    claims_completion,
    rating_suggests_completion,
    read_state,
    stage_name,
)
from workflows.definitions.action import ActionStage

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
_BETWEEN = re.compile(r"\n|;#?|\s/|/\s|\s\|\s")
_ADDRESSES = re.compile(r"[^\s,@]+@[^\s,@]+(\s*,\s*[^\s,@]+@[^\s,@]+)+")
_NOBODY = re.compile(
    r"n ?/?a|none|nil|-+|–|tb[cad]|to be (confirmed|agreed|advised|decided)|vacant|vacancy|\?+|unassigned|#?\d{1,6}"
)
_ANOTHER_ROW = re.compile(r"(as|see) above|ditto|[\"”]")
_SEVERAL = re.compile(r"\s*(?:,|&|\+|/|\band\b)\s*")
_PERHAPS_SEVERAL = re.compile(r",|&|\+|/|\band\b|\((two|three|four|\d{1,2}|x ?\d{1,2})\)|^(all|various)\b")


def read_owners(text: str) -> tuple[str, ...]:
    """One text for each owner: separated by lines, semicolons, a slash beside a blank, or commas between addresses.

    A list of SharePoint (“Smith, Jane;#14;#Hall, Tom”) has its numbers left out.
    """
    joined = _WRAPPED.sub(r"\1 ", text)
    parts = [part for piece in _BETWEEN.split(joined) for part in _without_commas(piece)]
    if _ANOTHER_ROW.fullmatch(folded(text)):
        return ()
    named = (one_line(_BULLET.sub("", part.strip())).strip(" ,") for part in parts)
    return tuple(dict.fromkeys(owner for owner in named if owner and not _NOBODY.fullmatch(folded(owner))))


def perhaps_several(owner: str) -> tuple[str, ...]:
    """The names that a text has between commas, “and” and other signs; one where it has none of them."""
    return tuple(filter(None, (name.strip() for name in _SEVERAL.split(owner))))


def doubt_about_owner(owner: str) -> str:
    """Why this text may not be one owner, as a sentence; empty when it is."""
    if _ANOTHER_ROW.fullmatch(folded(owner)):
        return "It refers to another row. Say who the owner is."
    if _PERHAPS_SEVERAL.search(folded(owner)) and "@" not in owner:
        return MAYBE_SEVERAL
    return ""


MAYBE_SEVERAL = "It may name more than one owner. It was imported as one."


def _without_commas(piece: str) -> list[str]:
    return piece.split(",") if _ADDRESSES.fullmatch(piece.strip()) else [piece]


LONGEST_REFERENCE = 80


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


def read_action(
    named: NamedEntry, entries: Sequence[Entry], answers: Answers, reading: TableReading
) -> tuple[PlanRow, list[Doubt]]:
    """The action of an entry and its doubts, without those that `answers` decide; `reading` is of its table."""
    entry = named.entry
    due, original_due, owner_text, due_doubts = _dates_and_owner(entry, reading, answers)
    covers = _covers(entry, "progress", entries)
    owners, owner_doubts = _owners(entry, owner_text, answers)
    completed_on = _day(entry, "completed_on", reading)
    state, state_doubts = _state(entry, entries, covers, answers)
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
        original_due=original_due,
        owners=owners,
        agency=entry.text("agency"),
        status_text=entry.text("status"),
        rating_text=entry.rating,
        rates=reading.states_ratings,
        progress=entry.text("progress"),
        progress_covers=covers,
        evidence=entry.text("evidence"),
        state=state,
        completed_on=completed_on,
        guesses=guesses_in(entry, named.name, named.reference, named.recommendation),
        others=_others(entry),
        answers=answers,
    )
    return row, [*_reference_doubts(named), *due_doubts, *owner_doubts, *state_doubts]


def _doubt(entry: Entry, field: str, text: str, reason: str, offered: Sequence[str] = ()) -> Doubt:
    return Doubt(entry.table.sheet.name, entry.row, field, text, reason, tuple(offered))


def _cells(entry: Entry, field: str) -> list[Cell]:
    column = entry.table.columns.get(field)
    return entry.cells(column) if column else []


def _day(entry: Entry, field: str, reading: TableReading) -> ReadDate:
    cells = _cells(entry, field)
    if not cells:
        return NO_DATE
    read = [reading.read(entry.table.columns[field], cell) for cell in cells]
    if len(read) == 1:
        return read[0]
    days = {day.last: day for each in read for day in (each.as_known, *each.offered) if day}
    offered = tuple(days[last] for last in sorted(days, reverse=True))
    return ReadDate(None, "guess", entry.text(field), "There is more than one date.", offered=offered)


def _dates_and_owner(
    entry: Entry, reading: TableReading, answers: Answers
) -> tuple[ReadDate, ReadDate, str, list[Doubt]]:
    """Give the due date, the first one where another replaced it, the text about the owner, and the doubts."""
    shared = names_owner_and_date(entry.table)
    if shared:
        due, owner_text = _date_and_owners(entry.text(shared))
    else:
        due, owner_text = _day(entry, "due", reading), entry.text("owner")
    original = NO_DATE
    revised = _day(entry, "revised_due", reading)
    if revised.how != "none" or (revised.text and due.on is None):
        offered = tuple(dict.fromkeys(day for day in (*revised.offered, revised.as_known, due.as_known) if day))
        original, due = due, revised if revised.on else replace(revised, offered=offered)
    answer = answers.of(entry.row, "due", due.text) if due.text or f"{entry.row}/due" in answers.given else None
    if answer is not None:
        return decided_day(answer, due, entry.row), original, owner_text, []
    if due.text or due.on:
        doubts = [_doubt(entry, "due", due.text, due.reason, in_figures(due.offered))] if due.reason else []
        return due, original, owner_text, doubts
    if (titled := reading.of_title(entry)) is not None:
        return titled, original, owner_text, []
    due, doubts = _from_progress(entry, due, answers)
    return due, original, owner_text, doubts


def _from_progress(entry: Entry, due: ReadDate, answers: Answers) -> tuple[ReadDate, list[Doubt]]:
    """Offer the day that the progress of an action without a date names for its end."""
    progress = entry.text("progress")
    offered = named_in_progress(progress)
    if not offered:
        return due, []
    answer = answers.of(entry.row, "due", progress)
    if answer is not None:
        return decided_day(answer, ReadDate(None, "guess", progress, offered=offered), entry.row), []
    reason = "There is no due date, but the progress names one. Say whether the action is due then."
    return due, [_doubt(entry, "due", progress, reason, in_figures(offered))]


_PIECES = re.compile(r"[\n;]|,\s")


def _date_and_owners(text: str) -> tuple[ReadDate, str]:
    """Give the date and the owners of one cell that has both: “Manager, 30 April 2027”."""
    pieces = [piece.strip() for piece in _PIECES.split(text) if piece.strip()]
    read = {piece: read_date(piece) for piece in pieces if any(letter.isdigit() for letter in piece)}
    days = [each for each in read.values() if each.on is not None]
    if len(days) == 1:
        return days[0], "\n".join(piece for piece in pieces if piece != days[0].text)
    if offered := dates_inside(text):
        return ReadDate(None, "guess", text, "The date stands beside the owner.", offered=offered), without_dates(text)
    vague = [each for each in read.values() if each.how == "guess"]
    if vague:
        return vague[0], "\n".join(piece for piece in pieces if piece != vague[0].text)
    return NO_DATE, text


def _covers(entry: Entry, field: str, entries: Sequence[Entry]) -> int:
    column = entry.table.columns.get(field)
    merge = entry.table.sheet.merge_at(entry.row, column) if column else None
    return actions_in(entries, merge.rows) if merge else 1


def _others(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Heading and text of the columns that no field of an action is read from."""
    not_only_read = ("revised_due", "completed_on", "title")
    read_elsewhere = {column for name, column in entry.table.columns.items() if name not in not_only_read}
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


def _owners(entry: Entry, text: str, answers: Answers) -> tuple[tuple[str, ...], list[Doubt]]:
    """Give the owners that are named, each replaced by whom a person chose, and the doubts that are left."""
    owners = read_owners(text)
    if not owners:
        reason = doubt_about_owner(text) or "No owner is named."
        answer = answers.of(entry.row, "owner", text) if text or f"{entry.row}/owner" in answers.given else None
        if answer is None:
            return (), [_doubt(entry, "owner", text, reason)] if text else []
        return () if answer == AS_IT_STANDS else (answer,), []
    doubts, chosen = [], []
    for owner in owners:
        answer = answers.of(entry.row, "owner", owner)
        chosen.append(owner if answer in (None, AS_IT_STANDS) else str(answer))
        if answer is None and (reason := doubt_about_owner(owner)):
            doubts.append(_doubt(entry, "owner", owner, reason))
    return tuple(dict.fromkeys(chosen)), doubts


def _state(entry: Entry, entries: Sequence[Entry], covers: int, answers: Answers) -> tuple[ReadState, list[Doubt]]:
    """Ended only where the status of this action says so plainly; a person must decide every other claim.

    Each doubt is about the same question, how far this action is: one answer settles them all.
    """
    state, doubts = _stated(entry, entries)
    if state.completed not in ("yes", "awaiting_impact", "stopped"):
        doubts = [*doubts, *_struck_doubts(entry), *_claims(entry, covers), *_rating_doubts(entry)]
    for doubt in doubts:
        answer = answers.of(entry.row, doubt.field, doubt.text)
        if answer == AS_IT_STANDS:
            return ReadState(is_stated=state.is_stated), []
        if answer is not None:
            return ReadState(_stage(answer, entry)), []
    if doubts:
        offered = tuple(STAGES_BY_NAME[name] for name in doubts[0].offered)
        return replace(state, stage=None, reason=doubts[0].reason, offered=offered), doubts
    return state, []


def _stage(answer: str, entry: Entry) -> ActionStage:
    stage = STAGES_BY_NAME.get(answer.strip().lower().replace(" ", "_"))
    if stage is None or stage not in DECIDABLE:
        raise Unreadable(
            f"Row {entry.row}: “{answer[:40]}” is not a stage. The stages are {', '.join(map(stage_name, DECIDABLE))}."
        )
    return stage


def _stated(entry: Entry, entries: Sequence[Entry]) -> tuple[ReadState, list[Doubt]]:
    """Give what the status says, and the doubt about it."""
    text, heading = entry.text("status"), entry.table.heading("status").casefold().lstrip()
    asks = heading.startswith(("complete", "is it", "action complete", "done", "closed", "finished"))
    percent = "%" in heading or "percent" in heading
    state = read_state(entry.meaning("status") or text, asks_if_complete=asks, asks_percent=percent)
    if not text and _says_when_it_was_done(entry):
        return ReadState(ActionStage.COMPLETE), []
    shared = _covers(entry, "status", entries)
    if shared > 1 and state.completed not in ("no", "not_stated"):
        state = ReadState(reason=f"The status covers {shared} actions. {DECIDE_DONE}", offered=MAYBE_DONE)
    if not state.reason:
        return state, []
    return state, [_doubt(entry, "status", text, state.reason, tuple(map(stage_name, state.offered)))]


def _says_when_it_was_done(entry: Entry) -> bool:
    """Whether a tracker without a column of states has one, such as “Completed at”, with the day this one was done."""
    column = entry.table.columns.get("completed_on")
    if column is None or "status" in entry.table.columns:
        return False
    heading, cell = entry.table.as_written.get(column, ""), entry.table.sheet.effective_cell(entry.row, column)
    is_of_the_end = meaning_of(heading, {}).field in ("completed_on", "status")  # “Completed at”, or “Done”
    return is_of_the_end and read_date(trimmed(cell.text), cell.on).how == "certain"


_SAYS_HOW_IT_ENDED = re.compile(
    r"\b(result|results|resolution|bucket|column|state|stage|closed|completed?|achieved\??)\b"
)


def _claims(entry: Entry, covers: int) -> list[Doubt]:
    claims = []
    shared = f"and covers {covers} actions. Decide which of them are done" if covers > 1 else "but the status does not"
    offered = tuple(map(stage_name, MAYBE_DONE))
    for name, text in (("progress", entry.text("progress")), ("evidence", entry.text("evidence")), *_others(entry)):
        claim = claims_completion(text)
        if not claim and _SAYS_HOW_IT_ENDED.search(name.casefold()) and _ends(text):
            claim = text
        if claim:
            ending = shared if name == "progress" else "but the status does not"
            reason = f"{name[:1].upper()}{name[1:]} says “{one_line(claim)}” {ending}."
            claims.append(_doubt(entry, name, text, reason, offered))
    if day := entry.text("completed_on"):
        reason = "There is a completion date, but the status does not say that the action is complete."
        claims.append(_doubt(entry, "status", day, reason, offered))
    return claims


def _ends(text: str) -> bool:
    """Whether a column of results says that the action has ended, or may."""
    state = read_state(text)
    return state.completed in ("yes", "stopped") or state.reason == NOT_CLEAR


def _struck_doubts(entry: Entry) -> list[Doubt]:
    if not entry.is_struck:
        return []
    offered = (ActionStage.NOT_NEEDED, ActionStage.COMPLETE, ActionStage.NOT_STARTED)
    text = entry.text("status") or shortened(entry.text("action"))
    reason = "The whole row is struck through. Decide whether the action is still wanted."
    return [_doubt(entry, "status", text, reason, tuple(map(stage_name, offered)))]


def _rating_doubts(entry: Entry) -> list[Doubt]:
    rating = entry.rating
    if not rating_suggests_completion(entry.meaning("rating") or rating):
        return []
    reason = "This rating often means complete, but a rating alone does not close an action."
    return [_doubt(entry, "rating", rating, reason, tuple(map(stage_name, MAYBE_DONE)))]


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
