"""What does the address of a list of actions narrow it to?"""

from reviews.actions.list_queries import AGES, LISTED, RATINGS, ActionFilter
from web.core.context import kinds
from web.core.query import number, one_of, word

NONE = "none"
WORDS = ("group", "age", "rating", "agency", "owner", "source", "case", "q", "as-of")
"""The query words that narrow a list of actions, or say on which day it is judged."""


def wanted_actions() -> ActionFilter:
    agency, owner = word("agency"), word("owner")
    return ActionFilter(
        group=one_of("group", LISTED),
        age=one_of("age", AGES),
        rating=one_of("rating", RATINGS),
        agency_id=number("agency"),
        no_agency=agency == NONE,
        owner_id=number("owner"),
        no_owner=owner == NONE,
        source=one_of("source", kinds()),
        case_reference=word("case"),
        text=word("q"),
    )
