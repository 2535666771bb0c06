"""In which words is a person told?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from textwrap import fill
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.letters.answers_told import Given
from notifications.letters.letterhead import Letterhead
from notifications.letters.links import WORDS, Answer, Link, Sealer, answers_for
from notifications.letters.wording import (
    MANNER,
    action_words,
    clock_words,
    closings,
    counted,
    day,
    given_words,
    heading,
    may_answer,
    noun,
    nouns_of,
    one_line,
    place_of,
    task_words,
)
from notifications.rounds.delivery_problems import Trouble
from notifications.rounds.digests import Line, aspect_of
from notifications.rounds.snapshot import ActionLine, ClockLine, Place, Recipient, Standing
from reviews.core.template_cache import template_cache
from workflows.core.vocabulary import Realm, Role

LOADER = FileSystemLoader(Path(__file__).with_name("templates"))
WIDTH = 79
LAYOUT = {
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "auto_reload": False,
    "bytecode_cache": template_cache(),
}

TEXT = Environment(
    loader=LOADER,
    autoescape=False,  # noqa: S701  # plain text: escaping for HTML would put &amp; into people's names
    **LAYOUT,  # type: ignore[arg-type]  # one dict for options of several types
)
HTML = Environment(loader=LOADER, autoescape=True, **LAYOUT)  # type: ignore[arg-type]  # as above


@lru_cache(maxsize=64)
def wrapped(paragraph: str) -> str:
    """Break a paragraph of ours into lines that every mail program shows whole; a link is never broken."""
    return fill(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)


TEXT.filters["wrapped"] = wrapped
_TEXT: Any = TEXT.get_template("entry.txt").module
_HTML: Any = HTML.get_template("entry.html").module


def printed_entry(*said: str) -> tuple[str, str]:
    """Print what all mails say of one matter alike: reference, standing, title and link; the HTML needs no escaping."""
    return _TEXT.entry(*said), _HTML.entry(*said)


def printed_answers(offered: Sequence[tuple[str, str]], address: str) -> tuple[str, str]:
    """Print what can be answered at an address, each as the address and as the mail says it."""
    return _TEXT.answers(offered, address), _HTML.answers(offered, address)


def printed(kind: str, said: Mapping[str, Any]) -> tuple[str, str]:
    """Print what is said with the templates of a kind of mail: the text, and the HTML."""
    return TEXT.get_template(f"{kind}.txt").render(said), HTML.get_template(f"{kind}.html").render(said)


PLACE_OF_LINK = "https://link.invalid/"
"""Stands in what is printed once for all, until the link of a person and an action takes its place."""
NO_ANSWERS = ("", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """What all mails say of a matter, as text and as HTML, and what is personal: why one hears, and how to answer."""

    text: str
    html: str
    why: str = ""
    answers_text: str = ""
    answers_html: str = ""


class EntryWriter:
    """Writes what the mails of one partnership's morning say of each matter, once for all; only links are personal."""

    def __init__(self, place: Place, letterhead: Letterhead, morning: date) -> None:
        self._place = place
        self._morning = morning
        self._base = letterhead.base_url.rstrip("/")
        self._query = urlencode({"partnership": place.code})
        self._sealer = Sealer(letterhead)
        self._entries: dict[tuple[int, str, date | None], Entry] = {}

    def write(self, to: Recipient, line: Line) -> Entry:
        if isinstance(line.matter, ClockLine):
            entry, answers = self._of_clock(line.matter, asked=line.role is Role.AGENCY_LEAD), NO_ANSWERS
        else:
            entry = self._of_action(line.matter)
            answers = self._answers(to, line.matter) if may_answer(line) else NO_ANSWERS
        personal = line.why or answers is not NO_ANSWERS
        return Entry(entry.text, entry.html, one_line(line.why), *answers) if personal else entry

    def page(self, path: str) -> str:
        return f"{self._base}{path}?{self._query}"

    def undo(self, link: Link) -> str:
        """Give the address at which an answer is looked at and taken back."""
        return f"{self._base}/l/{self._sealer.token(link)}/answer"

    def _answers(self, to: Recipient, action: ActionLine) -> tuple[str, str]:
        link = f"{self._base}/l/{self._sealer.token(Link(self._place.id, to.id, action.id, self._morning))}"
        offered = answers_for(action.due_on, self._morning)
        text, html = _printed_once(offered)
        return text.replace(PLACE_OF_LINK, link), html.replace(PLACE_OF_LINK, link)

    def _of_clock(self, clock: ClockLine, *, asked: bool) -> Entry:
        page = f"/cases/{quote(clock.reference, safe='')}"
        words = clock_words(clock, asked=asked, today=self._morning)
        link = self.page(page if clock.agency_id is not None else f"{page}/clocks")
        return Entry(*printed_entry(one_line(clock.reference), words, "", link))

    def _of_action(self, action: ActionLine) -> Entry:
        key = (action.id, action.aspect, action.due_on)
        known = self._entries.get(key)
        if known is None:
            words, link = action_words(action, self._morning), self.page(f"/actions/{quote(action.address)}")
            said = printed_entry(one_line(action.reference), words, one_line(action.title), link)
            known = self._entries[key] = Entry(*said)
        return known


@lru_cache
def _printed_once(answers: tuple[Answer, ...]) -> tuple[str, str]:
    return printed_answers([(answer.value, WORDS[answer]) for answer in answers], PLACE_OF_LINK)


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
