"""The text and HTML of a morning mail, made from its lines and the templates."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from textwrap import fill
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications.letters.links import WORDS, Answer, Letterhead, Link, Sealer, answers_for
from notifications.letters.previous_answers import PreviousAnswer
from notifications.letters.wording import (
    FIRST_OF_ALL,
    MANNER,
    action_words,
    clock_words,
    closings,
    counted,
    day,
    heading,
    heading_order,
    may_answer,
    noun,
    nouns_of,
    one_line,
    previous_answer_words,
    task_words,
    urgency,
)
from notifications.rounds.delivery_problems import DeliveryProblem
from notifications.rounds.digests import Line, aspect_of
from notifications.rounds.recipients import is_there
from notifications.rounds.snapshot import ActionLine, ClockLine, PartnershipRow, PartnershipSnapshot, Recipient
from reviews.core.template_cache import template_cache
from workflows.core.days import due_in_words
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.shared.roles import CHAIR, SCRUTINEER

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
    """Wrap a paragraph into lines that every mail program shows whole, without breaking a link."""
    return fill(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)


TEXT.filters["wrapped"] = wrapped
_TEXT: Any = TEXT.get_template("entry.txt").module
_HTML: Any = HTML.get_template("entry.html").module


def render_entry(*parts: str) -> tuple[str, str]:
    """Render reference, status, title and link, which are the same in every mail, as text and as escaped HTML."""
    return _TEXT.entry(*parts), _HTML.entry(*parts)


def render_answers(offered: Sequence[tuple[str, str]], address: str) -> tuple[str, str]:
    """Render the answers offered at an address, each a pair of its value in the address and its words."""
    return _TEXT.answers(offered, address), _HTML.answers(offered, address)


def render_mail(kind: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Render the templates of a kind of mail, as text and as HTML."""
    return TEXT.get_template(f"{kind}.txt").render(values), HTML.get_template(f"{kind}.html").render(values)


MANY, MOST_URGENT = 5, 3
"""In a mail of more lines than that, so many come first."""
LINK_PLACEHOLDER = "https://link.invalid/"
"""Replaced in the cached rendering by the link of a person and an action."""
NO_ANSWERS = ("", "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One action or clock as text and as HTML, the same for everybody, and what is personal: reason and answers.

    `heading` is the one it would stand under, where it stands first of all instead.
    """

    text: str
    html: str
    why: str = ""
    answers_text: str = ""
    answers_html: str = ""
    heading: str = ""


class EntryWriter:
    """Renders each action or clock of one partnership's morning once, and adds each recipient's own links."""

    def __init__(self, partnership: PartnershipRow, letterhead: Letterhead, morning: date, today: date) -> None:
        self._partnership = partnership
        self._morning, self._today = morning, today
        self._base = letterhead.base_url.rstrip("/")
        self._query = urlencode({"partnership": partnership.code})
        self._sealer = Sealer(letterhead)
        self._entries: dict[tuple[int, str, date | None], Entry] = {}

    def write(self, to: Recipient, line: Line) -> Entry:
        if isinstance(line.subject, ClockLine):
            entry, answers = self._of_clock(line.subject, asked=line.role is Role.AGENCY_LEAD), NO_ANSWERS
        else:
            entry = self._of_action(line.subject)
            answers = self._answers(to, line.subject) if may_answer(line) else NO_ANSWERS
        personal = line.why or answers is not NO_ANSWERS
        return Entry(entry.text, entry.html, one_line(line.why), *answers) if personal else entry

    def page(self, path: str) -> str:
        return f"{self._base}{path}?{self._query}"

    def undo(self, link: Link) -> str:
        """Return the address at which an answer can be seen and undone."""
        return f"{self._base}/l/{self._sealer.token(link)}/answer"

    def _answers(self, to: Recipient, action: ActionLine) -> tuple[str, str]:
        link = f"{self._base}/l/{self._sealer.token(Link(self._partnership.id, to.id, action.id, self._morning))}"
        offered = answers_for(action.due_on, self._today)
        text, html = _render_for_placeholder(offered)
        return text.replace(LINK_PLACEHOLDER, link), html.replace(LINK_PLACEHOLDER, link)

    def _of_clock(self, clock: ClockLine, *, asked: bool) -> Entry:
        page = f"/cases/{quote(clock.reference, safe='')}"
        words = clock_words(clock, asked=asked, today=self._today)
        link = self.page(page if clock.agency_id is not None else f"{page}/clocks")
        return Entry(*render_entry(one_line(clock.reference), words, "", link))

    def _of_action(self, action: ActionLine) -> Entry:
        key = (action.id, action.aspect, action.due_on)
        entry = self._entries.get(key)
        if entry is None:
            words, link = action_words(action, self._today), self.page(f"/actions/{quote(action.address)}")
            rendered = render_entry(one_line(action.reference), words, one_line(action.title), link)
            entry = self._entries[key] = Entry(*rendered)
        return entry


@lru_cache
def _render_for_placeholder(answers: tuple[Answer, ...]) -> tuple[str, str]:
    return render_answers([(answer.value, WORDS[answer]) for answer in answers], LINK_PLACEHOLDER)


PLAIN_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/()-]{0,118}")


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    body: str
    html: str


@dataclass(frozen=True, slots=True)
class LetterSection:
    title: str
    entries: list[Entry]


class Writer:
    """Writes the letters of one partnership on one morning; in the words of a later day (`today`) where they wait."""

    def __init__(
        self, snapshot: PartnershipSnapshot, letterhead: Letterhead, morning: date, *, today: date | None = None
    ) -> None:
        self._snapshot = snapshot
        self._today = today or morning
        self._entries = EntryWriter(snapshot.partnership, letterhead, morning, self._today)

    def write(
        self,
        to: Recipient,
        lines: list[Line],
        previous_answers: Sequence[PreviousAnswer] = (),
        tasks: Sequence[DeliveryProblem] = (),
    ) -> Written:
        """Write to one person. Of an action or clock a mail has reference, date and link, and a title if it is safe.

        `previous_answers` are those given by the links of their last mails, `tasks` those of the business unit.
        """
        subject, asked = subject_line(lines, self._today, tasks=len(tasks)), counted(lines, tasks=len(tasks))
        values: dict[str, Any] = {
            "subject": subject,
            "name": one_line(to.name),
            "opening": f"Please look at {asked} of {one_line(self._snapshot.partnership.name)} today.",
            "sections": self._sections(to, lines),
            "tasks": [(one_line(each.name), task_words(each)) for each in tasks],
            "people": self._entries.page("/people"),
            "previous_answers": [self._previous_answer(each) for each in previous_answers],
            "closings": closings(lines),
            "lists": self._lists({noun(line) for line in lines}),
            "contacts": self._contacts(to, lines),
            "anchors": self._snapshot.anchors if self._is_chair(to.id) else [],
            "manner": MANNER,
        }
        return Written(subject, *render_mail("morning", values))

    def _sections(self, to: Recipient, lines: list[Line]) -> list[LetterSection]:
        """Group the entries under their headings; of many, the three that matter most come first of all."""
        first = sorted(lines, key=self._weight)[:MOST_URGENT] if len(lines) > MANY else []
        sections = []
        if first:
            urgent = [replace(self._entries.write(to, line), heading=heading(line, self._today)) for line in first]
            sections.append(LetterSection(FIRST_OF_ALL, urgent))
        by_title: dict[str, list[Entry]] = {}
        for line in sorted(lines, key=_oldest_first):
            if line not in first:
                by_title.setdefault(heading(line, self._today), []).append(self._entries.write(to, line))
        return [*sections, *(LetterSection(title, by_title[title]) for title in sorted(by_title, key=heading_order))]

    def _is_chair(self, person_id: int) -> bool:
        return any(person_id in self._snapshot.people.all_with(role) for role in CHAIRS)

    def _weight(self, line: Line) -> tuple[int, date, str]:
        return urgency(line, self._today), *_oldest_first(line)

    def _previous_answer(self, answer: PreviousAnswer) -> dict[str, str]:
        link = self._entries.undo(answer.link) if answer.may_undo else ""
        return {
            "reference": one_line(answer.reference),
            "words": previous_answer_words(answer),
            "link": link,
        }

    def _lists(self, nouns: set[str]) -> list[tuple[str, str]]:
        actions = [("All your actions", self._entries.page("/actions/mine"))] if "action" in nouns else []
        return actions if nouns <= {"action"} else [*actions, ("All cases", self._entries.page("/cases"))]

    def _contacts(self, to: Recipient, lines: list[Line]) -> list[tuple[str, str]]:
        """Name somebody to ask about the lines of each realm, as what they are asked about and who they are.

        What is known for child death review is for the CDOP manager alone, and nobody else is named for it.
        """
        in_realm = {realm: [line for line in lines if line.subject.realm is realm] for realm in CONTACTS}
        several = all(in_realm.values())
        found = []
        for realm, (roles, about) in CONTACTS.items():
            person_id = self._first_there(roles) if in_realm[realm] or (realm is Realm.REVIEWS and not lines) else None
            if person_id is not None and person_id != to.id:
                contact = self._snapshot.recipients[person_id]
                found.append((f" about {about}" if several else "", f"{one_line(contact.name)}: {contact.email}"))
        return found

    def _first_there(self, roles: tuple[Role, ...]) -> int | None:
        """The first with one of the roles who can answer today, or else the first with one."""
        people = [person_id for role in roles for person_id in self._snapshot.people.all_with(role)]
        return next((each for each in people if is_there(self._snapshot, each)), next(iter(people), None))


CONTACTS = {
    Realm.REVIEWS: ((Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN), "reviews and their actions"),
    Realm.CHILD_DEATHS: ((Role.CDOP_MANAGER,), "child death review"),
}
"""Who is asked about the lines of each realm, the first role that somebody holds, and what that is called in a mail
about both."""


CHAIRS = tuple(sorted(CHAIR | SCRUTINEER))
"""Who is told the anchors of the record, so that somebody apart from the server has them."""


def subject_line(lines: list[Line], morning: date, *, tasks: int = 0) -> str:
    """Return a fixed sentence with reference and date; a reference with unusual characters stays out of the header."""
    if len(lines) + tasks > 1 or not lines or not PLAIN_REFERENCE.fullmatch(lines[0].subject.reference):
        return f"Your {nouns_of(lines, tasks=tasks)}: {len(lines) + tasks} to look at, {day(morning)}"
    subject = lines[0].subject
    kind = "Case" if lines[0].of_clock else "Action"
    if subject.due_on is None or aspect_of(subject):
        return f"{kind} {subject.reference}: to look at, {day(morning)}"
    due = subject.due_on if isinstance(subject, ClockLine) else subject.due or subject.due_on
    return f"{kind} {subject.reference}: due {due_in_words(due)}"


def message_id(letterhead: Letterhead, letter_key: str, generation: int) -> str:
    """Return the Message-ID of a letter, which is the same each time it is handed over.

    It is a keyed hash, so that nobody without the key or the letter can name it in a forged delivery report. A letter
    of a restored installation is another than that of the same key that left after the backup was made.
    """
    host = urlsplit(letterhead.base_url).hostname or "localhost"
    written = f"{letter_key}|{generation}" if generation else letter_key
    made = blake2b(written.encode(), key=letterhead.hashed("message-id"), digest_size=16).hexdigest()
    return f"<{made}@{'localhost' if ':' in host else host}>"


def _oldest_first(line: Line) -> tuple[date, str]:
    return line.subject.due_on or date.max, line.subject.reference
