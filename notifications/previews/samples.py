"""A sample of every kind of mail, written by the real writer about invented people and cases.

Their links are signed with another key, and lead nowhere.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from notifications.base.summary_rhythm import Rhythm, SummaryChoice
from notifications.letters.account_letters import write_account_letter
from notifications.letters.compose import Writer, Written
from notifications.letters.links import Answer, Letterhead, Link
from notifications.letters.previous_answers import PreviousAnswer
from notifications.letters.role_letter import write_role_letter
from notifications.letters.wording import NEWS_TITLES, day
from notifications.rounds.audience import Holder, People
from notifications.rounds.delivery_problems import DeliveryProblem, ProblemCause
from notifications.rounds.digests import NO_DATE, Line
from notifications.rounds.snapshot import (
    IMPACT,
    ActionLine,
    ClockLine,
    PartnershipRow,
    PartnershipSnapshot,
    Recipient,
    SentReminders,
)
from notifications.summaries.summary_letter import write_summary
from reviews.actions.list_queries import ActionLine as ListedAction
from reviews.cases.list_queries import RunningClock
from reviews.core.clock import LONDON
from reviews.identities.unusual_openings import ALERT_RULES, AlertReason
from reviews.models import AccountMailKind, RoleAnswer
from reviews.summary.queries import CaseWithClock, Changes, Summary
from workflows.catalogue import BUILT_IN
from workflows.core.bank_holidays import BUNDLED
from workflows.core.days import Precision
from workflows.core.lateness import lateness
from workflows.core.vocabulary import Deadline, Realm, Role, Workflow
from workflows.core.working_days import Unit
from workflows.definitions.action import ActionStage
from workflows.definitions.shared.ladder_policies import RETURN_LADDER

AGENCIES = {"Council": (9, 3, 2), "Police": (5, 1, 2), "Hospitals": (3, 0, 1)}
LATE = (70, 41, 12, 5)


def summary_sample(partnership: PartnershipRow, to: Recipient, letterhead: Letterhead, morning: date) -> Written:
    """Write an invented summary, to somebody who has one every week."""
    chosen, last = morning - timedelta(days=60), morning - timedelta(days=7)
    choice = SummaryChoice(
        1, partnership.id, to.id, to.email, Rhythm.WEEKLY, min(morning.weekday(), 4), None, chosen, last
    )
    changes = Changes(new=3, closed=2, newly_overdue=1)
    return write_summary(
        partnership, to.name, choice, _summary(morning), changes, letterhead=letterhead, morning=morning
    )


def _summary(morning: date) -> Summary:
    names = ("outstanding", "overdue", "due_soon")
    by_agency = {agency: Counter(dict(zip(names, counts, strict=True))) for agency, counts in AGENCIES.items()}
    totals = Counter({"awaiting_sign_off": 2, "no_owner": 1, "no_date": 1, "more_time": 1})
    for counts in by_agency.values():
        totals.update(counts)
    late, near = _clocks(morning)[:1], _clocks(morning)[1:]
    return Summary(totals=totals, by_agency=by_agency, late_cases=1, late=late, near=near, oldest=_oldest(morning))


def _clocks(morning: date) -> list[CaseWithClock]:
    kind = BUILT_IN.newest_of("rapid_review")
    return [
        CaseWithClock(
            f"RR-2026-{number:02}",
            kind.name,
            _running_clock(kind, deadline, due_on=morning + timedelta(days=4 * number - 5)),
        )
        for number, deadline in enumerate(kind.deadlines[:2], start=1)
    ]


def _running_clock(kind: Workflow, deadline: Deadline, *, due_on: date) -> RunningClock:
    return RunningClock(
        workflow=kind.name,
        version=kind.version,
        name=deadline.name,
        edition_from=deadline.editions[0].effective_from,
        counted_from_on=due_on - timedelta(days=21),
        due_on=due_on,
        due_at=None,
        met_on=None,
        dropped_on=None,
        provisional=False,
        forecast_on=None,
        late_reason=None,
        target_on=None,
        start_rule=None,
        started_on=None,
        counted_from_earliest_on=None,
        met_latest_on=None,
        dropped_known_to=Precision.DAY,
        local_count=None,
        local_unit=None,
        local_from=None,
        local_authority=None,
        local_set_by=None,
        calendar=BUNDLED,
        catalogue=BUILT_IN,
    )


def _oldest(morning: date) -> list[ListedAction]:
    return [
        ListedAction(
            reference=f"RR-2026-04/R{number}/A1",
            address=f"RR-2026-04.R{number}.A1",
            title="",
            stage="in_progress",
            workflow="rapid_review",
            agency=agency,
            owner=None,
            owner_text="",
            due_on=morning - timedelta(days=days),
            due_text="",
            original_due_on=None,
            times_extended=0,
            partnership_id=1,
            recommendation_id=None,
            deputy_id=None,
            awaiting_owner=False,
            done_on=None,
            due_known_to=Precision.DAY,
            original_due_known_to=Precision.DAY,
            awaiting_status=False,
            case_reference=None,
            rating="RED",
            id=number,
        )
        for number, (days, agency) in enumerate(
            zip(LATE, ("Council", "Police", "Council", "Council"), strict=True), start=1
        )
    ]


KEY = "a key for invented letters, which opens nothing at all"
PARTNERSHIP = PartnershipRow(1, "EXAMPLE", "Example Safeguarding Children Partnership", "calendar-ladder")
OWNER = Recipient(1, "Olive Owner", "olive.owner@partnership.example")
MANAGER = Recipient(2, "Mary Manager", "mary.manager@partnership.example")
LEAD = Recipient(3, "Leo Lead", "leo.lead@partnership.example")
CDOP = Recipient(4, "Carys Coordinator", "carys.coordinator@partnership.example")
PRIVACY = Recipient(6, "Priya Privacy", "priya.privacy@partnership.example")
CHAIR = Recipient(5, "Cheryl Chair", "cheryl.chair@partnership.example")
PRIVACY = Recipient(6, "Priya Privacy", "priya.privacy@partnership.example")
HELD = {OWNER: Role.ACTION_OWNER, MANAGER: Role.BUSINESS_MANAGER, LEAD: Role.AGENCY_LEAD, CDOP: Role.CDOP_MANAGER}
MANY = 40
NEWS_OF_OWNERS = ("assigned", "returned", "extended", "refused")


@dataclass(frozen=True, slots=True)
class Sample:
    """One invented letter."""

    name: str
    title: str
    to: Recipient
    lines: list[Line]
    previous_answers: Sequence[PreviousAnswer] = ()
    tasks: Sequence[DeliveryProblem] = ()


OF_ACCOUNTS = {
    AccountMailKind.INVITATION: Sample("invitation", "An invitation, to somebody new", OWNER, []),
    AccountMailKind.RESET: Sample("password-reset", "A link that sets a password", OWNER, []),
    AccountMailKind.PASSWORD_CHANGED: Sample("password-changed", "After a password was changed", OWNER, []),
    AccountMailKind.SIGN_IN_TRIED: Sample("sign-in-tried", "To somebody whose password others try", OWNER, []),
    AccountMailKind.ADDRESS_OLD: Sample("address-old", "A new address, to be confirmed from the old one", OWNER, []),
    AccountMailKind.ADDRESS_NEW: Sample("address-new", "A new address, to be confirmed from it", OWNER, []),
    AccountMailKind.ADDRESS_CHANGED: Sample("address-changed", "To the new address, after the change", OWNER, []),
    AccountMailKind.ADDRESS_LEFT: Sample("address-left", "To the old address, after the change", OWNER, []),
    AccountMailKind.AWAY: Sample("away", "To somebody whom others record as away", OWNER, []),
    AccountMailKind.DEPUTY: Sample("deputy", "To somebody who is named as a deputy", OWNER, []),
    AccountMailKind.BACK: Sample("back", "To somebody whose absence others end", OWNER, []),
    AccountMailKind.ROLE_GIVEN: Sample("role-given", "After a further role was given", OWNER, []),
    AccountMailKind.ROLE_ENDED: Sample("role-ended", "After a role was ended", OWNER, []),
    AccountMailKind.ACCOUNT_DISABLED: Sample("account-disabled", "After an account was disabled", OWNER, []),
    AccountMailKind.IDENTITY_ALERT: Sample(
        "identity-alert", "To the privacy officer, of an opened identity", PRIVACY, []
    ),
    AccountMailKind.AUDIT_NOTICE: Sample("audit-notice", "Something unusual in the audit log", PRIVACY, []),
}
SUMMARY = Sample("summary", "The summary, to a chair who has it every week", CHAIR, [])
ROLE = Sample("role", "A role that was confirmed, to who asked for it", MANAGER, [])


def samples(base_url: str, morning: date) -> list[tuple[Sample, Written]]:
    """Write every sample as of a morning."""
    snapshot = PartnershipSnapshot(
        partnership=PARTNERSHIP,
        people=People(Holder(person.id, role, 7) for person, role in HELD.items()),
        recipients={person.id: person for person in HELD},
        actions=[],
        clocks=[],
        news=[],
        sent_reminders=SentReminders(),
        sent_clock_reminders=SentReminders(),
        mailed=set(),
    )
    letterhead = Letterhead(base_url, KEY)
    written = []
    for each in _all(morning):  # a writer for each, because they use the same ids for different actions
        mail = Writer(snapshot, letterhead, morning).write(each.to, each.lines, each.previous_answers, each.tasks)
        written.append((each, mail))
    for kind, sample in OF_ACCOUNTS.items():
        mail = write_account_letter(
            kind,
            name=sample.to.name,
            partnership=PARTNERSHIP.name,
            invited_by=MANAGER.name,
            at=datetime.combine(morning, time(9, 30), LONDON),
            letterhead=letterhead,
            more={
                "by": MANAGER.name,
                "person": "Sam Away",
                "deputy": "Dee Deputy",
                "from_on": day(morning),
                "until_on": day(morning + timedelta(days=14)),
                "role": Role.AGENCY_LEAD.in_sentence,
                "was": "before@example.org",
                "new": sample.to.email,
                "opener": MANAGER.name,
                "reference": "RR-2026-04",
                "why": ALERT_RULES[AlertReason.OUT_OF_HOURS].words,
                "what": "opened 120 different cases in 11 seconds",
            },
        )
        written.append((sample, mail))
    summary = summary_sample(PARTNERSHIP, CHAIR, letterhead, morning)
    return [*written, (SUMMARY, summary), (ROLE, _role_letter(letterhead, morning))]


def _role_letter(letterhead: Letterhead, morning: date) -> Written:
    return write_role_letter(
        MANAGER.name,
        partnership=(PARTNERSHIP.code, PARTNERSHIP.name),
        name=CHAIR.name,
        role=Role.SUBGROUP_CHAIR,
        agency="Example Council",
        asked_by=MANAGER.name,
        asked_on=morning - timedelta(days=2),
        answer=RoleAnswer.CONFIRMED,
        answered_by="Sam Second",
        answered_on=morning,
        letterhead=letterhead,
    )


def _all(morning: date) -> list[Sample]:
    late = [_line(n, morning - timedelta(days=n), "due+1") for n in range(1, MANY // 2 + 1)]
    soon = [_line(n, morning + timedelta(days=n - MANY // 2), "due-7") for n in range(MANY // 2 + 1, MANY + 1)]
    stands_in = replace(_line(1, morning, "due"), why="Sam Away is away until the end of the month")
    month = morning + timedelta(days=30)
    return [
        Sample("one-action", "One action, to its owner", OWNER, [_line(1, morning + timedelta(days=7), "due-7")]),
        Sample("many-actions", "Many actions, to their owner", OWNER, [*late, *soon]),
        Sample("news", "News, to an owner", OWNER, [_line(n, month, name) for n, name in _news(NEWS_OF_OWNERS)]),
        Sample("no-date", "An action without a date, to its owner", OWNER, [_line(1, None, NO_DATE)]),
        Sample("standing-in", "In place of somebody who is away", OWNER, [stands_in]),
        Sample(
            "answered",
            "After an answer by a link",
            OWNER,
            [_line(1, month, "due-7")],
            previous_answers=[_previous_answer(morning)],
        ),
        Sample("lead", "To the lead of an agency", LEAD, [*_of_lead(morning)]),
        Sample("manager", "To the business manager", MANAGER, _of_manager(morning), tasks=_tasks(morning)),
        Sample(
            "child-deaths", "About a child death review", OWNER, [_line(1, morning, "due", realm=Realm.CHILD_DEATHS)]
        ),
    ]


def _of_lead(morning: date) -> list[Line]:
    """An agency's part of an action, a late action, and a request to the agency."""
    shared = _line(2, morning + timedelta(days=5), "due-7", Role.AGENCY_LEAD, aspect="part-7")
    late = _line(1, morning - timedelta(days=14), "due+14", Role.AGENCY_LEAD)
    return [
        late,
        shared,
        _clock(3, "Return of the agency", morning + timedelta(days=3), Role.AGENCY_LEAD, morning, asked=True),
    ]


def _of_manager(morning: date) -> list[Line]:
    waiting = [
        _line(n, morning + timedelta(days=20), name, Role.BUSINESS_MANAGER)
        for n, name in _news(("submitted", "not-mine", "owner-excluded"))
    ]
    impact = _line(4, morning - timedelta(days=1), "due", Role.BUSINESS_MANAGER, aspect=IMPACT)
    clocks = [
        _clock(1, "Rapid review to the Panel", morning - timedelta(days=1), Role.BUSINESS_MANAGER, morning),
        _clock(2, "Publication", morning + timedelta(days=30), Role.BUSINESS_MANAGER, morning),
    ]
    return [*clocks, *waiting, impact]


def _news(names: Sequence[str]) -> list[tuple[int, str]]:
    return list(enumerate((name for name in NEWS_TITLES if name in names), start=1))


def _tasks(morning: date) -> list[DeliveryProblem]:
    since = morning - timedelta(days=3)
    return [
        DeliveryProblem(8, "Bo Bounced", "bo.bounced@partnership.example", since, ProblemCause.COMES_BACK, 2),
        DeliveryProblem(9, "Lee Left", "lee.left@partnership.example", since, ProblemCause.LEFT, 1),
    ]


def _previous_answer(morning: date) -> PreviousAnswer:
    link = Link(PARTNERSHIP.id, OWNER.id, 2, morning - timedelta(days=3))
    return PreviousAnswer(
        link, "RR-2026-04/R2/A1", Answer.ON_TRACK, morning - timedelta(days=2), is_undone=False, may_undo=True
    )


def _line(
    number: int,
    due_on: date | None,
    rung: str,
    role: Role = Role.ACTION_OWNER,
    *,
    realm: Realm = Realm.REVIEWS,
    aspect: str = "",
) -> Line:
    reference = f"RR-2026-04/R{number}/A1"
    title = "Agree one form for all agencies" if number == 1 and realm is Realm.REVIEWS else ""
    stage = ActionStage.IN_PROGRESS if due_on else ActionStage.AGREED_NO_DATE
    action = ActionLine(
        number, reference, reference.replace("/", "."), title, realm, stage, 7, OWNER.id, due_on, aspect=aspect
    )
    return Line(action, rung, "", role)


def _clock(number: int, title: str, due_on: date, role: Role, morning: date, *, asked: bool = False) -> Line:
    parent_case = f"RR-2026-{number:02}"
    clock = ClockLine(
        id=number,
        reference=f"{parent_case}.I1" if asked else parent_case,
        within=parent_case if asked else "",
        realm=Realm.REVIEWS,
        name="clock",
        title=title,
        is_binding=not asked,
        agency_id=7 if asked else None,
        due_on=due_on,
        ladder=RETURN_LADDER,
        lateness=lateness(due_on, morning, Unit.DAYS if asked else Unit.WORKING_DAYS, BUNDLED),
    )
    return Line(clock, "due", "", role)
