"""A case as JSON, and in words at the terminal."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.cases.event_labels import seen_notes
from reviews.cases.event_log import Shown, case_history, unseen_references
from reviews.cases.every_case import CaseInFull
from reviews.cases.history import CaseHistory, contradicts, facts_that_hold, is_imported, source_of
from reviews.cases.list_queries import late_clock
from reviews.cases.page_queries import (
    CaseFile,
    ChildCase,
    HoldLine,
    StepOption,
    child_cases,
    corrections_of,
    holds_of,
)
from reviews.cases.partner_statements import PartnerStatements, partner_statements
from reviews.cases.people import reviewers_of
from reviews.cases.record import record_of
from reviews.models import CaseFact, Event, EventKind, Recommendation
from reviews.recommendations.queries import findings_of
from web.cli.clocks import clock_as_data
from web.cli.runtime import table
from workflows.core.days import day_in_words
from workflows.core.labels import sentence
from workflows.core.questions import Value
from workflows.core.vocabulary import Workflow

WHOLE_HISTORY = 10_000
NOTES = (
    EventKind.STEP_CORRECTED,
    EventKind.CLOCK_FORECAST,
    EventKind.LATE_REASON_GIVEN,
    EventKind.CASE_EDITED,
    EventKind.KIND_CHANGED,
)
MOVES = (EventKind.CLOCK_MOVED, EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)


def case_as_data(session: Session, actor: Actor, file: CaseFile, today: date) -> dict[str, Any]:
    history = case_history(session, actor, file.case, shown=Shown.ALL, size=WHOLE_HISTORY).rows
    unseen = unseen_references(session, actor, file.case, history)
    corrected = corrections_of(session, actor, history)
    findings = findings_of(session, actor, file.case)
    references = {finding.id: finding.reference for finding in findings}
    late = late_clock(session, actor, file.case, today=today)
    return {
        "reference": file.case.reference,
        "title": file.case.title,
        "partnership": file.partnership.code,
        "workflow": file.workflow.name,
        "version": file.case.workflow_version,
        "opened_on": file.case.opened,
        "closed": file.case.closed_on is not None,
        "closed_on": file.case.closed,
        "stage": file.case.tracks[0].stage,
        "tracks": [{"name": row.name, "stage": row.stage, "since": row.since} for row in file.case.tracks],
        "late": late is not None,
        "late_clock": late.late_as_data(today) if late else None,
        "clocks": [clock_as_data(clock, today) for clock in file.clocks],
        "holds": [_hold(hold) for hold in holds_of(session, file.case, file.workflow, file.history)],
        "links": [
            {"kind": link.kind, "led_to": link.led_to, "reference": link.reference, "workflow": link.workflow}
            for link in file.links
        ],
        "inside": [_child_case(each) for each in child_cases(session, actor, file.case, today=today)],
        "children": list(file.children),
        "reviewers": [
            {"name": each.name, "until": each.until_on} for each in reviewers_of(session, actor, file.case, today=today)
        ],
        "our_role": file.case.our_role,
        "lead_area": file.case.lead_area or None,
        "agencies": list(file.agencies),
        "facts": facts_as_data(file.workflow, facts_that_hold(session, file.case)),
        "steps_recorded": steps_as_data(file.workflow, file.history, file.history.values(file.case)),
        "partners": _partners(partner_statements(session, file.case, file.workflow)),
        "recommendations": [recommendation_as_data(each, references) for each in file.recommendations],
        "findings": [{"reference": finding.reference, "text": finding.text} for finding in findings],
        "record": [
            {"step": each.step, "title": each.title, "on": each.on, "by": each.recorded_by, "facts": dict(each.facts)}
            for section in record_of(file.case, file.workflow, file.history)
            for each in section.entries
        ],
        "history": [_event(event, corrected.get(event.id), unseen) for event in reversed(history)],
        "steps": _steps(file.steps),
    }


def facts_as_data(workflow: Workflow, facts: Iterable[CaseFact]) -> dict[str, Any]:
    """Give the facts that hold, the latest of each name: the stored value, and the words where it is one of a list.

    What is worked out of them stands among them.
    """
    found: dict[str, Any] = {}
    for fact in facts:
        asked = workflow.questions.get(fact.name)
        words = dict(asked.choices).get(str(fact.value)) if asked else None
        found[fact.name] = {"value": _as_stored(fact.value), "words": words}
    numbers = {name: fact["value"] for name, fact in found.items()}
    products = {each.name: {"value": each.of(numbers), "words": None} for each in workflow.products}
    return {**found, **products}


def steps_as_data(
    workflow: Workflow, history: CaseHistory, values: Mapping[int, Mapping[str, Value]]
) -> list[dict[str, Any]]:
    """Give each time a step was taken, in order, with its day as far as it is known and all facts recorded with it."""
    titles = {step.name: step.title for step in workflow.steps}
    return [
        {
            "step": taken.step,
            "title": titles.get(taken.step, sentence(taken.step)),
            "track": taken.track,
            "from": taken.from_stage,
            "to": taken.to_stage,
            "on": taken.day,
            "contradicted_by": list(taken.contradicted_by),
            "sources": sorted(filter(None, taken.sources)),
            "facts": {name: _as_stored(value) for name, value in values.get(taken.event_id, {}).items()},
        }
        for taken in history.steps
    ]


def listed_as_data(full: CaseInFull, partnership: str, today: date) -> dict[str, Any]:
    """Give a case of a list, with the keys that `case_as_data` has for them."""
    case = full.case
    return {
        "reference": case.reference,
        "title": case.title,
        "partnership": partnership,
        "workflow": case.workflow,
        "version": case.workflow_version,
        "inside_of": full.parent or None,
        "opened_on": case.opened,
        "closed": case.closed_on is not None,
        "closed_on": case.closed,
        "stage": case.tracks[0].stage,
        "tracks": [{"name": row.name, "stage": row.stage, "since": row.since} for row in case.tracks],
        "late": full.late is not None,
        "late_clock": full.late.late_as_data(today) if full.late else None,
        "clocks": [clock_as_data(clock, today) for clock in full.clocks],
        "holds": [_hold(hold) for hold in full.holds],
        "links": [
            {"kind": link.kind, "led_to": link.led_to, "reference": link.reference, "workflow": link.workflow}
            for link in full.links
        ],
        "children": list(full.children),
        "our_role": case.our_role,
        "lead_area": case.lead_area or None,
        "agencies": list(full.agencies),
        "facts": facts_as_data(full.workflow, full.history.facts(case)),
        "steps_recorded": steps_as_data(full.workflow, full.history, full.values),
    }


def _as_stored(value: Value | None) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _partners(statements: PartnerStatements) -> dict[str, Any]:
    """Give what the safeguarding partners said: their views, whether they differ, escalations and signatures."""
    return {
        "views": [
            {
                "partner": each.partner,
                "view": each.view,
                "reason": each.reason,
                "given_by": each.given_by,
                "on": each.on,
            }
            for each in statements.views
        ],
        "differ": bool(statements.differing),
        "escalations": [
            {"on": each.on, "to": each.to, "question": each.question, "answer": each.answer or None}
            for each in statements.escalations
        ],
        "signatures": [
            {
                "partner": each.partner,
                "on": each.on,
                "signed_by": each.by or None,
                "on_behalf": each.on_behalf,
                "confirmed_by": each.confirmed_by or None,
                "confirmed_on": each.confirmed_on,
                "confirmation_filed": each.confirmation_filed or None,
            }
            for each in statements.signatures
        ],
    }


def recommendation_as_data(recommendation: Recommendation, findings: Mapping[int, str]) -> dict[str, Any]:
    return {
        "reference": recommendation.reference,
        "text": recommendation.text,
        "response": recommendation.response or None,
        "response_reason": recommendation.response_reason,
        "response_by": recommendation.response_by,
        "responded_on": recommendation.responded_on,
        "addressee": recommendation.addressee,
        "success": recommendation.success,
        "evidence_wanted": recommendation.evidence_wanted,
        "finding": findings.get(recommendation.finding_id or 0),
        "reopened_on": recommendation.reopened_on,
    }


def case_in_words(data: dict[str, Any]) -> str:
    tracks = ", ".join(
        f"{track['name']}: {sentence(track['stage']).lower()} (since: {day_in_words(track['since'])})"
        for track in data["tracks"]
    )
    clocks = [
        (
            clock["title"],
            clock["due"] or " to ".join(clock["due_between"]),
            clock["met_on"].isoformat() if clock["met_on"] else "",
            "not known" if clock["day"] is None else f"day {clock['day']} of {clock['of']} {clock['unit']}",
            str(clock["forecast"] or ""),
        )
        for clock in data["clocks"]
    ]
    steps = [(step["title"], step["name"]) for step in data["steps"]["open"]]
    parts = [f"{data['reference']}  {data['title']}", tracks]
    if clocks:
        parts.append(table("Clocks", ("Clock", "Due", "Met", "Day", "Forecast"), clocks))
    late = [
        (clock["title"], clock["late_by"], clock["late_reason"] or "no reason given yet")
        for clock in data["clocks"]
        if clock["late_by"]
    ]
    if late:
        parts.append(table("Late", ("Clock", "By", "Why"), late))
    first = data["late_clock"]
    if first and first["inside"]:
        parts.append(f"Late inside it: {first['title']} of {first['inside']}, due {first['due']}.")
    if data["holds"]:
        headings = ("Track", "Reason", "Since", "Looked at again", "Expected end", "Goes back to")
        parts.append(table("On hold", headings, [_on_hold(hold) for hold in data["holds"]]))
    inside = [
        (each["reference"], each["title"], sentence(each["stage"]), str(each["due"] or ""), each["late_by"])
        for each in data["inside"]
    ]
    if inside:
        parts.append(table("Inside", ("Reference", "Agency or process", "Stage", "Due", "Late by"), inside))
    if steps:
        parts.append(table("Steps open", ("Step", "Name"), steps))
    return "\n".join(parts)


def _event(event: Event, correction: Event | None, unseen: Collection[str]) -> dict[str, Any]:
    return {
        "on": event.day,
        "what": event.kind.value if event.kind in NOTES else event.step or event.kind.value,
        "step": event.step,
        "track": event.track,
        "from": event.from_stage,
        "to": event.to_stage,
        "recorded_at": event.recorded_at.isoformat(),
        "by": event.recorded_by,
        "imported": is_imported(event),
        "source": source_of(event) or None,
        "contradicts": contradicts(event),
        **({"moved": _details(event, unseen)} if event.kind in MOVES else {}),
        **({"noted": _details(event, unseen)} if event.kind in NOTES else {}),
        **({"corrected_on": correction.recorded_at.isoformat()} if correction else {}),
    }


def _hold(hold: HoldLine) -> dict[str, Any]:
    return {
        "track": hold.track,
        "since": hold.since,
        "reason": hold.reason,
        "reason_words": hold.reason_words,
        "evidence": hold.evidence,
        "owner": hold.owner or None,
        "told": hold.informed,
        "told_on": hold.informed_on,
        "review_on": hold.review_on,
        "expected_end_on": hold.expected_end_on,
        "returns_to": hold.returns_to,
    }


def _on_hold(hold: dict[str, Any]) -> tuple[str, ...]:
    days = [day_in_words(hold[name], "not recorded") for name in ("since", "review_on", "expected_end_on")]
    return hold["track"], hold["reason_words"], *days, sentence(hold["returns_to"])


def _child_case(child_case: ChildCase) -> dict[str, Any]:
    return {
        "reference": child_case.reference,
        "workflow": child_case.workflow,
        "title": child_case.title,
        "agency": child_case.agency,
        "stage": child_case.stage,
        "due": child_case.due_on,
        "late": child_case.lateness.is_late,
        "late_by": child_case.lateness.amount,
        **child_case.lateness.as_data(),
    }


def _details(event: Event, unseen: Collection[str]) -> dict[str, Any]:
    """Give the details without those that only serve to take a move back, and without notes of what is not seen."""
    # copied to JSON as they are, of whatever kind
    details = {name: value for name, value in event.details.items() if name != "before"}
    return details | ({"said": seen_notes(details["said"], unseen)} if "said" in details else {})


def _steps(answers: Sequence[StepOption]) -> dict[str, Any]:
    return {
        "open": [{"name": each.step.name, "title": each.step.title} for each in answers if each.is_open],
        "not_open": [
            {
                "name": each.step.name,
                "title": each.step.title,
                "why": each.refusal.sentence,
                "missing": list(each.refusal.missing),
                "by": sorted(role.value for role in each.step.by),
            }
            for each in answers
            if each.refusal is not None
        ],
    }
