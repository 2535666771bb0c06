"""The preview of a spreadsheet before it is imported, and the import itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

from reviews.access.permissions import Permission
from reviews.actions.plan_rules import start_reminders
from reviews.core.paging import Page
from reviews.imports.decisions import Candidates, DecisionGroup, candidates, groups_of
from reviews.imports.import_questions import MOST_ROWS_NAMED
from reviews.imports.mappings import remembered_columns
from reviews.imports.readers.answers import Answers
from reviews.imports.readers.cells import Sheet, Unreadable, invisible_shown
from reviews.imports.readers.plan import Outline, chosen_among, outline_of, plan_in
from reviews.imports.readers.sheets import read_sheets
from reviews.imports.store_rows import Source, TrackerImport, import_plan
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from web.core.context import actor, app_context, read_session, unit
from web.imports.uploads import Upload, Uploads
from workflows.core.engine import Refused

Listed = TypeVar("Listed")
MOST_LISTED = 500
"""Rows of each list on the page; the terminal lists them all."""
MOST_DECIDED_LISTED = 100


@dataclass(frozen=True)
class Preview:
    """A file as it would be imported. `fault` says why it cannot be; then there is no `done`."""

    upload: Upload
    sheets: Sequence[str]
    guessed: Outline
    """The meaning of its columns without any mapping."""
    outline: Outline
    done: TrackerImport | None = None
    fault: str = ""

    @property
    def accepted_rows(self) -> int:
        return self.done.rows - self.refused_rows if self.done else 0

    @property
    def guesses(self) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """Each row with each guess about it."""
        return [(row, guess) for row in self.done.actions for guess in row["guesses"]] if self.done else []

    def texts_to_decide(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Give the text in the file by field, for the fields of a row that a person must decide."""
        return self._texts_to_decide.get((row["sheet"], row["row"]), {})

    def seen(self, text: str) -> str:
        """Give a text with the characters that cannot be seen, such as those that turn the direction, by number."""
        return invisible_shown(text)

    def has_full_date(self, row: Mapping[str, Any]) -> bool:
        """Whether the file has a full date, and not, for example, a month."""
        return len(re.findall(r"\d+", row["due_text"])) == 3

    @cached_property
    def _texts_to_decide(self) -> dict[tuple[str, int], dict[str, str]]:
        found: dict[tuple[str, int], dict[str, str]] = {}
        for doubt in self.done.needs_decision if self.done else ():
            texts = found.setdefault((doubt.get("sheet", ""), doubt["row"]), {})
            texts[doubt["field"]] = "; ".join(filter(None, (texts.get(doubt["field"], ""), doubt["text"])))
        return found

    @cached_property
    def groups(self) -> list[DecisionGroup]:
        """What a person must decide, one question for each field and text."""
        return groups_of(self.done.needs_decision) if self.done else []

    def row_by_row(self, group: DecisionGroup) -> list[DecisionGroup]:
        """Split a question into one for each of its rows."""
        return [replace(group, key=f"{row}/{group.field}", count=1, rows=((row, sheet),)) for row, sheet in group.rows]

    def with_actions(self, group: DecisionGroup) -> DecisionGroup:
        """Give a question with the first of its rows as a reader sees them: the action of each beside its number."""
        named = [(f"Row {row}", self._texts.get((row, sheet), "")) for row, sheet in group.rows[:MOST_ROWS_NAMED]]
        return replace(group, rows=tuple(named))

    @cached_property
    def _texts(self) -> dict[tuple[str, str], str]:
        return {(str(row["row"]), row["sheet"]): row["text"] for row in self.done.actions} if self.done else {}

    @cached_property
    def candidates(self) -> Candidates:
        return candidates(read_session(), actor(), importable_partnership_id(self.upload.partnership))

    @property
    def refused_rows(self) -> int:
        return len({(row["sheet"], row["row"]) for row in self.done.refused}) if self.done else 0


def page_of(rows: Sequence[Listed], number: int, size: int) -> Page[Listed]:
    return Page(rows[(number - 1) * size : number * size], number, len(rows), size)


def uploads() -> Uploads:
    return Uploads(app_context().settings.home)


def find_upload(token: str) -> Upload:
    """Find an upload of the person who is signed in. Raises NotFound."""
    return uploads().find(token, _person_id(), app_context().clock.now())


def store_upload(data: bytes, *, name: str, partnership: str, plan: str) -> Upload:
    """Store a file with the mapping remembered for its headings. Raises Unreadable, and stores nothing then."""
    stored = uploads().store(
        data, name=name, person_id=_person_id(), partnership=partnership, plan=plan, now=app_context().clock.now()
    )
    try:
        sheets = read_sheets(uploads().path(stored))
        guessed = outline_of(chosen_among(sheets, None), {})
    except Unreadable:
        uploads().forget(stored.token)
        raise
    headings = guessed.headings_sha256
    if found := remembered_columns(read_session(), actor(), importable_partnership_id(partnership), headings):
        by = f"{found.saved_by.partition(' <')[0]} on {found.saved_at:%-d %B %Y}"
        stored = replace(stored, mapping=found.mapping, answers=found.answers, remember=True, remembered=by)
        uploads().note(stored)
    return stored


def preview_of(upload: Upload) -> Preview:
    """Read the file and try the import without storing anything."""
    sheets = read_sheets(uploads().path(upload))
    names = [sheet.name for sheet in sheets]
    chosen = _chosen(sheets, upload)
    guessed = outline_of(chosen, {}, upload.header_row)
    outline = outline_of(chosen, upload.mapping, upload.header_row)
    try:
        with unit() as work:
            done = _import(work, upload, sheets, lenient=True)
            work.session.rollback()
    except (Unreadable, Refused) as fault:
        return Preview(upload, names, guessed, outline, fault=str(fault))
    return Preview(upload, names, guessed, outline, done)


def import_now(work: Unit, upload: Upload, *, lenient: bool) -> TrackerImport:
    """Import what was previewed. Raises Stale where the file has changed since, and Refused."""
    path = uploads().path(upload)
    if not path.exists() or sha256(path.read_bytes()).hexdigest() != upload.sha256:
        raise Stale
    done = _import(work, upload, read_sheets(path), lenient=lenient)
    if done.silent and upload.silent is False:
        start_reminders(work, work.case(done.plan, partnership=upload.partnership))
        done.silent = False
    return done


def importable_partnership_id(code: str) -> int:
    """Give the partnership of that code in which the person may import. Raises NotFound."""
    for assignment in actor().roles_held:
        if assignment.partnership_code == code and actor().may(Permission.IMPORT_ACTIONS, assignment.partnership_id):
            return assignment.partnership_id
    raise NotFound


def _import(work: Unit, upload: Upload, sheets: Sequence[Sheet], *, lenient: bool) -> TrackerImport:
    partnership = work.partnership(upload.partnership)
    chosen: dict[str, Any] = {"mapping": upload.mapping, "sheet": upload.sheet or None, "header_row": upload.header_row}
    answers, as_written = Answers(upload.answers), plan_in(sheets, **chosen)
    plan = plan_in(sheets, **chosen, answers=answers) if upload.answers else as_written
    source = Source(upload.name, upload.sha256)
    return import_plan(
        work,
        partnership,
        reference=upload.plan,
        title=upload.title,
        plan=plan,
        lenient=lenient,
        silent=bool(upload.silent),
        source=source,
        answers=answers,
        as_written=as_written,
    )


def _chosen(sheets: Sequence[Sheet], upload: Upload) -> list[Sheet]:
    names = {sheet.name for sheet in sheets}
    return chosen_among(sheets, upload.sheet if upload.sheet in names else None)


def _person_id() -> int:
    found = actor().person_id
    if found is None:
        raise NotFound
    return found
