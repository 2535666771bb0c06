"""Every form of every page, found on the pages themselves, so that none is forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

from tests.builders import World
from tests.web.core.test_routes import guarded
from tests.web.visitor import Doors, Visitor

WHO = tuple(f"{word}@anyshire.example" for word in ("manager", "chair", "cdop", "owner", "technician", "privacy"))
"""Together they open every page."""
ELSEWHERE = "/account/with/"
"""Leads to a provider of sign-ins: see account/test_providers.py."""
ENDS_THE_SESSION = ("/sign-out", "/account/sessions")


@dataclass
class FoundForm:
    """A form as a browser sees it: where it is sent, what is typed into it, and what it sends unasked."""

    page: str
    email: str
    address: str
    typed: list[str] = field(default_factory=list)
    sent_along: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def filled(self, text: str) -> dict[str, str]:
        return self.sent_along | dict.fromkeys(self.typed, text)


class _Forms(HTMLParser):
    def __init__(self, page: str, email: str) -> None:
        super().__init__()
        self.page, self.email = page, email
        self.found: list[FoundForm] = []
        self._open: FoundForm | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self._open = FoundForm(self.page, self.email, given.get("action") or self.page)
            self.found.append(self._open)
        elif self._open is not None:
            self._field(self._open, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""

    def _field(self, form: FoundForm, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and given.get("value"):
            form.sent_along.setdefault(self._select, given["value"])
        elif tag == "textarea":
            form.typed.append(name)
        elif tag in ("input", "button") and name:
            if tag == "button" or kind in ("hidden", "radio", "checkbox", "submit"):
                form.sent_along.setdefault(name, given.get("value", ""))
            elif kind == "file":
                form.files.append(name)
            else:
                form.typed.append(name)


def opened_pages(doors: Doors, world: World) -> Iterator[tuple[str, str, Visitor]]:
    """Open every page, filled in with things that are there, as the first of those who may."""
    visitors = {email: doors.visitor(email) for email in WHO}
    for page in guarded(doors, world, "GET"):
        if page.startswith(ELSEWHERE):
            continue
        for email, visitor in visitors.items():
            if visitor.open(page) == 200:
                if visitor.html.startswith("<!DOCTYPE html>"):
                    yield page, email, visitor
                break


def every_form(doors: Doors, world: World) -> list[FoundForm]:
    """Give one form for each address that forms are sent to."""
    found: dict[str, FoundForm] = {}
    for page, email, visitor in opened_pages(doors, world):
        reader = _Forms(page, email)
        reader.feed(visitor.html)
        for form in reader.found:
            if not form.address.startswith(ENDS_THE_SESSION):
                found.setdefault(form.address, form)
    return list(found.values())


def asked_for(page: str, visitor: Visitor) -> set[str]:
    """Give the names of values that a page takes in its address, as its own links and forms say."""
    path = urlsplit(page).path
    links = [urlsplit(link) for link in visitor.links]
    names = {name for link in links if link.path in ("", path) for name, _ in parse_qsl(link.query)}
    return names | {"q", "sort", "page", "partnership", "as-of", "group"}
