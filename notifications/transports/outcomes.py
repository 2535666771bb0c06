"""What may become of a letter that is handed over?

`code` is the server's answer (`451`), or a word where there was none (`timeout`). It never holds an address or text.
"""

from dataclasses import dataclass

from notifications.returns.delivery_reports import Report


@dataclass(frozen=True, slots=True)
class Taken:
    """What whoever carries letters has of one: its number there, and what became of it, where that is known."""

    provider_id: str
    report: Report | None = None


class NotSent(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TryLater(NotSent):
    """Not now: the same letter may pass later."""


class Unreachable(TryLater):
    """Nothing can be handed over at present, this letter or another."""


class RefusedForGood(NotSent):
    """This letter will never pass."""


class Unknown(NotSent):
    """The line broke after the text was handed over: it may have arrived or not."""
