"""What the headings of columns mean."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from reviews.imports.readers.cells import Unreadable, folded

FIELDS = (
    "reference",
    "recommendation_reference",
    "recommendation",
    "action",
    "title",
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
    """`strength` decides when the headings of several columns mean the same field."""

    field: str
    strength: int


_ANY_BODY = r"(agency|agencies|organisations?|partners?|services?|departments?|teams?|boards?|authority|authorities)"
_NUMBER = r"(ref|refs|reference|references|no|nos|number|num|id|code)"
_THING = r"(task|card|issue|ticket|action|work ?package|story|risk|item|to ?do|record)"

# The first pattern that matches decides, so narrow ones come before broad ones. An empty field means no field.
_MEANINGS: tuple[tuple[str, int, str], ...] = (
    ("", 1, r"^parent\b|\b(url|link|mode|type|colou?r|icon|index|level|count|cost|budget|effort|duration|hours?)\b"),
    (
        "",
        1,
        r"\b(estimated?|predecessors?|dependenc(y|ies)|successors?|blocking|blocked by|checklist|sub ?(items|tasks))\b",
    ),
    ("", 1, r"^(creator|author|reporter|request(e|o)r)\b|^(created|raised|opened|modified|updated)$"),
    ("", 1, r"\b(created|raised|reported|requested|modified|updated|changed|added|entered|closed|validated) by$"),
    ("", 1, r"\b(creation|modification|opening|created|modified|opened|entry) (date|at|on|time)\b"),
    ("", 1, r"^last (modified|viewed|change)"),
    ("revised_due", 2, r"\b(revised|extended|new|forecast|amended)\b.*\b(date|deadline|due|timescale)"),
    ("due", 1, r"\boriginal\b.*\b(date|deadline|due|timescale)"),
    ("", 1, r"\b(start|review|meeting|report) date"),
    ("", 1, r"\bdate (of )?(the )?(added|raised|agreed|opened|started|set|meeting|review)"),
    ("", 1, r"\bdate (of )?(created|modified|status|report|export)\b"),
    ("", 1, r"\b(last|date) (updated?|reviewed)$|^(updated|reviewed)( on)?$"),
    (
        "completed_on",
        2,
        r"\bdate (of )?(action )?(completed|closed|achieved|signed off)|^(completed|closed) (on|date|at)",
    ),
    ("completed_on", 2, r"\bactual (completion|end|finish)"),
    (
        "completed_on",
        1,
        r"^(closed|resolved|solved)$|^(resolution|closing|solved?) (date|at|on)$|^date (resolved|solved)$",
    ),
    (
        "rating",
        2,
        r"\b(b?ragg?|brayg|rayg|rygb|b?r ?a ?g)\b|traffic light|^(progress |action |current )?(rating|colour)$",
    ),
    ("status", 2, r"^(?!.*\b(update|comment|narrative)).*\bstatus\b|^(is it |action )?completed?\??( y n| yes no)?$"),
    ("status", 1, r"^(open closed|state|stage|progress bar|done)$|^(percent(age)?|task progress)\b.*"),
    ("evidence", 2, r"^(supporting |planned |sources? of )?evidence\b"),
    ("progress", 2, r"\bprogress|\bupdates?\b"),
    ("progress", 1, r"\bposition\b|\bcomment|\bnotes?\b|narrative|\bactions? taken|\bwork (done|to date)|^latest"),
    ("recommendation_reference", 2, rf"\b(rec|recs|recommendation|objective|finding|priority|theme)s? {_NUMBER}\b"),
    (
        "reference",
        2,
        rf"^((unique|action|actions|line|serial|plan|{_THING}) )?{_NUMBER}( {_NUMBER})?$|^(#|nr)$|^({_THING} )?key$",
    ),
    (
        "reference",
        1,
        rf"^(\w+ ){{1,3}}{_NUMBER}( {_NUMBER})?$|^wbs( code)?$|^outline number$|^issue id$|\bauto generated\b",
    ),
    ("agency", 2, rf"^((lead|responsible|owning|owner|key|who) )*{_ANY_BODY}( {_ANY_BODY})*( responsible| involved)?$"),
    ("agency", 2, rf"^{_ANY_BODY} (of|for|affected|concerned)\b|^(directorate|division)\b"),
    ("due", 2, r"\bdue\b|deadline|\btarget (completion )?date|\bby when|^when\b|\btime ?(scale|frame|line|limit)s?\b"),
    ("due", 2, r"\b(complet(e|ed|ion)|action|do) by date|\bcomplet(e|ed) by\b|\bcompletion date|\bdate (for|of) compl"),
    ("due", 1, r"\b(end|finish|delivery|implementation|agreed) date|\bexpected completion|^date$|^target$"),
    ("due", 1, r"^(finish|end)$|^time to resolve\b"),
    ("title", 2, rf"^({_THING} )?(name|title|summary|subject)$|^content$"),
    ("owner", 3, r"\bassignees?( name)?$|\bassignee e ?mail"),
    ("owner", 2, r"\bowners?\b|\bofficers?\b|\bby whom|^whom?\b|responsib|accountab|\bleads?\b|\bassigned|\ballocated"),
    ("owner", 1, r"\bnamed (person|individual)|\bperson\b|^actions? by$|\bassignee\b"),
    ("owner", 1, r"^(members?|people|resources?|resource names?|technicians?|managed by)$"),
    ("action", 3, r"^((recommended|agreed|required|proposed|key|specific|smart|planned|improvement|our) )?actions?\b"),
    ("action", 3, r"\bactions? (required|needed|agreed|to be taken|to take)"),
    ("outcome", 2, r"outcome|success|\bimpact|how (will|do) (we|you) know|\bdifference"),
    ("outcome", 1, r"\bmeasur|\bkpis?\b|indicator|benefit|expected result"),
    ("recommendation", 4, r"\brecommend|^recs?$"),
    ("recommendation", 3, r"objective|\baims?\b|\bgoals?\b|\bfindings?\b|\blearning\b|what needs to (change|improve)"),
    ("recommendation", 2, r"\bareas?\b|\bissues?\b|\bstandards?\b|\bchallenges?\b|\bconcerns?\b|\bimprovement"),
    ("recommendation", 2, r"^focus\b|\bfocus (for|of|on)\b"),
    ("recommendation", 1, r"\bthemes?\b|\bpriorit"),
    ("evidence", 1, r"\bassurance|\bevidence\b"),
    ("title", 1, r"^((agenda )?items?|topics?|subject matter|headline)$"),
    ("action", 2, r"\bactions?\b|\btasks?\b|\bmilestones?\b|\bdeliverables?\b|\binterventions?\b|\bactivit"),
    ("action", 1, r"^what\b|^how\b|\bsteps?\b"),
)
_COMPILED = tuple((Meaning(name, strength), re.compile(pattern)) for name, strength, pattern in _MEANINGS)


CHOSEN = 10
"""The strength of what a person has chosen."""


def meaning_of(heading: str, mapping: Mapping[str, str], name: str = "") -> Meaning:
    """The field that a heading means; `mapping` (field to heading) goes before every guess.

    `name` is the unique name of the column where several have the same heading.
    """
    plain = plain_heading(heading)
    names = {plain, plain_heading(name)} - {""}
    for field, chosen in mapping.items():
        if plain_heading(chosen) in names:
            return Meaning(field, CHOSEN)
    if not plain or len(plain) > _LONGEST_HEADING:
        return Meaning("", 0)
    found = Meaning("status", 1) if _PERCENT.fullmatch(folded(heading)) else _guessed(plain.replace("_", " "))
    return Meaning("", 0) if found.field in mapping else found


_PERCENT = re.compile(r"%\s*(complete[d]?|done|progress)|(progress|complete[d]?|done)\s*\(?%\)?")


@lru_cache(maxsize=4096)
def plain_heading(heading: str) -> str:
    """For comparing: one line, lower case, without punctuation."""
    plain = folded(heading).replace("(s)", "s")
    return " ".join(re.sub(r"[^\w#?]+", " ", plain).split())


@lru_cache(maxsize=4096)
def _guessed(plain: str) -> Meaning:
    return next((found for found, pattern in _COMPILED if pattern.search(plain)), Meaning("", 0))


_MAY_DESCRIBE = re.compile(
    r"descri|detail|requirement|proposal|\boptions?\b|commitment|key points?|summary|response|observation|headline"
    r"|wording"
)


def may_describe(heading: str) -> bool:
    """Whether a column with this heading may hold what is to be done, where none says that it does."""
    return bool(_MAY_DESCRIBE.search(plain_heading(heading)))


def check_mapping(mapping: Mapping[str, str]) -> None:
    unknown = [name for name in mapping if name not in FIELDS]
    if unknown:
        raise Unreadable(f"The mapping has an unknown field “{unknown[0]}”. The fields are {', '.join(FIELDS)}.")
