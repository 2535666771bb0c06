"""Writes a plan as one JSON document with all its records."""

import json
from datetime import date, datetime
from typing import Any

from reviews.actions.details import detail_values
from reviews.exports.cell_text import event_words
from reviews.exports.columns import COLUMNS, text_of
from reviews.exports.plan_rows import ExportedPlan, NamedPerson, PlanAction
from reviews.imports.readers.exported_plan import FORMAT

LEFT_OUT = frozenset(
    {"id", "action_id", "partnership_id", "case_id", "stored_as", "wrapped_key", "damaged_at", "version"}
)


def as_document(plan: ExportedPlan) -> bytes:
    data = {
        "format": FORMAT,
        "plan": plan.reference,
        "title": plan.title,
        "partnership": {"code": plan.partnership_code, "name": plan.partnership},
        "as_of": plan.today,
        "late": plan.late_clock is not None,
        "late_clock": plan.late_clock.late_as_data(plan.today) if plan.late_clock else None,
        "recommendations": [_recommendation(plan, recommendation) for recommendation in plan.recommendations],
        "findings": [{"reference": each.reference, "text": each.text} for each in plan.findings.values()],
        "actions": [_action(line) for line in plan.actions],
    }
    return (json.dumps(data, ensure_ascii=False, indent=1, default=_plain) + "\n").encode("utf-8", "replace")


def _recommendation(plan: ExportedPlan, recommendation: Any) -> dict[str, Any]:
    finding = plan.findings.get(recommendation.finding_id or 0)
    return {**_columns(recommendation), "finding": finding.reference if finding else None}


def _action(line: PlanAction) -> dict[str, Any]:
    """Give the cells as in every export, and as lists the records that a cell joins in one text."""
    records = line.records
    return {
        "cells": {column.heading: text_of(column.value(line)) for column in COLUMNS},
        **detail_values(line.action),
        "due_on": line.action.due_on,
        "due_precision": line.action.due_known_to if line.action.due_on else None,
        "done_on": line.action.done_on,
        "late": line.lateness.is_late,
        **line.lateness.as_data(),
        "owner": _person(line.owner),
        "deputy": _person(line.deputy),
        "also_answers": records.answers,
        "contributing_agencies": [
            {"name": name, "state": each.state, "due_on": each.due_on, "ended_on": each.ended_on}
            | ({} if line.published_only else {"note": each.note})
            for each, name in records.agency_parts
        ],
        "progress": [_columns(each) for each in records.progress],
        "evidence": [_columns(each) for each in records.evidence],
        "more_time_given": [_columns(each) for each in records.extensions],
        "not_done_yet": [_columns(each) for each in records.delays],
        "more_time_asked_for": [_columns(each) for each in records.requests],
        "checked_by_others": [_columns(each) for each in records.assurances],
        "impact": [_columns(each) for each in records.checks],
        "history": [
            {"happened_on": each.happened_on, "recorded_by": each.recorded_by, "text": event_words(each)}
            for each in records.history
        ],
    }


def _columns(row: Any) -> dict[str, Any]:
    """Give every column of a row but its ids and the storage name of a file."""
    names = (column.key for column in row.__table__.columns)
    return {name: getattr(row, name) for name in names if name not in LEFT_OUT and not name.endswith("_id")}


def _person(person: NamedPerson | None) -> dict[str, str] | None:
    return {"name": person.name, "email": person.email, "job_title": person.job_title} if person else None


def _plain(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")
