"""What the audit log has of one case or one person, as a file for a coroner, a court or the person themself."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import Workbook

from reviews.audit.labels import HOW, KIND_TITLES, outcome_in_words, roles_in_words
from reviews.audit.queries import CaseSubject, LogRow, Subject
from reviews.core.clock import LONDON, moment_in_words
from reviews.exports.cell_text import day
from reviews.exports.columns import Value, text_of
from reviews.exports.xlsx import add_sheet
from reviews.imports.readers.exported_plan import guarded

MOST_ROWS = 20_000
"""A workbook of so many takes some seconds to write."""


@dataclass(frozen=True, slots=True)
class DisclosurePurpose:
    """What something is disclosed for; `short` is how the log has it."""

    title: str
    short: str
    of_case: bool = True
    of_person: bool = True


PURPOSES: Mapping[str, DisclosurePurpose] = {
    "coroner": DisclosurePurpose("A coroner asked for it", "coroner", of_person=False),
    "court": DisclosurePurpose("A court ordered it, or it is for proceedings", "court"),
    "police": DisclosurePurpose("The police investigate", "police"),
    "regulator": DisclosurePurpose("A regulator or inspectorate asked for it", "regulator"),
    "inquiry": DisclosurePurpose("Our own inquiry into what somebody looked at", "inquiry"),
    "subject_access": DisclosurePurpose(
        "The person asked for what we hold about them", "subject access", of_case=False
    ),
}
"""What is on record of a case names who looked at it, so nobody gets it as a subject access request."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is disclosed. `verified_to` is the moment up to which the chain over the log was last found whole."""

    subject: Subject
    partnership: str
    rows: Sequence[LogRow]
    from_on: date | None
    to_on: date | None
    purpose: str
    disclosed_by: str
    disclosed_at: datetime
    verified_to: datetime | None


@dataclass(frozen=True, slots=True)
class DisclosureFormat:
    title: str
    media_type: str
    write: Callable[[Disclosure], bytes]


HEADINGS = (
    ("Day", 12),
    ("Time", 10),
    ("Who", 28),
    ("As", 26),
    ("What", 22),
    ("Reference", 24),
    ("How", 22),
    ("Page", 44),
    ("Outcome", 40),
    ("Number", 10),
)


def cover(disclosure: Disclosure) -> list[tuple[str, Value]]:
    """Give the lines of the cover: what the file holds, and how far it can be relied on."""
    subject = disclosure.subject
    is_case = isinstance(subject, CaseSubject)
    about = f"Who looked at {subject.reference}, or was refused it" if isinstance(subject, CaseSubject) else ""
    about = about or f"What {getattr(subject, 'name', '')} looked at or was refused, and when they signed in"
    return [
        ("What this file holds", about),
        ("Partnership", disclosure.partnership),
        ("From", day(disclosure.from_on) or "the beginning of the audit log"),
        ("To", day(disclosure.to_on) or moment_in_words(disclosure.disclosed_at)),
        ("Entries", len(disclosure.rows)),
        ("Purpose", disclosure.purpose),
        ("Taken out", f"{moment_in_words(disclosure.disclosed_at)} by {disclosure.disclosed_by}"),
        (
            "Whole and unchanged",
            f"The chain over the audit log was verified up to {moment_in_words(disclosure.verified_to)}"
            if disclosure.verified_to
            else "Not verified: the chain over the audit log was not checked for this file",
        ),
        (
            "What it does not hold",
            "Titles and text of cases, names of children, network addresses, and what other partnerships have on record"
            + (" and, of people, more than the name and the role they had then" if is_case else ""),
        ),
        ("Times", "As on the clock in London"),
    ]


def as_workbook(disclosure: Disclosure) -> bytes:
    """Write the cover as the first sheet, and the entries as the second."""
    workbook = Workbook(write_only=True)
    workbook.properties.creator, workbook.properties.title = "Followthrough", "Audit log"
    add_sheet(workbook, "About", [("About this file", 30), ("", 90)], cover(disclosure))
    add_sheet(workbook, "Audit log", HEADINGS, map(_values, disclosure.rows))
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def as_separated(disclosure: Disclosure) -> bytes:
    """Write the cover, an empty line and the entries, with nothing a spreadsheet would run."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, quoting=csv.QUOTE_ALL)
    for name, value in cover(disclosure):
        rows.writerow([name, guarded(text_of(value))])
    rows.writerow([])
    rows.writerow([heading for heading, _ in HEADINGS])
    for row in disclosure.rows:
        rows.writerow([guarded(text_of(value)) for value in _values(row)])
    return text.getvalue().encode("utf-8-sig", "replace")


FORMATS: Mapping[str, DisclosureFormat] = {
    "xlsx": DisclosureFormat(
        "Excel workbook", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_workbook
    ),
    "csv": DisclosureFormat("CSV", "text/csv; charset=utf-8", as_separated),
}


def _values(row: LogRow) -> tuple[Value, ...]:
    at = row.at.astimezone(LONDON)
    return (
        at.date(),
        f"{at:%H:%M:%S}",
        row.person,
        roles_in_words(row.role),
        KIND_TITLES[row.kind],
        row.reference,
        HOW[row.through],
        row.route,
        outcome_in_words(row.kind, row.outcome),
        row.number,
    )
