"""What the pages of a case and the list of cases show."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from reviews.access.permissions import Permission, realm_of
from reviews.actions.list_queries import ActionFilter, ActionLine, action_list
from reviews.actions.plan_rules import is_silent
from reviews.actions.thread import (
    Thread,
    ThreadAction,
    ThreadLine,
    ThreadSection,
    loose,
    pages_of,
    sections,
    thread,
    thread_page,
)
from reviews.cases.attachments import FileLine, files_of, may_add_file
from reviews.cases.event_labels import event_changes, event_move, event_title, recorded_by
from reviews.cases.event_log import Shown, case_history, facts_recorded, unseen_references
from reviews.cases.history import definitions_of_events
from reviews.cases.labels import RETENTION_HOLDS, facts_in_words, form_filled_in, form_in_words, link_words
from reviews.cases.list_queries import CaseFilter, CaseLine, RunningClock, late_clock, tracker
from reviews.cases.page_queries import (
    CaseFile,
    HoldLine,
    OtherStart,
    StepOption,
    clocks_of,
    corrections_of,
    holds_of,
    may_correct,
    other_starts,
)
from reviews.cases.partner_statements import PartnerStatements, partner_statements
from reviews.cases.people import ReviewerLine, reviewers_of
from reviews.cases.prompts import DEATH_STEP, Prompt, prompts_after_death
from reviews.cases.record import RecordSection, record_of
from reviews.cases.responses import further_answers
from reviews.core.paging import Page
from reviews.definitions.installed import definition_of
from reviews.identities.queries import opens_identities
from reviews.imports.import_questions import count_open
from reviews.models import Case, Event, EventKind, Partnership, Recommendation
from reviews.retention.review_list import kinds_of_holds
from reviews.summary.queries import NEAR, cases_by_stage
from web.actions.question_count import open_question_count
from web.cases.blocked_steps import MissingItem, missing_links
from web.cases.child_case_pages import ChildCases, ParentLink, child_case_facts, child_cases_of, parent_link
from web.core.context import actor, kinds, read_session, today
from web.core.query import paginate, query_text
from web.core.urls import case_address
from web.reminders.presenter import delivery_problem_count
from workflows.core.engine import WrongRole
from workflows.core.labels import sentence
from workflows.core.vocabulary import REVIEWER, Workflow
from workflows.core.working_days import Sum

NOTHING: Mapping[int, Sequence[int]] = MappingProxyType({})
LATEST_EVENTS = 5
MOST_ACTIONS = 300


@dataclass(frozen=True, slots=True)
class PlanPart:
    """A recommendation with its actions; None for the actions that answer none.

    `elsewhere` are those that answer it too and stand under an earlier one: each action is listed once.
    """

    recommendation: Recommendation | None
    actions: Sequence[ActionLine]
    elsewhere: Sequence[ActionLine] = ()


@dataclass(frozen=True, slots=True)
class PromptLink:
    """A sentence, and the address where it is done; "" where that is for others."""

    sentence: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class LinkLine:
    """Another case and how it belongs to this one. `reference` is None where it is not this person's to see."""

    words: str
    reference: str | None
    workflow_title: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An event in words. `details` are label and value of what was recorded; `correction` holds instead of it.

    `correct_href` is the address where it is corrected, "" where it cannot be or that is for others.
    """

    event: Event
    title: str
    move: str
    recorded_by: str
    form: str = ""
    details: Sequence[tuple[str, str]] = ()
    correction: Event | None = None
    corrected_by: str = ""
    correct_href: str = ""


@dataclass(frozen=True, slots=True)
class ClockNotes:
    """Where a forecast and the reason for being late are recorded, and whether this person may."""

    case: Case
    may_explain: bool

    def address(self, clock: RunningClock, note: str) -> str:
        """Give the address of a `note`, which is "forecast" or "late"."""
        counted_from = clock.counted_from_on.isoformat()
        return case_address(self.case.reference, self.case.partnership_id, "clocks", clock.name, counted_from, note)


@dataclass(frozen=True, slots=True)
class CasePage:
    """`steps` are those of this person, `steps_for_others` each with who records it.

    `do_not_destroy` says for what it must not be destroyed. `late_clock` is the clock due longest ago, in the case or
    inside it, where the case is late. `record` is empty for a child case, whose facts stand in `child_case_facts`;
    `correctable` names the steps that this person may correct.
    """

    file: CaseFile
    links: Sequence[LinkLine]
    prompts: Sequence[PromptLink]
    holds: Sequence[HoldLine]
    parent: ParentLink | None
    child_case_facts: Sequence[tuple[str, str]]
    late_clock: RunningClock | None
    clock_notes: ClockNotes
    record: Sequence[RecordSection]
    reviewers: Sequence[ReviewerLine]
    correctable: frozenset[str]
    may_edit: bool
    may_manage_rights: bool
    may_open_identities: bool
    may_manage_retention: bool
    do_not_destroy: Sequence[str]
    steps: Sequence[StepOption]
    steps_for_others: Sequence[tuple[StepOption, str]]
    missing: Mapping[str, Sequence[MissingItem]]
    partner_statements: PartnerStatements
    child_cases: ChildCases
    files: Sequence[FileLine]
    may_add_file: bool
    plan: Sequence[PlanPart]
    actions: Page[ActionLine]
    latest: Sequence[HistoryEntry]
    events: int
    may_add: bool
    may_set_rules: bool
    is_silent: bool
    may_start_reminders: bool
    open_questions: int
    today: date

    @property
    def case(self) -> Case:
        return self.file.case


@dataclass(frozen=True, slots=True)
class ClocksPage:
    """Each clock with how its date was worked out, how the date beside it was, and its dates by other rules."""

    case: Case
    clocks: Sequence[tuple[RunningClock, Sum, Sum | None, Sequence[OtherStart]]]
    clock_notes: ClockNotes
    today: date


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """`shown` is the story, or who exported the plan; `exports` counts the latter."""

    case: Case
    rows: Page[Event]
    entries: Sequence[HistoryEntry]
    shown: Shown
    exports: int


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One page of the thread of a case. `pages_of_anchors` gives the number of the page on which each part stands.

    `loose` are the actions without a recommendation on this page; `unseen` counts those this person may not see.
    """

    case: Case
    partnership: Partnership
    thread: Thread
    lines: Page[ThreadLine]
    pages_of_anchors: Mapping[str, int]
    sections: Sequence[ThreadSection]
    loose: Sequence[ThreadAction]
    unseen: int
    may_add: bool
    today: date


@dataclass(frozen=True, slots=True)
class TrackerPage:
    """One page of the list of cases, and what it may be narrowed to."""

    cases: Page[CaseLine]
    filters: CaseFilter
    sort: str
    open_by_stage: Mapping[str, Mapping[str, int]]
    kinds: Sequence[tuple[str, str]]
    stages: Sequence[tuple[str, str]]
    partnerships: Mapping[str, str]
    partnership: str
    partnership_codes: Mapping[int, str]
    problems: int
    open_questions: int
    may_open: bool
    today: date

    @property
    def is_filtered(self) -> bool:
        return self.filters != CaseFilter()


def case_page(file: CaseFile) -> CasePage:
    case = file.case
    actions = action_list(
        read_session(),
        actor(),
        today=today(),
        partnership_id=case.partnership_id,
        wanted=ActionFilter(case_reference=case.reference),
        size=MOST_ACTIONS,
    )
    steps = steps_for_person(file)
    latest = case_history(read_session(), actor(), case, size=LATEST_EVENTS)
    return CasePage(
        file=file,
        links=[
            LinkLine(
                link_words(link.kind, link.led_to),
                link.reference,
                kinds()[link.workflow].title if link.workflow else "",
            )
            for link in file.links
        ],
        prompts=prompts_of(file),
        holds=holds_of(read_session(), case, file.workflow, file.history),
        parent=parent_link(case),
        child_case_facts=child_case_facts(file),
        late_clock=late_clock(read_session(), actor(), case, today=today()),
        clock_notes=clock_notes(case),
        reviewers=reviewers_of(read_session(), actor(), case, today=today())
        if REVIEWER in file.workflow.questions
        else (),
        record=record_of(case, file.workflow, file.history) if case.parent_id is None else (),
        correctable=frozenset(step.name for step in file.workflow.steps if may_correct(actor(), case, step)),
        may_edit=case.parent_id is None and actor().may(Permission.EDIT_CASE, case.partnership_id, case.realm),
        may_manage_rights=actor().may(Permission.MANAGE_CASE_RIGHTS, case.partnership_id, case.realm),
        may_open_identities=opens_identities(actor(), case),
        may_manage_retention=case.parent_id is None
        and actor().may(Permission.MANAGE_RETENTION, case.partnership_id, case.realm),
        do_not_destroy=[RETENTION_HOLDS[kind] for kind in kinds_of_holds(read_session(), case.parent_id or case.id)],
        steps=steps,
        steps_for_others=steps_for_others(file),
        missing=missing_links(file, steps),
        partner_statements=partner_statements(read_session(), case, file.workflow),
        child_cases=child_cases_of(file),
        files=files_of(read_session(), actor(), case),
        may_add_file=may_add_file(actor(), case, file.workflow),
        plan=plan_of(file, actions.rows, further_answers(read_session(), case)),
        actions=actions,
        latest=latest_entries(case, file.workflow, latest.rows),
        events=latest.total,
        may_add=actor().may(Permission.ADD_ACTION, case.partnership_id),
        may_set_rules=actor().may(Permission.SET_LOCAL_RULES, case.partnership_id, case.realm),
        is_silent=case.parent_id is None and is_silent(read_session(), case.id),
        may_start_reminders=actor().may(Permission.IMPORT_ACTIONS, case.partnership_id, case.realm),
        open_questions=count_open(read_session(), actor(), case)
        if case.parent_id is None and actor().may(Permission.IMPORT_ACTIONS, case.partnership_id, case.realm)
        else 0,
        today=today(),
    )


def clocks_page(case: Case) -> ClocksPage:
    clocks = clocks_of(read_session(), case)
    calculations = [
        (clock, clock.calculation(), clock.calculation_beside(), others)
        for clock, others in zip(clocks, other_starts(read_session(), case, clocks), strict=True)
    ]
    return ClocksPage(case, calculations, clock_notes(case), today())


def history_page(case: Case, shown: Shown) -> HistoryPage:
    present = definition_of(read_session(), case)
    definition = definitions_of_events(read_session(), case, present)
    rows = paginate(lambda number: case_history(read_session(), actor(), case, shown=shown, number=number))
    facts = facts_recorded(read_session(), rows.rows)
    corrections = corrections_of(read_session(), actor(), rows.rows)
    correctable = {step.name for step in present.steps if may_correct(actor(), case, step)}
    unseen = unseen_references(read_session(), actor(), case, rows.rows)
    entries = []
    for event in rows.rows:
        workflow, correction = definition(event), corrections.get(event.id)
        is_step = event.kind in (EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED) and workflow is present
        may_be_corrected = is_step and event.step in correctable and correction is None
        entries.append(
            HistoryEntry(
                event,
                event_title(workflow, event, unseen),
                event_move(workflow, event),
                recorded_by(event),
                form=form_in_words(workflow, event),
                details=[
                    *facts_in_words(workflow, facts.get(event.id, ()), form_filled_in(workflow, event)),
                    *event_changes(workflow, event, unseen),
                ],
                correction=correction,
                corrected_by=recorded_by(correction) if correction else "",
                correct_href=_correct_address(case, event.id) if may_be_corrected else "",
            )
        )
    exports = (
        rows if shown is Shown.READINGS else case_history(read_session(), actor(), case, shown=Shown.READINGS, size=1)
    )
    return HistoryPage(case, rows, entries, shown, exports.total)


def thread_page_of(case: Case, partnership: Partnership) -> ThreadPage:
    whole = thread(read_session(), actor(), case, today=today())
    lines = paginate(lambda number: thread_page(whole, number))
    return ThreadPage(
        case=case,
        partnership=partnership,
        thread=whole,
        lines=lines,
        pages_of_anchors=pages_of(whole),
        sections=sections(lines.rows),
        loose=loose(lines.rows),
        unseen=sum(not action.is_seen for action in whole.loose),
        may_add=actor().may(Permission.ADD_ACTION, partnership.id, case.realm),
        today=today(),
    )


def tracker_page(filters: CaseFilter, *, sort: str, partnership_id: int | None) -> TrackerPage:
    """Show the list of cases; of the kinds, only those of the realms this person works in may be chosen."""
    roles_held = actor().roles_held
    realms = {realm_of(assignment.role) for assignment in roles_held}
    tracks = kinds()[filters.workflow].tracks if filters.workflow else ()
    return TrackerPage(
        cases=paginate(
            lambda number: tracker(
                read_session(),
                actor(),
                today=today(),
                near=today() + NEAR,
                partnership_id=partnership_id,
                filters=filters,
                sort=sort,
                number=number,
            )
        ),
        filters=filters,
        sort=sort,
        open_by_stage=cases_by_stage(read_session(), actor(), partnership_id=partnership_id),
        kinds=[(name, kind.title) for name, kind in kinds().items() if kind.realm in realms and not kind.inside],
        stages=[(stage.value, sentence(stage.value)) for track in tracks for stage in track.stages],
        partnerships={assignment.partnership_code: assignment.partnership_name for assignment in roles_held},
        partnership=query_text("partnership").upper(),
        partnership_codes={assignment.partnership_id: assignment.partnership_code for assignment in roles_held},
        problems=delivery_problem_count(),
        open_questions=open_question_count(),
        may_open=actor().may(Permission.OPEN_CASE),
        today=today(),
    )


def clock_notes(case: Case) -> ClockNotes:
    return ClockNotes(case, actor().may(Permission.EXPLAIN_CLOCKS, case.partnership_id, case.realm))


def latest_entries(case: Case, present: Workflow, events: Sequence[Event]) -> list[HistoryEntry]:
    """Say what happened last, without what was recorded with it."""
    definition = definitions_of_events(read_session(), case, present)
    unseen = unseen_references(read_session(), actor(), case, events)
    return [
        HistoryEntry(
            event,
            event_title(definition(event), event, unseen),
            event_move(definition(event), event),
            recorded_by(event),
        )
        for event in events
    ]


def plan_of(
    file: CaseFile, actions: Sequence[ActionLine], further: Mapping[int, Sequence[int]] = NOTHING
) -> list[PlanPart]:
    """Put the actions of a case under their recommendations, A2 before A10.

    `further` names for an action, by number, the recommendations of this case that it answers beside the one it was
    added for.
    """
    listed: dict[int | None, list[ActionLine]] = {}
    elsewhere: dict[int, list[ActionLine]] = {}
    recommendations = {each.id for each in file.recommendations}
    for line in sorted(actions, key=lambda line: _by_number(line.reference)):
        answered = [line.recommendation_id] if line.recommendation_id in recommendations else []
        answered = [*answered, *further.get(line.id, ())]
        listed.setdefault(answered[0] if answered else None, []).append(line)
        for other in answered[1:]:
            elsewhere.setdefault(other, []).append(line)
    parts = [PlanPart(each, listed.get(each.id, ()), elsewhere.get(each.id, ())) for each in file.recommendations]
    without = listed.get(None)
    return [*parts, PlanPart(None, without)] if without else parts


def prompts_of(file: CaseFile) -> list[PromptLink]:
    """Give the prompts of a case with the addresses at which this person follows them."""
    step = file.workflow.step(DEATH_STEP)
    if step is None:
        return []
    stages = {row.name: row.stage for row in file.case.tracks}
    prompts = prompts_after_death(file.workflow, file.history, file.history.values(file.case), stages)
    correctable = may_correct(actor(), file.case, step)
    return [PromptLink(prompt.sentence, _prompt_address(file, prompt, correctable)) for prompt in prompts]


def steps_for_person(file: CaseFile) -> list[StepOption]:
    """List the steps that lead on from the present stages and are this person's: open, or held back by a guard."""
    return [answer for answer in file.steps if answer.is_next]


def steps_for_others(file: CaseFile) -> list[tuple[StepOption, str]]:
    """List the steps that lead on from the present stages and are others', each with who records it."""
    others = [answer for answer in file.steps if isinstance(answer.refusal, WrongRole)]
    return [(answer, ", ".join(sorted(role.in_sentence for role in answer.step.by))) for answer in others]


def _prompt_address(file: CaseFile, prompt: Prompt, may_correct_death: bool) -> str:
    if prompt.event_id is not None:
        return _correct_address(file.case, prompt.event_id) if may_correct_death else ""
    open_steps = (answer.step.name for answer in file.steps if answer.is_open and answer.step.name in prompt.steps)
    reference, partnership_id = file.case.reference, file.case.partnership_id
    return next((case_address(reference, partnership_id, "steps", name) for name in open_steps), "")


def _correct_address(case: Case, event_id: int) -> str:
    return case_address(case.reference, case.partnership_id, "history", str(event_id), "correct")


def _by_number(reference: str) -> list[str | int]:
    """Order by number where there are numbers; letters and digits take turns, so that like meets like."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", reference)]
