"""Which actions are there, which are mine, and what is known of one?"""

from collections.abc import Mapping, Sequence

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from notifications.rounds.next_rung import next_rung
from reviews.access.permissions import Permission
from reviews.actions.action_groups import AGES, LISTED, SOON
from reviews.actions.list_queries import SORTS, ActionFilter, ActionLine, action_list
from reviews.actions.page_queries import ActionFile, action_file
from reviews.actions.rating import RATINGS, because
from reviews.cases.event_queries import action_history, people_named
from reviews.cases.responses import recommendations_named
from reviews.models import PlanRules
from reviews.people.choices import agencies, person_name
from web.actions.action_particulars import particulars_of
from web.actions.action_proof import proof_of
from web.actions.action_rests import rests_of
from web.actions.action_share import shared_by
from web.actions.bulk import offered
from web.actions.history import name_in, story
from web.actions.labels import STAGES, asked_of_owner, list_heading
from web.actions.list_filters import NONE, wanted_actions
from web.actions.presenter import steps_shown, who_may
from web.core.access import needs
from web.core.context import actor, kinds, reader, today
from web.core.query import as_of, one_of, partnership_asked, shown, word
from workflows.core.roles import Role
from workflows.definitions.action import OPEN

pages = Blueprint("actions", __name__)

MINE = 100
COLUMNS = frozenset(SORTS) - {"mine"}


@pages.route("/actions")
@needs(Permission.SEE_ACTIONS)
def action_plan() -> ResponseReturnValue:
    place, on, wanted, sort = _place(), as_of(), wanted_actions(), one_of("sort", COLUMNS) or "due"
    page = shown(
        lambda n: action_list(reader(), actor(), today=on, partnership_id=place, wanted=wanted, sort=sort, number=n)
    )
    places, owner = agencies(reader(), actor(), place, ended=True), _owner(wanted)
    return render_template(
        "actions/list.html",
        page=page,
        heading=list_heading(
            wanted,
            agency=dict(places).get(wanted.agency_id or 0, ""),
            owner=owner,
            source=kinds()[wanted.source].title if wanted.source else "",
        ),
        wanted=wanted,
        choices=_choices(places, {str(wanted.owner_id): owner} if owner else {}),
        sort=sort,
        on=on,
        kinds=kinds(),
        stages=STAGES,
        open_stages=OPEN,
        names_owners=any(post.role is not Role.SCRUTINY_MEMBER for post in actor().posts),
        **offered(place),
        may_add=actor().may(Permission.ADD_ACTION, place),
    )


@pages.route("/actions/mine")
@needs(Permission.SIGNED_IN)
def mine() -> ResponseReturnValue:
    wanted = ActionFilter(group="outstanding", done_by_id=actor().person_id)
    page = shown(
        lambda n: action_list(reader(), actor(), today=today(), wanted=wanted, sort="mine", number=n, size=MINE)
    )
    return render_template(
        "actions/mine.html",
        page=page,
        parts=_parts(page.rows),
        asked=asked_of_owner,
        today=today(),
        stages=STAGES,
        person_id=actor().person_id,
    )


@pages.route("/actions/<address>")
@needs(Permission.SEE_ACTIONS)
def action(address: str) -> ResponseReturnValue:
    file = action_file(reader(), actor(), address, today=today(), partnership=word("partnership") or None)
    history = shown(lambda n: action_history(reader(), actor(), file.action, number=n))
    names = people_named(reader(), actor(), history.rows)
    asked = recommendations_named(reader(), actor(), (row.details.get("recommendation_id") for row in history.rows))
    return render_template(
        "actions/action.html",
        file=file,
        action=file.action,
        because=_because(file),
        steps=steps_shown(file),
        who_may=who_may,
        history=[story(event, names, asked) for event in history.rows],
        **shared_by(file),
        **proof_of(file),
        **particulars_of(file),
        **rests_of(file),
        page=history,
        name_in=name_in,
        next_rung=next_rung(reader(), file.action, today()),
        is_open=file.action.stage in OPEN,
        today=today(),
    )


def _place() -> int | None:
    """Give the partnership asked for, or the only one they work in; None means all of theirs."""
    own = {post.partnership_id for post in actor().posts}
    return partnership_asked() or (own.pop() if len(own) == 1 else None)


def _choices(places: Sequence[tuple[int, str]], owner: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Give what each filter offers, as the address and as the reader say it."""
    codes = {post.partnership_code: post.partnership_name for post in actor().posts}
    return {
        "partnership": list(codes.items()) if len(codes) > 1 else [],
        "group": [(name, title) for name, (title, _) in LISTED.items()],
        "age": [(name, title) for name, (title, _) in AGES.items()],
        "rating": [(name, name) for name in RATINGS],
        "agency": [*((str(key), name) for key, name in places), (NONE, "No agency")],
        "owner": [*owner.items(), (NONE, "No owner")],
        "source": [(name, kind.title) for name, kind in kinds().items()],
    }


def _owner(wanted: ActionFilter) -> str:
    return person_name(reader(), actor(), wanted.owner_id) if wanted.owner_id else ""


def _parts(rows: Sequence[ActionLine]) -> dict[str, list[ActionLine]]:
    """Part a person's actions by what presses most; the order within each part stays."""
    parts: dict[str, list[ActionLine]] = {"Late": [], "Due in the next 30 days": [], "Later": [], "Waiting": []}
    for line in rows:
        parts[_part(line)].append(line)
    return parts


def _part(line: ActionLine) -> str:
    if line.stage not in OPEN:
        return "Waiting"
    if line.due_on is None or line.due_on > today() + SOON:
        return "Later"
    return "Late" if line.due_on < today() else "Due in the next 30 days"


def _because(file: ActionFile) -> str:
    rules = reader().get(PlanRules, file.action.case_id)
    return because(file.rating, file.action, rules=rules, today=today())
