"""The outcomes of handing over a letter.

`code` is the answer of the server (`451`), or one word if there was none (`timeout`); never an address or text.
"""

from dataclasses import dataclass

from notifications.returns.delivery_reports import Report


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter that the provider already has: its id there, and the report on it, if there is one."""

    provider_id: str
    report: Report | None = None


class NotSent(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TryLater(NotSent):
    """Refused for now: the same letter may be accepted later."""


class Unreachable(TryLater):
    """No letter can be handed over at present."""


class RefusedForGood(NotSent):
    """This letter will never be accepted."""


class Unknown(NotSent):
    """The connection broke after the text was handed over: the letter may have arrived or not."""
