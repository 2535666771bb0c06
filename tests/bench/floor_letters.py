"""How does the floor write a mail? Strings joined: as long as the product's, with the same number of signed links."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from html import escape
from typing import Any

from tests.bench.nation import TODAY
from tests.bench.raw import as_day

BASE = "http://127.0.0.1"
KEY = b"a key of the floor"
ANSWERS = ("seen", "on-track", "done", "not-mine")
STYLE = "body { max-width: 38em; margin: 0 auto; padding: 16px; font: 16px/1.5 Arial, Helvetica, sans-serif; }\n" * 9
"""As long as the head of the product's mails."""
CLOSING = (
    "When one of yours is done, open it, say what shows that, and ask for it to be closed. If you need more\n"
    "time, ask for it before the day. If one should not be yours, please say so soon.\n\n"
    "The short answers below an action need no signing in: open the link, choose, and press the button.\n"
    "Until then nothing has happened. They were made for you: please do not pass them on.\n\n"
    "Followthrough sends one mail on a working morning when there is something to say, and puts no details\n"
    "of any case into it."
)


def letter_of(name: str, person: int, items: Sequence[Sequence[Any]]) -> tuple[str, str]:
    """Give text and HTML of a mail; the rows are those of `floor_round`."""
    said = [(item[2], _when(item[7]), item[8], _page(item), _answer(person, item)) for item in items]
    text = "\n\n".join(_as_text(*each) for each in said)
    html = "\n".join(_as_html(*each) for each in said)
    return (
        f"Good morning {name},\n\nPlease look at {len(items)} actions today.\n\n{text}\n\n{CLOSING}\n",
        f'<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<style>\n{STYLE}</style>\n</head>\n<body>\n'
        f"<p>Good morning {escape(name)},</p>\n{html}\n<p>{CLOSING}</p>\n</body>\n</html>\n",
    )


def _as_text(reference: str, when: str, title: str, page: str, answer: str) -> str:
    lines = (reference, when, title, page, answer and f"Seen, on track, done, not mine: {answer}")
    return "\n".join(f"  {line}" for line in lines if line)


def _as_html(reference: str, when: str, title: str, page: str, answer: str) -> str:
    links = "\n".join(f'<a href="{answer}?answer={word}">{word}</a>' for word in ANSWERS) if answer else ""
    return (
        f'<div class="e">\n<h3><a href="{page}">{escape(reference)}</a></h3>\n'
        f'<p>{when}<br>{escape(title)}</p>\n<p class="a">\n{links}\n</p>\n</div>'
    )


def _when(due_on: date | str | None) -> str:
    if due_on is None:
        return "no due date yet"
    day = as_day(due_on)
    away = (day - TODAY).days
    return f"was due on {day:%-d %B %Y}, {-away} days late" if away < 0 else f"due on {day:%-d %B %Y}, in {away} days"


def _page(item: Sequence[Any]) -> str:
    return f"{BASE}/actions/{item[3]}?partnership=AREA-{item[1]:03}"


def _answer(person: int, item: Sequence[Any]) -> str:
    """Give the link by which an owner answers; nothing to anybody else."""
    if item[6] != person:
        return ""
    contents = f"{item[1]:04}{person:08}{item[0]:08}{TODAY:%y%m}".encode()
    return f"{BASE}/l/{urlsafe_b64encode(contents + blake2b(contents, key=KEY, digest_size=18).digest()).decode()}"
