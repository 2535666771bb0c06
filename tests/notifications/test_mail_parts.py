"""What every mail looks like once it has gone over a real line: its head, its two parts, and what stands in them."""

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from notifications.letters.compose import Writer
from notifications.previews.samples import samples
from notifications.process.worker import deliver
from notifications.rounds.digests import Line
from notifications.transports.configured import transport_for
from notifications.transports.envelope import LOOP, Outgoing, RefusedForGood, compose
from reviews.core.clock import read_moment
from reviews.people.invitations import invite
from reviews.settings.partnership_settings import set_mail_sender
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER
from tests.notifications.mornings import LETTERHEAD, SENDER, a_morning, an_owned_action, letters_of, owner_of, queue
from tests.notifications.test_letters import MORNING, OLIVE, a_line, a_snapshot
from tests.planted import plant
from workflows.core.vocabulary import Role

EVIL = '<script>alert(1)</script><img src="https://evil.example/x.png"> & "quoted" \u2028 </title>'
VOID = {"meta", "br"}
HEADERS = {
    *("From", "To", "Subject", "Message-ID", "Date", "MIME-Version", "Content-Type"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", "List-Id", LOOP),
}


class Seen(HTMLParser):
    """Reads a page, and keeps its elements, addresses and words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data.split()


def test_d4_every_mail_has_its_headers_and_both_parts(database, anyshire, case, clock, mail_server):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 4))
    a_morning(database, "2026-12-07")
    clock.at = read_moment("2026-12-07T08:00")
    deliver(database, clock, transport_for(mail_server.url, SENDER), letterhead=LETTERHEAD)

    kept = {letter.message_id: letter for letter in letters_of(database)}
    assert len(mail_server.mails) == len(kept) > 1
    for mail in mail_server.mails:
        letter = kept[mail["Message-ID"]]
        assert set(mail.keys()) == HEADERS
        assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
        assert (mail["List-Id"], mail[LOOP]) == ("<anyshire.letters.followthrough.example>", "ANYSHIRE")
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
        text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
        assert (text, html) == (letter.body, letter.html)
    assert all(len(recipients) == 1 for recipients, _ in mail_server.received)


FORGED = "Zoe\r\nBcc: v@evil.example\r\n\tX: y =?UTF-8?Q?=0ABcc:v@evil.example?=\u2028To: v@evil.example \u202e"
HARMFUL = "<img src=https://evil.example/x><script>alert(1)</script>{{31337*3}}${31337*3}{% x %}{name}"


@pytest.mark.parametrize("text", [FORGED, HARMFUL], ids=["headers", "markup and templates"])
def test_d1_d3_d4_no_text_in_the_database_becomes_a_header_a_tag_or_a_template(
    database, anyshire, case, clock, mail_server, text
):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 4))
    chair = anyshire.people[Role.SUBGROUP_CHAIR]
    with unit_of_work(database, BUILDER, clock) as unit:
        invite(unit, anyshire.partnership.id, chair.id)
    planted = plant(database, text)
    assert {"people.name", "partnerships.name", "agencies.name", "cases.title", "actions.text"} <= planted
    a_morning(database, "2026-12-07")
    clock.at = read_moment("2026-12-07T08:00")
    deliver(database, clock, transport_for(mail_server.url, SENDER), letterhead=LETTERHEAD)

    subjects = {letter.message_id: letter.subject for letter in letters_of(database)}
    assert len(mail_server.received) == len(subjects) > 1
    assert chair.email in {recipients[0] for recipients, _ in mail_server.received}
    for (recipients, raw), mail in zip(mail_server.received, mail_server.mails, strict=True):
        assert set(mail.keys()) <= HEADERS
        assert len(mail.keys()) == len(set(mail.keys()))
        assert recipients == [mail["To"]]
        assert raw.isascii()
        assert mail["Subject"] == subjects[mail["Message-ID"]]
        assert "evil" not in str(mail.items())
        assert "31337" not in str(mail.items())
        words, html = (part.get_content() for part in mail.iter_parts())
        assert Seen(html).tags.isdisjoint({"script", "img"})
        assert "94011" not in words + html
    assert any(text.split("\r")[0] in part.get_content() for mail in mail_server.mails for part in mail.iter_parts())


def test_each_partnership_has_its_own_sender_and_reply_to(database, anyshire, case, clock, mail_server):
    with unit_of_work(database, BUILDER, clock) as unit:
        set_mail_sender(
            unit, unit.partnership("ANYSHIRE"), sender_name="Anyshire, Reviews", reply_to="a@anyshire.example"
        )
    queue(database, anyshire, clock, 1)
    deliver(database, clock, transport_for(mail_server.url, f"Followthrough <{SENDER}>"), letterhead=LETTERHEAD)

    [mail] = mail_server.mails
    assert (mail["From"], mail["Reply-To"]) == (f'"Anyshire, Reviews" <{SENDER}>', "a@anyshire.example")


@pytest.mark.parametrize("values", [{"sender_name": "x\r\nBcc: y@z.example"}, {"reply_to": "a@b.example\nX: y"}])
def test_d4_a_sender_that_could_break_out_is_refused(values):
    letter = Outgoing("a@example.org", "A subject", "x\n", "<1@example.org>", read_moment("2026-11-20"), **values)
    with pytest.raises(RefusedForGood):
        compose(letter, SENDER)


@pytest.mark.parametrize("code", ["A\r\nBcc: x@example.org", "=?utf-8?q?x?="])
def test_d4_a_code_that_could_break_out_is_refused(code):
    letter = Outgoing("a@example.org", "A subject", "x\n", "<1@example.org>", read_moment("2026-11-20"), code=code)
    with pytest.raises(RefusedForGood):
        compose(letter, SENDER)


def test_d1_d3_what_somebody_typed_is_only_text():
    line = a_line(1, MORNING, "due", title=EVIL)
    odd = replace(line, why=EVIL, subject=replace(line.subject, reference=EVIL))
    snapshot = a_snapshot()
    snapshot = replace(snapshot, partnership=replace(snapshot.partnership, name=EVIL))
    letter = Writer(snapshot, LETTERHEAD, MORNING).write(replace(OLIVE, name=EVIL), [odd])
    seen = Seen(letter.html)

    assert seen.tags.isdisjoint({"script", "img"})
    assert all(link.startswith("https://followthrough.example/") for link in seen.links)
    assert letter.html.count("&lt;script&gt;") == 5
    assert "<script>" in letter.body


@pytest.mark.parametrize("named", [sample.name for sample, _ in samples(LETTERHEAD.base_url, MORNING)])
def test_both_parts_say_the_same_and_fetch_nothing(named):
    letter = next(said for sample, said in samples(LETTERHEAD.base_url, MORNING) if sample.name == named)
    seen = Seen(letter.html)

    assert seen.attributes <= {"lang", "charset", "name", "content", "href", "class"}
    assert seen.tags.isdisjoint({"img", "link", "script", "table", "form", "iframe"})
    assert "url(" not in letter.html
    assert "@import" not in letter.html
    in_text = {word for word in letter.body.split() if word.startswith("https://")}
    assert {link.partition("?answer=")[0] for link in seen.links} == in_text
    in_html = {plain(word) for word in seen.words}
    assert {plain(word) for word in letter.body.split() if not word.startswith("https://")} - in_html == set()


def test_links_are_for_owners_of_open_actions_alone():
    owner = a_line(1, MORNING, "due")
    others = [
        replace(owner, role=Role.AGENCY_LEAD),
        replace(owner, role=Role.BUSINESS_MANAGER),
        replace(owner, subject=replace(owner.subject, aspect="part-7")),
        replace(owner, subject=replace(owner.subject, stage="submitted")),
    ]

    assert "/l/" in wrote(owner).body
    for line in others:
        assert "/l/" not in wrote(line).body + wrote(line).html
        assert "short answers" not in wrote(line).body


def test_the_same_action_has_another_link_for_each_person_and_morning():
    line = a_line(1, MORNING, "due")
    later = Writer(a_snapshot(), LETTERHEAD, date(2026, 11, 23)).write(OLIVE, [line])
    other = Writer(a_snapshot(), LETTERHEAD, MORNING).write(replace(OLIVE, id=9), [line])

    assert len({link_in(each.body) for each in (wrote(line), later, other)}) == 3


def test_who_hears_in_anothers_place_reads_why():
    line = replace(a_line(1, MORNING, "due"), why="Sam Away is away until 1 December 2026")

    assert "  Sent to you because Sam Away is away until 1 December 2026.\n" in wrote(line).body
    assert "Sent to you because Sam Away" in wrote(line).html


def plain(word: str) -> str:
    return word.strip(":,.?").lower()


def wrote(line: Line):
    return Writer(a_snapshot(), LETTERHEAD, MORNING).write(OLIVE, [line])


def link_in(text: str) -> str:
    return next(word for word in text.split() if "/l/" in word)
