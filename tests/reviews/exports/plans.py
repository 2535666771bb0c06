"""A plan that is hard to export and to read back, and helpers that do both."""

from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.exports.formats import FORMATS
from reviews.exports.plan_rows import ExportedPlan, exported_plan, find_plan
from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import TrackerImport, import_plan
from reviews.models import (
    Action,
    ActionAnswer,
    ActionPart,
    Case,
    Delay,
    Evidence,
    Extension,
    ExtensionRequest,
    ImpactCheck,
    ImpactResult,
    Partnership,
    PartState,
    ProgressUpdate,
)
from reviews.models.actions import Assurance
from reviews.recommendations.commands import add_finding, answer_recommendation
from reviews.transactions.unit_of_work import Unit
from tests.builders import BUILDER, NOW, TODAY, Place, a_case, a_recommendation, a_unit, an_action
from workflows.core.days import Precision
from workflows.core.vocabulary import Role

DANGEROUS = (
    "=cmd|' /C calc'!A0",
    "+44 1632 960 001 is the number to ring.",
    "-2+3",
    "@SUM(A1:A9)",
    "'=already guarded",
    "''@twice guarded",
    "'an apostrophe of its own",
    "＝1+1 in full width",
    "\u200b=hidden behind nothing",
)
ODD = (
    "Long " + "and longer " * 908,
    'First line.\n\nSecond line; with a semicolon, a comma and “quotes” and "others".\r\nThird line.',
    "Siân ŵ Łukasz Ολγα Дарья 日本 😀 e\u0301",
    "007",
    "31/12/2026",
    "Completed.",
    "Total",
    "Literally _x0041_ and _x000D_ and a vertical \x0b tab",
    "<b>bold</b> & <script>alert(1)</script>",
    "See sheet 2.",
    "1.1 Begins like a reference",
    "Action",
)


def a_hard_plan(session: Session, place: Place) -> Case:
    """Make a plan of everything that a file could spoil on the way out or back."""
    case = a_case(session, place.partnership, "strategy_plan", reference="SP-2026-77", title="=A neutral title")
    said = a_recommendation(session, case, '=HYPERLINK("x") should be shared.')
    said.finding_id = add_finding(a_unit(session), case, text="-1 agency knew.").id
    answer_recommendation(a_unit(session), case, said, response="accepted", reason="", by="@Executive")
    unanswered = a_recommendation(session, case, "Nobody has taken this up.")
    for number, text in enumerate((*DANGEROUS, *ODD, ODD[0], ODD[3])):
        action = an_action(
            session, case, text=text, recommendation=said, due_on=TODAY + timedelta(days=number * 9 - 60)
        )
        action.success_measure = text
    action.due_known_to, action.original_due_known_to = Precision.QUARTER, Precision.MONTH
    _undated(session, case)
    _full(session, place, case, unanswered.id)
    session.flush()
    return case


def _undated(session: Session, case: Case) -> None:
    for text, owner in (("TBC", ""), ("end of Q3", "Team Manager / Head of Service"), ("=NOW()", "Nobody; of us")):
        action = an_action(session, case, due_on=None, due_text=text, owner_text=owner)
        action.rating_reported, action.awaiting_status = "", True
    an_action(session, case, due_on=date(2100, 1, 31), text="Due in another century.")


def _full(session: Session, place: Place, case: Case, unanswered: int) -> None:
    owner = place.people[Role.ACTION_OWNER]
    action = an_action(
        session,
        case,
        owner=owner,
        agency=place.agencies["Police"],
        stage="complete_awaiting_impact",
        text="Everything is kept of this one.",
        due_on=TODAY + timedelta(days=30),
    )
    action.source_reference, action.status_text, action.kind = "1.1/a", "100% complete", "training"
    action.start_on = action.review_on = date(2026, 1, 5)
    action.order = 3
    action.reference_name = "=Bruising protocol"
    action.original_due_on, action.times_extended = date(2026, 3, 31), 1
    action.owner_rating, action.chair_rating, action.chair_rating_reason = "Green", "Amber", "=Not seen in practice"
    action.rating_reported, action.lead_agency_text = "=Amber/Red", "-Board\nTwo wards"
    action.blocked_plan = "-The venue is looked for."
    action.chair_rating_by, action.deputy_id = "Kit Moor <chair@anyshire.example>", place.people[Role.AGENCY_LEAD].id
    signed = "Robin Ash <owner@anyshire.example>"
    for number, text in enumerate((*DANGEROUS, *ODD[1:], "The same again.", "The same again.")):
        on = TODAY - timedelta(days=number)
        action.progress.append(ProgressUpdate(happened_on=on, text=text, reported_by=signed, reported_at=NOW))
    for text in ("=1+1", "Completed."):
        action.evidence.append(Evidence(text=text, offered_by=signed, offered_at=NOW))
    action.evidence.append(
        Evidence(text="", kind="file", file_name="=minutes.pdf", shows="minute", offered_by=signed, offered_at=NOW)
    )
    action.evidence.append(
        Evidence(
            text="The wrong minutes.",
            offered_by=signed,
            offered_at=NOW,
            withdrawn_on=TODAY,
            withdrawn_by=signed,
            withdrawn_reason="=They speak of another plan.",
        )
    )
    dates = {"previous_due_on": date(2026, 3, 31), "new_due_on": action.due_on}
    action.extensions.append(Extension(**dates, reason="-The venue was lost.", granted_by=signed, granted_at=NOW))
    action.delays.append(
        Delay(due_on=TODAY, expected_on=TODAY, reason="+Two wards wait.", reported_by=signed, reported_at=NOW)
    )
    number, asked = action.id, {"reason": "More.", "asked_by": signed, "asked_at": NOW}
    session.add_all(
        [
            ActionAnswer(action_id=number, recommendation_id=unanswered),
            ActionPart(action_id=number, agency_text="=Body one", note="@note", due_on=TODAY),
            ActionPart(action_id=number, agency_text="Body two", state=PartState.DONE, ended_on=TODAY),
            ExtensionRequest(action_id=number, wanted_due_on=TODAY, **asked),
            Assurance(
                action_id=number, kind="audit", seen_on=TODAY, text="=", is_assured=True, given_by=signed, given_at=NOW
            ),
            ImpactCheck(
                action_id=number, months=3, due_on=TODAY, result=ImpactResult.PARTLY, text="+", answered_on=TODAY
            ),
        ]
    )


def exported(session: Session, actor: Actor, reference: str, partnership: str | None = None) -> ExportedPlan:
    session.flush()
    case, sees_case = find_plan(session, actor, reference, partnership=partnership)
    return exported_plan(session, actor, case, sees_case=sees_case, now=NOW)


def written(folder: Path, plan: ExportedPlan, into: str) -> Path:
    path = folder / f"{plan.reference}.{into}"
    path.write_bytes(FORMATS[into].write(plan))
    return path


def read_back(session: Session, place: Partnership, reference: str, path: Path) -> TrackerImport:
    done = import_plan(Unit(session, BUILDER, NOW), place, reference=reference, plan=read_plan(path))
    session.flush()
    return done


def the_action(session: Session, reference: str) -> Action:
    return session.scalars(sa.select(Action).where(Action.reference == reference)).one()
