"""The columns of an exported plan, in order: heading, width, value and explanation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from reviews.exports import cell_text as words
from reviews.exports.plan_rows import PlanAction
from reviews.imports.readers.exported_plan import AGENCY_AS_WRITTEN, FIELDS, OWNER_ADDRESS
from reviews.models.recommendations import RESPONSES
from workflows.core.days import KnownDay, PartialDay
from workflows.core.labels import sentence

Value: TypeAlias = str | date | int | None

DUE = FIELDS["due"]
FIRST_DUE = "First due date"
DUE_AS_WRITTEN = "Due date as written"
RATING_REPORTED = "Rating as reported"
NOT_RATED = "Not rated"
"""A rating that is blank in its tracker, which has others."""
OWNER_AS_WRITTEN = "Owner as written"
TITLE = "Title"
ORDER = "Order"
DEPUTY, KIND, START, REVIEW = "Deputy", "Kind", "Start date", "Review date"
REFERENCE_NAME, NAME_SAFE = "Reference name", "Reference name safe to mail"
PROGRESS = FIELDS["progress"]
OWNERS = frozenset({FIELDS["owner"], OWNER_ADDRESS})


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """`width` is in characters; `means` is a sentence for the reader of the file.

    `is_computed`: the product works it out, so that a changed cell in a file is not an edit.
    """

    heading: str
    width: int
    value: Callable[[PlanAction], Value]
    means: str
    is_computed: bool = False


COLUMNS: tuple[ExportColumn, ...] = (
    ExportColumn(FIELDS["reference"], 22, lambda line: line.action.reference, "The action, unique in the partnership."),
    ExportColumn(
        "Plan", 18, lambda line: line.case_reference, "The case or plan the action belongs to.", is_computed=True
    ),
    ExportColumn(
        FIELDS["recommendation_reference"],
        16,
        lambda line: line.recommendation.reference if line.recommendation else "",
        "The recommendation it was made for.",
    ),
    ExportColumn(
        FIELDS["recommendation"], 45, lambda line: line.recommendation.text if line.recommendation else "", "Its text."
    ),
    ExportColumn(
        "Response",
        24,
        lambda line: words.response(line.recommendation, RESPONSES),
        "The response of the partners, why, who decided and when.",
    ),
    ExportColumn(
        "Finding",
        30,
        lambda line: f"{line.finding.reference}: {line.finding.text}" if line.finding else "",
        "What the recommendation rests on.",
    ),
    ExportColumn(
        "Also answers", 24, lambda line: "\n".join(line.records.answers), "Further recommendations it answers."
    ),
    ExportColumn(TITLE, 30, lambda line: line.action.title, "The short name of the action."),
    ExportColumn(
        REFERENCE_NAME, 24, lambda line: line.action.reference_name, "What mails call it, beside its reference."
    ),
    ExportColumn(
        NAME_SAFE,
        10,
        lambda line: "Yes" if line.action.reference_name else "",
        "“Yes” where somebody says that nobody can be recognised by the reference name: needed for a new one.",
        is_computed=True,
    ),
    ExportColumn(FIELDS["action"], 60, lambda line: line.action.text, "What will be done."),
    ExportColumn(
        FIELDS["outcome"], 40, lambda line: line.action.success_measure, "What will be different for children."
    ),
    ExportColumn(KIND, 14, lambda line: _words(line.action.kind), "Practice, policy, training and so on."),
    ExportColumn(FIELDS["agency"], 26, lambda line: line.lead_agency, "Answers for the action."),
    ExportColumn(
        AGENCY_AS_WRITTEN,
        24,
        lambda line: _partnership_only(line, "lead_agency_text"),
        "What a tracker says, where it is no agency here.",
    ),
    ExportColumn(
        FIELDS["owner"], 24, lambda line: _owner(line), "Who does it; where nobody is named, the text as written."
    ),
    ExportColumn(OWNER_ADDRESS, 28, lambda line: line.owner.email if line.owner else "", "The owner's address."),
    ExportColumn(
        "Owner job title", 24, lambda line: line.owner.job_title if line.owner else "", "The owner's post here."
    ),
    ExportColumn(
        OWNER_AS_WRITTEN,
        24,
        lambda line: _owner_as_written(line),
        "What a tracker says about its owner, or who owned it before.",
    ),
    ExportColumn(DEPUTY, 28, lambda line: words.person_in_words(line.deputy), "Stands in for the owner."),
    ExportColumn("Contributing agencies", 34, words.agency_parts, "Bodies that have a part, and how far each is."),
    ExportColumn(START, 12, lambda line: line.action.start_on, "When it begins."),
    ExportColumn(
        FIRST_DUE,
        12,
        lambda line: _day(line.action.original_due),
        "The date first agreed: it never changes.",
        is_computed=True,
    ),
    ExportColumn(
        DUE, 12, lambda line: _day(line.action.due), "The date now; a month or a year where it is known only to that."
    ),
    ExportColumn(
        DUE_AS_WRITTEN, 20, lambda line: line.action.due_text, "What a tracker says, where it is not simply a date."
    ),
    ExportColumn(
        "Done on", 12, lambda line: line.action.done_on, "The day it was done, as submitted.", is_computed=True
    ),
    ExportColumn(
        "Late",
        14,
        lambda line: line.lateness.in_words,
        "How late it was done, or is today while it is not done.",
        is_computed=True,
    ),
    ExportColumn(
        "Times extended",
        10,
        lambda line: line.action.times_extended,
        "How often it was given more time.",
        is_computed=True,
    ),
    ExportColumn(
        "More time given", 34, lambda line: words.extensions(line.records), "Each time, from when to when and why."
    ),
    ExportColumn(
        "More time asked for", 34, lambda line: words.requests(line.records), "What was asked, and the answer."
    ),
    ExportColumn(
        "Not done yet", 34, lambda line: words.delays(line.records), "While it was late: when it is expected, and why."
    ),
    ExportColumn(REVIEW, 12, lambda line: line.action.review_on, "When it is looked at again."),
    ExportColumn(ORDER, 8, lambda line: line.action.order, "Where it stands under its recommendation."),
    ExportColumn(FIELDS["status"], 18, lambda line: sentence(line.action.stage), "How far it is."),
    ExportColumn("While it is blocked", 30, lambda line: line.action.blocked_plan, "What is being done about it."),
    ExportColumn(
        "Status as written", 20, lambda line: line.action.status_text, "What a tracker says about how far it is."
    ),
    ExportColumn(
        "To be decided",
        12,
        lambda line: "Yes" if line.action.awaiting_status else "",
        "“Yes” where a tracker may say that it has ended, and nobody has decided yet.",
        is_computed=True,
    ),
    ExportColumn(
        FIELDS["rating"],
        9,
        lambda line: line.rating,
        "The colour worked out on the day of the export.",
        is_computed=True,
    ),
    ExportColumn(
        RATING_REPORTED,
        12,
        lambda line: NOT_RATED if line.action.rating_reported == "" else line.action.rating_reported,
        "The colour in its tracker, as reported there.",
    ),
    ExportColumn("Why this rating", 22, lambda line: line.because, "Which rule gave the colour.", is_computed=True),
    ExportColumn(
        "Own view of the owner", 12, lambda line: _partnership_only(line, "owner_rating"), "The owner's own colour."
    ),
    ExportColumn(
        "Own view of the chair",
        18,
        lambda line: "" if line.published_only else words.chair_rating(line.action),
        "The chair's colour, and whose.",
    ),
    ExportColumn(
        "Reason of the chair",
        30,
        lambda line: _partnership_only(line, "chair_rating_reason"),
        "Why the chair chose this colour.",
    ),
    ExportColumn(
        FIELDS["progress"], 60, lambda line: words.progress(line.records), "Every report, with its day and by whom."
    ),
    ExportColumn(FIELDS["evidence"], 45, lambda line: words.evidence(line.records), "What shows that it was done."),
    ExportColumn(
        "Checked by others", 36, lambda line: words.assurance(line.records), "What people of other agencies saw."
    ),
    ExportColumn("Impact", 36, lambda line: words.impact(line.records), "Whether it made a difference, months later."),
    ExportColumn(
        "Ended on", 12, lambda line: line.action.ended_on, "When it was done, dropped or handed over.", is_computed=True
    ),
    ExportColumn("Tracker reference", 16, lambda line: line.action.source_reference, "Its reference in the tracker."),
    ExportColumn(
        "Title safe to mail",
        10,
        lambda line: "Yes" if line.action.title_safe_to_mail else "No",
        "Whether the title may be in a mail.",
    ),
    ExportColumn(
        "History",
        60,
        lambda line: words.history(line.records),
        "Every step with its texts, newest first.",
        is_computed=True,
    ),
)
COMPUTED = frozenset(column.heading for column in COLUMNS if column.is_computed)


def cells_of(line: PlanAction) -> Mapping[str, Value]:
    """Give value by heading."""
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
    return f"No owner of its own yet. {text}".strip() if line.action.awaiting_owner else text


def _partnership_only(line: PlanAction, column: str) -> str:
    """Give a column that only the partnership sees; a scrutiny committee sees the rating that is worked out."""
    return "" if line.published_only else str(getattr(line.action, column))


def _day(day: KnownDay) -> Value:
    """Give a plain date as one, and what is known less closely in words: March 2027."""
    return str(day) if isinstance(day, PartialDay) else day


def _words(name: str) -> str:
    return sentence(name) if name else ""
