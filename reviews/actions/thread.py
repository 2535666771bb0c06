"""The thread of one case from finding to impact, and where it is broken.

A constant number of queries, whatever the size of the plan. Whether a recommendation has an action is judged over all
actions, also those that the reader may not open: nobody reads of a gap that is not there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.parts import Share, shares
from reviews.cases.late import action_lateness
from reviews.cases.responses import further_answers, in_case_plan
from reviews.core.paging import Page
from reviews.models import (
    Action,
    Assurance,
    Case,
    Evidence,
    Finding,
    ImpactCheck,
    ImpactResult,
    Person,
    ProgressUpdate,
    Recommendation,
)
from reviews.models.actions import IN_PLAN
from reviews.models.people import known_as_in
from reviews.models.recommendations import WITHOUT_ACTION
from reviews.recommendations.queries import findings_of
from workflows.core.days import KnownDay, Precision, known_day
from workflows.definitions.action import ACHIEVED, DROPPED, OPEN, OUTSTANDING, ActionStage


@dataclass(frozen=True, slots=True)
class ThreadAction:
    """One action with what follows from it. Where not `is_seen`, the reader learns only that it is there."""

    id: int
    reference: str
    address: str
    title: str
    stage: str
    due_on: date | None
    done_on: date | None
    partnership_id: int
    recommendation_id: int | None
    home_case_id: int
    owner: str | None
    owner_text: str
    is_seen: bool
    progress: int
    last_progress_on: date | None
    evidence: int
    assured: int
    not_assured: int
    impact: ImpactResult | None
    impact_due_on: date | None
    awaiting_status: bool
    due_known_to: Precision
    share: Share | None = None

    @property
    def due(self) -> KnownDay:
        """The due date as far as it is known."""
        return known_day(self.due_on, self.due_known_to)

    def breaks(self, today: date) -> list[str]:
        """Say where the thread breaks at this action, in a few words each."""
        late = action_lateness(self.stage, self.due_on, self.done_on, today, awaiting_status=self.awaiting_status)
        found = (
            (self.stage not in DROPPED | ACHIEVED and not (self.owner or self.owner_text), "no owner"),
            (self.stage in OPEN and self.due_on is None, "no date"),
            (late.is_late and self.stage in OUTSTANDING, late.in_words),
            (self.share is not None and self.share.late, "an agency is late"),
            (self._is_done and not self.evidence, "done, no evidence"),
            (
                self._is_done and self.stage != ActionStage.EMBEDDED and self.impact is None,
                "done, impact not yet checked",
            ),
            (self.impact is ImpactResult.NOT_SEEN and self._is_done, "done, impact not seen"),
        )
        return [words for holds, words in found if holds]

    @property
    def _is_done(self) -> bool:
        return self.stage in ACHIEVED or self.stage == ActionStage.AWAITING_IMPACT


def thread_actions(session: Session, actor: Actor, case: Case, *, today: date) -> list[ThreadAction]:
    """Give every action of the plan of a case, in two queries, with what the reader may not open marked as such."""
    rows: Sequence[Any] = session.execute(
        sa.select(
            Action.id,
            Action.reference,
            Action.address,
            Action.title,
            Action.stage,
            Action.due_on,
            Action.done_on,
            Action.partnership_id,
            Action.recommendation_id,
            Action.case_id,
            sa.func.coalesce(known_as_in(Action.partnership_id, Action.owner_id), Person.name),
            Action.owner_text,
            sa.case((visible(actor, Action), 1), else_=0),
            _count(ProgressUpdate, ProgressUpdate.taken_back_at.is_(None)),
            Action.last_progress_on,
            _count(Evidence, Evidence.withdrawn_on.is_(None)),
            _count(Assurance, Assurance.is_assured.is_(True)),
            _count(Assurance, Assurance.is_assured.is_(False)),
            _last_impact(),
            _next_check(),
            Action.awaiting_status,
            Action.due_known_to,
        )
        .outerjoin(Person, Person.id == Action.owner_id)
        .where(in_case_plan(case.id))
        .order_by(*IN_PLAN)
    ).all()
    parts = shares(session, [row.id for row in rows], today)
    return [ThreadAction(*(*row[:11], bool(row[11]), *row[12:], parts.get(row.id))) for row in rows]


def _count(table: Any, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    query = sa.select(sa.func.count()).select_from(table).where(table.action_id == Action.id, *conditions)
    return query.correlate(Action).scalar_subquery()


def _last_impact() -> sa.ScalarSelect[Any]:
    answered = ImpactCheck.action_id == Action.id, ImpactCheck.answered_on.is_not(None)
    query = sa.select(ImpactCheck.result).where(*answered)
    latest = query.order_by(ImpactCheck.answered_on.desc(), ImpactCheck.id.desc()).limit(1)
    return latest.correlate(Action).scalar_subquery()


def _next_check() -> sa.ScalarSelect[Any]:
    waiting = ImpactCheck.action_id == Action.id, ImpactCheck.answered_on.is_(None)
    return sa.select(sa.func.min(ImpactCheck.due_on)).where(*waiting).correlate(Action).scalar_subquery()


@dataclass(frozen=True, slots=True)
class ThreadRecommendation:
    """A recommendation with the actions listed under it; `elsewhere` answer it too and are listed further up."""

    recommendation: Recommendation
    actions: Sequence[ThreadAction]
    elsewhere: Sequence[ThreadAction]
    wants_finding: bool

    def breaks(self) -> list[str]:
        row = self.recommendation
        live = [action for action in (*self.actions, *self.elsewhere) if action.stage not in DROPPED]
        found = (
            (self.wants_finding and row.finding_id is None, "no finding behind it"),
            (not row.response, "no response"),
            (not live and row.response not in WITHOUT_ACTION, "no action"),
            (row.reopened_on is not None, "open again: impact not seen"),
        )
        return [words for holds, words in found if holds]


@dataclass(frozen=True, slots=True)
class ThreadFinding:
    """A finding with the recommendations that rest on it; None for those that rest on none."""

    finding: Finding | None
    recommendations: Sequence[ThreadRecommendation]

    def breaks(self) -> list[str]:
        return ["no recommendation"] if self.finding is not None and not self.recommendations else []


@dataclass(frozen=True, slots=True)
class ThreadBreak:
    """Where the thread is broken: the anchor within the page, and the reference that stands there."""

    anchor: str
    reference: str


@dataclass(frozen=True, slots=True)
class Thread:
    findings: Sequence[ThreadFinding]
    loose: Sequence[ThreadAction]
    today: date
    has_findings: bool
    has_recommendations: bool
    broken: Mapping[str, Sequence[ThreadBreak]]
    """By the words for what is broken, where that is so."""


def thread(session: Session, actor: Actor, case: Case, *, today: date) -> Thread:
    """Gather the thread of a case or plan that the actor may see; each action is listed once."""
    findings = findings_of(session, actor, case)
    asked = session.scalars(
        sa.select(Recommendation)
        .where(Recommendation.case_id == case.id, visible(actor, Recommendation))
        .order_by(Recommendation.id)
    ).all()
    actions, further = thread_actions(session, actor, case, today=today), further_answers(session, case)
    listed, elsewhere, loose = _sorted_in(actions, asked, further)
    rows = [
        ThreadRecommendation(each, listed.get(each.id, ()), elsewhere.get(each.id, ()), bool(findings))
        for each in asked
    ]
    tree = [ThreadFinding(each, [row for row in rows if row.recommendation.finding_id == each.id]) for each in findings]
    without_finding = [row for row in rows if row.recommendation.finding_id is None]
    tree += [ThreadFinding(None, without_finding)] if without_finding else []
    broken = _broken(tree, loose, today=today, loose_too=bool(asked))
    return Thread(tree, loose, today, bool(findings), bool(asked), broken)


def _sorted_in(
    actions: Iterable[ThreadAction], asked: Iterable[Recommendation], further: Mapping[int, Sequence[int]]
) -> tuple[dict[int, list[ThreadAction]], dict[int, list[ThreadAction]], list[ThreadAction]]:
    """Put each action under the first recommendation it answers; the others only name it."""
    of_case = {each.id for each in asked}
    listed: dict[int, list[ThreadAction]] = {}
    elsewhere: dict[int, list[ThreadAction]] = {}
    loose: list[ThreadAction] = []
    for action in actions:
        first = [action.recommendation_id] if action.recommendation_id in of_case else []
        answered = [key for key in (*first, *further.get(action.id, ())) if key is not None]
        if not answered:
            loose.append(action)
            continue
        listed.setdefault(answered[0], []).append(action)
        for key in answered[1:]:
            elsewhere.setdefault(key, []).append(action)
    return listed, elsewhere, loose


def _in_general(words: str) -> str:
    """Drop the number, so that what is late by three days and by four is listed together."""
    return words.lstrip("0123456789 ").removeprefix("days ").removeprefix("day ") if words.endswith(" late") else words


def _broken(
    tree: Iterable[ThreadFinding], loose: Iterable[ThreadAction], *, today: date, loose_too: bool
) -> dict[str, list[ThreadBreak]]:
    """Collect the breaks by their words, in the order of the tree; actions not theirs to see are left out."""
    found: dict[str, list[ThreadBreak]] = {}

    def note(kind: str, row: Finding | Recommendation | ThreadAction, breaks: Iterable[str]) -> None:
        for words in breaks:
            found.setdefault(_in_general(words), []).append(ThreadBreak(f"{kind}-{row.id}", row.reference))

    for part in tree:
        if part.finding is not None:
            note("finding", part.finding, part.breaks())
        for each in part.recommendations:
            note("recommendation", each.recommendation, each.breaks())
            for action in (action for action in each.actions if action.is_seen):
                note("action", action, action.breaks(today))
    for action in (action for action in loose if action.is_seen):
        nothing_behind = loose_too and action.stage not in DROPPED
        note("action", action, [*(["no recommendation behind it"] if nothing_behind else []), *action.breaks(today)])
    return found


LINES = 60


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of a thread: an action, or without one a recommendation, or without either a finding.

    An action under no recommendation has neither finding nor recommendation.
    """

    finding: ThreadFinding | None
    recommendation: ThreadRecommendation | None
    action: ThreadAction | None

    @property
    def anchors(self) -> Iterator[str]:
        """Name the anchors of this line; that of a finding is at the first recommendation that rests on it."""
        if self.finding is not None and self.finding.finding is not None:
            yield f"finding-{self.finding.finding.id}"
        if self.recommendation is not None:
            yield f"recommendation-{self.recommendation.recommendation.id}"
        if self.action is not None:
            yield f"action-{self.action.id}"


@dataclass(frozen=True, slots=True)
class ThreadEntry:
    """A recommendation on a page with those of its actions on that page; `goes_on` from the page before."""

    part: ThreadRecommendation
    actions: Sequence[ThreadAction]
    goes_on: bool


@dataclass(frozen=True, slots=True)
class ThreadSection:
    """A finding on a page, with the recommendations on that page that rest on it."""

    part: ThreadFinding
    recommendations: Sequence[ThreadEntry]


def thread_page(thread: Thread, number: int) -> Page[ThreadLine]:
    lines = _lines(thread)
    return Page(lines[(number - 1) * LINES : number * LINES], number, len(lines), LINES)


def pages_of(thread: Thread) -> Mapping[str, int]:
    """Give the page on which each anchor of the tree stands."""
    found: dict[str, int] = {}
    for position, line in enumerate(_lines(thread)):
        for anchor in line.anchors:
            found.setdefault(anchor, position // LINES + 1)
    return found


def sections(lines: Sequence[ThreadLine]) -> list[ThreadSection]:
    """Put the lines of one page together again as a tree."""
    made = []
    for _, group in groupby((line for line in lines if line.finding is not None), key=lambda line: id(line.finding)):
        rows = list(group)
        part = rows[0].finding
        if part is not None:
            made.append(ThreadSection(part, _entries(rows)))
    return made


def loose(lines: Sequence[ThreadLine]) -> list[ThreadAction]:
    return [line.action for line in lines if line.finding is None and line.action is not None]


def _lines(thread: Thread) -> list[ThreadLine]:
    lines = []
    for part in thread.findings:
        if not part.recommendations:
            lines.append(ThreadLine(part, None, None))
        for each in part.recommendations:
            lines.append(ThreadLine(part, each, None))
            lines += [ThreadLine(part, each, action) for action in each.actions if action.is_seen]
    return lines + [ThreadLine(None, None, action) for action in thread.loose if action.is_seen]


def _entries(rows: Sequence[ThreadLine]) -> list[ThreadEntry]:
    made = []
    for _, group in groupby(rows, key=lambda line: id(line.recommendation)):
        lines = list(group)
        part = lines[0].recommendation
        if part is not None:
            actions = [line.action for line in lines if line.action is not None]
            made.append(ThreadEntry(part, actions, goes_on=lines[0].action is not None))
    return made
