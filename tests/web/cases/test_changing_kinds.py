"""The page on which the kind of a case is changed, and what the history says afterwards."""

from re import search

from reviews.models import Case, Event, EventKind
from tests.builders import TODAY, a_case, take
from tests.web.cases.casework import NOTIFIED, a_day, a_gathering
from tests.web.visitor import rows, typed

MANAGER = "manager@anyshire.example"
CASE, KIND = "RR-2026-50", "/cases/RR-2026-50/kind"
WHY = {"reason": "The referral was never meant as a notification."}


def a_wrong_case(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=a_day(9), reference=CASE, under_18=True)
        take(session, case, *NOTIFIED, on=a_day(9))


def changing(visitor, to="learning_review", **more):
    visitor.open(f"{KIND}/{to}")
    return typed(to, "propose", a_day(9)) | WHY | {"version": visitor.hidden("version")} | more


def test_it_is_chosen_filled_in_and_changed(doors, world):
    a_wrong_case(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{CASE}")
    assert KIND in visitor.links
    assert visitor.open(KIND) == 200
    assert f"{KIND}/learning_review" in visitor.links
    assert not {f"{KIND}/rapid_review", f"{KIND}/cdop_case", f"{KIND}/information_request"} & set(visitor.links)
    assert visitor.open(f"{KIND}/learning_review") == 200
    assert (
        "These clocks end, and nobody is reminded of them any more: Letters to the agencies, due 12 November 2026"
        in visitor.said
    )
    assert search(r'<input[^>]*name="under_18"[^>]*value="yes"[^>]*checked', visitor.html)
    form = changing(visitor)
    assert visitor.send(f"{KIND}/learning_review", **form | {"reason": ""}, form_id="1") == 422
    assert "Enter the reason" in visitor.said
    assert visitor.send(f"{KIND}/learning_review", **form, form_id="2") == 303
    visitor.follow()
    assert "RR-2026-50 is of the kind “Local learning review” now." in visitor.said
    assert "Record the notification sent" not in visitor.said.partition("Latest")[0]
    for page in ("", "/clocks", "/history", "/thread", "/edit", "/kind"):
        assert visitor.open(f"/cases/{CASE}{page}") == 200


def test_the_history_has_it_all_in_the_words_of_each_kind(doors, world):
    a_wrong_case(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.send(f"{KIND}/learning_review", **changing(visitor))
    visitor.open(f"/cases/{CASE}/history")
    assert "Kind of case changed from “Rapid review” to “Local learning review”" in visitor.said
    assert f"Why: {WHY['reason']} Letters to the agencies: ended with it, was due 12 November 2026" in visitor.said
    for title in ("Log the referral", "Record the notification sent", "Log the consideration form"):
        assert title in visitor.said
    assert "Reference of the serious incident notification: some words" in visitor.said
    assert len([link for link in visitor.links if link.endswith("/correct")]) == 1
    visitor.open(f"/cases/{CASE}")
    assert "Record the notification sent" in visitor.said
    earlier = min(rows_of(doors, Event.step == "receive_referral"))
    assert visitor.open(f"/cases/{CASE}/history/{earlier}/correct") == 404


def rows_of(doors, condition):
    with doors.database() as session:
        return [event.id for event in session.query(Event).where(condition)]


def test_who_saw_an_older_page_changes_nothing(doors, world):
    a_wrong_case(doors, world)
    visitor = doors.visitor(MANAGER)
    form = changing(visitor)
    assert visitor.send(f"{KIND}/learning_review", **form, form_id="1") == 303
    assert visitor.send(f"{KIND}/learning_review", **form, form_id="2") == 409
    assert "RR-2026-50 is of the kind “Local learning review” now." in visitor.said
    assert rows(doors.database, Event, Event.kind == EventKind.KIND_CHANGED) == 1


def test_a_form_of_the_earlier_kind_is_told_that_the_case_has_changed(doors, world):
    a_wrong_case(doors, world)
    visitor, other = doors.visitor(MANAGER), doors.visitor(MANAGER)
    step = f"/cases/{CASE}/steps/open_gathering"
    assert other.open(step) == 200
    older = {"form_id": other.hidden("form_id"), "version": other.hidden("version")}
    assert visitor.send(f"{KIND}/learning_review", **changing(visitor)) == 303
    assert other.send(step, **older) == 409
    assert "Somebody else changed this while you had it open." in other.said
    assert other.open(step) == 404


def test_an_open_request_stands_against_it_by_name(doors, world):
    a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{KIND}/risk_entry")
    form = typed("risk_entry", "open_risk", TODAY) | WHY | {"version": visitor.hidden("version")}
    assert visitor.send(f"{KIND}/risk_entry", **form) == 422
    assert "RR-2026-50.I1 (request for information) is open" in visitor.said
    assert rows(doors.database, Case, Case.workflow == "risk_entry") == 0


def test_only_the_office_changes_the_kind(doors, world):
    a_wrong_case(doors, world)
    for email, code in (("partner@anyshire.example", 403), ("manager@midmarch.example", 404)):
        for page in (KIND, f"{KIND}/learning_review"):
            assert doors.visitor(email).open(page) == code
    partner = doors.visitor("partner@anyshire.example")
    partner.open(f"/cases/{CASE}")
    assert KIND not in partner.links
    assert doors.visitor(MANAGER).open(f"{KIND}/nothing") == 404
