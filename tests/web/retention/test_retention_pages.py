"""Pages of retention: the privacy officer sees references and no text, and two people decide."""

import pytest
import sqlalchemy as sa

from reviews.models import Case, RetentionHold
from tests.builders import a_case
from tests.reviews.retention.dispositions import CLOSED, LONG_AGO, a_rule
from tests.web.core.things import a_certificate
from workflows.core.vocabulary import Role

TITLE = "Marigold"


@pytest.fixture
def case(doors, world) -> Case:
    """Make a case that is due."""
    with doors.database.begin() as session:
        a_rule(session, world.anyshire)
        made = a_case(session, world.anyshire.partnership, title=TITLE)
        session.flush()
        days = {"opened_on": LONG_AGO, "closed_on": CLOSED}
        session.execute(sa.update(Case).where(sa.or_(Case.id == made.id, Case.parent_id == made.id)).values(days))
    return made


@pytest.fixture
def manager(doors, world):
    return doors.visitor(world.anyshire.people[Role.BUSINESS_MANAGER].email)


@pytest.fixture
def privacy(doors, world):
    return doors.visitor(world.anyshire.people[Role.PRIVACY_OFFICER].email)


def test_the_privacy_officer_sees_what_is_due_and_no_text(privacy, case):
    assert privacy.open("/retention") == 200
    assert f"{case.reference} Rapid review 1 April 2016 1 April 2026 10 years after it closed" in privacy.said
    assert TITLE not in privacy.html
    assert privacy.open(f"/retention/cases/{case.id}") == 200
    assert TITLE not in privacy.html
    assert privacy.open(f"/cases/{case.reference}") == 403


def test_two_people_decide(privacy, manager, case):
    here = f"/retention/cases/{case.id}"
    assert privacy.send(f"{here}/propose", reason="Over.") == 303
    assert privacy.open(f"{here}/approve") == 403
    assert "not whoever proposed it" in privacy.said
    assert manager.open(here) == 200
    assert "proposed to dispose of it" in manager.said
    assert manager.send(f"{here}/approve") == 303
    assert manager.follow() == 200
    assert f"followthrough retention dispose {case.reference}" in manager.said
    assert privacy.send(f"{here}/refuse", reason="Not yet.") == 303
    assert manager.open("/retention") == 200
    assert "Disposal approved" not in manager.said


def test_a_hold_is_seen_on_the_case_by_everybody_and_released_by_a_person(doors, world, manager, case):
    here = f"/retention/cases/{case.id}"
    assert manager.send(f"{here}/hold", kind="inquiry") == 422
    assert manager.send(f"{here}/hold", kind="inquiry", reason="The inquiry asked.") == 303
    chair = doors.visitor(world.anyshire.people[Role.SUBGROUP_CHAIR].email)
    assert chair.open(f"/cases/{case.reference}") == 200
    assert "Do not destroy" in chair.said
    assert "How long it is kept" not in chair.said
    assert manager.send(f"{here}/propose", reason="Over.") == 422
    with doors.database() as session:
        hold = session.scalars(sa.select(RetentionHold.id)).one()
    assert manager.send(f"{here}/holds/{hold}/release", reason="It is over.") == 303
    assert manager.follow() == 200
    assert "Released holds" in manager.said
    assert chair.open(f"/cases/{case.reference}/history") == 200
    assert "Do not destroy: a hold for an inquiry" in chair.said


def test_the_schedule_needs_years_or_a_tick_and_a_reason(manager):
    assert manager.open("/retention/schedule") == 200
    assert "Child death review" not in manager.said
    assert manager.send("/retention/schedule/lcspr", reason="As the council.") == 422
    assert "Enter the years, or tick that they do not become due" in manager.said
    assert manager.send("/retention/schedule/lcspr", reason="As the council.", years="25") == 303
    assert manager.follow() == 200
    assert "Due 25 years after it closed" in manager.said
    assert manager.send("/retention/schedule/cdop_case", reason="x", years="25") == 404


def test_a_manager_sees_no_child_death_and_nobody_what_they_are_excluded_from(doors, world, privacy, manager):
    with doors.database.begin() as session:
        a_rule_for_deaths(session, world)
        death = a_case(session, world.anyshire.partnership, "cdop_case")
        session.flush()
        session.execute(sa.update(Case).where(Case.id == death.id).values(opened_on=LONG_AGO, closed_on=CLOSED))
    cdop = doors.visitor(world.anyshire.people[Role.CDOP_MANAGER].email)
    for visitor, code in ((privacy, 200), (cdop, 200), (manager, 404)):
        assert visitor.open(f"/retention/cases/{death.id}") == code
        assert visitor.open("/retention") == 200
        assert (death.reference in visitor.said) is (code == 200)


def a_rule_for_deaths(session, world) -> None:
    from reviews.retention.schedule import set_rule
    from tests.builders import a_unit

    unit = a_unit(session, world.anyshire.actors[Role.CDOP_MANAGER])
    set_rule(unit, unit.partnership("ANYSHIRE"), workflow="cdop_case", years=10, reason="As the council.")


def test_a_certificate_is_for_those_who_manage_retention(doors, world, privacy):
    with doors.database.begin() as session:
        session.add(a_certificate(world.anyshire.partnership.id))
    assert privacy.open("/retention/certificates") == 200
    assert "DC-2026-01 RR-2009-01 Rapid review" in privacy.said
    assert privacy.open("/retention/certificates/DC-2026-01") == 200
    assert "What is not covered" in privacy.said
    for word, code in (("chair@anyshire", 403), ("cdop@anyshire", 404), ("manager@midmarch", 404)):
        assert doors.visitor(f"{word}.example").open("/retention/certificates/DC-2026-01") == code


def test_months_of_the_audit_log_are_decided_on_by_two(privacy, manager, doors, world):
    here = "/retention/audit-log"
    assert privacy.open(here) == 200
    assert "is never due" in privacy.said
    assert privacy.send("/retention/schedule/audit_log", years="6", reason="The schedule of our council.") == 303
    assert manager.send(f"{here}/propose", reason="Six years are over.") == 303
    assert manager.follow() == 200
    assert "A second person approves it" in manager.said
    assert manager.send(f"{here}/approve") == 403
    assert privacy.open(here) == 200
    assert "to dispose of what is older than 1 November 2020: Six years are over." in privacy.said
    assert privacy.send(f"{here}/approve") == 303
    assert privacy.follow() == 200
    assert "followthrough retention dispose --all-approved" in privacy.said
    assert privacy.send(f"{here}/refuse", reason="An inquiry was announced.") == 303
    assert privacy.follow() == 200
    assert "An inquiry was announced." in privacy.said
    other = doors.visitor(world.midmarch.people[Role.PRIVACY_OFFICER].email)
    assert other.open(here) == 200
    assert "inquiry" not in other.said


def test_who_does_not_manage_retention_sees_none_of_it(doors, world):
    for role in (Role.SUBGROUP_CHAIR, Role.ACTION_OWNER, Role.TECHNICIAN):
        assert doors.visitor(world.anyshire.people[role].email).open("/retention/audit-log") == 403
