"""How is a cell's text made plain, and which characters cannot be kept?"""

import re
import unicodedata

LONGEST_TEXT = 10_000

_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def clean(text: str) -> str:
    """The text with one kind of line break and without characters that nobody can see; nothing else changes."""
    return _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text))


def trimmed(text: str) -> str:
    """Without blanks and line breaks around it; a leading tab stays, since it may be part of what was written."""
    return text.strip(" \n\u00a0")


def one_line(text: str) -> str:
    return " ".join(text.split())


def shortened(text: str) -> str:
    """The beginning of a text on one line, without what no page can show."""
    line = one_line(_CONTROL.sub("\ufffd", text[:400]))
    return line if len(line) <= 100 else f"{line[:99].rstrip()}…"


def folded(text: str) -> str:
    """For comparing: full-width digits and capitals count as the plain ones, blanks as one."""
    return one_line(unicodedata.normalize("NFKC", text)).casefold()


def fault_in(text: str) -> str:
    """The sentence why this text cannot be kept, or nothing."""
    if len(text) > LONGEST_TEXT:
        return f"The text has {len(text):,} characters; {LONGEST_TEXT:,} is the most that is read."
    found = _CONTROL.search(text)
    return f"The text holds a control character (U+{ord(found[0]):04X})." if found else ""
