"""How does a case look at the terminal, as data and in words?"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.cases.event_queries import case_history
from reviews.cases.inside import SmallCase, inside
from reviews.cases.page_queries import CaseFile, StepAnswer
from reviews.cases.queries_corrections import corrections_of
from reviews.cases.queries_holds import holds_of
from reviews.models import Event, EventKind, Recommendation
from reviews.recommendations.queries_findings import findings_of
from web.cli.clocks import clock_as_data
from web.cli.tables import table
from workflows.core.labels import sentence

WHOLE_HISTORY = 10_000
NOTES = (EventKind.STEP_CORRECTED, EventKind.CLOCK_FORECAST, EventKind.LATE_REASON_GIVEN)
MOVES = (EventKind.CLOCK_MOVED, EventKind.VERSION_MOVED, EventKind.VERSION_REVERTED)


def case_as_data(session: Session, actor: Actor, file: CaseFile, today: date) -> dict[str, Any]:
    history = case_history(session, actor, file.case, size=WHOLE_HISTORY).rows
    corrected = corrections_of(session, actor, history)
    findings = findings_of(session, actor, file.case)
    return {
        "reference": file.case.reference,
        "title": file.case.title,
        "partnership": file.partnership.code,
        "workflow": file.workflow.name,
        "version": file.case.workflow_version,
        "opened_on": file.case.opened_on,
        "closed_on": file.case.closed_on,
        "tracks": [{"name": row.name, "stage": row.stage, "since": row.since_on} for row in file.case.tracks],
        "clocks": [clock_as_data(clock, today) for clock in file.clocks],
        "holds": [asdict(hold) for hold in holds_of(session, file.case, file.workflow)],
        "links": [
            {"kind": link.kind, "led_to": link.led_to, "reference": link.reference, "workflow": link.workflow}
            for link in file.links
        ],
        "inside": [_small(one) for one in inside(session, actor, file.case, today=today)],
        "children": list(file.children),
        "our_role": file.case.our_role,
        "lead_area": file.case.lead_area or None,
        "agencies": list(file.agencies),
        "recommendations": [
            recommendation_as_data(one, {each.id: each.reference for each in findings}) for one in file.recommendations
        ],
        "findings": [{"reference": one.reference, "text": one.text} for one in findings],
        "history": [_told_of(event, corrected.get(event.id)) for event in reversed(history)],
        "steps": _steps(file.steps),
    }


def recommendation_as_data(one: Recommendation, findings: Mapping[int, str]) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "text": one.text,
        "response": one.response or None,
        "response_reason": one.response_reason,
        "response_by": one.response_by,
        "responded_on": one.responded_on,
        "addressee": one.addressee,
        "success": one.success,
        "evidence_wanted": one.evidence_wanted,
        "finding": findings.get(one.finding_id or 0),
        "reopened_on": one.reopened_on,
    }


def case_in_words(data: dict[str, Any]) -> str:
    tracks = ", ".join(f"{track['name']}: {sentence(track['stage']).lower()}" for track in data["tracks"])
    clocks = [
        (
            clock["title"],
            clock["due"],
            str(clock["met_on"] or ""),
            f"day {clock['day']} of {clock['of']} {clock['unit']}",
            str(clock["forecast"] or ""),
        )
        for clock in data["clocks"]
    ]
    steps = [(step["title"], step["name"]) for step in data["steps"]["open"]]
    parts = [f"{data['reference']}  {data['title']}", tracks]
    if clocks:
        parts.append(table("Clocks", ("Clock", "Due", "Met", "Day", "Forecast"), clocks))
    late = [
        (clock["title"], _late(clock["days_late"]), clock["late_reason"] or "no reason given yet")
        for clock in data["clocks"]
        if clock["late"]
    ]
    if late:
        parts.append(table("Late", ("Clock", "By", "Why"), late))
    if data["holds"]:
        headings = ("Track", "Reason", "Since", "Looked at again", "Expected end", "Goes back to")
        parts.append(table("On hold", headings, [_on_hold(hold) for hold in data["holds"]]))
    small = [(one["reference"], one["title"], sentence(one["stage"]), str(one["due"] or "")) for one in data["inside"]]
    if small:
        parts.append(table("Inside", ("Reference", "Agency or process", "Stage", "Due"), small))
    if steps:
        parts.append(table("Steps open", ("Step", "Name"), steps))
    return "\n".join(parts)


def _told_of(event: Event, correction: Event | None) -> dict[str, Any]:
    return {
        "on": event.happened_on if event.day_known else None,
        "what": event.kind.value if event.kind in NOTES else event.step or event.kind.value,
        "step": event.step,
        "track": event.track,
        "from": event.from_stage,
        "to": event.to_stage,
        "recorded_at": event.recorded_at.isoformat(),
        "by": event.recorded_by,
        "imported": bool(event.details.get("imported")),
        **({"moved": _told(event)} if event.kind in MOVES else {}),
        **({"noted": _told(event)} if event.kind in NOTES else {}),
        **({"corrected_on": correction.recorded_at.isoformat()} if correction else {}),
    }


def _late(days: int) -> str:
    return f"{days} working day{'' if days == 1 else 's'}"


def _on_hold(hold: dict[str, Any]) -> tuple[str, ...]:
    days = [str(hold[name] or "not recorded") for name in ("since", "review_on", "expected_end_on")]
    return hold["track"], hold["reason_words"], *days, sentence(hold["returns_to"])


def _small(one: SmallCase) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "workflow": one.workflow,
        "title": one.title,
        "agency": one.agency,
        "stage": one.stage,
        "due": one.due_on,
    }


def _told(event: Event) -> dict[str, Any]:
    """Give what moved, without what is kept to take it back."""
    return {name: value for name, value in event.details.items() if name != "before"}


def _steps(answers: Sequence[StepAnswer]) -> dict[str, Any]:
    return {
        "open": [{"name": one.step.name, "title": one.step.title} for one in answers if one.is_open],
        "not_open": [
            {
                "name": one.step.name,
                "title": one.step.title,
                "why": one.refusal.sentence,
                "missing": list(one.refusal.missing),
                "by": sorted(role.value for role in one.step.by),
            }
            for one in answers
            if one.refusal is not None
        ],
    }
