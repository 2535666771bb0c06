"""The digest of each person for one morning: rungs that were reached, news, and tasks."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

from notifications.rounds.audience import AUDIENCE, AudienceRule, role_in_realm
from notifications.rounds.delivery_problems import DeliveryProblem
from notifications.rounds.escalation import Arrival, Escalation, Reached
from notifications.rounds.recipients import (
    ReceivingRole,
    Recipients,
    is_barred,
    is_there,
    managers_there,
    recipients_of_action,
    recipients_of_clock,
    snoozed_until,
)
from notifications.rounds.snapshot import (
    IMPACT_LADDER,
    ActionLine,
    ClockLine,
    News,
    PartnershipSnapshot,
    SentReminders,
    ladder_of_parts,
)
from reviews.models import EventKind
from workflows.core.labels import sentence
from workflows.core.ladders import Occurrence, name_words, read_name
from workflows.core.vocabulary import Ladder, Realm, Role
from workflows.definitions.action import OPEN
from workflows.definitions.shared.ladder_policies import ACCEPTANCE_LADDER

ReminderSubject: TypeAlias = ActionLine | ClockLine
NO_DATE = "no-date"


def aspect_of(subject: ReminderSubject) -> str:
    """Return the aspect of an action the line is about: one agency's part, its impact check, that it waits to be
    accepted; empty for the whole.
    """
    return subject.aspect if isinstance(subject, ActionLine) else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One action or clock in one person's mail. `about` is what makes the rung new: due date, month or event.

    `why` is the reason given to somebody who receives it in another person's place.
    """

    subject: ReminderSubject
    rung: str
    about: str
    role: Role
    why: str = ""

    @property
    def of_clock(self) -> bool:
        return isinstance(self.subject, ClockLine)


@dataclass(slots=True)
class DigestPlan:
    """The lines of each person's mail, by person id, and what was left out.

    `recipients_of_event` has the people to be told of each event id. `held_back` has what was not sent, with the
    reason; it is a dict to keep the order. `tasks` are the delivery problems a person is asked to solve; somebody with
    tasks and no lines has an empty entry in `lines`.
    """

    lines: dict[int, dict[tuple[bool, int, str], Line]] = field(default_factory=dict)
    recipients_of_event: dict[int, list[int]] = field(default_factory=dict)
    held_back: dict[tuple[ReminderSubject, str], None] = field(default_factory=dict)
    tasks: dict[int, list[DeliveryProblem]] = field(default_factory=dict)

    def add_line(self, person_id: int, line: Line) -> None:
        """Add a line, unless the mail already has one about this action or clock: the first has priority."""
        self.lines.setdefault(person_id, {}).setdefault((line.of_clock, line.subject.id, aspect_of(line.subject)), line)

    def add_tasks(self, person_id: int, tasks: list[DeliveryProblem]) -> None:
        self.tasks[person_id] = tasks
        self.lines.setdefault(person_id, {})

    def remove_person(self, person_id: int) -> list[Line]:
        """Remove a person's mail and return its lines."""
        self.tasks.pop(person_id, None)
        return list(self.lines.pop(person_id).values())

    def hold_back(self, subject: ReminderSubject, why: str) -> None:
        self.held_back[subject, why] = None


RecipientsFor = Callable[[Role | None], tuple[Role | None, Recipients]]
"""For a role that a rung names (None: the deputy), the role that is told in its place, and the people."""
NOBODY: Recipients = {}

SILENT = "Its plan is silent: nobody is reminded until its reminders are started."
UNDECIDED = "Its tracker may say that it has ended: nobody is reminded until somebody decides."
FROM_TOMORROW = "Its reminders begin on the day after it was brought in, or after those of its plan were started."
LONG_PAST = "Its day had passed when the action was brought in. Only the owner of an overdue action is told of that."
NO_OWNER = "It has no owner yet."
OWNER_GONE = "Its owner's account is closed, or they no longer have a role in the partnership."
OWNER_OUT_OF_REACH = "Its owner cannot be reached, and nobody is available to stand in."


def escalate_action(
    digest_plan: DigestPlan, snapshot: PartnershipSnapshot, escalation: Escalation, action: ActionLine
) -> None:
    """Add an action with a due date, on the ladder of its plan, or of its partnership."""
    ladder, due_on = escalation.policies.ladder_of(action.case_id), action.due_on or escalation.today
    if not escalation.reached(ladder, due_on) or _waits(digest_plan, escalation, action, action.brought_in_on):
        return
    arrival = escalation.arrival(action.case_id, action.brought_in_on)
    rungs = escalation.reached(ladder, due_on, arrival)
    was_overdue = arrival is not None and arrival.was_overdue(due_on)
    if not rungs and not was_overdue:
        return
    if action.stage not in OPEN:
        digest_plan.hold_back(action, f"{sentence(action.stage)}: no reminders are sent at this stage.")
        return
    hold_back_without_owner(digest_plan, snapshot, action)
    recipients_for = _unless_snoozed(digest_plan, snapshot, action)
    why_not_chased = _why_not_chased(action, escalation.today)
    if rungs:
        rungs = _unless_answered(digest_plan, action, rungs, why_not_chased)
        _escalate(digest_plan, action, escalation, rungs, recipients_for, snapshot.sent_reminders)
    if arrival is not None and was_overdue:
        owners = NOBODY if why_not_chased else recipients_for(Role.ACTION_OWNER)[1]
        _add_overdue_line(digest_plan, action, escalation, arrival, owners, snapshot.sent_reminders)


def escalate_part(
    digest_plan: DigestPlan, snapshot: PartnershipSnapshot, escalation: Escalation, part: ActionLine
) -> None:
    """Add an agency's part of a shared action to the mail of its lead, as the action is added to its owner's."""
    _escalate_aspect(
        digest_plan, snapshot, escalation, part, ladder_of_parts(escalation.policies.ladder_of(part.case_id))
    )


def escalate_check(
    digest_plan: DigestPlan, snapshot: PartnershipSnapshot, escalation: Escalation, check: ActionLine
) -> None:
    """Add the check of an action's impact to the mails of those who answer it."""
    _escalate_aspect(digest_plan, snapshot, escalation, check, IMPACT_LADDER)


def escalate_submission(
    digest_plan: DigestPlan, snapshot: PartnershipSnapshot, escalation: Escalation, submission: ActionLine
) -> None:
    """Add an action that waits to be accepted to the mails of those who decide, but for whoever did it."""
    submitted_on = submission.due_on or escalation.today
    rungs = escalation.reached(ACCEPTANCE_LADDER, submitted_on)
    if not rungs or _waits(digest_plan, escalation, submission):
        return
    all_recipients = action_recipients(snapshot, submission)

    def recipients_for(named: Role | None) -> tuple[Role | None, Recipients]:
        role, people = all_recipients(named)
        return role, _without_doers(submission, people)

    _escalate(digest_plan, submission, escalation, rungs, recipients_for, snapshot.sent_reminders)


def escalate_clock(
    digest_plan: DigestPlan, snapshot: PartnershipSnapshot, escalation: Escalation, clock: ClockLine
) -> None:
    """Add a running clock, on the ladder of its deadline. Of one that was brought in late the manager is told once."""
    if not escalation.reached(clock.ladder, clock.due_on):
        return
    arrival = Arrival(clock.brought_in_on) if clock.brought_in_on else None
    if arrival is not None and arrival.on >= escalation.today:
        digest_plan.hold_back(clock, FROM_TOMORROW)
        return
    recipients_for, sent_reminders = clock_recipients(snapshot, clock), snapshot.sent_clock_reminders
    rungs = escalation.reached(clock.ladder, clock.due_on, arrival)
    if rungs:
        _escalate(digest_plan, clock, escalation, rungs, recipients_for, sent_reminders)
    if arrival is not None and arrival.was_overdue(clock.due_on):
        managers = recipients_for(Role.BUSINESS_MANAGER)[1]
        _add_overdue_line(digest_plan, clock, escalation, arrival, managers, sent_reminders)


def _escalate_aspect(
    digest_plan: DigestPlan, snapshot: PartnershipSnapshot, escalation: Escalation, aspect: ActionLine, ladder: Ladder
) -> None:
    due_on = aspect.due_on or escalation.today
    if not escalation.reached(ladder, due_on) or _waits(digest_plan, escalation, aspect, aspect.brought_in_on):
        return
    arrival = escalation.arrival(aspect.case_id, aspect.brought_in_on)
    rungs = escalation.reached(ladder, due_on, arrival)
    if rungs:
        _escalate(digest_plan, aspect, escalation, rungs, action_recipients(snapshot, aspect), snapshot.sent_reminders)
    else:
        digest_plan.hold_back(aspect, LONG_PAST)


def _waits(
    digest_plan: DigestPlan, escalation: Escalation, action: ActionLine, brought_in_on: date | None = None
) -> bool:
    """Hold back what is not told yet, and say why. News does not wait for the day after an import."""
    arrival = escalation.arrival(action.case_id, brought_in_on)
    if action.case_id in escalation.policies.silent_plans:
        digest_plan.hold_back(action, SILENT)
    elif action.awaiting_status:
        digest_plan.hold_back(action, UNDECIDED)
    elif arrival is not None and arrival.on >= escalation.today:
        digest_plan.hold_back(action, FROM_TOMORROW)
    else:
        return False
    return True


def _add_overdue_line(
    digest_plan: DigestPlan,
    subject: ReminderSubject,
    escalation: Escalation,
    arrival: Arrival,
    people: Recipients,
    sent_reminders: SentReminders,
) -> None:
    """Add the one line about what was overdue when it arrived, to those who have heard of no later rung."""
    due_on = subject.due_on or escalation.today
    about = due_on.isoformat()
    for person_id, receiving in people.items():
        if not escalation.was_overdue_sent(due_on, sent_reminders.rungs(subject.id, person_id, about)):
            digest_plan.add_line(person_id, Line(subject, arrival.name, about, receiving.role, receiving.why))


def hold_back_without_owner(digest_plan: DigestPlan, snapshot: PartnershipSnapshot, action: ActionLine) -> None:
    """Hold an action back when nobody can be told as its owner or in the owner's place."""
    if action_recipients(snapshot, action)(Role.ACTION_OWNER)[1]:
        return
    if action.owner_id is None:
        digest_plan.hold_back(action, NO_OWNER)
    else:
        digest_plan.hold_back(action, OWNER_OUT_OF_REACH if action.owner_id in snapshot.people else OWNER_GONE)


def action_recipients(snapshot: PartnershipSnapshot, action: ActionLine) -> RecipientsFor:
    def recipients_for(named: Role | None) -> tuple[Role | None, Recipients]:
        if named is None:  # the deputy does what the owner would
            deputy_id = action.deputy_id
            if deputy_id is None or not is_there(snapshot, deputy_id) or is_barred(snapshot, action, deputy_id):
                return Role.ACTION_OWNER, NOBODY
            return Role.ACTION_OWNER, {deputy_id: ReceivingRole(Role.ACTION_OWNER)}
        role = role_in_realm(named, action.realm)
        if role is None:
            return None, NOBODY
        people = snapshot.people.holding(role, owner_id=action.owner_id, agency_id=action.agency_id)
        return role, recipients_of_action(snapshot, action, role, people)

    return recipients_for


def _why_not_chased(action: ActionLine, today: date) -> str:
    """Say what the owner answered while it is waited for; "" where nothing is."""
    if action.asked_for_time:
        return "Its owner asked for more time, and waits for the answer."
    if action.expected_on is not None and action.expected_on >= today:
        return f"Its owner expects it on {action.expected_on:%-d %B %Y}."
    return ""


def _unless_answered(digest_plan: DigestPlan, action: ActionLine, rungs: Reached, why: str) -> Reached:
    """Leave out owner and deputy after the date while what they answered is waited for; others are still told.

    Rungs in working days come all the same.
    """
    if not why:
        return rungs
    naming = tuple(each for each in rungs.naming if not _chases_owner(*each))
    if len(naming) < len(rungs.naming):
        digest_plan.hold_back(action, why)
    return replace(rungs, naming=naming)


def _chases_owner(named: Role | None, rung: Occurrence) -> bool:
    days, is_working = read_name(rung.name) or (0, False)
    return named in (None, Role.ACTION_OWNER) and days > 0 and not is_working


def _unless_snoozed(digest_plan: DigestPlan, snapshot: PartnershipSnapshot, action: ActionLine) -> RecipientsFor:
    """Leave out an owner or deputy who snoozed the action; they are still told what they receive in another role."""
    all_recipients = action_recipients(snapshot, action)
    if not snapshot.unavailable.snoozed:
        return all_recipients

    def recipients_for(named: Role | None) -> tuple[Role | None, Recipients]:
        role, recipients = all_recipients(named)
        if named not in (None, Role.ACTION_OWNER):
            return role, recipients
        snoozed = {person_id: snoozed_until(snapshot, action, person_id) for person_id in recipients}
        for until_on in filter(None, snoozed.values()):
            digest_plan.hold_back(action, f"The owner or deputy snoozed it until {until_on:%-d %B %Y}.")
        return role, {person_id: receiving for person_id, receiving in recipients.items() if snoozed[person_id] is None}

    return recipients_for


def clock_recipients(snapshot: PartnershipSnapshot, clock: ClockLine) -> RecipientsFor:
    """An agency lead is told of what their agency was asked for, in either realm, and of no other clock.

    A clock has no owner.
    """

    def recipients_for(named: Role | None) -> tuple[Role | None, Recipients]:
        if named is None or named is Role.ACTION_OWNER or (named is Role.AGENCY_LEAD and clock.agency_id is None):
            return None, NOBODY
        deaths = clock.realm is Realm.CHILD_DEATHS and named is not Role.AGENCY_LEAD
        role = Role.CDOP_MANAGER if deaths else named
        of_agency = role in (Role.AGENCY_LEAD, Role.SAFEGUARDING_PARTNER)
        people = snapshot.people.all_with(role, clock.agency_id if of_agency else None)
        return role, recipients_of_clock(snapshot, clock, role, people)

    return recipients_for


def _escalate(
    digest_plan: DigestPlan,
    subject: ReminderSubject,
    escalation: Escalation,
    reached: Reached,
    recipients_for: RecipientsFor,
    sent_reminders: SentReminders,
) -> None:
    """Add the highest rung reached that tells each person, unless it or a higher one was sent for this due date."""
    _hold_back_without_recipients(digest_plan, subject, reached.last, recipients_for)
    due_on = subject.due_on or escalation.today
    about = f"{aspect_of(subject)} {due_on.isoformat()}".strip()
    for person_id, (rung, receiving) in _highest(subject, reached, recipients_for).items():
        if not escalation.was_sent(rung, due_on, sent_reminders.rungs(subject.id, person_id, about)):
            digest_plan.add_line(person_id, Line(subject, rung.name, about, receiving.role, receiving.why))


def _highest(
    subject: ReminderSubject, reached: Reached, recipients_for: RecipientsFor
) -> dict[int, tuple[Occurrence, ReceivingRole]]:
    """Return the highest rung that tells each person, with the reason from any rung they receive for somebody else."""
    owner_id = subject.owner_id if isinstance(subject, ActionLine) else None
    highest: dict[int, tuple[Occurrence, ReceivingRole]] = {}
    for named, rung in reached.naming:
        for person_id, receiving in recipients_for(named)[1].items():
            why = receiving.why or (highest[person_id][1].why if person_id in highest else "")
            role = Role.ACTION_OWNER if person_id == owner_id else receiving.role
            highest[person_id] = (rung, ReceivingRole(role, why))
    return highest


def _hold_back_without_recipients(
    digest_plan: DigestPlan, subject: ReminderSubject, rung: Occurrence, recipients_for: RecipientsFor
) -> None:
    """Hold the subject back at a rung where nobody holds any of its roles, apart from the owner's."""
    roles = set()
    for named in rung.tells - {Role.ACTION_OWNER}:
        role, people = recipients_for(named)
        if people:
            return
        if role is not None:
            roles.add(role)
    if roles:
        names = ", ".join(sorted(role.in_sentence for role in roles))
        digest_plan.hold_back(subject, f"Nobody holds the role that is told {name_words(rung.name)}: {names}.")


ASKED_FOR_A_DATE = "It has no due date; its owner was asked for one this month."
MAILED = "They already had a mail this morning. This follows on the next working morning."


def plan_digests(snapshot: PartnershipSnapshot, escalation: Escalation) -> DigestPlan:
    """Plan a morning: rungs first, then news, the latest first. Nobody gets a second mail on the same morning.

    Each action is on the ladder of its plan or partnership, and each clock has its own.
    """
    digest_plan = DigestPlan()
    _escalate_all(digest_plan, snapshot, escalation)
    actions = {action.id: action for action in snapshot.actions}
    for news in reversed(snapshot.news):
        action = actions.get(news.action_id)
        if action is None or not _waits(digest_plan, escalation, action):
            _add_news(digest_plan, snapshot, news, action)
    if snapshot.tasks:
        for person_id in managers_there(snapshot) - snapshot.managers_sent_tasks:
            digest_plan.add_tasks(person_id, snapshot.tasks)
    for person_id in snapshot.mailed & digest_plan.lines.keys():
        for line in digest_plan.remove_person(person_id):
            digest_plan.hold_back(line.subject, MAILED)
    return digest_plan


def _escalate_all(digest_plan: DigestPlan, snapshot: PartnershipSnapshot, escalation: Escalation) -> None:
    for clock in snapshot.clocks:
        escalate_clock(digest_plan, snapshot, escalation, clock)
    for action in snapshot.actions:
        if action.due_on is not None:
            escalate_action(digest_plan, snapshot, escalation, action)
        elif action.stage in OPEN:
            _ask_for_a_date(digest_plan, snapshot, escalation, action)
    for part in snapshot.parts:
        escalate_part(digest_plan, snapshot, escalation, part)
    for check in snapshot.checks:
        escalate_check(digest_plan, snapshot, escalation, check)
    for submission in snapshot.submissions:
        escalate_submission(digest_plan, snapshot, escalation, submission)


def _ask_for_a_date(
    digest_plan: DigestPlan, snapshot: PartnershipSnapshot, escalation: Escalation, action: ActionLine
) -> None:
    month = f"{escalation.today:%Y-%m}"
    if _waits(digest_plan, escalation, action, action.brought_in_on):
        return
    hold_back_without_owner(digest_plan, snapshot, action)
    for person_id, receiving in action_recipients(snapshot, action)(Role.ACTION_OWNER)[1].items():
        if (action.id, person_id, NO_DATE, month) in snapshot.sent_reminders:
            digest_plan.hold_back(action, ASKED_FOR_A_DATE)
        else:
            digest_plan.add_line(person_id, Line(action, NO_DATE, month, receiving.role, receiving.why))


def _add_news(digest_plan: DigestPlan, snapshot: PartnershipSnapshot, news: News, action: ActionLine | None) -> None:
    """Add news while it is current: an action that has since left the stages of the rule is skipped."""
    rule = AUDIENCE[news.kind]
    digest_plan.recipients_of_event[news.id] = []
    if rule is None or action is None or action.stage not in rule.stages:
        return
    if news.kind is EventKind.OWNER_EXCLUDED and not is_barred(snapshot, action, action.owner_id or 0):
        return  # it has another owner by now, or the exclusion ended
    people = _news_recipients(digest_plan, snapshot, action, rule)
    digest_plan.recipients_of_event[news.id] = list(people)
    for person_id, receiving in people.items():
        if (action.id, person_id, rule.rung, str(news.id)) not in snapshot.sent_reminders:
            digest_plan.add_line(person_id, Line(action, rule.rung, str(news.id), receiving.role, receiving.why))


def _news_recipients(
    digest_plan: DigestPlan, snapshot: PartnershipSnapshot, action: ActionLine, rule: AudienceRule
) -> Recipients:
    role, people = action_recipients(snapshot, action)(rule.role)
    if not people and role is Role.SAFEGUARDING_PARTNER:  # where the agency has no partner, every partner is told
        people = recipients_of_action(snapshot, action, role, snapshot.people.all_with(role))
    if not people and role is Role.ACTION_OWNER:
        hold_back_without_owner(digest_plan, snapshot, action)
    elif not people and role is not None:
        digest_plan.hold_back(action, f"Nobody holds the role that is told when it is {rule.rung}: {role.in_sentence}.")
    for other in rule.also:
        people = {**action_recipients(snapshot, action)(other)[1], **people}
    return _without_doers(action, people) if rule.but_not_owner else people


def _without_doers(action: ActionLine, people: Recipients) -> Recipients:
    """Leave out the owner and their deputy: what they did themselves is for others to decide."""
    doers = (action.owner_id, action.deputy_id)
    return {person_id: receiving for person_id, receiving in people.items() if person_id not in doers}
