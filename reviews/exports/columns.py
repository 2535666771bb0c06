"""Which columns does an exported plan have, in which order, under which heading, and what stands in them?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from reviews.exports import cell_text as words
from reviews.exports.rows import PlanAction
from reviews.imports.readers.exported_plan import FIELDS, OWNER_ADDRESS
from reviews.models.recommendations import RESPONSES
from workflows.core.labels import sentence

Value: TypeAlias = str | date | int | None

DUE = FIELDS["due"]
FIRST_DUE = "First due date"
DUE_AS_WRITTEN = "Due date as written"
OWNER_AS_WRITTEN = "Owner as written"
TITLE = "Title"
ORDER = "Order"
PROGRESS = FIELDS["progress"]
OWNERS = frozenset({FIELDS["owner"], OWNER_ADDRESS})
COMPUTED = frozenset({"Plan", "Times extended", "Rating", "Why this rating", "Ended on", "History", FIRST_DUE})
"""Headings of what the product works out or writes itself: nobody edits it, and it moves on by itself."""


@dataclass(frozen=True, slots=True)
class Column:
    """`width` is in characters; `means` one sentence for whoever reads the file."""

    heading: str
    width: int
    value: Callable[[PlanAction], Value]
    means: str


COLUMNS: tuple[Column, ...] = (
    Column(FIELDS["reference"], 22, lambda line: line.action.reference, "The action, unique in the partnership."),
    Column("Plan", 18, lambda line: line.case_reference, "The case or plan the action belongs to."),
    Column(
        FIELDS["recommendation_reference"],
        16,
        lambda line: line.recommendation.reference if line.recommendation else "",
        "The recommendation it was made for.",
    ),
    Column(
        FIELDS["recommendation"], 45, lambda line: line.recommendation.text if line.recommendation else "", "Its text."
    ),
    Column(
        "Response",
        24,
        lambda line: words.response(line.recommendation, RESPONSES),
        "What the partners answered, why, who decided and when.",
    ),
    Column(
        "Finding",
        30,
        lambda line: f"{line.finding.reference}: {line.finding.text}" if line.finding else "",
        "What the recommendation rests on.",
    ),
    Column("Also answers", 24, lambda line: "\n".join(line.parts.answers), "Further recommendations it answers."),
    Column(TITLE, 30, lambda line: line.action.title, "The short name of the action."),
    Column(FIELDS["action"], 60, lambda line: line.action.text, "What will be done."),
    Column(FIELDS["outcome"], 40, lambda line: line.action.success_measure, "What will be different for children."),
    Column("Kind", 14, lambda line: _words(line.action.kind), "Practice, policy, training and so on."),
    Column(FIELDS["agency"], 26, lambda line: line.lead_agency, "Answers for the action."),
    Column(FIELDS["owner"], 24, lambda line: _owner(line), "Does it; where nobody is named, as it was written."),
    Column(OWNER_ADDRESS, 28, lambda line: line.owner.email if line.owner else "", "The owner's address."),
    Column("Owner job title", 24, lambda line: line.owner.job_title if line.owner else "", "The owner's post here."),
    Column(
        OWNER_AS_WRITTEN,
        24,
        lambda line: _owner_as_written(line),
        "What a tracker said of its owner, or who owned it before.",
    ),
    Column("Deputy", 28, lambda line: words.somebody(line.deputy), "Stands in for the owner."),
    Column("Contributing agencies", 34, words.strands, "Bodies with a part of their own, and how far each is."),
    Column("Start date", 12, lambda line: line.action.start_on, "When it begins."),
    Column(FIRST_DUE, 12, lambda line: line.action.original_due_on, "The date first agreed: it never changes."),
    Column(DUE, 12, lambda line: line.action.due_on, "The date that holds now."),
    Column(DUE_AS_WRITTEN, 20, lambda line: line.action.due_text, "What a tracker said, where it names no day."),
    Column("Times extended", 10, lambda line: line.action.times_extended, "How often it was given more time."),
    Column("More time given", 34, lambda line: words.extensions(line.parts), "Each time, from when to when and why."),
    Column("More time asked for", 34, lambda line: words.requests(line.parts), "What was asked, and the answer."),
    Column("Review date", 12, lambda line: line.action.review_on, "When it is looked at again."),
    Column(ORDER, 8, lambda line: line.action.order, "Where it stands under its recommendation."),
    Column(FIELDS["status"], 18, lambda line: sentence(line.action.stage), "How far it is."),
    Column("While it is blocked", 30, lambda line: line.action.blocked_plan, "What is done about what is in the way."),
    Column("Status as written", 20, lambda line: line.action.status_text, "What a tracker said of how far it is."),
    Column(FIELDS["rating"], 9, lambda line: line.rating, "The colour worked out on the day of the export."),
    Column("Why this rating", 22, lambda line: line.because, "Which rule gave the colour."),
    Column("Own view of the owner", 12, lambda line: _inside(line, "owner_rating"), "The owner's own colour."),
    Column(
        "Own view of the chair",
        18,
        lambda line: "" if line.published_only else words.chair_rating(line.action),
        "The chair's colour, and whose.",
    ),
    Column("Reason of the chair", 30, lambda line: _inside(line, "chair_rating_reason"), "Why the chair sees it so."),
    Column(FIELDS["progress"], 60, lambda line: words.progress(line.parts), "Every report, with its day and by whom."),
    Column(FIELDS["evidence"], 45, lambda line: words.evidence(line.parts), "What shows that it was done."),
    Column("Checked by others", 36, lambda line: words.assurance(line.parts), "What others saw for themselves."),
    Column("Impact", 36, lambda line: words.impact(line.parts), "Whether it made a difference, months later."),
    Column("Ended on", 12, lambda line: line.action.ended_on, "When it was done, dropped or handed over."),
    Column("Tracker reference", 16, lambda line: line.action.source_reference, "What the tracker calls it."),
    Column(
        "Title safe to mail",
        10,
        lambda line: "Yes" if line.action.title_safe_to_mail else "No",
        "Whether the title may stand in a mail.",
    ),
    Column("History", 60, lambda line: words.history(line.parts), "Every step with what was said, newest first."),
)


def cells_of(line: PlanAction) -> Mapping[str, Value]:
    """Give what stands under each heading."""
    return {column.heading: column.value(line) for column in COLUMNS}


def text_of(value: Value) -> str:
    """Write a value as text: a day as 2026-11-20."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def _owner(line: PlanAction) -> str:
    if line.published_only:
        return ""
    return line.owner.name if line.owner else line.action.owner_text


def _owner_as_written(line: PlanAction) -> str:
    if line.published_only:
        return ""
    text = line.action.owner_text
    return f"No owner of its own yet. {text}" if line.action.awaiting_owner else text


def _inside(line: PlanAction, column: str) -> str:
    """Give what is said inside the partnership alone: a committee reads the rating that is worked out."""
    return "" if line.published_only else str(getattr(line.action, column))


def _words(name: str) -> str:
    return sentence(name) if name else ""
