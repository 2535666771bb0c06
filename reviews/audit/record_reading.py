"""That somebody read the audit log, or disclosed some of it, is written to it before anything is shown."""

from datetime import datetime

from reviews.access.permissions import GRANTS, Actor, Permission
from reviews.audit.queries import CaseSubject, Subject
from reviews.audit.write_entry import NewEntry, write_entry
from reviews.core.db import Database
from reviews.models import AuditKind, Through

LONGEST_ROLE, LONGEST_NAME, LONGEST_OUTCOME = 200, 200, 60


def record_reading(
    database: Database,
    actor: Actor,
    subject: Subject,
    *,
    at: datetime,
    through: Through,
    route: str,
    number: int,
    disclosed: str = "",
    network: str = "",
    request_id: str = "",
) -> None:
    """Write who read what about a case or a person, and how many entries, for each partnership whose log it was.

    `disclosed` is the format and the purpose of a disclosure; without, it was read only.
    """
    outcome = [disclosed] if disclosed else []
    if not isinstance(subject, CaseSubject):
        outcome.append(f"person {subject.person_id}")
    for partnership_id in [subject.partnership_id] if isinstance(subject, CaseSubject) else subject.partnership_ids:
        roles = {each.role for each in actor.roles_held_in(partnership_id)} & GRANTS[Permission.SEE_AUDIT]
        write_entry(
            database,
            NewEntry(
                at=at,
                kind=AuditKind.EXPORTED if disclosed else AuditKind.LISTED,
                through=through,
                route=route,
                partnership_id=partnership_id,
                person_id=actor.person_id,
                person=(f"{actor.operator} for {actor.name}" if actor.operator else actor.name)[:LONGEST_NAME],
                role=", ".join(sorted(role.value for role in roles))[:LONGEST_ROLE],
                case_id=subject.numbers[0] if isinstance(subject, CaseSubject) and subject.numbers else None,
                reference=subject.reference if isinstance(subject, CaseSubject) else "",
                outcome=", ".join(outcome)[:LONGEST_OUTCOME],
                number=number,
                network=network,
                request_id=request_id,
            ),
        )
