"""Requests for a role: ended where nobody answered them in time, and who asked told what became of them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.compose import Written, message_id
from notifications.letters.links import Letterhead
from notifications.letters.role_letter import write_role_letter
from notifications.models import ROLE_ANSWERED
from notifications.outbox.claims import claim_letters
from reviews.access.permissions import system
from reviews.backups.generations import generation_of
from reviews.core.clock import Clock, local_day
from reviews.core.db import Database
from reviews.models import Person, RoleRequest
from reviews.people.role_requests import WAITS_FOR, lapse_requests
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work


def settle_role_requests(database: Database, clock: Clock, *, letterhead: Letterhead) -> None:
    """End requests that waited too long, and queue the mails about every answer. Mostly there is nothing to do."""
    with reading(database) as session:
        if not _is_something_to_do(session, clock.now()):
            return
    with unit_of_work(database, system("reminders"), clock) as unit:
        lapse_requests(unit)
        unit.session.flush()
        unmailed = sa.select(RoleRequest).where(RoleRequest.answered_at.is_not(None), RoleRequest.mailed_at.is_(None))
        for request in unit.session.scalars(unmailed.order_by(RoleRequest.id).with_for_update(of=RoleRequest)).all():
            claim_letters(unit.session, [_letter(unit, request, letterhead)])
            request.mailed_at = unit.now


def _is_something_to_do(session: Session, now: datetime) -> bool:
    late = RoleRequest.answered_at.is_(None) & (RoleRequest.asked_at <= now - WAITS_FOR)
    unmailed = RoleRequest.answered_at.is_not(None) & RoleRequest.mailed_at.is_(None)
    return session.scalar(sa.select(RoleRequest.id).where(late | unmailed).limit(1)) is not None


def _letter(unit: Unit, request: RoleRequest, letterhead: Letterhead) -> dict[str, Any]:
    """Write to who asked. Whoever gets the role hears of it by the mail about roles, or when they are invited."""
    person = request.asker
    written = _written(person, request, letterhead, unit.now)
    letter_key = f"{request.partnership.code}|{person.id}|{ROLE_ANSWERED}|{request.id}"
    return {
        "letter_key": letter_key,
        "kind": ROLE_ANSWERED,
        "partnership_id": request.partnership_id,
        "person_id": person.id,
        "morning": unit.today,
        "subject": written.subject,
        "body": written.body,
        "html": written.html,
        "message_id": message_id(letterhead, letter_key, generation_of(unit.session)),
        "next_try_at": unit.now,
        "written_at": unit.now,
    }


def _written(to: Person, request: RoleRequest, letterhead: Letterhead, now: datetime) -> Written:
    assert request.answer is not None  # noqa: S101  # only answered ones are told
    return write_role_letter(
        to.name,
        partnership=(request.partnership.code, request.partnership.name),
        name=request.name,
        role=request.role,
        agency=request.agency.name,
        asked_by=request.asker.name,
        asked_on=local_day(request.asked_at),
        answer=request.answer,
        answered_by=request.answered_by.partition(" <")[0],
        answered_on=local_day(request.answered_at or now),
        letterhead=letterhead,
    )
