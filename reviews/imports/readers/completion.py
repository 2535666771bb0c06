"""Does a tracker say plainly that an action is complete? Only then is it; a colour or a story never does."""

import re

from reviews.imports.readers.result import Completed
from reviews.imports.readers.texts import folded
from reviews.imports.readers.written_dates import read_date

_DONE = r"(completed?|closed|done|finished|achieved|signed off)"
_PLAINLY = re.compile(
    r"(action )?((fully |now |100% )*(completed?|closed|done|finished)|100%)( (and|-) (closed|completed?))*"
)
_PLAINLY_ON = re.compile(r"(?:action )?(?:completed?|closed|done|finished)\b\s*[-:(]*\s*(?:on |in )?(?P<day>.+?)\)?")
_AWAITING_IMPACT = re.compile(
    r"(action )?(fully |now )*(completed?|closed|done|finished)\b[\s,;:(-]*((and|but) )?(still )?"
    r"(awaiting|awaits|pending|waiting for)( (evidence|proof|assessment|review|check) of)?( its| the)? impact"
    r"( check| evidence| assessment| review)?\)?"
)
_COLOUR = re.compile(r"(dark |light )?(red|amber|green|blue|yellow|grey|gray|orange|purple|white|black|r|a|g|b)")
_NOT_YET = re.compile(
    r"\b(not|in ?complete|nearly|almost|part|partial|partially|partly|mostly|substantially|to be|due|until|once|when"
    r"|no(?! longer))\b"
)
_MAYBE = re.compile(
    r"complet|\bclosed\b|\bdone\b|finish|achiev|implement|embed|discharg|supersed|withdrawn|reject|no longer|signed off"
)
_CLAIM = re.compile(
    rf"(?:(?:the|this|all|these) )?(?:(?:actions?|tasks?|work|objective) )?(?:(?:is|are|was|were|has|have|been) )*"
    rf"(?:(?:now|fully|all) )*{_DONE}(?:$| (?:on|in|by|at) .{{1,30}}$| (?P<day>.{{1,30}}))"
)
_SENTENCES = re.compile(r"[\n;!]|\.(?:\s|$)")
_LEADING_DATE = re.compile(r"^[^:\-]{0,30}[:\-]\s*")


def read_status(text: str, *, asks_if_complete: bool = False) -> Completed:
    """What a status cell says of completion; `asks_if_complete` when its heading is a question ("Complete? Y/N")."""
    plain = folded(text).replace("\u2013", "-").strip(" .!*")
    if not plain or _COLOUR.fullmatch(plain):
        return "not_stated"
    if asks_if_complete and plain in ("y", "yes", "true", "✓", "✔", "x"):
        return "doubt" if plain == "x" else "yes"
    if _PLAINLY.fullmatch(plain):
        return "yes"
    if _AWAITING_IMPACT.fullmatch(plain):
        return "awaiting_impact"
    dated = _PLAINLY_ON.fullmatch(plain)
    if dated and read_date(dated["day"]).how == "certain":
        return "yes"
    if _NOT_YET.search(plain) or not _MAYBE.search(plain):
        return "no"
    return "doubt"


def claims_completion(progress: str) -> str:
    """The sentence of a progress text that says the work is complete, or nothing ("5 of 9 have completed" is none)."""
    for sentence in _SENTENCES.split(progress.replace("\u2013", "-")):
        plain = folded(sentence).strip(" .")
        if _is_claim(plain) or _is_claim(_LEADING_DATE.sub("", plain)):
            return sentence.strip()
    return ""


def rating_suggests_completion(rating: str) -> bool:
    """Blue often means complete, but colours are local custom."""
    return folded(rating) in ("blue", "b") or bool(_PLAINLY.fullmatch(folded(rating)))


def _is_claim(sentence: str) -> bool:
    found = _CLAIM.fullmatch(sentence)
    return found is not None and (not found["day"] or read_date(found["day"]).how in ("certain", "guess"))
