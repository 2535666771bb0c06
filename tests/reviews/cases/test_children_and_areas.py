"""Several children in one incident, and cases that another area leads on."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.details import add_child, record_area, update_children
from reviews.cases.page_queries import visible_children
from reviews.cases.steps import open_case
from reviews.core.db import Database
from reviews.models import Case, CaseLink, Child, Event, EventKind, OurRole
from tests.builders import TODAY, a_case, a_partnership, a_unit, an_actor, facts_for, take
from workflows.core.engine import NotReady, Refused
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS


def test_a_child_is_added_once_by_its_pseudonym(database: Database) -> None:
    with database.begin() as session:
        place = a_partnership(session)
        case = a_case(session, place, pseudonyms=())
        unit = a_unit(session)
        add_child(unit, case, pseudonym=" Child A ")
        add_child(unit, case, pseudonym="Child B")
        with pytest.raises(Refused, match="already a child with this pseudonym in the case"):
            add_child(unit, case, pseudonym="child a")
        with pytest.raises(Refused, match="Enter a pseudonym"):
            add_child(unit, case, pseudonym="  ")
        session.flush()
        assert [child.pseudonym for child in visible_children(session, unit.actor, case)] == ["Child A", "Child B"]


def test_the_history_of_a_child_does_not_tell_its_pseudonym(database: Database) -> None:
    with database.begin() as session:
        case = a_case(session, a_partnership(session), pseudonyms=())
        child = add_child(a_unit(session), case, pseudonym="Child Quince")
        session.flush()
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.CHILD_RECORDED)).one()
        assert event.details == {"child": child.id, "what": "added"}


def test_a_member_of_the_subgroup_adds_no_child(database: Database) -> None:
    with database.begin() as session:
        place = a_partnership(session)
        case = a_case(session, place)
        member = an_actor(session, Role.REVIEW_SUBGROUP_MEMBER, place)
        with pytest.raises(NotAllowed):
            add_child(a_unit(session, member), case, pseudonym="Child C")


def test_what_was_notified_of_a_child_stays(database: Database) -> None:
    with database.begin() as session:
        case = a_case(session, a_partnership(session), pseudonyms=("Child A",))
        unit = a_unit(session)
        update_children(unit, case, {"nature": "serious_harm"})
        update_children(unit, case, {"nature": "death"})
        session.flush()
        assert session.scalar(sa.select(Child.nature).where(Child.case_id == case.id)) == "serious_harm"


def test_where_another_area_leads_no_statutory_clock_starts(database: Database) -> None:
    with database.begin() as session:
        place, opening = a_partnership(session), CASE_WORKFLOWS["rapid_review"].opening
        assert opening is not None
        opened = open_case(
            a_unit(session),
            workflow="rapid_review",
            partnership=place,
            happened_on=TODAY,
            answers=facts_for(opening),
            our_role=OurRole.CONTRIBUTOR,
            lead_area="Derbyshire",
        )
        assert (opened.lead_area, opened.clocks) == ("Derbyshire", [])


def test_who_leads_must_be_named(database: Database) -> None:
    with database.begin() as session:
        case = a_case(session, a_partnership(session))
        with pytest.raises(NotReady) as refusal:
            record_area(a_unit(session), case, our_role=OurRole.OBSERVER, lead_area=" ", reason="Moved")
        assert refusal.value.missing == ("the area that leads",)


def test_handing_the_lead_over_ends_the_binding_clocks_and_keeps_the_reason(database: Database) -> None:
    with database.begin() as session:
        case = a_case(session, a_partnership(session))
        assert [clock.name for clock in case.clocks if clock.is_running] == ["sin"]
        record_area(
            a_unit(session), case, our_role=OurRole.CONTRIBUTOR, lead_area="Derbyshire", reason="It happened there"
        )
        session.flush()
        assert [clock.dropped_on for clock in case.clocks] == [TODAY]
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.AREA_RECORDED)).one()
        assert event.details["reason"] == "It happened there"
        assert session.scalar(sa.select(Case.our_role)) is OurRole.CONTRIBUTOR
        assert isinstance(event.happened_on, date)


def test_each_child_who_died_has_a_child_death_review_of_its_own(database: Database) -> None:
    with database.begin() as session:
        case = a_case(session, a_partnership(session), pseudonyms=("Child A", "Child B"))
        opened = [take(session, case, "child_died", child_concerned=name) for name in ("Child A", "child b")]
        assert [one.workflow for one in opened if one] == ["cdop_case", "cdop_case"]
        linked = session.scalars(sa.select(CaseLink.to_case_id).where(CaseLink.from_case_id == case.id)).all()
        assert sorted(linked) == sorted(one.id for one in opened if one)
        assert session.scalars(sa.select(Child.died_on).where(Child.case_id == case.id)).all() == [TODAY, TODAY]
        with pytest.raises(Refused, match="already recorded"):
            take(session, case, "child_died", child_concerned="Child A")
        with pytest.raises(Refused, match="no child with this pseudonym"):
            take(session, case, "child_died", child_concerned="Child C")


def test_into_the_child_death_review_goes_only_the_child_who_died(database: Database) -> None:
    with database.begin() as session:
        case = a_case(session, a_partnership(session), pseudonyms=("Child A", "Child B"), title="A family")
        opened = take(session, case, "child_died", child_concerned="Child B")
        assert opened is not None
        assert opened.title == ""
        assert session.scalars(sa.select(Child.pseudonym).where(Child.case_id == opened.id)).all() == ["Child B"]
