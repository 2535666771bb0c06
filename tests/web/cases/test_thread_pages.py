"""The pages of the thread show what belongs together and where it is broken, and nothing a person may not see."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.actions.parts import add_action_part, end_action_part
from reviews.models import Action, ActionPart, Case, ImpactCheck, ImpactResult, PartState, Recommendation
from reviews.recommendations.commands import (
    Wording,
    add_answer,
    add_finding,
    add_recommendation,
    answer_recommendation,
    make_recommendation,
)
from tests.builders import TODAY, a_case, a_person, a_recommendation, a_unit, an_action
from tests.web.visitor import rows, statements
from workflows.core.vocabulary import Role

MANAGER, OWNER, CDOP = "manager@anyshire.example", "owner@anyshire.example", "cdop@anyshire.example"
LEAD, STRANGER = "agency-lead@anyshire.example", "manager@midmarch.example"
REVIEW, THREAD = "RR-2026-03", "/cases/RR-2026-03/thread"
DECIDED = {"by": "Executive group", "on": "2026-11-18"}


@pytest.fixture
def review(doors, world):
    with doors.database.begin() as session:
        place = world.anyshire
        return a_case(session, place.partnership, reference=REVIEW, agencies=(place.agencies["Council"],))


def answered(session, case, response="accepted", **more):
    said = make_recommendation(a_unit(session), case, Wording("Share what is known.", **more))
    about = {"reason": "Because.", "by": "Executive group", "addressee": "The Panel"}
    answer_recommendation(a_unit(session), case, said, response=response, **about)
    return said


def shared(doors, world, review, *bodies):
    with doors.database.begin() as session:
        owner = world.anyshire.people[Role.ACTION_OWNER]
        action = an_action(
            session, session.get_one(Case, review.id), owner=owner, agency=world.anyshire.agencies["Council"]
        )
        parts = [add_action_part(a_unit(session), action, agency_text=body).id for body in bodies]
        return f"/actions/{action.address}", parts


def test_the_thread_says_where_it_is_broken(doors, world, review):
    with doors.database.begin() as session:
        case, owner = session.get_one(Case, review.id), world.anyshire.people[Role.ACTION_OWNER]
        first = add_finding(a_unit(session), case, text="Nobody asked the child.")
        add_finding(a_unit(session), case, text="Nobody wrote it down.")
        said = answered(session, case, finding_id=first.id)
        an_action(session, case, recommendation=said, owner=owner, stage="complete_awaiting_impact", evidence="Audit")
        a_recommendation(session, case)
        answered(session, case, response="rejected")
        an_action(session, case, due_on=TODAY - timedelta(days=3))
    visitor = doors.visitor(MANAGER)
    assert visitor.open(THREAD) == 200
    broken = visitor.said.partition("Where the thread is broken")[2].partition("The thread F1")[0]
    for words in (
        "Done, impact not yet checked: 1 (RR-2026-03/R1/A1)",
        "No recommendation: 1 (F2)",
        "No finding behind it: 2 (R2, R3)",
        "No response: 1 (R2)",
        "No action: 1 (R2)",
        "No recommendation behind it: 1 (RR-2026-03/A1)",
        "No owner: 1 (RR-2026-03/A1)",
        "Late: 1 (RR-2026-03/A1)",
    ):
        assert words in broken.replace("( ", "(").replace(" )", ")"), broken
    assert "/cases/RR-2026-03/findings/F1" in visitor.links
    assert "/cases/RR-2026-03/recommendations/R1" in visitor.links
    assert "Evidence: 1. Assurance: none. Impact: not checked" in visitor.said


@pytest.mark.parametrize(
    ("result", "words"),
    [(ImpactResult.EMBEDDED, "The thread is not broken"), (ImpactResult.NOT_SEEN, "impact not seen")],
)
def test_a_thread_is_whole_once_its_impact_is_seen(doors, world, review, result, words):
    with doors.database.begin() as session:
        case, owner = session.get_one(Case, review.id), world.anyshire.people[Role.ACTION_OWNER]
        said = answered(session, case)
        action = an_action(session, case, recommendation=said, owner=owner, stage="closed_complete", evidence="Audit")
        session.add(ImpactCheck(action_id=action.id, months=3, due_on=TODAY, answered_on=TODAY, result=result))
    visitor = doors.visitor(MANAGER)
    visitor.open(THREAD)
    assert words in visitor.said


def test_an_empty_case_has_an_empty_thread_and_a_plan_has_one_too(doors, world, review):
    with doors.database.begin() as session:
        plan = a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-2026-01")
        an_action(session, plan)
    visitor = doors.visitor(MANAGER)
    visitor.open(THREAD)
    assert "There are no findings, recommendations or actions yet." in visitor.said
    assert visitor.open("/cases/SP-2026-01/thread") == 200
    assert "Actions without a recommendation SP-2026-01/A1" in visitor.said


def test_the_thread_of_hundreds_asks_as_often_as_that_of_one(doors, world, review):
    visitor = doors.visitor(MANAGER)
    counted = []
    for number in (1, 40):
        with doors.database.begin() as session:
            case = session.get_one(Case, review.id)
            for _ in range(number):
                said = answered(session, case)
                an_action(session, case, recommendation=said)
        visitor.open(THREAD)
        with statements(doors.database) as asked:
            visitor.open(THREAD)
        counted.append(len(asked))
    assert counted[0] == counted[1]


def test_a_thread_of_hundreds_comes_in_pages_and_names_first_what_is_broken_in_all_of_them(doors, world, review):
    with doors.database.begin() as session:
        case, owner = session.get_one(Case, review.id), world.anyshire.people[Role.ACTION_OWNER]
        many = answered(session, case, finding_id=add_finding(a_unit(session), case, text="Nobody asked.").id)
        for _ in range(130):
            an_action(session, case, recommendation=many, owner=owner)
        empty = answered(session, case)
        last = an_action(session, case)
    visitor = doors.visitor(MANAGER)
    visitor.open(THREAD)
    assert "No recommendation behind it: 1" in visitor.said
    assert "No action: 1" in visitor.said
    assert f"?page=3#recommendation-{empty.id}" in visitor.links
    assert f"?page=3#action-{last.id}" in visitor.links
    assert "Showing 1 to 60 of 133" in visitor.said
    assert (visitor.html.count('id="action-'), "Nobody asked." in visitor.said) == (59, True)
    visitor.open(f"{THREAD}?page=2")
    assert "R1 goes on from the page before" in visitor.said
    assert (visitor.html.count('id="action-'), "Nobody asked." in visitor.said) == (60, True)
    visitor.open(f"{THREAD}?page=3")
    assert f'id="recommendation-{empty.id}"' in visitor.html
    assert f'id="action-{last.id}"' in visitor.html
    assert f"#action-{last.id}" in visitor.links
    assert "No action: 1" in visitor.said
    visitor.open(f"{THREAD}?page=99")
    assert "Showing 121 to 133 of 133" in visitor.said


def test_nobody_reads_of_a_gap_that_is_not_there(doors, world, review):
    with doors.database.begin() as session:
        case = session.get_one(Case, review.id)
        said = answered(session, case)
        an_action(session, case, recommendation=said, agency=world.anyshire.agencies["Police"])
    visitor = doors.visitor(LEAD)
    assert visitor.open(THREAD) == 200
    assert "1 more that is not yours to see" in visitor.said
    assert "No action" not in visitor.said
    assert "RR-2026-03/R1/A1" not in visitor.html


@pytest.mark.parametrize("page", ["thread", "findings/F1", "recommendations/R1"])
def test_the_thread_of_another_partnership_or_realm_does_not_exist(doors, world, review, page):
    with doors.database.begin() as session:
        case = session.get_one(Case, review.id)
        add_finding(a_unit(session), case, text="Nobody asked.")
        answered(session, case)
        death = a_case(session, world.anyshire.partnership, "cdop_case", reference="CDR-2026-07")
        add_finding(a_unit(session), death, text="Nobody asked.")
        answered(session, death)
    assert doors.visitor(STRANGER).open(f"/cases/{REVIEW}/{page}") == 404
    assert doors.visitor(CDOP).open(f"/cases/{REVIEW}/{page}") == 404
    assert doors.visitor(MANAGER).open(f"/cases/CDR-2026-07/{page}") == 404
    assert doors.visitor(CDOP).open(f"/cases/CDR-2026-07/{page}") == 200


def test_a_finding_and_the_recommendation_that_rests_on_it_are_added(doors, world, review):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"/cases/{REVIEW}/findings/new", text="") == 422
    assert visitor.send(f"/cases/{REVIEW}/findings/new", text="Nobody asked the child.") == 303
    visitor.follow()
    assert "No recommendation is based on this finding." in visitor.said
    asked = {"text": "Ask the child.", "finding": "F1", "success": "Children say they were asked.", "form_id": "one"}
    sent = [visitor.send(f"/cases/{REVIEW}/recommendations/new", **asked) for _ in range(2)]
    assert (sent, rows(doors.database, Recommendation)) == ([303, 303], 1)
    visitor.follow()
    assert "Finding behind it F1: Nobody asked the child." in visitor.said
    assert "What will be different for children Children say they were asked." in visitor.said
    edit = f"/cases/{REVIEW}/recommendations/R1/edit"
    assert visitor.open(edit) == 200
    assert '<option value="F1" selected' in visitor.html
    seen = {"text": "Ask each child.", "finding": "F1", "version": visitor.hidden("version")}
    assert visitor.send(edit, **seen) == 303
    assert visitor.send(edit, **{**seen, "text": "Ask nobody."}) == 409
    assert "It says now Ask each child." in visitor.said
    assert "Ask nobody." in visitor.html


def test_a_recommendation_may_be_called_as_in_a_tracker(doors, world, review):
    with doors.database.begin() as session:
        add_recommendation(a_unit(session), session.get_one(Case, review.id), text="Share.", reference="1.1/2 a")
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{REVIEW}")
    page = f"/cases/{REVIEW}/recommendations/1.1%2F2%20a"
    assert page in visitor.links
    assert [visitor.open(page), visitor.open(f"{page}/response"), visitor.open(f"{page}/edit")] == [200, 200, 200]


def test_a_rejected_recommendation_goes_into_the_challenge_log(doors, world, review):
    with doors.database.begin() as session:
        a_recommendation(session, session.get_one(Case, review.id), "Share what is known.")
    visitor, page = doors.visitor(MANAGER), f"/cases/{REVIEW}/recommendations/R1"
    assert visitor.open(f"{page}/challenge") == 303
    sent = {"response": "rejected", "reason": "Not ours.", "addressee": ""}
    assert visitor.send(f"{page}/response", **sent, **{**DECIDED, "by": ""}) == 422
    assert visitor.send(f"{page}/response", **sent, **DECIDED) == 303
    visitor.follow()
    assert f"{page}/challenge" in visitor.links
    assert "No action is needed." in visitor.said
    assert visitor.open(f"{page}/challenge") == 200
    assert "R1 of RR-2026-03 was rejected: Share what is known." in visitor.said
    answers = {
        "raised_by": "Business manager",
        "agencies_asked": ["Anyshire Police"],
        "challenge": "Why not?",
        "happened_on": TODAY.isoformat(),
    }
    assert visitor.send(f"{page}/challenge", **answers) == 303
    visitor.follow()
    assert "Challenge of RR-2026-03" in visitor.said
    visitor.open(f"/cases/{REVIEW}")
    assert "Challenged in CH-2026-01" in visitor.said


def test_an_action_answers_recommendations_of_two_reviews(doors, world, review):
    with doors.database.begin() as session:
        place = world.anyshire
        other = a_case(session, place.partnership, "lcspr", reference="LCSPR-2026-01")
        own, _ = a_recommendation(session, session.get_one(Case, review.id)), a_recommendation(session, other)
        action = an_action(session, session.get_one(Case, review.id), recommendation=own)
        address = f"/actions/{action.address}"
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{address}/answers")
    seen = visitor.hidden("version")
    assert visitor.send(f"{address}/answers", add="R7 of LCSPR-2026-01") == 422
    assert "There is no recommendation “R7 of LCSPR-2026-01” here." in visitor.said
    assert visitor.send(f"{address}/answers", add="R1 of LCSPR-2026-01", version=seen) == 303
    visitor.follow()
    assert "Answers R1 of RR-2026-03 and R1 of LCSPR-2026-01" in visitor.said
    assert "Answers R1 of LCSPR-2026-01 too" in visitor.said
    for page in ("/cases/LCSPR-2026-01", "/cases/LCSPR-2026-01/recommendations/R1", "/cases/LCSPR-2026-01/thread"):
        visitor.open(page)
        assert visitor.links.count(address) == 1, page
    assert visitor.send(f"{address}/answers", add="", version=seen) == 409
    assert visitor.send(f"{address}/answers", remove=["R1 of LCSPR-2026-01"]) == 303
    visitor.open("/cases/LCSPR-2026-01")
    assert address not in visitor.links


def test_a_new_action_names_further_recommendations(doors, world, review):
    with doors.database.begin() as session:
        case = session.get_one(Case, review.id)
        for _ in range(3):
            a_recommendation(session, case)
    visitor, new = doors.visitor(MANAGER), f"/actions/new?case={REVIEW}"
    typed = {"text": "Train the staff.", "recommendation": "R1"}
    assert visitor.send(new, **typed, further="R2 of RR-2026-03\nR9 of RR-2026-03") == 422
    assert visitor.send(new, **typed, further="R2 of RR-2026-03\n\nRR-2026-03 R3") == 303
    visitor.follow()
    assert "Answers R1 of RR-2026-03, R2 of RR-2026-03 and R3 of RR-2026-03" in visitor.said
    visitor.open(f"/cases/{REVIEW}")
    assert visitor.said.count("Also answered by RR-2026-03/R1/A1, listed above.") == 2


def test_the_parts_of_an_action_are_ended_one_by_one(doors, world, review):
    address, (police, parish) = shared(doors, world, review, "Anyshire Police", "Parish council")
    visitor = doors.visitor(OWNER)
    visitor.open(address)
    assert "Agencies with a part in it: 0 of 2 done" in visitor.said
    assert f"{address}/submit" not in visitor.links
    assert (
        "Missing: at least one piece of evidence; the part of Anyshire Police; the part of Parish council."
        in visitor.said
    )
    assert visitor.open(f"{address}/strands/{police}") == 200
    ended = {"state": "done", "ended_on": "2026-11-18", "version": visitor.hidden("version")}
    assert visitor.send(f"{address}/strands/{police}", **ended) == 303
    assert visitor.send(f"{address}/strands/{parish}", **ended, note="Done.") == 409
    assert visitor.send(f"{address}/strands/{parish}", state="not_needed") == 422
    assert "Say why this part is not needed." in visitor.said
    assert visitor.send(f"{address}/strands/{parish}", state="not_needed", note="None there.") == 303
    visitor.follow()
    assert "2 of 2 done" in visitor.said
    assert f"{address}/submit" in visitor.links
    assert visitor.send(f"{address}/strands/{parish}", state="open", note="There is one.") == 303
    doors_open = doors.visitor(MANAGER)
    doors_open.open("/actions")
    assert "1 of 2 agencies done" in doors_open.said


def test_the_lead_of_an_agency_with_a_part_ends_that_alone(doors, world, review):
    with doors.database.begin() as session:
        place = world.anyshire
        email = a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies["Police"]).email
    visitor = doors.visitor(email)
    address, (police, parish) = shared(doors, world, review, "Anyshire Police", "Parish council")
    assert visitor.open(address) == 200
    assert [link for link in visitor.links if link.startswith(address + "/")] == [
        f"{address}/strands/{police}",
        f"{address}/evidence/new",
    ]
    assert visitor.send(f"{address}/strands/{parish}", state="done", ended_on="2026-11-18") == 403
    assert visitor.send(f"{address}/strands/{police}", state="done", ended_on="2026-11-18") == 303
    assert visitor.open(f"{address}/strands/new") == 403
    assert visitor.open(f"{address}/answers") == 403
    assert doors.visitor(STRANGER).open(f"{address}/strands/{police}") == 404
    assert rows(doors.database, ActionPart, ActionPart.state == PartState.DONE) == 1


def test_an_agency_gets_its_part_once(doors, world, review):
    address, _ = shared(doors, world, review)
    visitor, police = doors.visitor(MANAGER), world.anyshire.agencies["Police"].id
    assert visitor.send(f"{address}/strands/new", agency="", agency_text="") == 422
    assert visitor.send(f"{address}/strands/new", agency=str(world.midmarch.agencies["Police"].id)) == 422
    sent = {"agency": str(police), "due_on": "2027-01-15", "note": "Train officers.", "form_id": "one"}
    assert [visitor.send(f"{address}/strands/new", **sent) for _ in range(2)] == [303, 303]
    assert visitor.send(f"{address}/strands/new", agency="", agency_text="anyshire police") == 422
    assert rows(doors.database, ActionPart) == 1
    visitor.open(address)
    assert "Train officers." in visitor.said


def test_a_late_part_is_marked_though_the_action_is_not(doors, world, review):
    with doors.database.begin() as session:
        action = an_action(session, session.get_one(Case, review.id), due_on=TODAY + timedelta(days=30))
        add_action_part(a_unit(session), action, agency_text="A district", due_on=TODAY - timedelta(days=2))
        done = add_action_part(a_unit(session), action, agency_text="A parish", due_on=TODAY - timedelta(days=2))
        end_action_part(a_unit(session), action, done, state=PartState.DONE)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/actions/{action.address}")
    assert visitor.said.count("2 days late") == 2  # one is still to do it, the other was as late when it was done
    visitor.open("/actions")
    assert "1 of 2 agencies done, 1 late" in visitor.said
    visitor.open(THREAD)
    assert "An agency is late: 1" in visitor.said


def test_an_owner_reads_nothing_of_a_review_they_do_not_see(doors, world, review):
    address, _ = shared(doors, world, review)
    with doors.database.begin() as session:
        other = session.get_one(Case, review.id)
        asked = a_recommendation(session, other, "A sentence of the report.")
        action = session.scalars(sa.select(Action)).one()
        add_answer(a_unit(session), action, asked)
    owner = doors.visitor(OWNER)
    assert owner.open(address) == 200
    assert "A sentence of the report." not in owner.html
    assert "R1 of" not in owner.said
    assert owner.open(THREAD) == 403
