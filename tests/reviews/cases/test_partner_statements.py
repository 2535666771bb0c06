"""The safeguarding partners: who must sign, who may sign for whom, and what each thinks of a notification."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.cases.corrections import correct_step
from reviews.cases.history import read_history
from reviews.cases.page_queries import step_options
from reviews.cases.partner_statements import partner_choices, partner_facts, partner_statements, recorded_on_behalf
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import Database
from reviews.definitions.installed import definition_of
from reviews.models import AgencyKind, Case, Partner
from reviews.people.agencies import Successor, merge_or_split_agency
from reviews.people.partners import set_partner
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import (
    RETURNS_IN,
    STATUTORY,
    TODAY,
    World,
    a_case,
    a_partnership,
    a_person,
    a_unit,
    a_world,
    actor_of,
    an_agency,
    facts_for,
    small_cases,
    take,
)
from tests.changes import nothing_changes
from workflows.catalogue import BUILT_IN
from workflows.core.engine import NotReady, Refused, WrongRole
from workflows.core.vocabulary import Role

COUNCIL, HEALTH, POLICE = STATUTORY
TO_SIGN_OFF = (
    "convene_discussion",
    "decide_notify",
    "submit_sin",
    "open_gathering",
    RETURNS_IN,
    "hold_meeting",
    "submit_for_signoff",
)


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.begin() as session:
        yield session


@pytest.fixture
def case(database: Database, world: World) -> Case:
    """Give a rapid review that waits for its signatures."""
    with database.begin() as session:
        made = a_case(session, world.anyshire.partnership, reference="RR-1")
        take(session, made, *TO_SIGN_OFF)
        return made


@pytest.fixture
def partner(database: Database, world: World) -> Callable[[str], Actor]:
    """Give a function that makes the safeguarding partner of an agency."""

    def make(word: str) -> Actor:
        with database.begin() as session:
            place = world.anyshire
            return actor_of(
                session, a_person(session, place.partnership, Role.SAFEGUARDING_PARTNER, place.agencies[word])
            )

    return make


def signs(database: Database, clock: StoppedClock, actor: Actor, *names: str, step: str = "sign") -> None:
    with unit_of_work(database, actor, clock) as unit:
        case = unit.case("RR-1")
        asked = definition_of(unit.session, case).step(step)
        assert asked is not None
        answers = facts_for(asked, signed_for=names) if names else facts_for(asked)
        take_case_step(unit, case, step, happened_on=TODAY, answers=answers)


def test_a_partner_of_the_council_is_refused_the_polices_signature(database, clock, world, case, partner) -> None:
    council, police = partner("Council"), partner("Police")
    with nothing_changes(database), pytest.raises(WrongRole, match="You speak for Anyshire Council only, not for Any"):
        signs(database, clock, council, POLICE)
    with nothing_changes(database), pytest.raises(WrongRole):
        signs(database, clock, council, COUNCIL, POLICE)
    signs(database, clock, council, COUNCIL)
    with reading(database) as session:
        case = session.get_one(Case, case.id)
        step = next(step for step in definition_of(session, case).steps if step.name == "sign")
        assert partner_choices(session, council, case, step, today=TODAY) == []
        assert partner_choices(session, police, case, step, today=TODAY) == [POLICE]


def test_a_partner_of_the_council_is_refused_the_polices_step_of_an_earlier_version(database, world, partner) -> None:
    """Cases that run keep their version, whose signatures are three steps; who may sign is the same rule."""
    council, police, then = partner("Council"), partner("Police"), read_moment("2026-10-05T10:00")
    with database.begin() as session:
        opening = BUILT_IN.version("rapid_review", 2).opening
        assert opening is not None
        case = open_case(
            a_unit(session, now=then),
            workflow="rapid_review",
            partnership=world.anyshire.partnership,
            happened_on=date(2026, 10, 5),
            answers=facts_for(opening, on=date(2026, 10, 5)),
        )
        assert case.workflow_version == 2
        case.tracks[0].stage = "sign_off"
        session.flush()
        workflow, on = definition_of(session, case), TODAY
        found = step_options(session, council, case, workflow, read_history(session, case), today=on)
        options = {each.step.name: each.refusal for each in found}
        assert options["sign_local_authority"] is None
        assert isinstance(options["sign_police"], WrongRole)
        signing = workflow.step("sign_police")
        assert signing is not None
        with pytest.raises(WrongRole, match="It can be recorded by: a partner of Anyshire Police"):
            take_case_step(a_unit(session, council), case, "sign_police", happened_on=on, answers=facts_for(signing))
        take_case_step(a_unit(session, police), case, "sign_police", happened_on=on, answers=facts_for(signing))
        case.workflow_version = 4  # as after a migration: what was signed by the earlier step stays signed
        facts = partner_facts(session, case, definition_of(session, case), on=on, names={"partners_not_signed"})
        assert facts == {"partners_not_signed": (COUNCIL, HEALTH)}


def test_every_statutory_partner_of_that_day_must_sign_and_local_ones_may(
    database, clock, world, case, partner
) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with database.begin() as session:
        school = an_agency(session, world.anyshire.partnership, "Anyshire Schools")
        set_partner(
            a_unit(session), world.anyshire.partnership, school, from_on=TODAY - timedelta(days=9), until_on=None
        )
        teacher = actor_of(session, a_person(session, world.anyshire.partnership, Role.SAFEGUARDING_PARTNER, school))
    for word, name in (("Council", COUNCIL), ("Police", POLICE)):
        signs(database, clock, partner(word), name)
    signs(database, clock, teacher, "Anyshire Schools")
    with pytest.raises(NotReady) as refusal:
        signs(database, clock, manager, step="sign_off")
    assert refusal.value.missing == (f"the signature of {HEALTH}",)
    with pytest.raises(Refused, match="Anyshire Police has signed already"):
        signs(database, clock, partner("Police"), POLICE)
    signs(database, clock, partner("Integrated Care Board"), HEALTH)
    signs(database, clock, manager, step="sign_off")


def test_a_manager_records_on_behalf_with_who_said_so_and_it_is_listed(database, clock, world, case, partner) -> None:
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with pytest.raises(WrongRole):
        signs(database, clock, manager, POLICE)
    with pytest.raises(WrongRole):
        signs(database, clock, partner("Police"), POLICE, step="sign_on_behalf")
    signs(database, clock, manager, POLICE, step="sign_on_behalf")
    with reading(database) as session:
        case = session.get_one(Case, case.id)
        (signature,) = partner_statements(session, case, definition_of(session, case)).signatures
        assert (signature.partner, signature.on_behalf, signature.confirmed_by) == (POLICE, True, "some words")
        (line,) = recorded_on_behalf(session, manager).rows
        assert (line.reference, line.partners, line.confirmed_by, line.confirmed_on) == (
            "RR-1",
            (POLICE,),
            "some words",
            TODAY,
        )
        elsewhere = world.midmarch.actors[Role.BUSINESS_MANAGER]
        assert recorded_on_behalf(session, elsewhere).total == 0


def test_a_partner_does_not_correct_anothers_signature(database, clock, world, case, partner) -> None:
    signs(database, clock, partner("Police"), POLICE)
    with reading(database) as session:
        event_id = next(step.event_id for step in read_history(session, case).steps if step.step == "sign")
    answers = {"signed_for": (COUNCIL,), "signatory": "Somebody else"}
    council = partner("Council")
    with nothing_changes(database), pytest.raises(WrongRole), unit_of_work(database, council, clock) as unit:
        correct_step(unit, unit.case("RR-1"), event_id, happened_on=TODAY, answers=answers, reason="It was us.")


def test_a_partnership_without_statutory_partners_is_asked_for_all_three(session) -> None:
    case = a_case(session, a_partnership(session))
    step = definition_of(session, case).step("convene_discussion")
    assert step is not None
    with pytest.raises(NotReady, match="names them on the page “Partners”") as refusal:
        take_case_step(a_unit(session), case, step.name, happened_on=TODAY, answers=facts_for(step))
    assert refusal.value.missing[:3] == ("the local authority", "the integrated care board", "the police")


def test_what_was_no_partner_on_that_day_is_refused(session) -> None:
    partnership = a_partnership(session)
    case = a_case(session, partnership, opened_on=TODAY - timedelta(days=3))
    for name, kind in zip(STATUTORY, AgencyKind, strict=False):
        an_agency(session, partnership, name, kind)
    school = an_agency(session, partnership, "Anyshire Schools")
    set_partner(a_unit(session), partnership, school, from_on=TODAY, until_on=None)
    step = definition_of(session, case).step("convene_discussion")
    assert step is not None
    answers = facts_for(step, partners_invited=(*STATUTORY, "Anyshire Schools"))
    with pytest.raises(Refused, match="Anyshire Schools was not a safeguarding partner on 19 November 2026"):
        take_case_step(a_unit(session), case, step.name, happened_on=TODAY - timedelta(days=1), answers=answers)
    take_case_step(a_unit(session), case, step.name, happened_on=TODAY, answers=answers)


def test_a_signature_holds_for_the_agency_that_replaced_the_one_that_gave_it(
    database, clock, world, case, partner
) -> None:
    signs(database, clock, partner("Integrated Care Board"), HEALTH)
    manager, place = world.anyshire.actors[Role.BUSINESS_MANAGER], world.anyshire
    with unit_of_work(database, manager, clock) as unit:
        merge_or_split_agency(
            unit,
            unit.partnership("ANYSHIRE"),
            old=[place.agencies["Integrated Care Board"]],
            new=[Successor("Two Shires Integrated Care Board")],
            on=TODAY,
        )
    with database.begin() as session:
        old = session.get_one(Partner, place.agencies["Integrated Care Board"].id)
        assert old.until_on == TODAY - timedelta(days=1)
        take(session, session.get_one(Case, case.id), "sign", signed_for=(COUNCIL, POLICE))
        take(session, session.get_one(Case, case.id), "sign_off")


def test_a_decision_not_to_notify_needs_every_view_and_a_difference_is_escalated(session) -> None:
    case = a_case(session, a_partnership(session))
    take(session, case, "convene_discussion")
    take(session, case, "record_view", view_of=(COUNCIL,), view="not_notifiable")
    with pytest.raises(NotReady) as refusal:
        take(session, case, "decide_not_notifiable")
    assert refusal.value.missing == (f"the view of {HEALTH}", f"the view of {POLICE}")
    take(session, case, "record_view", view_of=(HEALTH,), view="abstains")
    take(session, case, "record_view", view_of=(POLICE,), view="notifiable", view_reason="The harm is serious.")
    for step in ("decide_not_notifiable", "decide_notify"):
        with pytest.raises(NotReady, match="If the partners differ") as refusal:
            take(session, case, step)
        (missing,) = refusal.value.missing
        assert "Anyshire Council: not notifiable, Anyshire Police: notifiable" in missing
    take(session, case, "escalate")
    take(session, case, "decide_not_notifiable")
    said = partner_statements(session, case, definition_of(session, case))
    assert [(each.partner, each.view) for each in said.views] == [
        (COUNCIL, "not_notifiable"),
        (HEALTH, "abstains"),
        (POLICE, "notifiable"),
    ]
    assert [each.partner for each in said.differing] == [COUNCIL, POLICE]
    assert len(said.escalations) == 1


def test_the_latest_view_holds_and_a_reason_not_to_escalate_is_enough(session) -> None:
    case = a_case(session, a_partnership(session))
    take(session, case, "convene_discussion")
    take(session, case, "record_view", view="notifiable")
    take(session, case, "record_view", view_of=(POLICE,), view="not_notifiable")
    with pytest.raises(NotReady):
        take(session, case, "decide_notify")
    take(session, case, "decide_notify", not_escalated_reason="The police accept the decision of the council.")
    assert not small_cases(session, case)


def test_a_death_without_abuse_goes_to_the_secretary_of_state_and_ofsted_each_with_its_day(session) -> None:
    case = a_case(session, a_partnership(session), opened_on=TODAY - timedelta(days=2))
    take(session, case, "convene_discussion")
    take(session, case, "decide_notify", nature="looked_after_death", abuse_or_neglect=False)
    step = definition_of(session, case).step("notify_only")
    assert step is not None
    with pytest.raises(NotReady) as refusal:
        answers = facts_for(step) | {"secretary_of_state_told_on": None, "ofsted_told_on": None}
        take_case_step(a_unit(session), case, step.name, happened_on=TODAY, answers=answers)
    assert refusal.value.missing == ("The Secretary of State was told on", "Ofsted was told on")
    take(session, case, "notify_only", secretary_of_state_told_on=TODAY, ofsted_told_on=TODAY - timedelta(days=1))
    facts = {fact.name: fact.value for fact in case.facts}
    assert (facts["secretary_of_state_told_on"], facts["ofsted_told_on"]) == (TODAY, TODAY - timedelta(days=1))
    assert "partners_told_on" not in facts
    assert [clock.met_on for clock in case.clocks if clock.name == "sin"] == [TODAY]
    assert "rapid_review" not in {clock.name for clock in case.clocks}
