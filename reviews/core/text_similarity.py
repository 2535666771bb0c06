"""Which words of a text count when it is laid beside others?"""

import re

WORD = re.compile(r"[^\W\d_]{3,}")
ENDING = re.compile(r"(?:ies|ings?|ed|es|e|s|y)$")
SHORTEST = 3
LONGEST = 6

EMPTY = """
about after all also always and any are because been before being between both but can children child could does done
each either else ensure even every find for from get give given had has have how into its just know less made make more
most much must need new nor not now often one only other our out own partner partnership practitioner put review shall
she should some such sure take than that the their them then there these they this those through till two under until
upon use used very was way well were what when where whether which while who whole whom whose why will with within
without would yet you agency
"""
"""Words that nearly every recommendation has: they make no two of them alike."""


def stems_of(text: str) -> frozenset[str]:
    """Give the words of three letters and more without their usual endings, cut to six letters.

    “Bruise”, “bruises” and “bruising” become one; so do some words that only begin alike.
    """
    return frozenset(_stem(word) for word in WORD.findall(text.lower()))


def telling_stems(text: str) -> frozenset[str]:
    """Give those of a text that can tell it from others."""
    return stems_of(text) - EMPTY_STEMS


def _stem(word: str) -> str:
    cut = ENDING.sub("", word)
    return (cut if len(cut) >= SHORTEST else word)[:LONGEST]


EMPTY_STEMS = stems_of(EMPTY)
