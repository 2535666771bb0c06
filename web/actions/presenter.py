"""The page of an action: what it shows to one person, and what they may do there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from notifications.rounds.next_rung import NextRung, next_rung
from reviews.access.permissions import Permission, realm_of
from reviews.access.policies import (
    manages_plan,
    may_edit_details,
    may_rate_as_chair,
    may_rate_as_owner,
    may_withdraw_evidence,
    why_not_assured_by,
)
from reviews.actions.details import DETAIL_FIELDS, detail_values
from reviews.actions.event_labels import EventNames, event_details, event_title
from reviews.actions.evidence import ASSURANCE_KINDS, SHOWS
from reviews.actions.extensions import may_snooze
from reviews.actions.list_queries import because
from reviews.actions.page_queries import ActionFile, ActiveSnooze, active_snoozes, assurances_of
from reviews.actions.parts import PartLine, parts_led, parts_of_action
from reviews.actions.step_handlers import fits, handler_of, may_be_filled_in
from reviews.cases.event_log import Shown, action_history, people_named
from reviews.cases.late import action_lateness
from reviews.cases.page_queries import StepOption
from reviews.cases.responses import AnsweredRecommendation, answered_by, recommendation_labels
from reviews.core.clock import local_day
from reviews.core.paging import Page
from reviews.imports.import_questions import questions_of_action
from reviews.models import Action, Assurance, Event, Evidence, ImportQuestion, PlanRules, ProgressUpdate
from reviews.models.event_details import AnswerChanged, details_if
from web.core.context import actor, read_session, today
from web.core.query import paginate
from workflows.core.engine import WrongRole
from workflows.core.lateness import Lateness
from workflows.core.vocabulary import Realm, Role, Step
from workflows.definitions.action import AGREED, CLOSERS, OPEN, SHARED_OUT, ActionStage


@dataclass(frozen=True, slots=True)
class ActionHistoryEntry:
    """What happened, on which day, when it was recorded and by whom; `led_to` is the new stage, if there is one."""

    title: str
    happened_on: date
    recorded_at: datetime
    by: str
    details: Sequence[tuple[str, str]]
    led_to: str

    @property
    def recorded_same_day(self) -> bool:
        return local_day(self.recorded_at) == self.happened_on


def history_entries(events: Iterable[Event], names: EventNames) -> list[ActionHistoryEntry]:
    """Give an entry for each event of an action, in the same order."""
    return [
        ActionHistoryEntry(
            title=title,
            happened_on=event.happened_on,
            recorded_at=event.recorded_at,
            by=name_in(event.recorded_by),
            details=event_details(event, names),
            led_to=event.to_stage if event.to_stage and event.to_stage != event.from_stage else "",
        )
        for event in events
        if (title := event_title(event, names)) is not None
    ]


def name_in(signature: str) -> str:
    """Give the name out of `Name <address>`."""
    return signature.partition(" <")[0]


EVIDENCE_KINDS: Mapping[str, str] = {"text": "Evidence", "link": "Link", "file": "File"}


@dataclass(frozen=True, slots=True)
class StepChoices:
    """The steps that this person may take now, those that wait for something, and those of other people."""

    open: Sequence[StepOption]
    waiting: Sequence[StepOption]
    of_others: Sequence[StepOption]


@dataclass(frozen=True, slots=True)
class AssuranceEntry:
    title: str
    seen_on: date
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class ActionPage:
    """Whoever reads only what is published sees no assurances and no snoozes, and may change nothing."""

    file: ActionFile
    today: date
    rating_reason: str
    details: Sequence[tuple[str, str]]
    """Label and text of each detail that is set."""
    steps: StepChoices
    events: Page[Event]
    history: Sequence[ActionHistoryEntry]
    readings: Sequence[ActionHistoryEntry]
    recommendations: Sequence[AnsweredRecommendation]
    parts: Sequence[PartLine]
    assurances: Sequence[AssuranceEntry]
    snoozes: Sequence[ActiveSnooze]
    next_reminder: NextRung
    open_questions: Sequence[ImportQuestion]
    """What its import left open, for those who may decide it."""
    reads_withdrawn_files: bool
    withdrawable: frozenset[int]
    """Numbers of the pieces of evidence that this person may withdraw."""
    may_edit_details: bool
    may_rate_as_owner: bool
    may_rate_as_chair: bool
    may_snooze: bool
    may_add_evidence: bool
    may_assure: bool
    may_plan: bool
    may_add_part: bool

    @property
    def action(self) -> Action:
        return self.file.action

    @property
    def lateness(self) -> Lateness:
        action = self.action
        return action_lateness(
            action.stage, action.due_on, action.done_on, self.today, awaiting_status=action.awaiting_status
        )

    @property
    def counts_down(self) -> bool:
        """Whether the days until its due date are shown: not where it may have ended already."""
        return self.is_open and not self.action.awaiting_status

    @property
    def expected_on(self) -> date | None:
        """The day on which it is expected, while it is late."""
        return self.action.expected_on if self.is_open and self.lateness.is_late else None

    @property
    def is_open(self) -> bool:
        return self.action.stage in OPEN


LAST_PROGRESS = 3
DECIDED_ON = frozenset({ActionStage.SUBMITTED, ActionStage.AWAITING_IMPACT})


@dataclass(frozen=True, slots=True)
class DecisionBasis:
    """What whoever accepts or returns an action decides on: the evidence that counts, the latest progress first."""

    evidence: Sequence[Evidence]
    assurances: Sequence[AssuranceEntry]
    progress: Sequence[ProgressUpdate]


def decision_basis(file: ActionFile, step: Step) -> DecisionBasis | None:
    """Give what a step decides on; None for a step that decides nothing about what was submitted."""
    if file.published_only or file.action.stage not in DECIDED_ON or not step.by & CLOSERS:
        return None
    action = file.action
    progress = [each for each in action.progress if each.taken_back_at is None]
    return DecisionBasis(
        evidence=[each for each in action.evidence if each.withdrawn_on is None],
        assurances=[_assurance(row) for row in assurances_of(read_session(), actor(), action)],
        progress=sorted(progress, key=lambda each: (each.happened_on, each.id), reverse=True)[:LAST_PROGRESS],
    )


def action_page(file: ActionFile) -> ActionPage:
    action, works_here = file.action, not file.published_only
    events = paginate(lambda number: action_history(read_session(), actor(), action, number=number))
    readings = action_history(read_session(), actor(), action, shown=Shown.READINGS).rows
    may_plan = actor().may(Permission.ADD_ACTION, action.partnership_id, action.realm)
    evidence = action.evidence if works_here else []
    rules = read_session().get(PlanRules, action.case_id)
    stored = zip(DETAIL_FIELDS, detail_values(action).values(), strict=True)
    return ActionPage(
        file=file,
        today=today(),
        rating_reason=because(file.rating, action, rules=rules, today=today()),
        details=[(each.label, each.text(value)) for each, value in stored if value],
        steps=step_choices(file),
        events=events,
        history=history_entries(events.rows, event_names(events.rows)),
        readings=history_entries(readings, event_names(readings)),
        recommendations=answered_by(read_session(), actor(), action),
        parts=parts_of_action(read_session(), actor(), action),
        assurances=[_assurance(row) for row in assurances_of(read_session(), actor(), action)] if works_here else [],
        snoozes=active_snoozes(read_session(), action, today()) if works_here else [],
        next_reminder=next_rung(read_session(), action, today()),
        open_questions=questions_of_action(read_session(), actor(), action)
        if works_here and actor().may(Permission.IMPORT_ACTIONS, action.partnership_id, action.realm)
        else (),
        reads_withdrawn_files=manages_plan(actor(), action),
        withdrawable=frozenset(row.id for row in evidence if may_withdraw_evidence(actor(), action, row)),
        may_edit_details=works_here and may_edit_details(actor(), action),
        may_rate_as_owner=works_here and may_rate_as_owner(actor(), action),
        may_rate_as_chair=works_here and may_rate_as_chair(actor(), action),
        may_snooze=works_here and may_snooze(actor(), action, today()),
        may_add_evidence=may_add_evidence(file),
        may_assure=action.stage != ActionStage.PROPOSED and not why_not_assured_by(actor(), action),
        may_plan=may_plan,
        may_add_part=may_plan and action.stage in SHARED_OUT,
    )


def step_choices(file: ActionFile) -> StepChoices:
    """Sort the steps that lead on from here; those that do not fit the action are left out."""
    steps = sorted(file.steps, key=lambda answer: handler_of(answer.step.name).position)
    fitting = [answer for answer in steps if fits(answer.step.name, file.action, today())]
    fillable = [answer for answer in fitting if may_be_filled_in(answer.step.name, answer.refusal)]
    return StepChoices(
        open=fillable,
        waiting=[answer for answer in fitting if answer.is_next and answer not in fillable],
        of_others=[answer for answer in fitting if isinstance(answer.refusal, WrongRole)],
    )


def event_names(events: Sequence[Event]) -> EventNames:
    answers = (details_if(event, AnswerChanged) for event in events)
    numbers: list[int | None] = [answer.get("recommendation_id") for answer in answers if answer]
    return EventNames(
        people=people_named(read_session(), actor(), events),
        recommendations=recommendation_labels(read_session(), actor(), numbers),
    )


def who_may(step: Step, realm: Realm) -> str:
    """Name the roles that may take a step of an action, without those that have no part in its realm."""
    roles = (role for role in step.by if role is Role.ACTION_OWNER or realm_of(role) is realm)
    return ", ".join(sorted(role.in_sentence for role in roles))


def may_add_evidence(file: ActionFile) -> bool:
    """Whether this person may add evidence: to the action, or as the lead of an agency that has a part in it."""
    if file.may("progress") or file.may("note"):
        return True
    return file.action.stage in AGREED and bool(parts_led(read_session(), actor(), file.action))


def evidence_title(piece: Evidence) -> str:
    """Say what a piece is: `Audit (file)`."""
    kind, shows = EVIDENCE_KINDS.get(piece.kind, "Evidence"), SHOWS.get(piece.shows, "")
    return kind if not shows else shows if piece.kind == "text" else f"{shows} ({kind.lower()})"


def _assurance(row: Assurance) -> AssuranceEntry:
    kind, outcome = ASSURANCE_KINDS.get(row.kind, row.kind), "assured" if row.is_assured else "not assured"
    return AssuranceEntry(f"{kind}: {outcome}", row.seen_on, name_in(row.given_by), row.text)
