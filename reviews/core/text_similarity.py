"""The words of a text that count when it is compared with others, each as its stem."""

import re
from functools import lru_cache

from snowballstemmer import stemmer

WORD = re.compile(r"[^\W\d_]{3,}")
LONGEST = 40
"""Letters of a stem that are stored. No English word comes near; what runs together by mistake is cut."""

EMPTY = """
about after all also always and any are because been before being between both but can children child could does done
each either else ensure even every find for from get give given had has have how into its just know less made make more
most much must need new nor not now often one only other our out own partner partnership practice practitioner put
review shall she should some such sure take than that the their them then there these they this those through throughout
till two under until upon use used very was way well were what when where whether which while who whole whom whose why
will with within without would yet you agency
"""
"""Words that nearly every recommendation has: they make no two of them alike."""


def stems_of(text: str) -> frozenset[str]:
    """Give the English stems of the words of three letters and more: “bruise”, “bruises”, “bruising” become one."""
    return frozenset(_stem(word) for word in WORD.findall(text.lower()))


def distinctive_stems(text: str) -> frozenset[str]:
    """Give those of a text that can tell it from others."""
    return stems_of(text) - EMPTY_STEMS


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    # a stemmer holds the word it works on in itself, and threads call this at the same time: each call has its own
    stem: str = stemmer("english").stemWord(word)
    return stem[:LONGEST]


EMPTY_STEMS = stems_of(EMPTY)
