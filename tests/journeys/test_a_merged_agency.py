"""Two agencies become one: who owns an action goes on with it, and the lead of the new one hears when it is late."""

from datetime import date

import sqlalchemy as sa

from reviews.models import Agency
from tests.builders import a_person
from tests.journeys.story import Story
from workflows.core.vocabulary import Role

NEW = "Anyshire Together"
PLAN, NURSE, LEAD = "SP-2026-01", "nurse@anyshire.example", "new-lead@anyshire.example"


def test_an_action_follows_the_agency_it_was_merged_into(story: Story) -> None:
    live, done = given_a_live_and_a_finished_action_of_the_hospitals(story)
    when_hospitals_and_police_become_one(story)
    then_the_live_one_is_the_new_agencys_and_the_finished_one_keeps_the_name(story, live, done)
    then_its_lead_hears_when_it_is_late(story, live)


def given_a_live_and_a_finished_action_of_the_hospitals(story):
    story.on("2026-09-01")
    place = story.world.anyshire
    with story.database.begin() as session:
        a_person(session, place.partnership, agency=place.agencies["Hospitals"], email=NURSE)
    story.case_is_opened(Role.BUSINESS_MANAGER, "strategy_plan", PLAN)
    live, done = (story.action_is_agreed(PLAN, due_in=20, owner=NURSE, by=Role.BUSINESS_MANAGER) for _ in range(2))
    story.progress_is_reported(NURSE, done, "Everybody was trained.")
    story.action_is_submitted(NURSE, done, "The list of those who came.")
    story.action_is_accepted(Role.SUBGROUP_CHAIR, done)
    return live, done


def when_hospitals_and_police_become_one(story):
    story.on("2026-09-15")
    agencies = story.world.anyshire.agencies
    old = [agencies["Hospitals"], agencies["Police"]]
    done = story.agencies_become_one(old, NEW, date(2026, 9, 14))
    assert done.people == [(NURSE, NEW)]
    with story.database.begin() as session:
        new = session.scalars(sa.select(Agency).where(Agency.name == NEW)).one()
        a_person(session, story.world.anyshire.partnership, Role.AGENCY_LEAD, new, LEAD)


def then_the_live_one_is_the_new_agencys_and_the_finished_one_keeps_the_name(story, live, done):
    with story.database() as session:
        names = dict(session.execute(sa.select(Agency.id, Agency.name)).all())
    assert names[story.action(live).lead_agency_id] == NEW
    assert names[story.action(done).lead_agency_id] == "Anyshire Hospitals"


def then_its_lead_hears_when_it_is_late(story, live):
    heard = story.mornings("2026-09-16", "2026-09-23", live)
    assert ("09-22", "nurse", "due+1") in heard
    assert ("09-22", "new-lead", "due+1") in heard
    assert "agency-lead" not in {who for _, who, _ in heard}
