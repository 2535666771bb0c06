"""The filter of a list of actions, as its address gives it."""

from reviews.actions.list_queries import AGES, LISTED, RATINGS, ActionFilter
from web.core.context import kinds
from web.core.query import number, query_choice, query_text

NONE = "none"
QUERY_WORDS = ("group", "age", "rating", "agency", "owner", "source", "case", "q", "as-of")
"""The query words that filter a list of actions, or give the day on which it is judged."""


def filter_from_address() -> ActionFilter:
    agency, owner = query_text("agency"), query_text("owner")
    return ActionFilter(
        group=query_choice("group", LISTED),
        age=query_choice("age", AGES),
        rating=query_choice("rating", RATINGS),
        agency_id=number("agency"),
        no_agency=agency == NONE,
        owner_id=number("owner"),
        no_owner=owner == NONE,
        source=query_choice("source", kinds()),
        case_reference=query_text("case"),
        text=query_text("q"),
    )
