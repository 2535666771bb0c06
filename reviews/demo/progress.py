"""How far have the actions of the invented plans come?"""

from datetime import timedelta

from reviews.actions.ratings import override_rating, rate_own
from reviews.actions.steps import accept_action, extend_action, move_action, record_progress, submit_action
from reviews.demo.town import Town
from reviews.models import Action
from reviews.transactions.unit_of_work import Unit
from workflows.core.roles import Realm, Role
from workflows.definitions.action import OPEN

REPORTS = (
    "First meeting held; the draft is with the agencies.",
    "Two of the three localities have begun. The third waits for its new manager, who starts on the first.",
    "Half done.",
    "The first ten were looked at: seven as they should be, three where nobody could say why not.",
    "Agreed by the senior leadership team, subject to what the union says about the rota.",
)
EVIDENCE = (
    "Minutes of the safeguarding meeting, and an audit of twenty files.",
    "The new page of the procedures, and the e-mail that told everybody of it.",
    "What forty practitioners said in the survey, and what was changed after it.",
)


def vary(town: Town) -> None:
    """Let some actions be under way, some submitted, accepted, extended or blocked."""
    ready = [(turn, action) for turn, action in enumerate(town.actions) if action.due_on and action.owner_id]
    for turn, action in ready:
        if turn % 2 == 0:
            _report(town, action, turn)
        if turn % 7 == 3:
            _submit(town, action, EVIDENCE[turn % len(EVIDENCE)], accepted=turn % 14 == 3)
        elif turn % 11 == 5:
            _extend(town, action)
        elif turn % 23 == 20:
            given = {"blocked_reason": "The national form is not out yet.", "blocked_plan": "Raised with the Panel."}
            move_action(_as_owner(town, action), action, "block", given=given, happened_on=town.today)
        if turn % 5 == 0 and action.stage in OPEN:
            rate_own(_as_owner(town, action), action, rating="Amber" if turn % 3 else "Green")
    for _, action in ready[8::29]:
        reason = "Everything rests on one vacancy, and the post has been out twice."
        override_rating(_as_chair(town, action), action, rating="Red", reason=reason)


def _report(town: Town, action: Action, turn: int) -> None:
    text = REPORTS[turn // 2 % len(REPORTS)]
    on = town.today - timedelta(days=5 + turn % 20)
    record_progress(_as_owner(town, action), action, text=text, happened_on=on)


def _submit(town: Town, action: Action, evidence: str, *, accepted: bool) -> None:
    submit_action(_as_owner(town, action), action, evidence=evidence, happened_on=town.today)
    if accepted:
        accept_action(_as_chair(town, action), action, happened_on=town.today)


def _extend(town: Town, action: Action) -> None:
    later = max(action.due_on or town.today, town.today) + timedelta(days=30)
    reason = "The training venue was lost."
    extend_action(_as_chair(town, action), action, new_due_on=later, reason=reason, happened_on=town.today)


def _as_owner(town: Town, action: Action) -> Unit:
    people = (*town.residents.owners, *town.residents.by_role.values(), town.residents.leaver)
    owner = next(person for person in people if person.id == action.owner_id)
    return Unit(town.unit.session, town.actor_of(owner), town.unit.now)


def _as_chair(town: Town, action: Action) -> Unit:
    return town.unit_now(Role.CDOP_MANAGER if action.realm is Realm.CHILD_DEATHS else Role.SUBGROUP_CHAIR)
