"""A lead reviewer gets a case by being named at a step, up to a day."""

from datetime import timedelta

from tests.builders import TODAY, a_case, a_person, take
from tests.web.visitor import typed
from workflows.core.vocabulary import Role

REVIEWER, PARTNER, MANAGER = "reviewer@anyshire.example", "partner@anyshire.example", "manager@anyshire.example"
CASE, OTHER = "LCSPR-2026-07", "LCSPR-2026-08"


def two_reviews(doors, world):
    with doors.database.begin() as session:
        for reference in (CASE, OTHER):
            a_case(session, world.anyshire.partnership, "lcspr", reference=reference)


def name_of(world, role=Role.LEAD_REVIEWER):
    person = world.anyshire.people[role]
    return f"{person.name} <{person.email}>"


def test_being_named_when_it_is_commissioned_gives_this_case_and_no_other(doors, world):
    two_reviews(doors, world)
    partner, reviewer = doors.visitor(PARTNER), doors.visitor(REVIEWER)
    assert reviewer.open(f"/cases/{CASE}") == 404
    address = f"/cases/{CASE}/steps/commission"
    assert partner.open(address) == 200
    assert name_of(world) in partner.html.replace("&lt;", "<").replace("&gt;", ">")
    assert name_of(world, Role.ACTION_OWNER) not in partner.html.replace("&lt;", "<").replace("&gt;", ">")
    answers = typed("lcspr", "commission", lead_reviewer=name_of(world))
    assert partner.send(address, **answers) == 409
    assert "the last day on which the lead reviewer has the case" in partner.said
    until = TODAY + timedelta(days=9)
    assert partner.send(address, **answers, lead_reviewer_until=until.isoformat(), form_id="2") == 303
    partner.follow()
    assert (
        f"Lead reviewer {world.anyshire.people[Role.LEAD_REVIEWER].name}, who has the case until 29 Nov" in partner.said
    )
    assert (reviewer.open(f"/cases/{CASE}"), reviewer.open(f"/cases/{OTHER}")) == (200, 404)
    doors.clock.at += timedelta(days=9)
    assert doors.visitor(REVIEWER).open(f"/cases/{CASE}") == 200
    doors.clock.at += timedelta(days=1)
    assert doors.visitor(REVIEWER).open(f"/cases/{CASE}") == 404


def test_a_reviewer_may_be_named_later_and_lose_the_case_before_the_day(doors, world):
    two_reviews(doors, world)
    manager, reviewer = doors.visitor(MANAGER), doors.visitor(REVIEWER)
    until = TODAY + timedelta(days=90)
    answers = {"lead_reviewer": name_of(world), "lead_reviewer_until": until.isoformat()}
    happened = {"happened_on": TODAY.isoformat()}
    assert manager.send(f"/cases/{CASE}/steps/name_reviewer", **happened, **answers) == 303
    assert reviewer.open(f"/cases/{CASE}") == 200
    ended = {"lead_reviewer_ended": name_of(world), "reviewer_ended_because": "The contract ended."}
    assert manager.send(f"/cases/{CASE}/steps/end_reviewer", **happened, **ended, form_id="2") == 303
    assert reviewer.open(f"/cases/{CASE}") == 404
    manager.open(f"/cases/{CASE}")
    assert "The contract ended." in manager.said
    assert "who has the case until" not in manager.said


def test_nobody_but_a_lead_reviewer_can_be_named(doors, world):
    two_reviews(doors, world)
    with doors.database.begin() as session:
        other = a_person(session, session.merge(world.midmarch.partnership), Role.LEAD_REVIEWER)
        elsewhere = f"{other.name} <{other.email}>"
    manager = doors.visitor(MANAGER)
    for answer in (elsewhere, name_of(world, Role.ACTION_OWNER), "words"):
        typed_in = {"lead_reviewer": answer, "lead_reviewer_until": TODAY.isoformat()}
        assert manager.send(f"/cases/{CASE}/steps/name_reviewer", happened_on=TODAY.isoformat(), **typed_in) == 422


def test_the_end_of_the_case_ends_it(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "learning_review", reference="LR-2026-01")
        take(session, case, "agree")
        reviewer = world.anyshire.people[Role.LEAD_REVIEWER].email
        take(session, case, "name_reviewer", lead_reviewer=reviewer, lead_reviewer_until=TODAY + timedelta(days=90))
        take(session, case, "escalate_to_notification")
    assert doors.visitor(REVIEWER).open("/cases/LR-2026-01") == 200
    doors.clock.at += timedelta(days=1)
    assert doors.visitor(REVIEWER).open("/cases/LR-2026-01") == 404
