"""The demo's mail server keeps what it is given."""

import email
import email.policy
import socket

from notifications.transports.catcher import MailCatcher
from notifications.transports.configured import transport_for
from notifications.transports.envelope import Outgoing
from reviews.core.clock import read_moment


def test_what_is_mailed_in_the_demo_lies_in_the_folder(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    letter = Outgoing(
        "owner@anyshire.example", "Action A1", "Good morning\n", "<1@x.example>", read_moment("2026-11-20")
    )

    with MailCatcher(tmp_path / "caught", port):
        transport = transport_for(f"smtp://127.0.0.1:{port}", "followthrough@anyshire.example")
        transport.send(letter)
        transport.send(letter)
        transport.close()

    caught = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (tmp_path / "caught").iterdir()
    ]
    assert [message["To"] for message in caught] == ["owner@anyshire.example"] * 2
    assert {message.get_content() for message in caught} == {"Good morning\r\n"}
