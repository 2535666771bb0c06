"""Returned email, read from standard input or a mailbox by the command line."""

import email
import json
import re

import pytest

from tests.notifications.imap_server import Mailbox
from tests.notifications.mail_server import AUTHORITY
from tests.notifications.returned import returned


@pytest.fixture
def sent(terminal) -> list[tuple[str, str]]:
    """Send the mails of a morning, and give the address and Message-ID of each."""
    terminal.json("remind", "--as-of", "2026-11-20T08:00")
    mails = [email.message_from_string(text) for text in terminal.mails]
    return sorted((mail["To"], mail["Message-ID"]) for mail in mails)


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """Let this machine trust the certificate of the mailbox."""
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


def counted(**numbers: int) -> dict[str, int]:
    return {"read": 1, "bounced": 0, "delivered": 0, "delayed": 0, "unclear": 0, "ignored": 0} | numbers


def test_one_message_is_piped_in(terminal, sent):
    to, message_id = sent[0]

    answer = terminal.run("bounces", "--json", piped=returned("exchange", to=to, message_id=message_id))
    again = terminal.run("bounces", "--json", piped=returned("exchange", to=to, message_id=message_id))

    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out) == counted(bounced=1)
    assert json.loads(again.out) == counted(ignored=1)


@pytest.mark.parametrize("times", [1, 300_000])
def test_what_is_no_report_is_no_fault(terminal, times):
    answer = terminal.run("bounces", piped=b"Subject: Lunch?\r\n\r\n" + b"At one?\r\n" * times)

    assert answer.code == 0
    assert answer.out == "1 read: 0 came back, 0 arrived, 0 are late, 0 could not be understood, 1 changed nothing.\n"


@pytest.mark.usefixtures("trusted")
def test_the_mailbox_is_read_once_and_what_is_no_report_left_for_a_person(terminal, sent):
    (to, message_id), (other, other_id) = sent[:2]
    mailbox = Mailbox(
        returned("postfix", to=to, message_id=message_id),
        returned("on-leave", to=to, message_id=message_id),
        returned("gmail", to=other, message_id=other_id, action="relayed", status="2.0.0"),
        returned("exchange", to=to, message_id="<somebody-elses@council.example>") + b"x" * 2_000_000,
    )
    mailbox.start()

    first = json.loads(terminal.run("bounces", "--imap", "--json", BOUNCES_URL=mailbox.url).out)
    second = json.loads(terminal.run("bounces", "--imap", "--json", BOUNCES_URL=mailbox.url).out)
    mailbox.stop()

    assert first == counted(read=4, bounced=1, delivered=1, ignored=2)
    assert second == counted(read=0)
    assert mailbox.flags == {101: {r"\Seen"}, 102: {r"\Flagged"}, 103: {r"\Seen"}, 104: {r"\Seen"}}
    assert mailbox.largest_fetch == 1_000_000


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("word", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"])
def test_a_mailbox_that_refuses_is_one_sentence_without_its_password(bare, word):
    mailbox = Mailbox(b"Subject: Lunch?\r\n\r\n")
    mailbox.refuses = word
    mailbox.start()

    sentence = bare.refused("bounces", "--imap", BOUNCES_URL=mailbox.url)
    mailbox.stop()

    assert sentence.startswith("The mailbox of returned mail could not be read")
    assert "p@ss" not in sentence


def test_a_mailbox_that_nobody_vouches_for_is_not_read(bare):
    mailbox = Mailbox()
    mailbox.start()

    sentence = bare.refused("bounces", "--imap", BOUNCES_URL=mailbox.url)
    mailbox.stop()

    assert "SSLCertVerificationError" in sentence


@pytest.mark.parametrize(
    "url",
    [
        "imap://bounces:x@localhost/INBOX",
        "imaps://localhost",
        "imaps://",
        "imaps://u:p@host:port",
        "x",
        "imaps://u:p@h/%0a",
    ],
)
def test_a_mailbox_without_tls_or_without_a_user_is_refused_by_its_setting(bare, url):
    assert bare.refused("bounces", "--imap", BOUNCES_URL=url).startswith("FOLLOWTHROUGH_BOUNCES_URL must look like")


def test_without_a_mailbox_there_is_nothing_to_read(bare):
    assert bare.refused("bounces", "--imap").startswith("FOLLOWTHROUGH_BOUNCES_URL is missing")


def test_an_address_is_said_to_work_again(terminal, sent):
    to, message_id = next(pair for pair in sent if pair[0].endswith("@anyshire.example"))
    terminal.run("bounces", piped=returned("postfix", to=to, message_id=message_id))
    solving = ("people", "mail-works", to, "--because", "The mailbox was full.", "--as", "manager@anyshire.example")

    first, second = terminal.json(*solving), terminal.json(*solving)

    assert first == {"email": to, "was_troubled": True}
    assert second == {"email": to, "was_troubled": False}


def test_only_who_manages_people_says_so(terminal, sent):
    assert "Your role cannot do this" in terminal.refused(
        "people", "mail-works", "owner@anyshire.example", "--as", "chair@anyshire.example"
    )
    assert "nobody@anyshire.example" in terminal.refused("people", "mail-works", "nobody@anyshire.example")


def test_delivering_by_notify_names_the_setting_that_is_missing(bare):
    assert bare.refused("deliver", MAIL_URL="notify://").startswith("FOLLOWTHROUGH_NOTIFY_API_KEY is missing")


def test_check_for_production_looks_at_what_becomes_of_letters(bare):
    given = {"MAIL_URL": "notify://", "BOUNCES_URL": "imap://user:secret@mail.example/INBOX"}
    answer = bare.run("check", "--deploy", **given)

    assert re.findall(r"^(W1[789]) (ok|FAULT)", answer.out, re.MULTILINE) == [
        ("W17", "FAULT"),
        ("W18", "FAULT"),
        ("W19", "FAULT"),
    ]
    assert "secret" not in answer.out
