"""The answer links in mails: what can be answered, and the sealed token of each link."""

import binascii
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import blake2b, sha256

from reviews.core.secrets import secret_key
from reviews.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Letterhead:
    """`base_url` is what every link begins with, `key` the secret that signs links and Message-IDs."""

    base_url: str
    key: str = field(repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "Letterhead":
        """Raises UnsafeSettings where production has no key."""
        return cls(settings.base_url, secret_key(settings))

    def hashed(self, purpose: str) -> bytes:
        """Derive the key for one purpose, so that a signature for one is never valid for another."""
        return sha256(f"{purpose}|{self.key}".encode()).digest()


PURPOSE = "letter-link"
SEAL_BYTES = 18  # with the 24 of the contents a multiple of three: no bit of the token is spare
CONTENTS = struct.Struct(">IQQI")


class Answer(StrEnum):
    SEEN = "seen"
    ON_TRACK = "on-track"
    NOT_YET = "not-yet"
    DONE = "done"
    MORE_TIME = "more-time"
    NOT_MINE = "not-mine"


WORDS = {
    Answer.SEEN: "seen",
    Answer.ON_TRACK: "on track",
    Answer.NOT_YET: "not done yet",
    Answer.DONE: "done",
    Answer.MORE_TIME: "more time",
    Answer.NOT_MINE: "not mine",
}
"""The words in the mail. A link never closes an action: `done` asks for it to be closed."""


@dataclass(frozen=True, slots=True)
class Link:
    """The line of one action in one person's mail of one morning, of one partnership."""

    partnership_id: int
    person_id: int
    action_id: int
    morning: date


class Sealer:
    """Makes and reads tokens. Nothing is stored: a token is its contents and a keyed hash of them."""

    def __init__(self, letterhead: Letterhead) -> None:
        self._key = letterhead.hashed(PURPOSE)

    def token(self, link: Link) -> str:
        contents = CONTENTS.pack(link.partnership_id, link.person_id, link.action_id, link.morning.toordinal())
        return self._sealed(contents)

    def read(self, token: str) -> Link | None:
        """Return the contents of a token; None unless this key made exactly this token."""
        try:
            contents = urlsafe_b64decode(token.encode("ascii"))[: CONTENTS.size]
            partnership_id, person_id, action_id, morning = CONTENTS.unpack(contents)
        except (ValueError, binascii.Error, struct.error):
            return None
        if not hmac.compare_digest(self._sealed(contents).encode(), token.encode()):
            return None
        return Link(partnership_id, person_id, action_id, date.fromordinal(morning))

    def _sealed(self, contents: bytes) -> str:
        seal = blake2b(contents, key=self._key, digest_size=SEAL_BYTES).digest()
        return urlsafe_b64encode(contents + seal).decode()


def answers_for(due_on: date | None, today: date) -> tuple[Answer, ...]:
    """Return the answers offered for an action: done and more time only if it has a date.

    A late action is never on track: it is not done yet, and expected on some day for some reason.
    """
    if due_on is None:
        return Answer.SEEN, Answer.ON_TRACK, Answer.NOT_MINE
    unfit = Answer.NOT_YET if today <= due_on else Answer.ON_TRACK
    return tuple(answer for answer in Answer if answer is not unfit)
