"""A child's death is reviewed where the business manager never looks; abuse found there opens a review they see."""

from tests.journeys.story import Story, email_of
from workflows.core.vocabulary import Role

DEATH = "CD-2026-01"
CDOP, MANAGER = email_of(Role.CDOP_MANAGER), email_of(Role.BUSINESS_MANAGER)
PAGES = (
    f"/cases/{DEATH}",
    f"/cases/{DEATH}/clocks",
    f"/cases/{DEATH}/history",
    f"/cases/{DEATH}/steps/request_reports",
)


def test_a_death_stays_in_its_realm_and_its_referral_crosses_over(story: Story, doors) -> None:
    given_a_childs_death_under_review(story)
    then_the_business_manager_does_not_find_it(doors)
    review = when_abuse_is_referred(story)
    then_the_manager_has_a_review_that_says_only_that_it_came_from_elsewhere(doors, review)
    then_the_cdop_manager_sees_the_death_and_not_the_review(doors, review)
    action = when_the_panel_sets_an_action(story)
    then_its_owner_is_reminded_and_the_manager_hears_nothing(story, action)


def given_a_childs_death_under_review(story):
    story.on("2026-09-01")
    story.case_is_opened(Role.CDOP_MANAGER, "cdop_case", DEATH)
    story.on("2026-09-02")
    story.step_is_taken(Role.CDOP_MANAGER, DEATH, "triage")


def then_the_business_manager_does_not_find_it(doors):
    manager, cdop = doors.visitor(MANAGER), doors.visitor(CDOP)
    unknown = manager.open("/cases/CD-2026-99"), words(manager)
    for page in PAGES:
        assert cdop.open(page) == 200, page
        assert (manager.open(page), words(manager)) == unknown
    assert manager.open("/cases?standing=all") == 200
    assert DEATH not in manager.html
    assert manager.open("/summary") == 200
    assert "Child death" not in manager.said


def when_abuse_is_referred(story):
    story.on("2026-09-03")
    return story.step_is_taken(Role.CDOP_MANAGER, DEATH, "refer_abuse")


def then_the_manager_has_a_review_that_says_only_that_it_came_from_elsewhere(doors, review):
    manager = doors.visitor(MANAGER)
    assert review.startswith("RR-2026-")
    assert manager.open(f"/cases/{review}") == 200
    for secret in (DEATH, "Kestrel", "Canary"):
        assert secret not in manager.html
    assert "A linked case that is not yours to see" in manager.said


def then_the_cdop_manager_sees_the_death_and_not_the_review(doors, review):
    cdop = doors.visitor(CDOP)
    assert cdop.open(f"/cases/{DEATH}") == 200
    assert review not in cdop.html
    assert cdop.open(f"/cases/{review}") == 404


def when_the_panel_sets_an_action(story):
    story.on("2026-09-04")
    return story.action_is_agreed(DEATH, due_in=7, owner=email_of(Role.ACTION_OWNER), by=Role.CDOP_MANAGER)


def then_its_owner_is_reminded_and_the_manager_hears_nothing(story, action):
    heard = story.mornings("2026-09-07", "2026-11-30", action)
    told = {who for _, who, _ in heard}
    again = [f"due+{days}" for days in (14, 28, 42, 56, 70)]
    assert [rung for _, who, rung in heard if who == "owner"] == ["due-7", "due", "due+1", *again]
    assert told == {"owner", "cdop"}


def words(visitor):
    """What the page says, without the number that every request has."""
    return visitor.said.partition("Number of this request")[0]
