"""Which of our fields does a column's heading mean?"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from reviews.imports.readers.texts import folded
from reviews.imports.readers.unreadable import Unreadable

FIELDS = (
    "reference",
    "recommendation_reference",
    "recommendation",
    "action",
    "outcome",
    "due",
    "revised_due",
    "owner",
    "agency",
    "status",
    "rating",
    "progress",
    "evidence",
    "completed_on",
)
_LONGEST_HEADING = 120


class Meaning(NamedTuple):
    """`strength` decides when several columns claim one field."""

    field: str
    strength: int


_ANY_BODY = r"(agency|agencies|organisations?|partners?|services?|departments?|teams?|boards?|authority|authorities)"
_NUMBER = r"(ref|refs|reference|references|no|nos|number|num|id|code)"

# The first line that fits decides, so what is narrow stands above what is broad; an empty field is none of ours.
_MEANINGS: tuple[tuple[str, int, str], ...] = (
    ("revised_due", 2, r"\b(revised|extended|new|forecast|amended)\b.*\b(date|deadline|due|timescale)"),
    ("due", 1, r"\boriginal\b.*\b(date|deadline|due|timescale)"),
    ("", 0, r"\b(start|review|meeting) date|\bdate (of )?(added|raised|agreed|opened|started|set|meeting|review)"),
    ("", 0, r"\b(last|date) (updated?|reviewed)$|^(updated|reviewed)( on)?$"),
    ("completed_on", 2, r"\bdate (of )?(action )?(completed|closed|achieved|signed off)|^(completed|closed) (on|date)"),
    ("completed_on", 2, r"\bactual (completion|end|finish)"),
    ("rating", 2, r"\b(b?ragg?|brayg|rayg|rygb)\b|traffic light|^(progress |action |current )?(rating|colour)$"),
    ("status", 2, r"^(?!.*\b(update|comment|narrative)).*\bstatus\b|^(is it |action )?completed?\??( y n| yes no)?$"),
    ("status", 1, r"^(open closed|state|stage)$"),
    ("evidence", 2, r"^(supporting |planned |sources? of )?evidence\b"),
    ("progress", 2, r"\bprogress|\bupdates?\b"),
    ("progress", 1, r"\bposition\b|\bcomment|\bnotes?\b|narrative|\bactions? taken|\bwork (done|to date)|^latest"),
    ("recommendation_reference", 2, rf"\b(rec|recs|recommendation|objective|finding|priority|theme)s? {_NUMBER}\b"),
    ("reference", 2, rf"^((unique|action|actions|item|line|serial|plan) )?{_NUMBER}( {_NUMBER})?$|^(#|item|nr)$"),
    ("agency", 2, rf"^((lead|responsible|owning|owner|key|who) )*{_ANY_BODY}( {_ANY_BODY})*( responsible| involved)?$"),
    ("due", 2, r"\bdue\b|deadline|\btarget (completion )?date|\bby when|^when\b|\btime ?(scale|frame|line|limit)s?\b"),
    ("due", 2, r"\b(complet(e|ed|ion)|action|do) by date|\bcomplet(e|ed) by\b|\bcompletion date|\bdate (for|of) compl"),
    ("due", 1, r"\b(end|finish|delivery|implementation|agreed) date|\bexpected completion|^date$|^target$"),
    ("owner", 2, r"\bowners?\b|\bofficers?\b|\bby whom|^whom?\b|responsib|accountab|\bleads?\b|\bassigned|\ballocated"),
    ("owner", 1, r"\bnamed (person|individual)|\bperson\b|^actions? by$"),
    ("action", 3, r"^((recommended|agreed|required|proposed|key|specific|smart|planned|improvement|our) )?actions?\b"),
    ("action", 3, r"\bactions? (required|needed|agreed|to be taken|to take)"),
    ("outcome", 2, r"outcome|success|\bimpact|how (will|do) (we|you) know|\bdifference"),
    ("outcome", 1, r"\bmeasur|\bkpis?\b|indicator|benefit|expected result"),
    ("recommendation", 4, r"\brecommend|^recs?$"),
    ("recommendation", 3, r"objective|\baims?\b|\bgoals?\b|\bfindings?\b|\blearning\b|what needs to (change|improve)"),
    ("recommendation", 2, r"\bareas?\b|\bissues?\b|\bstandards?\b|\bchallenges?\b|\bconcerns?\b|\bimprovement"),
    ("recommendation", 1, r"\bthemes?\b|\bpriorit"),
    ("evidence", 1, r"\bassurance|\bevidence\b"),
    ("action", 2, r"\bactions?\b|\btasks?\b|\bmilestones?\b|\bdeliverables?\b|\binterventions?\b|\bactivit"),
    ("action", 1, r"^what\b|^how\b|\bsteps?\b"),
)
_COMPILED = tuple((Meaning(name, strength), re.compile(pattern)) for name, strength, pattern in _MEANINGS)


def meaning(heading: str, mapping: Mapping[str, str], name: str = "") -> Meaning:
    """What a heading stands for; a mapping (our field to a heading's text) goes before every guess.

    `name` is what the column is called where its heading stands over several.
    """
    plain = plain_heading(heading)
    names = {plain, plain_heading(name)} - {""}
    for field, told in mapping.items():
        if plain_heading(told) in names:
            return Meaning(field, 10)
    if not plain or len(plain) > _LONGEST_HEADING:
        return Meaning("", 0)
    found = _guessed(plain)
    return Meaning("", 0) if found.field in mapping else found


def plain_heading(heading: str) -> str:
    """For comparing: one line, small letters, without punctuation."""
    plain = folded(heading).replace("(s)", "s")
    return " ".join(re.sub(r"[^\w#?]+", " ", plain).split())


@lru_cache(maxsize=4096)
def _guessed(plain: str) -> Meaning:
    return next((found for found, pattern in _COMPILED if pattern.search(plain)), Meaning("", 0))


def check_mapping(mapping: Mapping[str, str]) -> None:
    unknown = [name for name in mapping if name not in FIELDS]
    if unknown:
        raise Unreadable(f"The mapping names a field “{unknown[0]}”; the fields are {', '.join(FIELDS)}.")
