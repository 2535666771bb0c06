"""What does the page show of a spreadsheet before it is imported?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from reviews.access.permissions import Permission
from reviews.imports.mappings import remembered_mapping
from reviews.imports.readers.cells import Sheet, Unreadable
from reviews.imports.readers.plan import Outline, chosen_among, outline_of, plan_in
from reviews.imports.readers.result import TrackerPlan
from reviews.imports.readers.sheets import read_sheets
from reviews.imports.store import Source, TrackerImport, import_plan
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from web.core.context import actor, house, reader, unit
from web.imports.uploads import Upload, Uploads
from workflows.core.engine import Refused

MOST_SHOWN = 500
"""Rows of each list on the page; the terminal lists them all."""


@dataclass(frozen=True)
class Look:
    """A file as it would come in. `fault` is the sentence why it cannot; then there is no `done`."""

    upload: Upload
    sheets: Sequence[str]
    guessed: Outline
    """What its columns are taken to mean when nobody has said anything."""
    outline: Outline
    done: TrackerImport | None = None
    fault: str = ""

    @property
    def good(self) -> int:
        return self.done.rows - self.refused_rows if self.done else 0

    @property
    def guesses(self) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """Each row with each guess that was made of it."""
        return [(row, guess) for row in self.done.actions for guess in row["guesses"]] if self.done else []

    def raw_of(self, row: Mapping[str, Any]) -> dict[str, str]:
        """Give by field what stands in the file of a row where a person has to decide."""
        return self._raw.get((row["sheet"], row["row"]), {})

    def says_day(self, row: Mapping[str, Any]) -> bool:
        """Whether the file writes the very day that was taken, and not, say, a month."""
        return len(re.findall(r"\d+", row["due_text"])) == 3

    @cached_property
    def _raw(self) -> dict[tuple[str, int], dict[str, str]]:
        found: dict[tuple[str, int], dict[str, str]] = {}
        for one in self.done.needs_decision if self.done else ():
            texts = found.setdefault((one.get("sheet", ""), one["row"]), {})
            texts[one["field"]] = "; ".join(filter(None, (texts.get(one["field"], ""), one["text"])))
        return found

    @property
    def refused_rows(self) -> int:
        return len({(one["sheet"], one["row"]) for one in self.done.refused}) if self.done else 0


def uploads() -> Uploads:
    return Uploads(house().settings.home)


def mine(token: str) -> Upload:
    """Find an upload of the person signed in. Raises NotFound."""
    return uploads().find(token, _person_id(), house().clock.now())


def keep(data: bytes, *, name: str, partnership: str, plan: str) -> Upload:
    """Keep a file with what was remembered for its headings. Raises Unreadable, and keeps nothing then."""
    kept = uploads().keep(
        data, name=name, person_id=_person_id(), partnership=partnership, plan=plan, now=house().clock.now()
    )
    try:
        sheets = read_sheets(uploads().path(kept))
        guessed = outline_of(chosen_among(sheets, None), {})
    except Unreadable:
        uploads().forget(kept.token)
        raise
    place = partnership_id(partnership)
    if mapping := remembered_mapping(reader(), actor(), place, guessed.headings_sha256):
        kept = replace(kept, mapping=mapping, remember=True)
        uploads().note(kept)
    return kept


def look_at(upload: Upload) -> Look:
    """Read the file and try what it would do, without doing it."""
    sheets = read_sheets(uploads().path(upload))
    names = [sheet.name for sheet in sheets]
    chosen = _chosen(sheets, upload)
    guessed, outline = outline_of(chosen, {}), outline_of(chosen, upload.mapping)
    try:
        plan = plan_in(sheets, mapping=upload.mapping, sheet=upload.sheet or None)
        with unit() as work:
            done = _import(work, upload, plan, lenient=True)
            work.session.rollback()
    except (Unreadable, Refused) as fault:
        return Look(upload, names, guessed, outline, fault=str(fault))
    return Look(upload, names, guessed, outline, done)


def import_now(work: Unit, upload: Upload, *, lenient: bool) -> TrackerImport:
    """Do what was looked at. Raises Stale where the file is not the one that was, and Refused."""
    path = uploads().path(upload)
    if not path.exists() or sha256(path.read_bytes()).hexdigest() != upload.sha256:
        raise Stale
    plan = plan_in(read_sheets(path), mapping=upload.mapping, sheet=upload.sheet or None)
    return _import(work, upload, plan, lenient=lenient)


def partnership_id(code: str) -> int:
    """Give the partnership of that code in which the person may import. Raises NotFound."""
    for post in actor().posts:
        if post.partnership_code == code and actor().may(Permission.IMPORT_ACTIONS, post.partnership_id):
            return post.partnership_id
    raise NotFound


def _import(work: Unit, upload: Upload, plan: TrackerPlan, *, lenient: bool) -> TrackerImport:
    place = work.partnership(upload.partnership)
    source = Source(upload.name, upload.sha256)
    return import_plan(work, place, reference=upload.plan, plan=plan, lenient=lenient, source=source)


def _chosen(sheets: Sequence[Sheet], upload: Upload) -> list[Sheet]:
    names = {sheet.name for sheet in sheets}
    return chosen_among(sheets, upload.sheet if upload.sheet in names else None)


def _person_id() -> int:
    found = actor().person_id
    if found is None:
        raise NotFound
    return found
