"""How does the thread of one case run from finding to impact, and where is it broken?

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
from reviews.cases.responses import answering, further_answers
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
from reviews.models.recommendations import WITHOUT_ACTION
from reviews.recommendations.queries import findings_of
from workflows.definitions.action import ACHIEVED, DROPPED, OPEN, A


@dataclass(frozen=True, slots=True)
class ThreadAction:
    """One action with what follows from it. Where not `is_seen`, the reader is told only that it is there."""

    id: int
    reference: str
    address: str
    title: str
    stage: str
    due_on: date | None
    partnership_id: int
    recommendation_id: int | None
    own_case_id: int
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
    share: Share | None = None

    def breaks(self, today: date) -> list[str]:
        """Say where the thread breaks at this action, in a few words each."""
        late = (today - self.due_on).days if self.stage in OPEN and self.due_on and self.due_on < today else 0
        found = (
            (self.stage not in DROPPED | ACHIEVED and not (self.owner or self.owner_text), "no owner"),
            (self.stage in OPEN and self.due_on is None, "no date"),
            (late, f"{late} day{'' if late == 1 else 's'} late"),
            (self.share is not None and self.share.late, "an agency is late"),
            (self._is_done and not self.evidence, "done, no evidence"),
            (self._is_done and self.stage != A.EMBEDDED and self.impact is None, "done, impact not yet checked"),
            (self.impact is ImpactResult.NOT_SEEN and self._is_done, "done, impact not seen"),
        )
        return [words for holds, words in found if holds]

    @property
    def _is_done(self) -> bool:
        return self.stage in ACHIEVED or self.stage == A.AWAITING_IMPACT


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
            Action.partnership_id,
            Action.recommendation_id,
            Action.case_id,
            Person.name,
            Action.owner_text,
            sa.case((visible(actor, Action), 1), else_=0),
            _count(ProgressUpdate, ProgressUpdate.taken_back_at.is_(None)),
            Action.last_progress_on,
            _count(Evidence, Evidence.withdrawn_on.is_(None)),
            _count(Assurance, Assurance.is_assured.is_(True)),
            _count(Assurance, Assurance.is_assured.is_(False)),
            _last_impact(),
            _next_check(),
        )
        .outerjoin(Person, Person.id == Action.owner_id)
        .where(answering(case.id))
        .order_by(Action.id)
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
        said = self.recommendation
        live = [one for one in (*self.actions, *self.elsewhere) if one.stage not in DROPPED]
        found = (
            (self.wants_finding and said.finding_id is None, "no finding behind it"),
            (not said.response, "no response"),
            (not live and said.response not in WITHOUT_ACTION, "no action"),
            (said.reopened_on is not None, "open again: impact not seen"),
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
class Place:
    """A place in the tree: its name within the page, and the reference that stands there."""

    anchor: str
    reference: str


@dataclass(frozen=True, slots=True)
class Thread:
    findings: Sequence[ThreadFinding]
    loose: Sequence[ThreadAction]
    today: date
    has_findings: bool
    has_recommendations: bool
    broken: Mapping[str, Sequence[Place]]
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
    made = [
        ThreadRecommendation(each, listed.get(each.id, ()), elsewhere.get(each.id, ()), bool(findings))
        for each in asked
    ]
    tree = [ThreadFinding(each, [one for one in made if one.recommendation.finding_id == each.id]) for each in findings]
    resting_on_none = [one for one in made if one.recommendation.finding_id is None]
    tree += [ThreadFinding(None, resting_on_none)] if resting_on_none else []
    broken = _broken(tree, loose, today=today, loose_too=bool(asked))
    return Thread(tree, loose, today, bool(findings), bool(asked), broken)


def _sorted_in(
    actions: Iterable[ThreadAction], asked: Iterable[Recommendation], further: Mapping[int, Sequence[int]]
) -> tuple[dict[int, list[ThreadAction]], dict[int, list[ThreadAction]], list[ThreadAction]]:
    """Put each action under the first recommendation it answers; the others only name it."""
    own = {each.id for each in asked}
    listed: dict[int, list[ThreadAction]] = {}
    elsewhere: dict[int, list[ThreadAction]] = {}
    loose: list[ThreadAction] = []
    for one in actions:
        first = [one.recommendation_id] if one.recommendation_id in own else []
        answered = [key for key in (*first, *further.get(one.id, ())) if key is not None]
        if not answered:
            loose.append(one)
            continue
        listed.setdefault(answered[0], []).append(one)
        for key in answered[1:]:
            elsewhere.setdefault(key, []).append(one)
    return listed, elsewhere, loose


def _in_general(words: str) -> str:
    """Say it without its number, so that what is late by three days and by four stands together."""
    return words.lstrip("0123456789 ").removeprefix("days ").removeprefix("day ") if words.endswith(" late") else words


def _broken(
    tree: Iterable[ThreadFinding], loose: Iterable[ThreadAction], *, today: date, loose_too: bool
) -> dict[str, list[Place]]:
    """Collect what is broken by its words, in the order of the tree; of actions not theirs to see nothing is said."""
    found: dict[str, list[Place]] = {}

    def note(kind: str, row: Finding | Recommendation | ThreadAction, breaks: Iterable[str]) -> None:
        for words in breaks:
            place = Place(f"{kind}-{row.id}", row.reference)
            found.setdefault(_in_general(words), []).append(place)

    for part in tree:
        if part.finding is not None:
            note("finding", part.finding, part.breaks())
        for each in part.recommendations:
            note("recommendation", each.recommendation, each.breaks())
            for one in (one for one in each.actions if one.is_seen):
                note("action", one, one.breaks(today))
    for one in (one for one in loose if one.is_seen):
        nothing_behind = loose_too and one.stage not in DROPPED
        note("action", one, [*(["no recommendation behind it"] if nothing_behind else []), *one.breaks(today)])
    return found


LINES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a thread: an action, or without one a recommendation, or without either a finding.

    An action under no recommendation has neither finding nor recommendation.
    """

    finding: ThreadFinding | None
    recommendation: ThreadRecommendation | None
    action: ThreadAction | None

    @property
    def anchors(self) -> Iterator[str]:
        """Name what is found at this line; a finding is found where the first that rests on it stands."""
        if self.finding is not None and self.finding.finding is not None:
            yield f"finding-{self.finding.finding.id}"
        if self.recommendation is not None:
            yield f"recommendation-{self.recommendation.recommendation.id}"
        if self.action is not None:
            yield f"action-{self.action.id}"


@dataclass(frozen=True, slots=True)
class Told:
    """A recommendation on a page with those of its actions that stand there; `goes_on` from the page before."""

    part: ThreadRecommendation
    actions: Sequence[ThreadAction]
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A finding on a page, with what rests on it there."""

    part: ThreadFinding
    told: Sequence[Told]


def thread_page(thread: Thread, number: int) -> Page[Line]:
    lines = _lines(thread)
    return Page(lines[(number - 1) * LINES : number * LINES], number, len(lines), LINES)


def pages_of(thread: Thread) -> Mapping[str, int]:
    """Give the page on which each place of the tree stands, by its name there."""
    found: dict[str, int] = {}
    for place, line in enumerate(_lines(thread)):
        for anchor in line.anchors:
            found.setdefault(anchor, place // LINES + 1)
    return found


def sections(lines: Sequence[Line]) -> list[Section]:
    """Put the lines of one page together again as a tree."""
    made = []
    for _, group in groupby((line for line in lines if line.finding is not None), key=lambda line: id(line.finding)):
        rows = list(group)
        part = rows[0].finding
        if part is not None:
            made.append(Section(part, _told(rows)))
    return made


def loose(lines: Sequence[Line]) -> list[ThreadAction]:
    return [line.action for line in lines if line.finding is None and line.action is not None]


def _lines(thread: Thread) -> list[Line]:
    lines = []
    for part in thread.findings:
        if not part.recommendations:
            lines.append(Line(part, None, None))
        for each in part.recommendations:
            lines.append(Line(part, each, None))
            lines += [Line(part, each, one) for one in each.actions if one.is_seen]
    return lines + [Line(None, None, one) for one in thread.loose if one.is_seen]


def _told(rows: Sequence[Line]) -> list[Told]:
    made = []
    for _, group in groupby(rows, key=lambda line: id(line.recommendation)):
        lines = list(group)
        part = lines[0].recommendation
        if part is not None:
            actions = [line.action for line in lines if line.action is not None]
            made.append(Told(part, actions, goes_on=lines[0].action is not None))
    return made
