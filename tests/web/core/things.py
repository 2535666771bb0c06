"""One of everything that an address can name, and addresses filled in with it."""

import re
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import AddressProblem, FailureKind
from notifications.returns.address_problems import record_address_problem
from reviews.actions.evidence import add_evidence
from reviews.actions.parts import add_action_part
from reviews.cases.attachments import add_file
from reviews.cases.case_access import exclude
from reviews.cases.details import add_child
from reviews.core.keyring import Keyring
from reviews.files.store import folder_of, store
from reviews.identities.commands import store_identity
from reviews.imports.store_rows import Source, begin_run
from reviews.models import (
    AuditNotice,
    CalendarFeed,
    DisposalCertificate,
    Event,
    KnownDevice,
    RequestKind,
    RetentionHoldKind,
)
from reviews.people.absences import record_absence
from reviews.people.address_changes import ask_for_address
from reviews.people.role_requests import ask_for_role
from reviews.recommendations.commands import add_finding
from reviews.recommendations.themes import add_theme
from reviews.requests.commands import RequestDetails, add_request
from reviews.retention.decisions_on_cases import set_hold
from reviews.settings.reminder_policies import save_reminder_policy
from tests.builders import NOW, TODAY, Place, a_case, a_recommendation, a_unit, an_action
from tests.web.reminders.letters import a_letter
from tests.web.visitor import Doors
from workflows.core.vocabulary import Realm, Role, Rung

_numbers = count(1)


def make_things(doors: Doors, place: Place) -> dict[str, str]:
    """Make one of each thing of a partnership and of a review in it. The action is that of the action owner."""
    with doors.database.begin() as session:
        known = things_of_a_case(doors, session, place, "rapid_review", owned=True)
        return known | _things_of_a_partnership(doors, session, place, known)


def things_of_a_case(
    doors: Doors, session: Session, place: Place, workflow: str, *, owned: bool = False
) -> dict[str, str]:
    """Make a case with all that belongs to one, and give what names each in an address, and the word in every text."""
    word = f"Marigold{next(_numbers)}"
    case = a_case(session, place.partnership, workflow, title=word, pseudonyms=(f"Child {word}",))
    asked = a_recommendation(session, case, text=word)
    owner = place.people[Role.ACTION_OWNER] if owned else None
    action = an_action(session, case, recommendation=asked, owner=owner, text=word)
    finding = add_finding(a_unit(session), case, text=word)
    part = add_action_part(a_unit(session), action, agency_text=word)
    steps = sa.select(sa.func.max(Event.id)).where(Event.case_id == case.id, Event.action_id.is_(None))
    home = doors.app.extensions["followthrough"].settings.home
    minutes, report = (
        store(folder_of(home), BytesIO(word.encode()), "minutes.txt", Keyring(home / "keys")) for _ in range(2)
    )
    child = add_child(a_unit(session), case, pseudonym=f"Sibling {word}")
    session.flush()
    store_identity(a_unit(session), Keyring(home / "keys"), case, child.id, values={"name": "Sealed Name"})
    partner = place.people[Role.SAFEGUARDING_PARTNER]
    right = exclude(a_unit(session), case, email=partner.email, reason="They know the family.")
    hold = set_hold(a_unit(session), case, kind=RetentionHoldKind.INQUIRY, reason=word)
    clock = min(case.clocks, key=lambda each: each.id, default=None)
    session.flush()
    return {
        "word": word,
        "case": case.reference,
        "action": action.address,
        "recommendation": asked.reference,
        "finding": finding.reference,
        "strand": str(part.id),
        "event": str(session.scalar(steps.where(Event.step.is_not(None)))),
        "piece": str(add_evidence(a_unit(session), action, file=minutes).id),
        "run": str(begin_run(a_unit(session), case, Source("tracker.csv")).id),
        "child": str(child.id),
        "file": str(add_file(a_unit(session), case, report, title=word).id),
        "right": str(right.id),
        "case_number": str(case.id),
        "hold": str(hold.id),
        "clock": clock.name if clock else "sin",
        "since": clock.counted_from_on.isoformat() if clock else TODAY.isoformat(),
        "step": "convene_discussion" if workflow == "rapid_review" else "triage",
        "kind": "learning_review",
    }


def _things_of_a_partnership(doors: Doors, session: Session, place: Place, known: Mapping[str, str]) -> dict[str, str]:
    people, partnership = place.people, session.merge(place.partnership)
    owner, deputy = people[Role.ACTION_OWNER], people[Role.LEAD_REVIEWER]
    rung = Rung("due+1", 1, frozenset({Role.ACTION_OWNER}))
    save_reminder_policy(a_unit(session), partnership, name="ours", title="Ours", rungs=[rung])
    days: dict[str, date] = {"from_on": TODAY, "until_on": TODAY}
    away = record_absence(a_unit(session), partnership, email=owner.email, deputy_email=deputy.email, **days)
    theirs = CalendarFeed(
        person_id=people[Role.BUSINESS_MANAGER].id,
        name="x",
        token_hash=str(next(_numbers)),
        made_at=doors.clock.now(),
    )
    device = KnownDevice(
        person_id=theirs.person_id,
        token_hash=theirs.token_hash,
        name="Firefox",
        first_used_at=doors.clock.now(),
        used_at=doors.clock.now(),
    )
    notice = AuditNotice(
        partnership_id=partnership.id,
        person_id=owner.id,
        threshold="cases",
        count=60,
        from_at=doors.clock.now(),
        to_at=doors.clock.now(),
        recipient_role=Role.PRIVACY_OFFICER,
        raised_at=doors.clock.now(),
    )
    session.add_all((theirs, device, notice, a_certificate(partnership.id)))
    wanted = {"agency": place.agencies["Police"], "role": Role.SUBGROUP_CHAIR, "job_title": "Chair", "known_as": ""}
    chair = a_unit(session, place.actors[Role.SUBGROUP_CHAIR])
    waits = ask_for_role(chair, session.merge(owner), partnership, **wanted)
    asked = add_request(
        a_unit(session),
        partnership,
        RequestDetails(council_reference=known["word"]),
        kind=RequestKind.SUBJECT_ACCESS,
        received_on=TODAY,
    )
    ask_for_address(a_unit(session), email=owner.email, to=f"new-{owner.email}")
    action = a_unit(session).action(known["action"])
    letter = a_letter(session, place, action)
    session.flush()
    record_address_problem(
        a_unit(session), letter, owner.email, source="bounce", code="5.1.1", kind=FailureKind.ADDRESS
    )
    return {
        "theme": str(add_theme(a_unit(session), partnership.id, f"Dogs at home {known['word']}").id),
        "policy": "ours",
        "absence": str(away.id),
        "calendar": str(theirs.id),
        "device": str(device.id),
        "role_request": str(waits.id),
        "request": str(asked.id),
        "letter": str(letter.id),
        "trouble": str(session.scalar(sa.select(AddressProblem.id))),
        "audit_notice": str(notice.id),
        "agency": str(place.agencies["Police"].id),
        "person": str(owner.id),
    }


def a_certificate(partnership_id: int) -> DisposalCertificate:
    """Give the certificate of a case that was disposed of long ago."""
    return DisposalCertificate(
        partnership_id=partnership_id,
        number="DC-2026-01",
        realm=Realm.REVIEWS,
        reference="RR-2009-01",
        workflow="rapid_review",
        child_references=[],
        opened_year=2009,
        closed_on=TODAY.replace(year=2010),
        years=10,
        rule_set_by="x",
        due_since=TODAY.replace(year=2020),
        proposed_by="x",
        proposed_at=NOW,
        approved_by="y",
        approved_at=NOW,
        run_by="operator (ann)",
        run_at=NOW,
        counts={"cases": 1},
        files=0,
        digest="0" * 64,
        backups=[],
        finished_at=NOW,
    )


def filled(rule: str, known: Mapping[str, str]) -> str:
    """Fill in the rule of an address."""
    parts = {
        "filename": "favicon.svg",
        "name": "rapid_review",
        "kind": "parallel_process",
        "token": "x" * 32,
        "app": "1",
        "factor": "1",
        "factor_kind": "app",
        "reset": "1",
        "form_id": "x" * 22,
    }
    parts |= {"right": known["right"], "device": known.get("device", "1"), "side": "old", "answer": "withdraw"}
    parts |= {"sample": "news", "version": "2", "into": "csv", "role": "action_owner"}
    parts |= {"workflow": "rapid_review", "deadline": "meeting"}
    parts |= {name: known.get(name, "1") for name in ("run", "finding", "strand", "piece", "event", "clock", "since")}
    parts |= {name: known.get(name, "1") for name in ("letter", "trouble", "absence", "calendar", "person", "agency")}
    parts |= {"policy": known.get("policy", ""), "theme_id": known.get("theme", "1")}
    parts |= {"address": known["action"], "reference": known["case"], "number": known["recommendation"]}
    parts["step"] = "progress" if rule.startswith("/actions") else known["step"]
    if rule.startswith("/people/roles"):
        parts["number"] = known.get("role_request", "1")
    if rule.startswith("/registers/requests"):
        parts["number"] = known.get("request", "1")
    if rule.startswith("/audit/notices"):
        parts["number"] = known.get("audit_notice", "1")
    if rule.startswith("/retention"):
        parts |= {"number": known["case_number"], "hold": known["hold"], "certificate": "DC-2026-01"}
    if "children" in rule:
        parts["number"] = known["child"]  # not of a recommendation
    if "/files/" in rule:
        parts["number"] = known["file"]
    if rule.endswith("/kind/<kind>"):
        parts["kind"] = known["kind"]  # to which a case is changed, not what is listed in it
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: parts[part[1]], rule)
