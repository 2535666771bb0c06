"""A plan laid out for a board: groups by recommendation, lines by action, and a summary."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from reviews.exports.cell_text import day, name_of, response
from reviews.exports.columns import NOT_RATED
from reviews.exports.plan_rows import ExportedPlan, PlanAction
from reviews.models import Recommendation
from reviews.models.recommendations import RESPONSES
from workflows.core.days import day_in_words
from workflows.core.labels import sentence
from workflows.definitions.action import ACHIEVED, DROPPED, OPEN, OUTSTANDING, ActionStage

MARKING = "OFFICIAL-SENSITIVE"
HEADINGS = ("Reference", "Action", "Lead and owner", "Due", "Rating and status", "Latest progress")
LINES_ON_PAGE = 35
"""A cell with more lines than this may be higher than a page."""


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One action; each item of a list is a line of the cell. `late` is "" where it is not late."""

    reference: str
    text: str
    success: str
    who: Sequence[str]
    due: str
    late: str
    date_changes: Sequence[str]
    rating: str
    why: Sequence[str]
    progress: str
    progress_of: str


@dataclass(frozen=True, slots=True)
class BoardGroup:
    """The actions for one recommendation; `heading` is empty where the plan has no recommendations."""

    heading: str
    text: str
    response: str
    lines: Sequence[BoardLine]


def title_of(plan: ExportedPlan) -> str:
    if plan.case_id is None:
        return plan.reference
    return f"Action plan {plan.reference}{f': {plan.title}' if plan.title else ''}"


def as_of(plan: ExportedPlan) -> str:
    late = plan.late_clock
    words = f" {late.title}: due {day(late.due_on)}, {late.lateness(plan.today).in_words}." if late else ""
    return f"{plan.partnership}. As it stood on {day(plan.today)}.{words}"


def summary_of(plan: ExportedPlan) -> str:
    """Summarise the plan in one line, without counts of zero."""
    actions = [line.action for line in plan.actions]
    counts = (
        (sum(line.lateness.is_late and line.action.stage in OUTSTANDING for line in plan.actions), "overdue"),
        (sum(action.stage == ActionStage.SUBMITTED for action in actions), "awaiting sign-off"),
        (sum(action.stage in ACHIEVED or action.stage == ActionStage.AWAITING_IMPACT for action in actions), "done"),
        (sum(action.stage in DROPPED for action in actions), "not to be done"),
        (sum(action.stage in OPEN and action.due_on is None for action in actions), "without a date"),
        (sum(_is_orphan(line) for line in plan.actions), "without an owner"),
    )
    total = f"{len(actions)} action{'' if len(actions) == 1 else 's'}"
    return ", ".join([total, *(f"{number} {words}" for number, words in counts if number)]) + "."


def groups_of(plan: ExportedPlan) -> list[BoardGroup]:
    """Group actions by the first recommendation of this plan that they answer, with recommendations without actions."""
    keys = [recommendation.id for recommendation in plan.recommendations]
    under: dict[int | None, list[BoardLine]] = {}
    for line in plan.actions:
        answered = [line.recommendation.id if line.recommendation else None, *line.records.answer_ids]
        key = next((each for each in answered if each in keys), None)
        under.setdefault(key, []).append(_line(line, plan.today))
    names = _names(plan)
    groups = [
        _group(recommendation, under.get(recommendation.id, []), names.get(recommendation.id, ""))
        for recommendation in plan.recommendations
    ]
    loose = under.get(None, [])
    heading = "Actions without a recommendation" if groups else ""
    return [*groups, BoardGroup(heading, "", "", loose)] if loose else groups


def may_exceed_page(line: BoardLine) -> bool:
    """Whether a line may be higher than a page, so that it must be allowed to break."""
    widths = ((line.text + line.success, 45), (line.progress, 30), ("\n".join(line.who), 24), ("\n".join(line.why), 18))
    return any(count_lines(text, width) > LINES_ON_PAGE for text, width in (*widths, (line.due, 18)))


def count_lines(text: str, width: int) -> int:
    return sum(1 + len(part) // width for part in text.splitlines())


def _names(plan: ExportedPlan) -> dict[int, str]:
    """Give headings for the recommendations of several plans, each of which may have an R1."""
    if plan.case_id is not None:
        return {}
    pairs = ((line.recommendation, line.case_reference) for line in plan.actions)
    return {
        recommendation.id: f"{recommendation.reference} of {case}"
        for recommendation, case in pairs
        if recommendation is not None and case
    }


def _group(recommendation: Recommendation, lines: Sequence[BoardLine], name: str) -> BoardGroup:
    return BoardGroup(name or recommendation.reference, recommendation.text, response(recommendation, RESPONSES), lines)


def _line(line: PlanAction, today: date) -> BoardLine:
    action, latest = line.action, next((each for each in line.records.progress if each.taken_back_at is None), None)
    return BoardLine(
        reference=action.reference,
        text=action.text,
        success=action.success_measure,
        who=list(_who(line)),
        due=day_in_words(action.due, action.due_text or "Not set"),
        late=line.lateness.in_words,
        date_changes=list(_date_changes(line)),
        rating=line.rating,
        why=[line.because[:1].upper() + line.because[1:], *_why(line)],
        progress=latest.text if latest else "",
        progress_of=f"{day(latest.happened_on)}, {name_of(latest.reported_by)}" if latest else "",
    )


def _who(line: PlanAction) -> Iterable[str]:
    written = "" if line.published_only else line.action.lead_agency_text
    yield line.lead_agency or written or "No lead agency"
    if line.owner:
        yield f"{line.owner.name}{f', {line.owner.job_title}' if line.owner.job_title else ''}"
    elif not line.published_only:
        yield line.action.owner_text or "No owner"
    if agency_parts := line.records.agency_parts:
        ended = sum(part.ended_on is not None for part, _ in agency_parts)
        yield f"{ended} of {len(agency_parts)} agencies have done their part"


def _date_changes(line: PlanAction) -> Iterable[str]:
    first, times = line.action.original_due_on, line.action.times_extended
    if first and first != line.action.due_on:
        yield f"First {day_in_words(line.action.original_due)}"
    if times:
        yield f"Moved {'once' if times == 1 else f'{times} times'}"


def _why(line: PlanAction) -> Iterable[str]:
    yield f"Status: {sentence(line.action.stage)}"
    if (reported := line.action.rating_reported) is not None and not line.published_only:
        yield f"Reported as: {' '.join(reported.split()) or NOT_RATED.lower()}"
    if line.action.chair_rating and not line.published_only:
        yield f"Chair's view: {sentence(line.action.chair_rating)}. {line.action.chair_rating_reason}"


def _is_orphan(line: PlanAction) -> bool:
    """Whether an open action has no owner. A scrutiny committee does not see owners, so none is counted for it."""
    unowned = line.owner is None and not line.published_only
    return unowned and line.action.stage in OUTSTANDING
