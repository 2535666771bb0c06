"""What is said of a definition that is not whole, and which part of it is meant?"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One complaint. `about` is the very thing it is made of, `at` the way within it: a key, then a member of its list.

    A definition that was read from a file is so told of with the line.
    """

    sentence: str
    about: object
    at: tuple[str, ...] = ()


def twice(names: Iterable[str]) -> list[str]:
    """Name what is there more than once."""
    every = list(names)
    return sorted({name for name in every if every.count(name) > 1})
