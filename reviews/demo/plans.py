"""Loads the plans and actions of the invented partnerships."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import cycle
from operator import attrgetter

from reviews.access.permissions import system
from reviews.actions.details import NewAction, add_action
from reviews.actions.ratings import set_chair_rating, set_owner_rating
from reviews.actions.step_handlers import record_plain_step
from reviews.actions.steps import accept_action, extend_action, record_progress, submit_action
from reviews.demo.followed_review import seed_followed
from reviews.demo.history_writer import HistoryWriter
from reviews.demo.people import COMMUNITY, InventedPartnership
from reviews.demo.texts import EARLIER, EARLIER_THEMES, KINDS, PLANS, TOPICS, Topic
from reviews.files.store import StoreFile
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


def vary(writer: HistoryWriter) -> None:
    """Report progress on some actions; submit, accept, extend, block or rate others."""
    ready = [(turn, action) for turn, action in enumerate(writer.actions) if action.due_on and action.owner_id]
    for turn, action in ready:
        if turn % 2 == 0:
            _report(writer, action, turn)
        if turn % 7 == 3:
            _submit(writer, action, EVIDENCE[turn % len(EVIDENCE)], accepted=turn % 14 == 3)
        elif turn % 11 == 5:
            _extend(writer, action)
        elif turn % 23 == 20:
            facts = {"blocked_reason": "The national form is not out yet.", "blocked_plan": "Raised with the Panel."}
            record_plain_step(_as_owner(writer, action), action, "block", answers=facts, happened_on=writer.today)
        if turn % 5 == 0 and action.stage in OPEN:
            set_owner_rating(_as_owner(writer, action), action, rating="Amber" if turn % 3 else "Green")
    for _, action in ready[8::29]:
        reason = "Everything rests on one vacancy, and the post has been out twice."
        set_chair_rating(_as_chair(writer, action), action, rating="Red", reason=reason)


def _report(writer: HistoryWriter, action: Action, turn: int) -> None:
    text = REPORTS[turn // 2 % len(REPORTS)]
    on = writer.today - timedelta(days=5 + turn % 20)
    record_progress(_as_owner(writer, action), action, text=text, happened_on=on)


def _submit(writer: HistoryWriter, action: Action, evidence: str, *, accepted: bool) -> None:
    submit_action(_as_owner(writer, action), action, evidence=evidence, happened_on=writer.today)
    if accepted:
        accept_action(_as_chair(writer, action), action, happened_on=writer.today)


def _extend(writer: HistoryWriter, action: Action) -> None:
    later = max(action.due_on or writer.today, writer.today) + timedelta(days=30)
    reason = "The training venue was lost."
    extend_action(_as_chair(writer, action), action, new_due_on=later, reason=reason, happened_on=writer.today)


def _as_owner(writer: HistoryWriter, action: Action) -> Unit:
    people = (*writer.people.owners, *writer.people.by_role.values(), writer.people.leaver)
    owner = next(person for person in people if person.id == action.owner_id)
    return Unit(writer.unit.session, writer.actor_of(owner), writer.unit.now)


def _as_chair(writer: HistoryWriter, action: Action) -> Unit:
    return writer.unit_now(Role.CDOP_MANAGER if action.realm is Realm.CHILD_DEATHS else Role.SUBGROUP_CHAIR)


DUE_IN = (-140, -75, -45, -21, -14, -8, -3, -1, 0, 2, 5, 7, 11, 14, 20, 27, 33, 48, 60, 75, 90, 120, 150, 180)
"""Days from today on which actions are due, in turn."""


class Texts:
    """Gives topics and their actions in turn, so that no case repeats one."""

    def __init__(self, dates: Iterator[int]) -> None:
        self.dates = dates
        self._topics = cycle(TOPICS)
        self._actions = {topic: cycle(topic.actions) for topic in TOPICS}

    def two(self) -> tuple[Topic, Topic]:
        return next(self._topics), next(self._topics)

    def of(self, topic: Topic) -> str:
        return next(self._actions[topic])


def seed_plans(writer: HistoryWriter, invented: InventedPartnership, store_file: StoreFile | None) -> None:
    texts = Texts(cycle(DUE_IN if invented.is_large else DUE_IN[::3]))
    plans = _strategy_plans(writer, invented)
    actions = 4 if invented.is_large else 3
    for case, _ in writer.plans:
        _fill(writer, case, texts, texts.two(), actions=actions)
    for case, (_, _, topics) in zip(plans, PLANS, strict=False):
        _fill(writer, case, texts, topics, actions=actions)
    for case, _ in writer.monitored:
        _fill(writer, case, texts, texts.two(), actions=actions)
    vary(writer)
    _close_early(writer)
    _adopt(writer, plans)
    for case, last_stage in writer.plans:
        _take_plan(writer, case, last_stage)
    for case, steps in writer.monitored:
        for step in steps:
            writer.take_step(case, step, writer.today, {})
    seed_followed(writer, store_file)
    _part_with_leaver(writer)


def _strategy_plans(writer: HistoryWriter, invented: InventedPartnership) -> list[Case]:
    stories = PLANS if invented.is_large else PLANS[:1]
    return [
        writer.write_case("strategy_plan", [("draft", 0, {})], days_ago=days_ago, title=title, pseudonym="")
        for title, days_ago, _ in stories
    ]


def _adopt(writer: HistoryWriter, plans: list[Case]) -> None:
    """Leave the last plan in draft, adopt the one before, and monitor the others."""
    for number, case in enumerate(reversed(plans)):
        for step in ("adopt", "monitor")[:number]:
            writer.take_step(case, step, writer.today, {})


def _fill(writer: HistoryWriter, case: Case, texts: Texts, topics: Sequence[Topic], *, actions: int) -> None:
    """Add two recommendations with responses, and actions owned in turn by people of every agency."""
    manager = writer.unit_now(Role.CDOP_MANAGER if case.realm is Realm.CHILD_DEATHS else Role.BUSINESS_MANAGER)
    for half, topic in enumerate(topics):
        recommendation = _recommend(manager, case, topic)
        answer_recommendation(manager, case, recommendation, response="accepted", reason="", by="Executive group")
        for _ in range(actions // 2 + (actions % 2 if half else 0)):
            action = add_action(manager, case, _new(writer, texts, topic), recommendation=recommendation)
            writer.actions.append(action)


def _recommend(manager: Unit, case: Case, topic: Topic) -> Recommendation:
    """Add a recommendation; that of a review rests on a finding, that of a strategy does not."""
    finding = None if case.workflow == "strategy_plan" else add_finding(manager, case, text=topic.finding)
    finding_id = finding.id if finding else None
    wording = Wording(topic.recommendation, topic.success, topic.evidence_wanted, finding_id=finding_id)
    made = make_recommendation(manager, case, wording)
    set_themes(manager, case, made, topic.themes)
    if finding is not None:
        set_themes(manager, case, finding, topic.themes[:1])
    return made


def _new(writer: HistoryWriter, texts: Texts, topic: Topic) -> NewAction:
    text, due_in = texts.of(topic), next(texts.dates)
    turn = len(writer.actions)
    agency = turn % len(writer.people.agencies)
    owner = writer.people.leaver if turn % 17 == 13 else writer.people.owners[agency]
    if turn % 8 == 2 and turn % 16 == 2:
        owner = writer.people.by_role[Role.ACTION_OWNER]
    kind = next((kind for verb, kind in KINDS.items() if text.startswith(verb)), "practice")
    return NewAction(
        text=text,
        title=text.partition(".")[0],
        title_safe_to_mail=turn % 3 == 0,
        reference_name=f"{topic.themes[0]}: {kind}" if turn % 3 == 1 else "",
        name_is_safe=True,
        success_measure=topic.success if turn % 5 == 4 else "",
        lead_agency_id=writer.people.agencies[COMMUNITY if owner is writer.people.leaver else agency].id,
        owner_id=owner.id if turn % 19 != 18 else None,
        due_on=writer.today + timedelta(days=due_in) if turn % 13 != 12 else None,
        due_text="" if turn % 13 != 12 else "To be set by the forum",
        deputy_id=_deputy(writer, turn, owner),
        kind=kind,
        review_on=writer.today + timedelta(days=30) if turn % 9 == 5 else None,
    )


def _deputy(writer: HistoryWriter, turn: int, owner: Person) -> int | None:
    """Give every sixth action a deputy from the next agency."""
    next_door = writer.people.owners[(turn + 1) % len(writer.people.owners)]
    return next_door.id if turn % 6 == 0 and next_door is not owner else None


def _close_early(writer: HistoryWriter) -> None:
    """Add a recommendation to the oldest review that was closed within two months."""
    case = min((case for case, _ in writer.plans), key=attrgetter("opened_on"))
    manager, chair = (
        writer.on(case.opened_on + timedelta(days=days), role)
        for days, role in ((20, Role.BUSINESS_MANAGER), (60, Role.SUBGROUP_CHAIR))
    )
    recommendation = add_recommendation(manager, case, text=EARLIER)
    set_themes(manager, case, recommendation, EARLIER_THEMES)
    answer_recommendation(manager, case, recommendation, response="accepted", reason="", by="Executive group")
    owner = writer.people.owners[0]
    new = NewAction(
        text="Teach the bruising protocol at every induction. Ask for it in supervision.",
        title="Teach the bruising protocol at every induction",
        lead_agency_id=writer.people.agencies[0].id,
        owner_id=owner.id,
        due_on=chair.today,
    )
    action = add_action(manager, case, new, recommendation=recommendation)
    evidence = "The list of inductions, and the form for supervision."
    at_work = Unit(writer.unit.session, writer.actor_of(owner), chair.now)
    submit_action(at_work, action, evidence=evidence, happened_on=at_work.today)
    accept_action(chair, action, happened_on=chair.today)


PLAN_STEPS = (
    ("agreed", "agree_plan"),
    ("monitoring", "monitor_plan"),
    ("impact_check", "check_impact"),
    ("closed", "close_plan"),
)


def _take_plan(writer: HistoryWriter, case: Case, last_stage: str) -> None:
    """Take the action plan of a practice review to its last stage, and end its actions where that needs it."""
    stages = [stage for stage, _ in PLAN_STEPS]
    far = stages.index(last_stage) + 1 if last_stage in stages else 0
    if far > stages.index("impact_check"):
        _finish(writer, case)
    for _, step in PLAN_STEPS[:far]:
        writer.take_step(case, step, writer.today, {})


def _finish(writer: HistoryWriter, case: Case) -> None:
    for action in [action for action in writer.actions if action.case_id == case.id and action.ended_on is None]:
        facts = {"dropped_reason": "Taken up in the plan of the trust."}
        record_plain_step(
            writer.unit_now(Role.SUBGROUP_CHAIR), action, "withdraw", answers=facts, happened_on=writer.today
        )


def _part_with_leaver(writer: HistoryWriter) -> None:
    disable_person(
        Unit(writer.unit.session, system("demonstration"), writer.unit.now), email=writer.people.leaver.email
    )
