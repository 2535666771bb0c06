"""Stored names in words."""

ABBREVIATIONS = {
    name: name.upper() for name in ("cdop", "cdrm", "csp", "dardr", "jar", "la", "lcspr", "ncmd", "scr", "sin")
}


def sentence(name: str) -> str:
    """Turn a stored name into words: `closed_lcspr` into `Closed LCSPR`."""
    words = " ".join(ABBREVIATIONS.get(word, word) for word in name.replace("-", "_").split("_"))
    return words[:1].upper() + words[1:]


def mid_sentence(words: str) -> str:
    """Begin words with a small letter, for use within a sentence, unless they begin with an abbreviation."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]
