"""Definitions as plain data, ready for JSON."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from workflows.core.bars import barred_from
from workflows.core.labels import sentence
from workflows.core.ladders import recipient_names
from workflows.core.questions import Question, When
from workflows.core.vocabulary import Book, Deadline, Edition, Guard, Ladder, Role, Rung, Step, Track, Workflow


def as_data(workflow: Workflow) -> dict[str, Any]:
    """Give a definition as plain lists and strings. A step that stays at its stage has `to` null."""
    return {
        "name": workflow.name,
        "title": workflow.title,
        "version": workflow.version,
        "effective_from": workflow.effective_from.isoformat(),
        "realm": workflow.realm.value,
        "prefix": workflow.prefix,
        "last_opening_on": _day(workflow.last_opening_on),
        "inside": workflow.inside,
        "moved": [{"track": stage.track, "was": str(stage.was), "now": str(stage.now)} for stage in workflow.moved],
        "tracks": [_track_data(track) for track in workflow.tracks],
        "stages": [stage for track in workflow.tracks for stage in _stage_data(track)],
        "steps": [_step_data(track, step) for track in workflow.tracks for step in track.steps],
        "deadlines": [_deadline_data(deadline) for deadline in workflow.deadlines],
        "ladders": [ladder_data(ladder) for ladder in workflow.every_ladder],
        "timed_moves": [asdict(move) | {"answers": dict(move.answers)} for move in workflow.timed_moves],
        "products": [asdict(product) | {"factors": list(product.factors)} for product in workflow.products],
        "books": [_book_data(book) for book in workflow.books],
        "unverified": workflow.unverified,
    }


def ladder_data(ladder: Ladder) -> dict[str, Any]:
    """Give a ladder as plain lists and strings; `days` are after the due date, `working` makes them working days."""
    rungs = [rung_data(rung) for rung in ladder.rungs]
    return {"name": ladder.name, "title": ladder.title, "authority": ladder.authority, "rungs": rungs}


def rung_data(rung: Rung) -> dict[str, Any]:
    """Give a rung as plain data. `tells` names roles, and the deputy of the action as `deputy`."""
    return {
        "name": rung.name,
        "days": rung.days,
        "working": rung.working,
        "every": rung.every,
        "tells": recipient_names(rung),
    }


def _track_data(track: Track) -> dict[str, Any]:
    return {
        "name": track.name,
        "title": track.title,
        "initial": str(track.initial),
        "final": sorted(map(str, track.final)),
        "settled": sorted(map(str, track.settled)),
        "stages": [stage.value for stage in track.stages],
    }


def _stage_data(track: Track) -> list[dict[str, Any]]:
    return [
        {
            "track": track.name,
            "name": stage.value,
            "title": sentence(stage.value),
            "final": stage.value in track.final,
            "settled": stage.value in track.settled,
        }
        for stage in track.stages
    ]


def _step_data(track: Track, step: Step) -> dict[str, Any]:
    return {
        "track": track.name,
        "name": step.name,
        "title": step.title,
        "from": [str(source) for source in step.source],
        "to": str(step.to) or None,
        "roles": _roles(step.by),
        "guards": [_guard_data(guard) for guard in step.only_if],
        "asks": [_question_data(question) for question in step.questions],
        "opens": step.opens or None,
        "for_each": step.for_each or None,
        "joins": list(step.joins),
        "hold": step.hold.value if step.hold else None,
        "barred": sorted(involvement.value for involvement in barred_from(track, step)),
    }


def _guard_data(guard: Guard) -> dict[str, Any]:
    return {"name": guard.name, "sentence": guard.sentence, "reads": sorted(guard.reads)}


def _question_data(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "label": question.label,
        "kind": question.kind.value,
        "required": question.required,
        "choices": [{"value": value, "label": label} for value, label in question.choices],
        "hint": question.hint,
        "needed_when": _when_data(question.needed_when) if question.needed_when else None,
        "since": _day(question.since),
        "until": _day(question.until),
    }


def _when_data(when: When) -> dict[str, Any]:
    return {"fact": when.fact, "answers": list(when.answers)}


def _deadline_data(deadline: Deadline) -> dict[str, Any]:
    """Describe a deadline; the period at the top is that of its newest edition."""
    editions = sorted(deadline.editions, key=lambda edition: edition.effective_from)
    lasts = [*(following.effective_from - timedelta(1) for following in editions[1:]), date.max]
    data = [_edition_data(deadline, edition, last) for edition, last in zip(editions, lasts, strict=True)]
    return {
        "name": deadline.name,
        "title": deadline.title,
        "starts_with": deadline.counted_from,
        "starts": [{"name": name, "rule": rule} for name, rule in deadline.starts],
        "met_by": list(deadline.met_by),
        "ended_by": list(deadline.ended_by),
        "ladder": deadline.ladder.name if deadline.ladder else None,
        **{key: value for key, value in data[-1].items() if key != "effective_from"},
        "editions": data,
    }


def _edition_data(deadline: Deadline, edition: Edition, last: date) -> dict[str, Any]:
    """Describe an edition, with its authority as it was cited on the last day it was in force."""
    period = edition.period
    return {
        "effective_from": edition.effective_from.isoformat(),
        "counted_from": edition.counted_from or deadline.counted_from,
        "period": period.count,
        "unit": period.unit.value,
        "back": period.back,
        "bank_holidays": period.bank_holidays.value,
        "rank": edition.rank.value,
        "authority": edition.authority_on(last),
        "cites": [book.name for book in edition.cites],
        "unverified": edition.unverified or None,
    }


def _book_data(book: Book) -> dict[str, Any]:
    editions = [
        {"effective_from": each.effective_from.isoformat(), "title": each.title, "unverified": each.unverified or None}
        for each in book.editions
    ]
    return {"name": book.name, "title": book.title, "editions": editions}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _roles(roles: Iterable[Role]) -> list[str]:
    return [role.value for role in Role if role in set(roles)]
