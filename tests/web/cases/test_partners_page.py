"""The page of the safeguarding partners, and what a case shows of what they said."""

import sqlalchemy as sa

from reviews.models import Case, Partner
from tests.builders import TO_THE_PANEL, a_case, take
from tests.web.cases.casework import a_day

MANAGER, PARTNER, OWNER = "manager@anyshire.example", "partner@anyshire.example", "owner@anyshire.example"


def test_the_manager_names_a_local_partner_with_its_days(doors, world):
    visitor, schools = doors.visitor(MANAGER), world.anyshire.agencies["Hospitals"]
    assert visitor.open("/partners") == 200
    assert "Anyshire Police Statutory: police" in visitor.said
    assert visitor.open("/partners/new") == 200
    assert visitor.send("/partners/new", agency=str(schools.id), from_on="2026-09-01", until_on="") == 303
    visitor.follow()
    assert "Anyshire Hospitals Local 1 September 2026" in visitor.said
    assert visitor.send(f"/partners/{schools.id}", from_on="2026-09-01", until_on="2026-08-01") == 422
    assert "The last day as a partner must not be before the first." in visitor.said
    with doors.database() as session:
        assert str(session.get_one(Partner, schools.id).from_on) == "2026-09-01"


def test_a_statutory_partner_that_is_not_named_is_asked_for(doors, world):
    with doors.database.begin() as session:
        session.delete(session.get_one(Partner, world.anyshire.agencies["Police"].id))
    visitor = doors.visitor(MANAGER)
    visitor.open("/partners")
    assert "Not named: the police." in visitor.said
    other = doors.visitor(PARTNER)
    assert other.open("/partners") == 200
    assert "The business manager can name it." in other.said
    assert other.open("/partners/new") == 403
    assert doors.visitor(OWNER).open("/partners") == 403
    assert doors.visitor(MANAGER).open(f"/partners/{world.midmarch.agencies['Police'].id}") == 404


def test_a_case_shows_views_and_signatures_and_the_page_lists_those_on_behalf(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=a_day(12), reference="RR-7")
        take(session, case, "convene_discussion", on=a_day(12))
        take(session, case, "record_view", on=a_day(12), view_of=("Anyshire Police",), view="abstains")
        take(session, case, *TO_THE_PANEL[1 : TO_THE_PANEL.index("sign")], on=a_day(11))
        take(
            session,
            case,
            "sign_on_behalf",
            on=a_day(11),
            signed_for=("Anyshire Police",),
            confirmed_by="The chief constable",
        )
    visitor = doors.visitor(PARTNER)
    visitor.open("/cases/RR-7")
    assert "Anyshire Police Takes no view, or gave none in time" in visitor.said
    assert "Recorded on its behalf. The chief constable confirmed it" in visitor.said
    visitor.open("/partners")
    assert "RR-7 Anyshire Police The chief constable" in visitor.said
    with doors.database() as session:
        assert session.scalars(sa.select(Case).where(Case.reference == "RR-7")).one().tracks[0].stage == "sign_off"
