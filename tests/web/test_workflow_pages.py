"""Does everybody read how a case runs, who records what, and by which authority?"""

import pytest

from tests.web.visitor import statements
from workflows.definitions import WORKFLOWS

OWNER = "owner@anyshire.example"


def test_every_workflow_is_listed_and_opens(doors):
    visitor = doors.visitor(OWNER)
    assert visitor.open("/workflows") == 200
    for name, workflow in WORKFLOWS.items():
        assert f"/workflows/{name}" in visitor.links
        assert workflow.title in visitor.said


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_a_workflow_shows_stages_steps_guards_and_deadlines(doors, name):
    visitor, workflow = doors.visitor(OWNER), WORKFLOWS[name]
    assert visitor.open(f"/workflows/{name}") == 200
    for step in workflow.steps:
        assert step.title in visitor.said
        for guard in step.only_if:
            assert guard.sentence in visitor.said
    for deadline in workflow.deadlines:
        assert deadline.title in visitor.said
        for edition in deadline.editions:
            assert edition.authority in visitor.said


def test_a_workflow_says_where_a_step_leads_and_whose_it_is(doors):
    visitor = doors.visitor(OWNER)
    visitor.open("/workflows/rapid_review")
    assert "Referred (first) Discuss the threshold: to Threshold discussion" in visitor.said
    assert "Rapid review to the Panel Record the notification sent" in visitor.said
    assert "15 working days National expectation" in visitor.said
    visitor.open("/workflows/action")
    assert "14 days after it Agency lead, Business manager" in visitor.said


def test_there_is_no_such_workflow(doors):
    assert doors.visitor(OWNER).open("/workflows/nonsense") == 404


def test_a_workflow_asks_the_database_for_the_person_alone(doors, database):
    visitor = doors.visitor(OWNER)
    with statements(database) as asked:
        visitor.open("/workflows/lcspr")
    assert len(asked) <= 2
