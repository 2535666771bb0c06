"""Which plans and actions do the invented partnerships have?"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import cycle
from operator import attrgetter
from pathlib import Path

from reviews.access.permissions import system
from reviews.actions.details import NewAction, add_action
from reviews.actions.ratings import override_rating, rate_own
from reviews.actions.step_handlers import record_plain_step
from reviews.actions.steps import accept_action, extend_action, record_progress, submit_action
from reviews.demo.followed import seed_followed
from reviews.demo.people import COMMUNITY, Place
from reviews.demo.texts import EARLIER, EARLIER_THEMES, KINDS, PLANS, TOPICS, Topic
from reviews.demo.town import Town
from reviews.models import Action, Case, Person, Recommendation
from reviews.people.offboarding import disable_person
from reviews.recommendations.commands import (
    Wording,
    add_finding,
    add_recommendation,
    answer_recommendation,
    make_recommendation,
)
from reviews.recommendations.themes import set_themes
from reviews.transactions.unit_of_work import Unit
from workflows.core.vocabulary import Realm, Role
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
            record_plain_step(_as_owner(town, action), action, "block", given=given, happened_on=town.today)
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


DUE_IN = (-140, -75, -45, -21, -14, -8, -3, -1, 0, 2, 5, 7, 11, 14, 20, 27, 33, 48, 60, 75, 90, 120, 150, 180)
"""Days from today on which the actions of the plans are due, over and over."""


class Texts:
    """Which topic comes next, and which of its actions, so that no case says a thing twice."""

    def __init__(self, dates: Iterator[int]) -> None:
        self.dates = dates
        self._topics = cycle(TOPICS)
        self._actions = {topic: cycle(topic.actions) for topic in TOPICS}

    def two(self) -> tuple[Topic, Topic]:
        return next(self._topics), next(self._topics)

    def of(self, topic: Topic) -> str:
        return next(self._actions[topic])


def seed_plans(town: Town, place: Place, files: Path | None) -> None:
    texts = Texts(cycle(DUE_IN if place.is_large else DUE_IN[::3]))
    plans = _strategy_plans(town, place)
    actions = 4 if place.is_large else 3
    for case, _ in town.plans:
        _fill(town, case, texts, texts.two(), actions=actions)
    for case, (_, _, topics) in zip(plans, PLANS, strict=False):
        _fill(town, case, texts, topics, actions=actions)
    for case, _ in town.monitored:
        _fill(town, case, texts, texts.two(), actions=actions)
    vary(town)
    _close_early(town)
    _adopt(town, plans)
    for case, wanted in town.plans:
        _take_plan(town, case, wanted)
    for case, steps in town.monitored:
        for step in steps:
            town.take(case, step, town.today, {})
    seed_followed(town, files)
    _part_with_leaver(town)


def _strategy_plans(town: Town, place: Place) -> list[Case]:
    stories = PLANS if place.is_large else PLANS[:1]
    return [
        town.tell("strategy_plan", [("draft", 0, {})], days_ago=days_ago, title=title, pseudonym="")
        for title, days_ago, _ in stories
    ]


def _adopt(town: Town, plans: list[Case]) -> None:
    """Leave the last plan in draft, the one before it adopted, and the others monitored."""
    for number, case in enumerate(reversed(plans)):
        for step in ("adopt", "monitor")[:number]:
            town.take(case, step, town.today, {})


def _fill(town: Town, case: Case, texts: Texts, topics: Sequence[Topic], *, actions: int) -> None:
    """Give a case two answered recommendations, and its actions in turn to owners of every agency."""
    manager = town.unit_now(Role.CDOP_MANAGER if case.realm is Realm.CHILD_DEATHS else Role.BUSINESS_MANAGER)
    for half, topic in enumerate(topics):
        recommendation = _recommend(manager, case, topic)
        answer_recommendation(manager, case, recommendation, response="accepted", reason="", by="Executive group")
        for _ in range(actions // 2 + (actions % 2 if half else 0)):
            action = add_action(manager, case, _new(town, texts, topic), recommendation=recommendation)
            town.actions.append(action)


def _recommend(manager: Unit, case: Case, topic: Topic) -> Recommendation:
    """Ask for something; what a review asks for rests on a finding, what a strategy sets out on none."""
    finding = None if case.workflow == "strategy_plan" else add_finding(manager, case, text=topic.finding)
    finding_id = finding.id if finding else None
    wording = Wording(topic.recommendation, topic.success, topic.evidence_wanted, finding_id=finding_id)
    made = make_recommendation(manager, case, wording)
    set_themes(manager, case, made, topic.themes)
    if finding is not None:
        set_themes(manager, case, finding, topic.themes[:1])
    return made


def _new(town: Town, texts: Texts, topic: Topic) -> NewAction:
    text, due_in = texts.of(topic), next(texts.dates)
    turn = len(town.actions)
    agency = turn % len(town.residents.agencies)
    owner = town.residents.leaver if turn % 17 == 13 else town.residents.owners[agency]
    if turn % 8 == 2 and turn % 16 == 2:
        owner = town.residents.by_role[Role.ACTION_OWNER]
    return NewAction(
        text=text,
        title=text.partition(".")[0],
        title_safe_to_mail=turn % 3 == 0,
        success_measure=topic.success if turn % 5 == 4 else "",
        lead_agency_id=town.residents.agencies[COMMUNITY if owner is town.residents.leaver else agency].id,
        owner_id=owner.id if turn % 19 != 18 else None,
        due_on=town.today + timedelta(days=due_in) if turn % 13 != 12 else None,
        due_text="" if turn % 13 != 12 else "To be set by the forum",
        deputy_id=_deputy(town, turn, owner),
        kind=next((kind for verb, kind in KINDS.items() if text.startswith(verb)), "practice"),
        review_on=town.today + timedelta(days=30) if turn % 9 == 5 else None,
    )


def _deputy(town: Town, turn: int, owner: Person) -> int | None:
    """Give every sixth action to somebody of the next agency too, for when its owner is away."""
    next_door = town.residents.owners[(turn + 1) % len(town.residents.owners)]
    return next_door.id if turn % 6 == 0 and next_door is not owner else None


def _close_early(town: Town) -> None:
    """Let the oldest review have asked for something that was done and closed within two months."""
    case = min((case for case, _ in town.plans), key=attrgetter("opened_on"))
    manager, chair = (
        town.on(case.opened_on + timedelta(days=days), role)
        for days, role in ((20, Role.BUSINESS_MANAGER), (60, Role.SUBGROUP_CHAIR))
    )
    recommendation = add_recommendation(manager, case, text=EARLIER)
    set_themes(manager, case, recommendation, EARLIER_THEMES)
    answer_recommendation(manager, case, recommendation, response="accepted", reason="", by="Executive group")
    owner = town.residents.owners[0]
    new = NewAction(
        text="Teach the bruising protocol at every induction. Ask for it in supervision.",
        title="Teach the bruising protocol at every induction",
        lead_agency_id=town.residents.agencies[0].id,
        owner_id=owner.id,
        due_on=chair.today,
    )
    action = add_action(manager, case, new, recommendation=recommendation)
    evidence = "The list of inductions, and the form for supervision."
    at_work = Unit(town.unit.session, town.actor_of(owner), chair.now)
    submit_action(at_work, action, evidence=evidence, happened_on=at_work.today)
    accept_action(chair, action, happened_on=chair.today)


PLAN_STEPS = (
    ("agreed", "agree_plan"),
    ("monitoring", "monitor_plan"),
    ("impact_check", "check_impact"),
    ("closed", "close_plan"),
)


def _take_plan(town: Town, case: Case, wanted: str) -> None:
    """Take the action plan of a practice review as far as its story says, finishing its actions where it must."""
    stages = [stage for stage, _ in PLAN_STEPS]
    far = stages.index(wanted) + 1 if wanted in stages else 0
    if far > stages.index("impact_check"):
        _finish(town, case)
    for _, step in PLAN_STEPS[:far]:
        town.take(case, step, town.today, {})


def _finish(town: Town, case: Case) -> None:
    for action in [one for one in town.actions if one.case_id == case.id and one.ended_on is None]:
        given = {"dropped_reason": "Taken up in the plan of the trust."}
        record_plain_step(town.unit_now(Role.SUBGROUP_CHAIR), action, "withdraw", given=given, happened_on=town.today)


def _part_with_leaver(town: Town) -> None:
    disable_person(Unit(town.unit.session, system("demonstration"), town.unit.now), email=town.residents.leaver.email)
