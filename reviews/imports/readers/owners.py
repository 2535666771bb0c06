"""Whom does an owner's cell name?"""

import re

from reviews.imports.readers.texts import folded, one_line

_BULLET = re.compile(r"^(?:[-•*·▪]+\s*|and\s+|&\s+)")
_WRAPPED = re.compile(r"\b(of|for|the|in)\s*\n\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"\n|;|\s/\s")
_ADDRESSES = re.compile(r"[^\s,@]+@[^\s,@]+(\s*,\s*[^\s,@]+@[^\s,@]+)+")
_NOBODY = re.compile(r"n ?/?a|none|nil|-+|–|tb[cad]|to be (confirmed|agreed|advised|decided)|vacant|vacancy|\?+")
_ANOTHER_ROW = re.compile(r"(as|see) above|ditto|[\"”]")
_PERHAPS_SEVERAL = re.compile(r",|&|\+|/|\band\b|\((two|three|four|\d+|x ?\d+)\)|^(all|various)\b")


def read_owners(text: str) -> tuple[str, ...]:
    """One text per owner: one a line, or set apart by a semicolon, by " / ", or by commas between e-mail addresses."""
    joined = _WRAPPED.sub(r"\1 ", text)
    parts = [part for piece in _BETWEEN.split(joined) for part in _without_commas(piece)]
    if _ANOTHER_ROW.fullmatch(folded(text)):
        return ()
    named = (one_line(_BULLET.sub("", part.strip())).strip(" ,") for part in parts)
    return tuple(dict.fromkeys(owner for owner in named if owner and not _NOBODY.fullmatch(folded(owner))))


def doubt_about_owner(owner: str) -> str:
    """The sentence why this text may not be one owner, or nothing."""
    if _ANOTHER_ROW.fullmatch(folded(owner)):
        return "It points at another row; say who the owner is."
    if _PERHAPS_SEVERAL.search(folded(owner)):
        return "It may name more than one owner and was kept as one."
    return ""


def _without_commas(piece: str) -> list[str]:
    return piece.split(",") if _ADDRESSES.fullmatch(piece.strip()) else [piece]
