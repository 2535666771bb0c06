"""Two children are in one incident: one review and notification, a child death review for each; both are counted."""

from tests.journeys.desk import CDOP, CHAIR, MANAGER, PARTNER, Desk
from tests.journeys.story import Story

INCIDENT, OTHER = "RR-2026-01", "RR-2026-02"
CHILDREN = ("Child Kestrel", "Child Wren")


def test_two_children_of_one_incident_have_one_review_and_two_child_death_reviews(story: Story, desk: Desk) -> None:
    given_one_incident_with_two_children_and_another_with_one(story)
    when_the_local_authority_notifies_once(story)
    then_there_is_one_notification_for_both(desk)
    deaths = when_both_have_died(story, desk)
    then_each_child_has_a_linked_case_of_its_own(desk, deaths)
    then_incidents_and_children_are_both_counted(desk)


def given_one_incident_with_two_children_and_another_with_one(story):
    story.on("2026-03-02")
    story.case_is_opened(MANAGER, "rapid_review", INCIDENT, children=CHILDREN)
    story.case_is_opened(MANAGER, "rapid_review", OTHER, children=("Child Lark",))


def when_the_local_authority_notifies_once(story):
    story.on("2026-03-04")
    story.step_is_taken(MANAGER, INCIDENT, "convene_discussion")
    story.step_is_taken(PARTNER, INCIDENT, "decide_notify", nature="death")
    story.step_is_taken(MANAGER, INCIDENT, "submit_sin")


def then_there_is_one_notification_for_both(desk):
    file = desk.case(INCIDENT)
    assert file["children"] == list(CHILDREN)
    assert [event["what"] for event in file["history"]].count("submit_sin") == 1
    assert "submit_sin" not in {step["name"] for step in file["steps"]["open"]}
    said = desk.reads(MANAGER, f"/cases/{INCIDENT}/children")
    for child in CHILDREN:
        assert f"{child} Death Not recorded Change {child}" in said


def when_both_have_died(story, desk):
    story.on("2026-03-05")
    for child in CHILDREN:
        code, said = desk.records(MANAGER, INCIDENT, "child_died", child_concerned=child)
        assert (code, "It opened a new case" in said) == (303, True)
        assert "look at it again" not in said
    code, said = desk.records(MANAGER, INCIDENT, "child_died", child_concerned="Child Wren")
    assert (code, "The death of this child is already recorded." in said) == (422, True)
    return [reference for _, reference in desk.links(INCIDENT)]


def then_each_child_has_a_linked_case_of_its_own(desk, deaths):
    assert deaths == ["CD-2026-01", "CD-2026-02"]
    for death, child in zip(deaths, CHILDREN, strict=True):
        file = desk.case(death, CDOP)
        assert (file["workflow"], file["children"], file["title"]) == ("cdop_case", [child], "")
        assert desk.links(death) == [("led_to", INCIDENT)]
    page = desk.reads(MANAGER, f"/cases/{INCIDENT}")
    assert page.count("A linked case that is not yours to see") == 2
    assert f"Children {', '.join(CHILDREN)}" in page


def then_incidents_and_children_are_both_counted(desk):
    reviews, deaths = desk.summary(CHAIR), desk.summary(CDOP)
    assert reviews["cases"] == {"rapid_review": {"referred": 1, "notified": 1}}
    assert reviews["children"] == {"rapid_review": 3}
    assert (deaths["cases"], deaths["children"]) == ({"cdop_case": {"notified": 2}}, {"cdop_case": 2})
    assert "Referred 1 Notified 1 Children in these cases 3" in desk.reads(CHAIR, "/summary")
