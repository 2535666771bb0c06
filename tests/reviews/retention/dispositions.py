"""A case with everything a case can have, due for disposal, and the two people who decide on it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Letter, LetterAnswer, LetterState, Reminder
from reviews.access.permissions import system
from reviews.actions.evidence import add_evidence
from reviews.actions.parts import add_action_part
from reviews.cases.attachments import add_file
from reviews.cases.case_access import exclude
from reviews.cases.details import add_child
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.core.keyring import Keyring
from reviews.core.settings import Environment, Settings
from reviews.files.store import folder_of, store
from reviews.identities.commands import store_identity
from reviews.imports.store_rows import Source, begin_run
from reviews.models import (
    Action,
    ActionAnswer,
    Assurance,
    Case,
    CaseClock,
    CaseHold,
    CaseLink,
    CasePerson,
    ColumnMapping,
    Delay,
    DisposalCertificate,
    Extension,
    ExtensionRequest,
    IdentityOpening,
    ImpactCheck,
    ImportChange,
    ImportQuestion,
    OpeningPurpose,
    PlanRules,
    ProgressUpdate,
    SentForm,
    Snooze,
)
from reviews.people.saved_forms import TypedForm, save_form
from reviews.recommendations.commands import add_finding
from reviews.recommendations.themes import set_themes
from reviews.retention.decisions_on_cases import approve_disposal, propose_disposal
from reviews.retention.dispose import dispose_of, finish_disposals
from reviews.retention.review_list import find_retained
from reviews.retention.schedule import set_rule
from tests.builders import NOW, TODAY, Place, a_case, a_process, a_recommendation, a_unit, an_action
from workflows.core.vocabulary import Role

OPERATOR = system("operator (ann)")
KEY = b"k" * 32
LONG_AGO = date(2015, 3, 2)
CLOSED = date(2016, 4, 1)


@dataclass(frozen=True)
class Full:
    """The case, by its number and reference, and the names of its stored files."""

    number: int
    reference: str
    files: tuple[str, ...]


def settings_of(database: Database, home: Path, **more: object) -> Settings:
    return Settings(home=home, env=Environment.TEST, **more)


def a_full_case(session: Session, place: Place, home: Path, word: str = "Marigold") -> Full:
    """Make a review with a row in every table that a case can have, all ended years ago."""
    agencies = (place.agencies["Police"],)
    case = a_case(session, place.partnership, title=word, pseudonyms=(f"Child {word}",), agencies=agencies)
    other = a_case(session, place.partnership)
    unit = a_unit(session)
    a_process(session, case)
    child = add_child(unit, case, pseudonym=f"Sibling {word}")
    session.flush()
    finding = add_finding(unit, case, text=word)
    asked = a_recommendation(session, case, text=f"{word} should be heard")
    theirs = a_recommendation(session, other)
    action = an_action(session, case, recommendation=asked, text=word, owner=place.people[Role.ACTION_OWNER])
    their_action = an_action(session, other, recommendation=theirs)
    session.flush()
    set_themes(unit, case, finding, ["Neglect"])
    set_themes(unit, case, asked, ["Neglect"])
    add_action_part(unit, action, agency_text=word)
    keyring = Keyring(home / "keys")
    minutes, report = (store(folder_of(home), BytesIO(word.encode()), "minutes.txt", keyring) for _ in range(2))
    add_evidence(unit, action, file=minutes)
    add_file(unit, case, report, title=word)
    store_identity(unit, keyring, case, child.id, values={"name": word})
    owner, reviewer = place.people[Role.ACTION_OWNER], place.people[Role.LEAD_REVIEWER]
    exclude(unit, case, email=place.people[Role.SAFEGUARDING_PARTNER].email, reason=word)
    run = begin_run(unit, case, Source(f"{word}.csv"))
    session.flush()
    clock = session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id)).first()
    assert clock is not None
    session.add_all(
        [
            CasePerson(case_id=case.id, person_id=reviewer.id),
            IdentityOpening(
                case_id=case.id, child_id=child.id, purpose=OpeningPurpose.CORRECTION, reason=word,
                opened_at=NOW, opened_by="x",
            ),
            CaseLink(from_case_id=case.id, to_case_id=other.id, kind="led_to", linked_at=NOW),
            CaseHold(case_id=case.id, track="review", held_at="x", reason=word, placed_on=LONG_AGO, lifted_on=LONG_AGO),
            PlanRules(case_id=case.id, amber_days=3),
            ActionAnswer(action_id=action.id, recommendation_id=theirs.id),
            ActionAnswer(action_id=their_action.id, recommendation_id=asked.id),
            Assurance(
                action_id=action.id, kind="audit", seen_on=TODAY, text=word, is_assured=True, given_by="x", given_at=NOW
            ),
            Delay(action_id=action.id, due_on=TODAY, expected_on=TODAY, reason=word, reported_by="x", reported_at=NOW),
            ExtensionRequest(action_id=action.id, wanted_due_on=TODAY, reason=word, asked_by="x", asked_at=NOW),
            Extension(
                action_id=action.id,
                previous_due_on=LONG_AGO,
                new_due_on=TODAY,
                reason=word,
                granted_by="x",
                granted_at=NOW,
            ),
            ImpactCheck(action_id=action.id, months=6, due_on=TODAY, text=word),
            ProgressUpdate(action_id=action.id, happened_on=TODAY, text=word, reported_by="x", reported_at=NOW),
            Snooze(action_id=action.id, person_id=owner.id, until_on=TODAY, reason=word, asked_at=NOW),
            ImportChange(run_id=run.id, action_id=action.id, row=2, before={"text": word}),
            ImportQuestion(
                case_id=case.id, action_id=action.id, run_id=run.id, sheet=word, row=2, field="due", text=word,
                reason=word, offered=[word],
            ),
            ColumnMapping(
                partnership_id=place.partnership.id,
                headings_sha256="0" * 64,
                mapping={"due": "When"},
                answers={word: "-", f"due/{word}": "-", "tbc": "-"},
                saved_at=NOW,
                saved_by="x",
            ),
            SentForm(form_id="about it", leads_to=f"/cases/{case.reference}", sent_at=NOW),
            SentForm(form_id="about another", leads_to=f"/cases/{case.reference}1", sent_at=NOW),
        ]
    )  # fmt: skip
    save_form(unit, KEY, owner.id, TypedForm(f"/cases/{case.reference}/edit", (("title", word),)))
    save_form(unit, KEY, owner.id, TypedForm("/cases/new", (("title", "another"),)))
    letters = [
        Letter(
            letter_key=f"key {name}", kind="morning", partnership_id=place.partnership.id, person_id=owner.id,
            morning=TODAY, subject="Followthrough", body=body, html=f"<p>{body}</p>", message_id=f"<{name}>",
            state=LetterState.SENT, next_try_at=NOW, sent_at=NOW,
        )
        for name, body in (
            ("reminding", word),
            ("naming", f"{word}: see {case.reference}/R1/A1."),
            ("of another", f"About {case.reference}1."),
        )
    ]  # fmt: skip
    session.add_all(letters)
    session.flush()
    session.add_all(
        [
            Reminder(action_id=action.id, person_id=owner.id, rung="due", about="x", letter_id=letters[0].id, why=word),
            Reminder(clock_id=clock.id, person_id=owner.id, rung="due", about="x", letter_id=letters[0].id),
            Reminder(action_id=their_action.id, person_id=owner.id, rung="due", about="x", letter_id=letters[2].id),
            LetterAnswer(
                letter_id=letters[0].id,
                action_id=action.id,
                answer="seen",
                recorded={"words": word},
                answered_at=NOW,
            ),
        ]
    )
    _end(session, case, other)
    return Full(case.id, case.reference, (minutes.stored_as, report.stored_as))


def _end(session: Session, case: Case, other: Case) -> None:
    """Close the cases and actions as they stand: how they come to close is tested elsewhere."""
    session.flush()
    trees = sa.select(Case.id).where(sa.or_(Case.id.in_((case.id, other.id)), Case.parent_id == case.id))
    ids = session.scalars(trees).all()
    session.execute(sa.update(Action).where(Action.case_id.in_(ids)).values(ended_on=TODAY))
    session.execute(sa.update(Case).where(Case.id == other.id).values(closed_on=TODAY))
    days = {"opened_on": LONG_AGO, "closed_on": CLOSED}
    session.execute(sa.update(Case).where(Case.id.in_(ids), Case.id != other.id).values(days))
    session.expire_all()


def a_rule(session: Session, place: Place, years: int = 10, workflow: str = "rapid_review") -> None:
    unit = a_unit(session, place.actors[Role.BUSINESS_MANAGER])
    set_rule(unit, unit.partnership(place.partnership.code), workflow=workflow, years=years, reason="As the council.")


def approve(database: Database, place: Place, number: int) -> None:
    """Have the privacy officer propose, and the business manager approve."""
    with database.begin() as session:
        privacy, manager = (place.actors[role] for role in (Role.PRIVACY_OFFICER, Role.BUSINESS_MANAGER))
        unit = a_unit(session, privacy)
        propose_disposal(unit, find_retained(unit, number=number), reason="Nothing speaks for keeping it.")
        unit = a_unit(session, manager)
        approve_disposal(unit, find_retained(unit, number=number))


def dispose(database: Database, settings: Settings, number: int, *, finish: bool = True) -> DisposalCertificate:
    clock = StoppedClock(NOW)
    made = dispose_of(database, settings, clock, OPERATOR, number=number, forms_key=KEY)
    if finish:
        finish_disposals(database, settings, clock, OPERATOR)
    with database() as session:
        return session.get_one(DisposalCertificate, made.id)


MADE_BEFORE = datetime(2026, 11, 1, 3, tzinfo=UTC)
