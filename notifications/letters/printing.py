"""How does what a mail says become its text and its HTML? Both are made of the same parts, by one template each."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from textwrap import fill
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

LOADER = FileSystemLoader(Path(__file__).with_name("templates"))
WIDTH = 79
LAYOUT = {
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": True,
    "auto_reload": False,
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
