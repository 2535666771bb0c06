"""The list of actions: its filters, its heading, and what can be done with several of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from reviews.access.permissions import Permission
from reviews.actions.list_queries import AGES, LISTED, RATINGS, SORTS, ActionFilter, ActionLine, action_list
from reviews.core.paging import Page
from reviews.people.queries import agencies, person_name
from web.actions.labels import list_heading
from web.actions.selection import NONE, QUERY_WORDS, bulk_choices, filter_from_address
from web.core.context import actor, kinds, read_session
from web.core.query import as_of, paginate, partnership_asked, query_choice, query_text
from workflows.core.vocabulary import Role

COLUMNS = frozenset(SORTS) - {"mine"}


@dataclass(frozen=True, slots=True)
class ActionListPage:
    """`choices` are those of each filter, as the address and as the reader say them.

    `bulk_choices` are titles by address, empty where the list shows several partnerships; `query_words` are the words
    of the address that go with them.
    """

    page: Page[ActionLine]
    heading: str
    filter: ActionFilter
    choices: Mapping[str, Sequence[tuple[str, str]]]
    sort: str
    judged_on: date
    names_owners: bool
    bulk_choices: Mapping[str, str]
    query_words: Mapping[str, str]
    may_add: bool


def action_list_page() -> ActionListPage:
    partnership_id, on, filters = _partnership_id(), as_of(), filter_from_address()
    sort = query_choice("sort", COLUMNS) or "due"
    page = paginate(
        lambda number: action_list(
            read_session(), actor(), today=on, partnership_id=partnership_id, wanted=filters, sort=sort, number=number
        )
    )
    agency_names = agencies(read_session(), actor(), partnership_id, ended=True)
    owner = person_name(read_session(), actor(), filters.owner_id) if filters.owner_id else ""
    offered = bulk_choices(partnership_id) if partnership_id is not None else {}
    return ActionListPage(
        page=page,
        heading=list_heading(
            filters,
            agency=dict(agency_names).get(filters.agency_id or 0, ""),
            owner=owner,
            source=kinds()[filters.source].title if filters.source else "",
        ),
        filter=filters,
        choices=_choices(agency_names, {str(filters.owner_id): owner} if owner else {}),
        sort=sort,
        judged_on=on,
        names_owners=any(assignment.role is not Role.SCRUTINY_MEMBER for assignment in actor().roles_held),
        bulk_choices=offered,
        query_words={name: query_text(name) for name in (*QUERY_WORDS, "partnership") if offered and query_text(name)},
        may_add=actor().may(Permission.ADD_ACTION, partnership_id),
    )


def _partnership_id() -> int | None:
    """Give the partnership asked for, or the only one they work in; None means all of theirs."""
    ids = {assignment.partnership_id for assignment in actor().roles_held}
    return partnership_asked() or (ids.pop() if len(ids) == 1 else None)


def _choices(agency_names: Sequence[tuple[int, str]], owner: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    codes = {assignment.partnership_code: assignment.partnership_name for assignment in actor().roles_held}
    return {
        "partnership": list(codes.items()) if len(codes) > 1 else [],
        "group": [(name, title) for name, (title, _) in LISTED.items()],
        "age": [(name, title) for name, (title, _) in AGES.items()],
        "rating": [(name, name) for name in RATINGS],
        "agency": [*((str(key), name) for key, name in agency_names), (NONE, "No agency")],
        "owner": [*owner.items(), (NONE, "No owner")],
        "source": [(name, kind.title) for name, kind in kinds().items()],
    }
