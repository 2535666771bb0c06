"""A case is put right after it was opened, and its page shows what it is about."""

from reviews.models import Case, CaseAgency, Child, Event, EventKind
from tests.builders import TO_THE_PANEL, a_case, take
from tests.web.cases.casework import a_gathering
from tests.web.visitor import rows

MANAGER, LEAD = "manager@anyshire.example", "agency-lead@anyshire.example"
CASE = "RR-2026-50"


def a_wrong_case(doors, world):
    place = world.anyshire
    with doors.database.begin() as session:
        a_case(session, place.partnership, reference=CASE, title="Wrong", agencies=(place.agencies["Police"],))


def test_title_and_agencies_are_changed_with_a_reason_and_so_who_sees_the_case(doors, world):
    a_wrong_case(doors, world)
    manager, lead = doors.visitor(MANAGER), doors.visitor(LEAD)
    assert lead.open(f"/cases/{CASE}") == 404
    manager.open(f"/cases/{CASE}")
    assert {f"/cases/{CASE}/{page}" for page in ("edit", "children", "area")} <= set(manager.links)
    assert manager.open(f"/cases/{CASE}/edit") == 200
    typed = {"title": "Harm to a baby", "agencies": ["Anyshire Council"], "version": manager.hidden("version")}
    assert manager.send(f"/cases/{CASE}/edit", **typed) == 422
    assert "Enter the reason" in manager.said
    assert manager.send(f"/cases/{CASE}/edit", **typed, reason="The police were ticked by mistake") == 303
    manager.follow()
    assert "RR-2026-50: Harm to a baby" in manager.said
    assert "Agencies involved Anyshire Council Change" in manager.said
    assert lead.open(f"/cases/{CASE}") == 200
    manager.open(f"/cases/{CASE}/history")
    assert "Title until then: Wrong Title now: Harm to a baby Added: Anyshire Council" in manager.said
    assert "Removed: Anyshire Police Why: The police were ticked by mistake" in manager.said
    assert rows(doors.database, Event, Event.kind == EventKind.CASE_EDITED) == 1


def test_who_saw_an_older_page_overwrites_nothing(doors, world):
    a_wrong_case(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{CASE}/edit")
    old = visitor.hidden("version")
    for title, code in (("First", 303), ("Second", 409)):
        typed = {"title": title, "agencies": ["Anyshire Police"], "reason": "Clearer", "version": old}
        assert visitor.send(f"/cases/{CASE}/edit", **typed, form_id=title) == code
    assert "It says now: First. Agencies involved: Anyshire Police." in visitor.said
    assert rows(doors.database, Case, Case.title == "First") == 1


def test_an_agency_that_still_owes_an_answer_stays(doors, world):
    a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)
    typed = {"title": "A neutral title", "agencies": [], "reason": "Not involved"}
    assert visitor.send(f"/cases/{CASE}/edit", **typed) == 422
    assert "has not answered RR-2026-50.I1 yet. Call that request off first." in visitor.said
    assert rows(doors.database, CaseAgency) == 2


def test_only_the_office_changes_a_case(doors, world):
    a_wrong_case(doors, world)
    for email, code in (("partner@anyshire.example", 403), ("manager@midmarch.example", 404), (LEAD, 403)):
        assert doors.visitor(email).open(f"/cases/{CASE}/edit") == code
    partner = doors.visitor("partner@anyshire.example")
    partner.open(f"/cases/{CASE}")
    assert f"/cases/{CASE}/edit" not in partner.links


def test_a_child_is_put_right_and_the_history_names_no_pseudonym(doors, world):
    a_wrong_case(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{CASE}/children")
    (address,) = (link for link in visitor.links if "/children/" in link)
    assert visitor.send(address, pseudonym="Child Z", reason="The letter was taken") == 303
    visitor.follow()
    assert "Child Z" in visitor.said
    visitor.open(f"/cases/{CASE}/history")
    assert "The pseudonym of a child was put right" in visitor.said
    assert "Child" not in visitor.said.partition("The pseudonym of a child was put right")[2].partition("Recorded")[0]
    assert visitor.send(address, pseudonym="Child Z", reason="Entered twice", do="remove", form_id="2") == 303
    assert rows(doors.database, Child) == 0


def test_the_record_stands_on_the_page_of_the_case(doors, world):
    place = world.anyshire
    with doors.database.begin() as session:
        a_case(session, place.partnership, "risk_entry", reference="RISK-2026-01", risk="Visits may be missed.")
        risk = a_case(session, place.partnership, "risk_entry", reference="RISK-2026-02", likelihood=2, impact=5)
        take(session, risk, "review_risk", likelihood=3, impact=4)
        challenge = a_case(
            session, place.partnership, "challenge_entry", reference="CH-2026-01", challenge="Nobody came."
        )
        take(session, challenge, "respond", answer_given="We come from now on.")
        rapid = a_case(session, place.partnership, reference=CASE, summary="An infant was hurt.")
        take(session, rapid, *TO_THE_PANEL[:2])
    visitor = doors.visitor(MANAGER)
    for reference, words in {
        "RISK-2026-01": (
            "What might go wrong, and with what effect Visits may be missed.",
            "Likelihood, from 1 to 5 1",
        ),
        "RISK-2026-02": ("Likelihood, from 1 to 5 3", "Impact, from 1 to 5 4", "Score, likelihood × impact 12"),
        "CH-2026-01": ("Nobody came.", "What is answered We come from now on."),
        CASE: ("An infant was hurt.", "Decide to notify", "Abuse or neglect is known or suspected Yes"),
    }.items():
        assert visitor.open(f"/cases/{reference}") == 200
        assert all(each in visitor.said for each in ("What was recorded", *words)), visitor.said
    visitor.open("/cases/RISK-2026-02")
    assert "Likelihood, from 1 to 5 2" not in visitor.said
    assert visitor.said.count("Score, likelihood × impact") == 1
    visitor.open("/cases/RISK-2026-02/steps/review_risk")
    assert "Score" not in visitor.said
