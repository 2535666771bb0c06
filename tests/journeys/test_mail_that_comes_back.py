"""Mail that comes back: others hear why, the manager is asked to put it right, and then all is as before."""

from notifications.models import FailureKind, Letter
from notifications.returns.address_problems import record_address_problem, solve_address
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER
from tests.journeys.story import Story, email_of
from workflows.core.vocabulary import Role

OWNER, LEAD, MANAGER = (email_of(role) for role in (Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.BUSINESS_MANAGER))
PLAN = "SP-2026-01"


def test_mail_that_comes_back(story: Story) -> None:
    action = given_an_action_whose_owner_was_written_to(story)
    when_that_mail_comes_back(story)
    then_the_lead_hears_why_and_the_manager_has_a_task(story, action)
    when_the_manager_puts_it_right(story)
    then_the_owner_is_written_to_again(story, action)


def given_an_action_whose_owner_was_written_to(story):
    story.on("2026-09-01")
    story.case_is_opened(Role.BUSINESS_MANAGER, "strategy_plan", PLAN)
    action = story.action_is_agreed(PLAN, due_in=10, owner=OWNER, by=Role.BUSINESS_MANAGER)
    assert [mail.to for mail in story.morning("2026-09-02").mails] == [OWNER]
    return action


def when_that_mail_comes_back(story):
    with unit_of_work(story.database, BUILDER, story.clock) as unit:
        letter = unit.session.query(Letter).one()
        assert record_address_problem(unit, letter, OWNER, source="bounce", code="5.1.1", kind=FailureKind.ADDRESS)


def then_the_lead_hears_why_and_the_manager_has_a_task(story, action):
    heard = story.mornings("2026-09-03", "2026-09-08", action)
    assert {who for _, who, _ in heard} == {"agency-lead"}
    assert "Sent to you because mail to its owner comes back." in last_to(story, LEAD)
    assert "Addresses and owners to put right" in last_to(story, MANAGER)
    assert f"mail to {OWNER} has come back since 2 September 2026; owns 1 open action" in last_to(story, MANAGER)


def when_the_manager_puts_it_right(story):
    story.on("2026-09-10")
    with story._as(Role.BUSINESS_MANAGER) as unit:
        assert solve_address(unit, OWNER, "The mailbox was full.")


def then_the_owner_is_written_to_again(story, action):
    heard = story.mornings("2026-09-11", "2026-09-14", action)
    assert [(day, rung) for day, who, rung in heard if who == "owner"] == [("09-11", "due"), ("09-14", "due+1")]
    assert MANAGER not in {mail["To"] for mail in story.server.mails[-2:]}


def last_to(story, email):
    mail = [mail for mail in story.server.mails if mail["To"] == email][-1]
    parts = mail.walk()
    return next(part.get_content() for part in parts if part.get_content_type() == "text/plain")
