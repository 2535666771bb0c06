"""Texts that mean harm, in every column and in every field of every form: they are shown as they were typed."""

import re
from html import unescape

from tests.planted import plant
from tests.web.core.every_form import every_form, opened_pages

EVIL = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>{{31337*3}}${31337*3}{% x %}"
WRITTEN = re.compile(r"<img src=x|<script>alert|[^&]#?39;?><img")
WORKED_OUT = "94011"


def faults_of(html: str) -> list[str]:
    """Give what of the text became part of the page, or was worked out."""
    return WRITTEN.findall(html) + ([WORKED_OUT] if WORKED_OUT in html else [])


def test_d1_d3_a_planted_text_is_shown_as_it_was_typed_on_every_page(doors, world):
    pages = [(page, email) for page, email, _ in opened_pages(doors, world)]
    planted = plant(doors.database, EVIL)
    assert {"actions.text", "people.name", "agencies.name", "evidence.file_name", "events.recorded_by"} <= planted
    codes, faults, shown = {}, {}, 0
    for page, email in pages:
        visitor = doors.visitor(email)
        codes[page] = visitor.open(page)
        shown += EVIL in unescape(visitor.html)
        if found := faults_of(visitor.html):
            faults[page] = found
    assert {page: code for page, code in codes.items() if code >= 500} == {}
    assert faults == {}
    assert shown > len(pages) / 2


def test_d1_d3_a_text_that_comes_back_with_a_form_is_shown_as_it_was_typed(doors, world):
    codes, faults, shown = {}, {}, 0
    for form in every_form(doors, world):
        visitor = doors.visitor(form.email)
        for sent in (dict.fromkeys(form.filled(EVIL), EVIL), form.filled(EVIL)):
            codes[form.address] = visitor.send(form.address, **sent)
            shown += EVIL in unescape(visitor.html)
            if found := faults_of(visitor.html):
                faults[form.address] = found
    assert {address: code for address, code in codes.items() if code >= 500} == {}
    assert faults == {}
    assert shown > 40
