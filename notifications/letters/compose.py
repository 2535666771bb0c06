"""In which words is a person told?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any
from urllib.parse import urlsplit

from notifications.letters.answers_told import Given
from notifications.letters.entries import Entry, EntryWriter
from notifications.letters.letterhead import Letterhead
from notifications.letters.printing import printed
from notifications.letters.wording import (
    MANNER,
    closings,
    counted,
    day,
    given_words,
    heading,
    noun,
    nouns_of,
    one_line,
    place_of,
    task_words,
)
from notifications.rounds.decided import Line, aspect_of
from notifications.rounds.delivery_problems import Trouble
from notifications.rounds.snapshot import Recipient, Standing
from workflows.core.roles import Realm, Role

PLAIN_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/()-]{0,118}")


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    body: str
    html: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    entries: list[Entry]


class Writer:
    """Writes one partnership's letters of one morning. What a mail says of an action is worked out once for all."""

    def __init__(self, standing: Standing, letterhead: Letterhead, morning: date) -> None:
        self._standing = standing
        self._morning = morning
        self._entries = EntryWriter(standing.place, letterhead, morning)

    def write(
        self, to: Recipient, lines: list[Line], given: Sequence[Given] = (), tasks: Sequence[Trouble] = ()
    ) -> Written:
        """Write to one person. Of an action or clock a mail has reference, date and link; a title where it is safe.

        `given` are the answers of which they are told that they came by their link, `tasks` what a business manager is
        to put right.
        """
        subject, asked = subject_of(lines, self._morning, tasks=len(tasks)), counted(lines, tasks=len(tasks))
        said: dict[str, Any] = {
            "subject": subject,
            "name": one_line(to.name),
            "opening": f"Please look at {asked} of {one_line(self._standing.place.name)} today.",
            "sections": self._sections(to, lines),
            "tasks": [(one_line(each.name), task_words(each)) for each in tasks],
            "people": self._entries.page("/people"),
            "given": [self._told(each) for each in given],
            "closings": closings(lines),
            "lists": self._lists({noun(line) for line in lines}),
            "contact": self._contact(to, lines),
            "manner": MANNER,
        }
        return Written(subject, *printed("morning", said))

    def _sections(self, to: Recipient, lines: list[Line]) -> list[Section]:
        by_title: dict[str, list[Entry]] = {}
        for line in sorted(lines, key=_oldest_first):
            by_title.setdefault(heading(line, self._morning), []).append(self._entries.write(to, line))
        return [Section(title, by_title[title]) for title in sorted(by_title, key=place_of)]

    def _told(self, given: Given) -> dict[str, str]:
        link = self._entries.undo(given.link) if given.may_undo else ""
        return {"reference": one_line(given.reference), "words": given_words(given), "link": link}

    def _lists(self, nouns: set[str]) -> list[tuple[str, str]]:
        actions = [("All your actions", self._entries.page("/actions/mine"))] if "action" in nouns else []
        return actions if nouns <= {"action"} else [*actions, ("All cases", self._entries.page("/cases"))]

    def _contact(self, to: Recipient, lines: list[Line]) -> str:
        """Name who may know about these matters: for child death review that is not the business manager."""
        in_deaths = any(line.matter.realm is Realm.CHILD_DEATHS for line in lines)
        person_id = self._standing.people.first(Role.CDOP_MANAGER if in_deaths else Role.BUSINESS_MANAGER)
        if person_id is None or person_id == to.id:
            return ""
        contact = self._standing.recipients[person_id]
        return f"{one_line(contact.name)}: {contact.email}"


def subject_of(lines: list[Line], morning: date, *, tasks: int = 0) -> str:
    """Give a fixed sentence with reference and date; a reference of unusual characters stays out of the header."""
    if len(lines) + tasks > 1 or not lines or not PLAIN_REFERENCE.fullmatch(lines[0].matter.reference):
        return f"Your {nouns_of(lines, tasks=tasks)}: {len(lines) + tasks} to look at, {day(morning)}"
    matter = lines[0].matter
    kind = "Case" if lines[0].of_clock else "Action"
    if matter.due_on is None or aspect_of(matter):
        return f"{kind} {matter.reference}: to look at, {day(morning)}"
    return f"{kind} {matter.reference}: due on {day(matter.due_on)}"


def message_id(letterhead: Letterhead, once: str) -> str:
    """Give the same Message-ID for the same letter, however often it is handed over.

    Made with the secret key: whoever does not hold it or the letter cannot name one in a forged report of its fate.
    """
    host = urlsplit(letterhead.base_url).hostname or "localhost"
    made = blake2b(once.encode(), key=letterhead.hashed("message-id"), digest_size=16).hexdigest()
    return f"<{made}@{'localhost' if ':' in host else host}>"


def _oldest_first(line: Line) -> tuple[date, str]:
    return line.matter.due_on or date.max, line.matter.reference
