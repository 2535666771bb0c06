"""A mailbox on a real line with TLS: it knows the few words of IMAP4rev1 (RFC 3501) that our reader uses."""

import re
import socketserver
import ssl
from contextlib import suppress
from threading import Thread

from tests.notifications.mail_server import AUTHORITY

WORDS = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')


class Mailbox:
    """`mails` by their number, with their flags beside them. The user is `bounces`, the password `p@ss word`."""

    def __init__(self, *mails: bytes) -> None:
        self.mails = dict(enumerate(mails, start=101))
        self.flags: dict[int, set[str]] = {number: set() for number in self.mails}
        self.largest_fetch = 0
        self.refuses = ""
        self._server = _Line(("127.0.0.1", 0), _Talk)
        self._server.mailbox = self
        self.port = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"imaps://bounces:p%40ss%20word@localhost:{self.port}/Mail%20that%20came%20back"

    def start(self) -> None:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Line(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    mailbox: Mailbox


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        AUTHORITY.issue_cert("localhost").configure_cert(context)
        with suppress(OSError), context.wrap_socket(self.request, server_side=True) as line:
            self.rfile, self.wfile = line.makefile("rb"), line.makefile("wb", buffering=0)
            with self.rfile, self.wfile:
                self._talk()

    def _talk(self) -> None:
        self._say("* OK ready")
        for text in self.rfile:
            tag, *words = [(quoted or word).decode() for quoted, word in WORDS.findall(text)]
            name = words[1] if words[0].upper() == "UID" else words[0]
            if name.upper() == self._box.refuses:
                self._say(f"{tag} NO not today")
                continue
            good = getattr(self, f"_{name.lower()}")(*words[2:] if words[0].upper() == "UID" else words[1:])
            self._say(f"{tag} {'NO wrong' if good is False else 'OK done'}")
            if name.upper() == "LOGOUT":
                return

    @property
    def _box(self) -> Mailbox:
        assert isinstance(self.server, _Line)
        return self.server.mailbox

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _capability(self) -> None:
        self._say("* CAPABILITY IMAP4rev1")

    def _login(self, user: str, password: str) -> bool:
        return (user, password) == ("bounces", "p@ss word")

    def _select(self, folder: str) -> bool:
        self._say(f"* {len(self._box.mails)} EXISTS")
        return folder == "Mail that came back"

    def _search(self, *criteria: str) -> None:
        assert criteria == ("UNSEEN", "UNFLAGGED")
        found = [str(number) for number, flags in self._box.flags.items() if not flags & {r"\Seen", r"\Flagged"}]
        self._say("* SEARCH " + " ".join(found))

    def _fetch(self, number: str, what: str) -> None:
        limit = re.fullmatch(r"\(BODY\.PEEK\[\]<0\.(\d+)>\)", what)
        assert limit is not None
        text = self._box.mails[int(number)][: int(limit[1])]
        self._box.largest_fetch = max(self._box.largest_fetch, len(text))
        self._say(f"* 1 FETCH (UID {number} BODY[]<0> {{{len(text)}}}")
        self.wfile.write(text)
        self._say(")")

    def _store(self, number: str, how: str, *flags: str) -> None:
        assert how == "+FLAGS.SILENT"
        self._box.flags[int(number)] |= {flag.strip("()") for flag in flags}

    def _logout(self) -> None:
        self._say("* BYE")
