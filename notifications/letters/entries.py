"""What does a mail say of one action or clock, and which link stands beside it?"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import quote, urlencode

from notifications.letters.letterhead import Letterhead
from notifications.letters.links import WORDS, Answer, Link, Sealer, answers_for
from notifications.letters.printing import printed_answers, printed_entry
from notifications.letters.wording import action_words, clock_words, may_answer, one_line
from notifications.rounds.action_lines import ActionLine
from notifications.rounds.clocks import ClockLine
from notifications.rounds.decided import Line
from notifications.rounds.snapshot import Place, Recipient
from workflows.core.roles import Role

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
