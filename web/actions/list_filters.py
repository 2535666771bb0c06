"""The filter of a list of actions, as its address gives it."""

from reviews.actions.list_queries import AGES, LISTED, RATINGS, ActionFilter
from web.core.context import kinds
from web.core.query import number, one_of, word

NONE = "none"
QUERY_WORDS = ("group", "age", "rating", "agency", "owner", "source", "case", "q", "as-of")
"""The query words that filter a list of actions, or give the day on which it is judged."""


def filter_from_address() -> ActionFilter:
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
