"""The text of one cell for the records of an action, one entry each.

An import of an earlier export compares these texts: rewording one makes every old export look edited.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from reviews.core.clock import local_day
from reviews.exports.plan_rows import ActionRecords, NamedPerson, PlanAction
from reviews.models import (
    Action,
    Event,
    Evidence,
    Extension,
    ExtensionRequest,
    ImpactCheck,
    ProgressUpdate,
    Recommendation,
)
from reviews.models.event_details import ActionImported, EvidenceWithdrawn, PartChanged, RatingSet, details_if
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Kind
from workflows.definitions.action import ACTION

BETWEEN = "\n\n"
LISTED_ELSEWHERE = frozenset({"update"})


def day(value: date | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else ""


def name_of(signature: str) -> str:
    """Give the name from `Name <address>`."""
    return signature.partition(" <")[0]


def person_in_words(person: NamedPerson | None) -> str:
    if person is None:
        return ""
    title = f", {person.job_title}" if person.job_title else ""
    return f"{person.name}{title} <{person.email}>"


def progress_entry(update: ProgressUpdate) -> str:
    taken_back = " (taken back)" if update.taken_back_at else ""
    return f"{day(update.happened_on)}, {name_of(update.reported_by)}{taken_back}: {update.text}"


def progress(records: ActionRecords) -> str:
    return BETWEEN.join(map(progress_entry, records.progress))


def evidence(records: ActionRecords) -> str:
    return BETWEEN.join(map(_evidence, records.evidence))


def agency_parts(line: PlanAction) -> str:
    """List the parts of the bodies and how far each is, after a count such as `5 of 9 ended`."""
    found = line.records.agency_parts
    if not found:
        return ""
    ended = sum(part.ended_on is not None for part, _ in found)
    lines = []
    for part, name in found:
        state = mid_sentence(sentence(part.state.value))
        when = f" on {day(part.ended_on)}" if part.ended_on else f", due {day(part.due_on)}" if part.due_on else ""
        note = f". {part.note}" if part.note and not line.published_only else ""
        lines.append(f"{name}: {state}{when}{note}")
    return "\n".join([f"{ended} of {len(found)} ended", *lines])


def extensions(records: ActionRecords) -> str:
    return "\n".join(
        f"From {day(each.previous_due_on)} to {day(each.new_due_on)}, "
        f"granted by {name_of(each.granted_by)}: {each.reason}{_undone(each)}"
        for each in records.extensions
    )


def _undone(extension: Extension) -> str:
    if extension.undone_at is None:
        return ""
    when, whom = day(local_day(extension.undone_at)), name_of(extension.undone_by)
    return f" (taken back on {when} by {whom}: {extension.undone_reason})"


def delays(records: ActionRecords) -> str:
    return BETWEEN.join(
        f"{day(local_day(each.reported_at))}, {name_of(each.reported_by)}: expected on {day(each.expected_on)}. "
        f"{each.reason}{' (taken back)' if each.taken_back_at else ''}"
        for each in records.delays
    )


def requests(records: ActionRecords) -> str:
    entries = []
    for each in records.requests:
        answer = _answered(each)
        reply = f" ({each.answer})" if each.answer else ""
        meanwhile = f" Meanwhile: {each.meanwhile}" if each.meanwhile else ""
        request = (
            f"{day(local_day(each.asked_at))}, {name_of(each.asked_by)}: to {day(each.wanted_due_on)}, {answer}{reply}."
        )
        entries.append(f"{request} {each.reason}{meanwhile}")
    return BETWEEN.join(entries)


def _answered(request: ExtensionRequest) -> str:
    if request.answered_at is None:
        return "waiting"
    return "called off" if request.granted is None else "granted" if request.granted else "refused"


def assurance(records: ActionRecords) -> str:
    return BETWEEN.join(
        f"{day(each.seen_on)}, {name_of(each.given_by)}, {mid_sentence(sentence(each.kind))}, "
        f"{'assured' if each.is_assured else 'not assured'}: {each.text}"
        for each in records.assurances
    )


def impact(records: ActionRecords) -> str:
    return BETWEEN.join(map(_impact, records.checks))


def history(records: ActionRecords) -> str:
    return BETWEEN.join(map(_event, records.history))


def chair_rating(action: Action) -> str:
    return f"{sentence(action.chair_rating)}, {name_of(action.chair_rating_by)}" if action.chair_rating else ""


def response(recommendation: Recommendation | None, titles: dict[str, str]) -> str:
    """Give the response of the partners, the reason, who decided it and when."""
    if recommendation is None or not recommendation.response:
        return ""
    decided = ", ".join(part for part in (recommendation.response_by, day(recommendation.responded_on)) if part)
    records: Sequence[str] = (
        titles.get(recommendation.response, recommendation.response),
        recommendation.response_reason,
        decided,
    )
    return ". ".join(part.rstrip(".") for part in records if part)


def event_words(event: Event) -> str:
    """Give the title of an event and the texts recorded with it."""
    step = ACTION.step(event.step or "")
    title = step.title if step else sentence(event.kind.value)
    return "\n".join([title, *_event_texts(event)])


def _event(event: Event) -> str:
    return f"{day(event.happened_on)}, {name_of(event.recorded_by)}: {event_words(event)}"


def _event_texts(event: Event) -> Iterable[str]:
    if part := details_if(event, PartChanged):
        yield from (text for text in (part["strand"], part["strand_note"]) if text)
    if rated := details_if(event, RatingSet):
        yield ": ".join(text for text in (rated["rating"]["who"], rated["rating"]["now"]) if text)
    if (withdrawn := details_if(event, EvidenceWithdrawn)) and withdrawn["withdrawn_reason"]:
        yield withdrawn["withdrawn_reason"]
    if imported := details_if(event, ActionImported):
        yield from (f"{heading}: {text}" for heading, text in imported.get("other columns", {}).items())
    details = event.details  # of any kind: the questions name the keys
    for name, asked in ACTION.questions.items():
        if name in details and name not in LISTED_ELSEWHERE:
            text = str(details[name])
            yield f"{asked.label}: {day(date.fromisoformat(text)) if text and asked.kind is Kind.DAY else text}"


def _evidence(piece: Evidence) -> str:
    records = (piece.text, piece.link, f"File: {piece.file_name}" if piece.file_name else "")
    shows = f" ({mid_sentence(sentence(piece.shows))})" if piece.shows else ""
    texts = "\n".join(part for part in records if part)
    offered = f"{day(local_day(piece.offered_at))}, {name_of(piece.offered_by)}{shows}: {texts}"
    if piece.withdrawn_on is None:
        return offered
    return f"{offered}\nWithdrawn {day(piece.withdrawn_on)}, {name_of(piece.withdrawn_by)}: {piece.withdrawn_reason}"


def _impact(check: ImpactCheck) -> str:
    if check.answered_on is None or check.result is None:
        return f"After {check.months} months, on {day(check.due_on)}: still to be asked"
    result = mid_sentence(sentence(check.result.value))
    answered = f"{day(check.answered_on)}, {name_of(check.answered_by)}"
    return f"After {check.months} months ({answered}): {result}. {check.text}".strip()
