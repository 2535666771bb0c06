"""How is what belongs to an action written into one cell, entry by entry?"""

from collections.abc import Iterable, Sequence
from datetime import date

from reviews.core.clock import local_day
from reviews.exports.rows import Parts, PlanAction, Somebody
from reviews.models import (
    Action,
    Event,
    EventKind,
    Evidence,
    ExtensionRequest,
    ImpactCheck,
    ProgressUpdate,
    Recommendation,
)
from workflows.core.labels import mid_sentence, sentence
from workflows.core.questions import Kind
from workflows.definitions.action import ACTION

BETWEEN = "\n\n"
TOLD_ELSEWHERE = frozenset({"update"})


def day(value: date | None) -> str:
    return f"{value.day} {value:%B %Y}" if value else ""


def name_of(signature: str) -> str:
    """Give the name out of `Name <address>`."""
    return signature.partition(" <")[0]


def somebody(person: Somebody | None) -> str:
    if person is None:
        return ""
    title = f", {person.job_title}" if person.job_title else ""
    return f"{person.name}{title} <{person.email}>"


def progress_entry(update: ProgressUpdate) -> str:
    taken_back = " (taken back)" if update.taken_back_at else ""
    return f"{day(update.happened_on)}, {name_of(update.reported_by)}{taken_back}: {update.text}"


def progress(parts: Parts) -> str:
    return BETWEEN.join(map(progress_entry, parts.progress))


def evidence(parts: Parts) -> str:
    return BETWEEN.join(map(_evidence, parts.evidence))


def strands(line: PlanAction) -> str:
    """Say how far each body is with its part, after how many have ended theirs: `5 of 9`."""
    found = line.parts.strands
    if not found:
        return ""
    ended = sum(strand.ended_on is not None for strand, _ in found)
    lines = []
    for strand, name in found:
        state = mid_sentence(sentence(strand.state.value))
        when = (
            f" on {day(strand.ended_on)}" if strand.ended_on else f", due {day(strand.due_on)}" if strand.due_on else ""
        )
        note = f". {strand.note}" if strand.note and not line.published_only else ""
        lines.append(f"{name}: {state}{when}{note}")
    return "\n".join([f"{ended} of {len(found)} ended", *lines])


def extensions(parts: Parts) -> str:
    return "\n".join(
        f"From {day(each.previous_due_on)} to {day(each.new_due_on)}, "
        f"granted by {name_of(each.granted_by)}: {each.reason}"
        for each in parts.extensions
    )


def requests(parts: Parts) -> str:
    entries = []
    for each in parts.requests:
        answer = _answered(each)
        said = f" ({each.answer})" if each.answer else ""
        meanwhile = f" Meanwhile: {each.meanwhile}" if each.meanwhile else ""
        asked = (
            f"{day(local_day(each.asked_at))}, {name_of(each.asked_by)}: to {day(each.wanted_due_on)}, {answer}{said}."
        )
        entries.append(f"{asked} {each.reason}{meanwhile}")
    return BETWEEN.join(entries)


def _answered(request: ExtensionRequest) -> str:
    if request.answered_at is None:
        return "waiting"
    return "called off" if request.granted is None else "granted" if request.granted else "refused"


def assurance(parts: Parts) -> str:
    return BETWEEN.join(
        f"{day(each.seen_on)}, {name_of(each.given_by)}, {mid_sentence(sentence(each.kind))}, "
        f"{'assured' if each.is_assured else 'not assured'}: {each.text}"
        for each in parts.assurances
    )


def impact(parts: Parts) -> str:
    return BETWEEN.join(map(_impact, parts.checks))


def history(parts: Parts) -> str:
    return BETWEEN.join(map(_event, parts.history))


def chair_rating(action: Action) -> str:
    return f"{sentence(action.chair_rating)}, {name_of(action.chair_rating_by)}" if action.chair_rating else ""


def response(said: Recommendation | None, titles: dict[str, str]) -> str:
    """Say how the partners answered, why, who decided it and when."""
    if said is None or not said.response:
        return ""
    decided = ", ".join(part for part in (said.response_by, day(said.responded_on)) if part)
    parts: Sequence[str] = (titles.get(said.response, said.response), said.response_reason, decided)
    return ". ".join(part.rstrip(".") for part in parts if part)


def event_words(event: Event) -> str:
    """Say what was done, and what was said with it."""
    step = ACTION.step(event.step or "")
    title = step.title if step else sentence(event.kind.value)
    return "\n".join([title, *_said(event)])


def _event(event: Event) -> str:
    return f"{day(event.happened_on)}, {name_of(event.recorded_by)}: {event_words(event)}"


def _said(event: Event) -> Iterable[str]:
    if event.details.get("strand"):
        yield str(event.details["strand"])
    if event.details.get("strand_note"):
        yield str(event.details["strand_note"])
    if event.kind is EventKind.RATING_SAID:
        yield ": ".join(str(event.details["rating"][name]) for name in ("who", "now") if event.details["rating"][name])
    if event.details.get("withdrawn_reason"):
        yield str(event.details["withdrawn_reason"])
    if event.kind is EventKind.ACTION_IMPORTED:
        yield from (f"{heading}: {text}" for heading, text in event.details.get("other columns", {}).items())
    for name, asked in ACTION.asks.items():
        if name in event.details and name not in TOLD_ELSEWHERE:
            text = str(event.details[name])
            yield f"{asked.label}: {day(date.fromisoformat(text)) if text and asked.kind is Kind.DAY else text}"


def _evidence(piece: Evidence) -> str:
    parts = (piece.text, piece.link, f"File: {piece.file_name}" if piece.file_name else "")
    shows = f" ({mid_sentence(sentence(piece.shows))})" if piece.shows else ""
    said = "\n".join(part for part in parts if part)
    offered = f"{day(local_day(piece.offered_at))}, {name_of(piece.offered_by)}{shows}: {said}"
    if piece.withdrawn_on is None:
        return offered
    return f"{offered}\nWithdrawn {day(piece.withdrawn_on)}, {name_of(piece.withdrawn_by)}: {piece.withdrawn_reason}"


def _impact(check: ImpactCheck) -> str:
    if check.answered_on is None or check.result is None:
        return f"After {check.months} months, on {day(check.due_on)}: still to be asked"
    result = mid_sentence(sentence(check.result.value))
    answered = f"{day(check.answered_on)}, {name_of(check.answered_by)}"
    return f"After {check.months} months ({answered}): {result}. {check.text}".strip()
