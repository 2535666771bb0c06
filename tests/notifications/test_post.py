"""How a letter leaves: into a folder, or over a real connection to a real mail server in all its moods."""

import pytest

from notifications.transports.configured import Folder, transport_for
from notifications.transports.envelope import Outgoing, Returned, TryLater, Unknown, Unreachable
from notifications.transports.smtp import Server, Smtp
from reviews.core.clock import read_moment
from tests.notifications.mail_server import AUTHORITY
from workflows.core.engine import Refused

SENDER = "followthrough@anyshire.example"


def a_letter(number=1, to="owner@anyshire.example"):
    message_id = f"<{number}@followthrough.example>"
    return Outgoing(to, "Action A1: due on 4 December 2026", "Good morning\n", message_id, read_moment("2026-11-20"))


@pytest.fixture
def smtp(mail_server):
    transport = Smtp(Server("127.0.0.1", mail_server.port, secure=False), SENDER, timeout=2)
    yield transport
    transport.close()


def test_letters_go_over_one_connection(smtp, mail_server):
    for number in range(5):
        smtp.send(a_letter(number))

    assert [recipients for recipients, _ in mail_server.received] == [["owner@anyshire.example"]] * 5
    assert mail_server.connections == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("451 Try again later", TryLater),
        ("452 Mailbox full", TryLater),
        ("421 Going away", TryLater),
        ("252 Cannot say", TryLater),
        ("550 No such mailbox", Returned),
        ("554 Not here", Returned),
    ],
)
def test_the_code_decides_whether_it_is_worth_another_try(smtp, mail_server, answer, outcome):
    mail_server.answers["owner@anyshire.example"] = answer

    with pytest.raises(outcome) as caught:
        smtp.send(a_letter())
    assert caught.value.code == answer[:3]
    assert not isinstance(caught.value, Unreachable)


def test_a_refused_recipient_is_named_by_the_status_the_server_gives(smtp, mail_server):
    mail_server.answers["owner@anyshire.example"] = "550 5.1.1 No such mailbox"

    with pytest.raises(Returned, match=r"^5\.1\.1$"):
        smtp.send(a_letter())


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("250 OK", None),
        ("200 Fine", Unknown),
        ("251 Will forward", Unknown),
        ("354 More", Unknown),
        ("451 4.3.0 Later", TryLater),
        ("554 5.7.1 Spam", Returned),
    ],
)
def test_only_the_documented_answer_to_the_text_counts_as_handed_over(smtp, mail_server, answer, outcome):
    mail_server.answer_to_text = answer

    if outcome is None:
        smtp.send(a_letter())
    else:
        with pytest.raises(outcome):
            smtp.send(a_letter())


def test_a_refused_letter_does_not_stop_the_next(smtp, mail_server):
    mail_server.answers["gone@anyshire.example"] = "550 No such mailbox"
    with pytest.raises(Returned):
        smtp.send(a_letter(1, "gone@anyshire.example"))

    smtp.send(a_letter(2))

    assert mail_server.message_ids() == ["<2@followthrough.example>"]


def test_a_line_dropped_after_the_text_leaves_us_not_knowing(smtp, mail_server):
    mail_server.rude = "drop"

    with pytest.raises(Unknown):
        smtp.send(a_letter())


def test_a_server_that_hangs_is_given_up_after_a_time(smtp, mail_server):
    mail_server.rude = "hang"

    with pytest.raises(Unknown) as caught:
        smtp.send(a_letter())
    assert caught.value.code == "timeout"


def test_nobody_listening_is_unreachable(smtp, mail_server):
    mail_server.stop()

    with pytest.raises(Unreachable) as caught:
        smtp.send(a_letter())
    assert caught.value.code == "ConnectionRefusedError"


def test_a_line_cut_between_two_letters_is_opened_anew(smtp, mail_server):
    smtp.send(a_letter(1))
    mail_server.stop()
    mail_server.start()

    smtp.send(a_letter(2))

    assert mail_server.message_ids() == ["<1@followthrough.example>", "<2@followthrough.example>"]


def test_a_server_without_the_wanted_sign_in_is_unreachable(mail_server):
    transport = transport_for(f"smtp://user:secret@127.0.0.1:{mail_server.port}", SENDER)

    with pytest.raises(Unreachable):
        transport.send(a_letter())


@pytest.fixture(params=["starttls", "smtps"])
def secured(request, mail_server):
    """Give the URL of the server with the password left out; a connection made from it is encrypted."""
    mail_server.stop()
    mail_server.tls = request.param
    mail_server.start()
    return f"{'smtps' if request.param == 'smtps' else 'smtp'}://user:{{}}@localhost:{mail_server.port}"


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """Let this machine trust the certificate of the server."""
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.mark.usefixtures("trusted")
def test_a_secured_server_is_spoken_to_in_cipher(secured, mail_server):
    transport = transport_for(secured.format("p%40ss"), SENDER)

    transport.send(a_letter())
    transport.close()

    assert mail_server.encrypted == [True]


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_nothing_the_letter_can_help(secured):
    with pytest.raises(Unreachable) as caught:
        transport_for(secured.format("wrong"), SENDER).send(a_letter())
    assert caught.value.code == "535"


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(secured, mail_server):
    with pytest.raises(Unreachable) as caught:
        transport_for(secured.format("p%40ss"), SENDER).send(a_letter())
    assert caught.value.code == "SSLCertVerificationError"
    assert mail_server.received == []


def test_a_password_shows_in_no_description():
    assert "secret" not in repr(Server("mail.example.org", 25, secure=False, user="user", password="secret"))


def test_a_folder_keeps_one_file_for_each_letter(tmp_path):
    folder = Folder(tmp_path / "mail", SENDER)
    for number in (1, 2, 1):
        folder.send(a_letter(number))

    assert len(list((tmp_path / "mail").glob("*.eml"))) == len(list((tmp_path / "mail").iterdir())) == 2


def test_the_post_is_chosen_by_its_address(tmp_path):
    assert isinstance(transport_for(f"folder://{tmp_path}", SENDER), Folder)
    assert isinstance(transport_for("smtp://mail.example.org", SENDER), Smtp)
    assert isinstance(transport_for("smtps://user:pass@mail.example.org:465", SENDER), Smtp)


@pytest.mark.parametrize(
    "url",
    ["notify://", "", "folder://", "folder://mail", "smtp://", "smtp://host:port", "smtp://host:99999", "ftp://x"],
)
def test_an_address_that_leads_nowhere_is_refused_in_a_sentence(url):
    with pytest.raises(Refused) as caught:
        transport_for(url, SENDER)
    assert caught.value.sentence.endswith(".")
