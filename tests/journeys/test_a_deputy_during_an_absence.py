"""A deputy during an absence: the mails go to them, they act, and who is back takes over where it stands."""

from tests.builders import a_person
from tests.journeys.story import Story, email_of
from workflows.core.vocabulary import Role

OWNER, DEPUTY, PLAN = email_of(Role.ACTION_OWNER), "deputy@anyshire.example", "SP-2026-01"


def test_a_deputy_during_an_absence(story: Story, doors) -> None:
    action = given_an_action_due_in_ten_days(story)
    when_the_owner_names_a_deputy(doors)
    then_the_deputy_hears_why_and_acts(story, doors, action)
    then_the_owner_takes_over_where_it_stands(story, action)


def given_an_action_due_in_ten_days(story):
    story.on("2026-09-01")
    with story.database.begin() as session:
        place = story.world.anyshire
        a_person(session, place.partnership, agency=place.agencies["Council"], email=DEPUTY)
    story.case_is_opened(Role.BUSINESS_MANAGER, "strategy_plan", PLAN)
    action = story.action_is_agreed(PLAN, due_in=10, owner=OWNER, by=Role.BUSINESS_MANAGER)
    story.morning("2026-09-02")
    return action


def when_the_owner_names_a_deputy(doors):
    owner = doors.visitor(OWNER)
    assert owner.open("/people/away/new") == 200
    days = {"from_on": "2026-09-03", "until_on": "2026-09-18"}
    form_id = owner.hidden("form_id")
    assert owner.send("/people/away/new", form_id=form_id, person=OWNER, deputy=DEPUTY, **days) == 303


def then_the_deputy_hears_why_and_acts(story, doors, action):
    heard = story.mornings("2026-09-03", "2026-09-16", action)
    assert ("09-04", "deputy", "due-7") in heard
    assert ("09-11", "deputy", "due") in heard
    assert "owner" not in {who for _, who, _ in heard}
    mails = [mail.get_content() if not mail.is_multipart() else text_of(mail) for mail in sent_to(story, DEPUTY)]
    [named] = [mail for mail in mails if "that you are the deputy" in " ".join(mail.split())]
    assert all("is away until 18 September 2026." in mail for mail in mails if mail != named)
    deputy = doors.visitor(DEPUTY)
    assert deputy.open(f"/actions/{action.replace('/', '.')}") == 200
    story.progress_is_reported(DEPUTY, action, "Half of the staff are trained.")


def then_the_owner_takes_over_where_it_stands(story, action):
    heard = story.mornings("2026-09-17", "2026-09-30", action)
    assert [(day, rung) for day, who, rung in heard if who == "owner"] == [("09-21", "due+1"), ("09-25", "due+14")]
    assert "deputy" not in {who for _, who, _ in heard}


def sent_to(story, email):
    return [mail for mail in story.server.mails if mail["To"] == email]


def text_of(mail):
    return next(part.get_content() for part in mail.walk() if part.get_content_type() == "text/plain")
