"""Headers and encoding of an email, and the guard against header injection."""

import email
import email.policy

import pytest

from notifications.transports.envelope import Outgoing, RefusedForGood, compose, guarded
from reviews.core.clock import read_moment

SENDER = "followthrough@anyshire.example"
FORGED = ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\x00b", "a\u2028b", "=?UTF-8?Q?=0ABcc:x?=", "a\x1bb", "a\u202eb"]


def a_letter(**given):
    fields = {
        "to": "owner@anyshire.example",
        "subject": "Action A1: due on 4 December 2026",
        "body": "Good morning Zoë,\n",
        "message_id": "<1@followthrough.example>",
        "at": read_moment("2026-11-20T08:00"),
    }
    return Outgoing(**(fields | given))


def test_d4_a_mail_has_exactly_these_headers():
    message = compose(a_letter(), SENDER)

    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert dict(read.items()) == {
        "From": SENDER,
        "To": "owner@anyshire.example",
        "Subject": "Action A1: due on 4 December 2026",
        "Message-ID": "<1@followthrough.example>",
        "Date": "Fri, 20 Nov 2026 08:00:00 +0000",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
    }
    assert read.get_content() == "Good morning Zoë,\r\n"


def test_a_long_link_is_not_broken():
    link = f"https://followthrough.example/actions/{'x' * 200}?partnership=ANYSHIRE"

    assert link.encode() in compose(a_letter(body=f"{link}\n"), SENDER).as_bytes()


@pytest.mark.parametrize("name", ["Zoe", "Zoë", "Z" * 2000, ".\n.Zoe", "\u2028"])
def test_text_and_html_arrive_as_they_were_in_seven_bits_and_short_lines(name):
    letter = a_letter(body=f"Good morning {name},\n", html=f"<p>Good morning {name},</p>\n")

    sent = compose(letter, SENDER).as_bytes()

    read = email.message_from_bytes(sent, policy=email.policy.default)
    assert sent.isascii()
    assert max(map(len, sent.split(b"\r\n"))) < 998
    assert [part.get_content().replace("\r\n", "\n") for part in read.iter_parts()] == [letter.body, letter.html]


@pytest.mark.parametrize("text", FORGED)
@pytest.mark.parametrize("header", ["to", "subject", "message_id"])
def test_d4_a_value_that_could_break_out_of_its_header_is_refused(header, text):
    with pytest.raises(RefusedForGood):
        compose(a_letter(**{header: text}), SENDER)


@pytest.mark.parametrize("text", FORGED)
def test_d4_the_guard_refuses_it_for_the_sender_too(text):
    with pytest.raises(RefusedForGood):
        compose(a_letter(), text)


@pytest.mark.parametrize("to", ["a@example.org, b@example.org", "a@example.org b@example.org", "nobody", ""])
def test_d4_a_mail_goes_to_one_address(to):
    with pytest.raises(RefusedForGood):
        compose(a_letter(to=to), SENDER)


def test_an_ordinary_value_passes_the_guard():
    assert guarded("Followthrough <mail@anyshire.example>") == "Followthrough <mail@anyshire.example>"
