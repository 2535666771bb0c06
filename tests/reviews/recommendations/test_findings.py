"""Findings, recommendations based on them, and challenges."""

import pytest
from sqlalchemy.orm import Session

from reviews.access.permissions import NotAllowed
from reviews.core.db import Database
from reviews.models import Case, CaseLink, Event, EventKind
from reviews.recommendations.commands import (
    Wording,
    add_finding,
    answer_recommendation,
    change_recommendation,
    make_recommendation,
    raise_challenge,
)
from reviews.recommendations.queries import find_finding, finding_of, findings_of, recommendations_of_finding
from reviews.transactions.unit_of_work import NotFound
from tests.builders import TODAY, World, a_case, a_recommendation, a_unit, a_world
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

GIVEN = {"raised_by": "Business manager", "agencies_asked": ("Anyshire Police",), "challenge": "Why not?"}


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database, world: World) -> Session:
    with database() as opened:
        yield opened


@pytest.fixture
def case(session: Session, world: World) -> Case:
    return a_case(session, world.anyshire.partnership, reference="RR-2026-03")


def test_findings_are_numbered_and_recommendations_rest_on_them(session: Session, world: World, case: Case) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    unit = a_unit(session, manager)
    first, second = add_finding(unit, case, text=" Nobody asked. "), add_finding(unit, case, text="Nobody wrote.")
    assert (first.reference, first.text, second.reference) == ("F1", "Nobody asked.", "F2")
    made = make_recommendation(unit, case, Wording("Ask.", success="Children are asked.", finding_id=first.id))
    assert finding_of(session, manager, made) is first
    assert recommendations_of_finding(session, manager, first) == [made]
    assert findings_of(session, manager, case) == [first, second]
    assert find_finding(session, manager, case, "F2") is second


def test_a_finding_of_another_case_is_no_ground(session: Session, world: World, case: Case) -> None:
    other = add_finding(a_unit(session), a_case(session, world.anyshire.partnership), text="Elsewhere.")
    with pytest.raises(Refused, match="Choose a finding of the same case"):
        make_recommendation(a_unit(session), case, Wording("Ask.", finding_id=other.id))


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001])
def test_a_finding_needs_a_text_that_fits(session: Session, case: Case, text: str) -> None:
    with pytest.raises(Refused):
        add_finding(a_unit(session), case, text=text)


def test_findings_are_for_the_unit_to_keep_and_for_readers_of_the_case(
    session: Session, world: World, case: Case
) -> None:
    made = add_finding(a_unit(session), case, text="Nobody asked.")
    for role in (Role.SUBGROUP_CHAIR, Role.AGENCY_LEAD, Role.CDOP_MANAGER):
        with pytest.raises(NotAllowed):
            add_finding(a_unit(session, world.anyshire.actors[role]), case, text="More.")
    for actor in (world.midmarch.actors[Role.BUSINESS_MANAGER], world.anyshire.actors[Role.CDOP_MANAGER]):
        with pytest.raises(NotFound):
            find_finding(session, actor, case, made.reference)


def test_a_recommendation_is_put_in_other_words_and_the_history_keeps_the_old_ones(
    session: Session, case: Case
) -> None:
    said, unit = a_recommendation(session, case, "Share."), a_unit(session)
    change_recommendation(unit, case, said, Wording("Share more.", evidence_wanted="An audit."))
    session.flush()
    told = session.query(Event).filter_by(kind=EventKind.RECOMMENDATION_CHANGED).one()
    assert told.details == {"recommendation": "R1", "before": {"text": "Share.", "evidence_wanted": ""}}
    with pytest.raises(Refused, match="You have not changed anything"):
        change_recommendation(unit, case, said, Wording("Share more. ", evidence_wanted="An audit."))


def answer(session: Session, case: Case, response: str, **more: object):
    said = a_recommendation(session, case)
    about = {"reason": "Not ours to do.", "by": "Executive group", **more}
    answer_recommendation(a_unit(session), case, said, response=response, **about)
    return said


def test_a_response_says_who_decided_it_and_when(session: Session, case: Case) -> None:
    said = answer(session, case, "accepted", by=" Executive   group, Sam Field ")
    assert (said.response_by, said.responded_on) == ("Executive group, Sam Field", TODAY)
    for response in ("accepted", "rejected", "already_done"):
        with pytest.raises(Refused, match="who decided"):
            answer(session, case, response, by=" ")


def test_a_recommendation_for_national_bodies_says_for_which(session: Session, case: Case) -> None:
    with pytest.raises(Refused, match="Enter which national body"):
        answer(session, case, "national")
    assert (
        answer(session, case, "national", addressee="Department for Education").addressee == "Department for Education"
    )


def test_a_rejected_recommendation_is_raised_in_the_challenge_log(session: Session, world: World, case: Case) -> None:
    said, place = answer(session, case, "rejected"), world.anyshire
    unit = a_unit(session, place.actors[Role.BUSINESS_MANAGER])
    raised = raise_challenge(unit, case, said, partnership=place.partnership, answers=dict(GIVEN), happened_on=TODAY)
    session.flush()
    link = session.query(CaseLink).one()
    assert (raised.workflow, link.from_case_id, link.to_case_id, link.kind) == (
        "challenge_entry",
        case.id,
        raised.id,
        "challenged",
    )


@pytest.mark.parametrize(("kind", "response", "sentence"), [
    ("rapid_review", "accepted", "You can only challenge a recommendation that was rejected"),
    ("cdop_case", "rejected", "cannot go into the challenge log"),
])  # fmt: skip
def test_no_other_is_challenged(session: Session, world: World, kind: str, response: str, sentence: str) -> None:
    place = world.anyshire
    asked = a_case(session, place.partnership, kind)
    said = answer(session, asked, response)
    with pytest.raises(Refused, match=sentence):
        raise_challenge(
            a_unit(session), asked, said, partnership=place.partnership, answers=dict(GIVEN), happened_on=TODAY
        )
