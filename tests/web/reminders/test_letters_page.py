"""The preview of every letter: both parts, everything invented, for those who see the reminders."""

from datetime import date
from re import findall

import pytest

from notifications.letters.compose import Written
from notifications.letters.wording import NEWS_TITLES
from notifications.previews.samples import samples

MANAGER = "manager@anyshire.example"


def all_letters() -> list[Written]:
    return [written for _, written in samples("https://followthrough.example", date(2026, 11, 20))]


def test_every_letter_is_shown_in_both_parts(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/reminders/letters") == 200
    frames = findall(r'<iframe[^>]*src="([^"]*)"', visitor.html)

    assert len(frames) == len(all_letters())
    for written in all_letters():
        assert written.subject in visitor.said
    for frame in frames:
        answer = visitor.client.get(frame)
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers.getlist("X-Frame-Options") == ["SAMEORIGIN"]


def test_only_the_page_of_letters_may_hold_frames(doors):
    visitor = doors.visitor(MANAGER)

    assert "frame-src 'self'" in visitor.client.get("/reminders/letters").headers["Content-Security-Policy"]
    assert "frame-src" not in visitor.client.get("/reminders").headers["Content-Security-Policy"]


def test_a_letter_that_is_none_does_not_exist(doors):
    assert doors.visitor(MANAGER).open("/reminders/letters/nothing/html") == 404


def test_the_links_of_the_preview_lead_nowhere(doors):
    links = {
        link for written in all_letters() for link in findall(r"https://followthrough.example(/l/\S+)", written.body)
    }

    assert links
    clients = {link: doors.visitor().client for link in links}
    for number, client in enumerate(clients.values()):
        client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
    assert {client.get(link).status_code for link, client in clients.items()} == {404}


@pytest.mark.parametrize("rung", NEWS_TITLES)
def test_every_kind_of_news_has_its_letter_or_is_told_like_another(rung):
    told = {"assigned", "returned", "extended", "refused", "submitted", "not-mine", "no-date"}
    titles = "\n".join(written.body for written in all_letters())

    assert rung not in told or NEWS_TITLES[rung] in titles


@pytest.mark.parametrize("word", ["owner", "partner", "cdop", "scrutiny"])
def test_the_letters_are_not_for_everybody(doors, word):
    visitor = doors.visitor(f"{word}@anyshire.example")

    assert visitor.open("/reminders/letters") == 403
    assert visitor.open("/reminders/letters/news/html") == 403
