"""Everybody can read how a case runs, who records what, by which authority, and where one of their cases is."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from reviews.cases.history import read_history
from reviews.cases.page_queries import case_file
from reviews.models import Case, Event
from tests.builders import TODAY, a_case, rewriting_history, take
from tests.web.cases.casework import a_day, a_gathering
from tests.web.visitor import statements
from web.workflows.presenter import path_of, views_of
from workflows.catalogue import BUILT_IN
from workflows.core.days import Precision
from workflows.core.vocabulary import RenamedStage, Role
from workflows.definitions import WORKFLOWS
from workflows.definitions.rapid_review import RAPID_REVIEW

OWNER, MANAGER, CDOP = "owner@anyshire.example", "manager@anyshire.example", "cdop@anyshire.example"
PATH = "/workflows/rapid_review?case=RR-2026-50"


def test_every_workflow_is_listed_and_opens(doors):
    visitor = doors.visitor(OWNER)
    assert visitor.open("/workflows") == 200
    for name, workflow in WORKFLOWS.items():
        assert f"/workflows/{name}" in visitor.links
        assert workflow.title in visitor.said


def test_small_cases_stand_apart_from_the_kinds_of_case(doors):
    visitor = doors.visitor(OWNER)
    visitor.open("/workflows")
    kinds, _, small = visitor.said.partition("Child cases, inside another case")
    assert WORKFLOWS["parallel_process"].title in small
    assert WORKFLOWS["parallel_process"].title not in kinds
    assert WORKFLOWS["lcspr"].title in kinds


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
            in_force = edition is deadline.edition_on(TODAY)
            assert (edition.authority_on(TODAY) if in_force else edition.sources) in visitor.said
        if deadline.ladder:
            assert deadline.ladder.title in visitor.said


def test_a_workflow_says_once_which_book_it_cites_and_what_is_not_verified(doors):
    visitor = doors.visitor(OWNER)
    visitor.open("/workflows/rapid_review")
    assert "Working Together, on reviews Working Together 2023, chapter 5 15 December 2023" in visitor.said
    assert visitor.said.count("could not be read in full") == 1
    assert "Law or statutory guidance Working Together 2026, chapter 5 29 June 2018" in visitor.said
    assert "When the local authority became aware Awareness" in visitor.said


def test_a_workflow_says_what_happens_when_nobody_acts(doors):
    visitor = doors.visitor(OWNER)
    visitor.open("/workflows/challenge_entry")
    assert "Answer to the challenge Escalate Nobody answered by the day an answer was wanted." in visitor.said
    assert "By itself once “Answer to the" in visitor.said
    assert "Reopen Closed → back to where it was" in visitor.said


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_a_workflow_is_drawn_by_attributes_and_classes_alone(doors, name):
    visitor, workflow = doors.visitor(OWNER), WORKFLOWS[name]
    visitor.open(f"/workflows/{name}")
    assert visitor.html.count('role="img"') == len(workflow.tracks)
    assert visitor.html.count("<rect") == sum(len(view.drawing.cards) for view in views_of(workflow))
    assert "style=" not in visitor.html


def test_a_workflow_says_where_a_step_leads_and_whose_it_is(doors):
    visitor = doors.visitor(OWNER)
    visitor.open("/workflows/rapid_review")
    assert "Referred (first) Discuss the threshold: to Threshold discussion" in visitor.said
    assert "15 working days National expectation" in visitor.said
    visitor.open("/workflows/action")
    assert "14 days after the date Owner, agency lead and business manager" in visitor.said
    visitor.open("/workflows/lcspr")
    assert "End the hold: back to where it was" in visitor.said


@pytest.mark.parametrize("path", ["nonsense", "rapid_review?version=99", "rapid_review?version=x", "action?version=2"])
def test_there_is_no_such_workflow(doors, path):
    assert doors.visitor(OWNER).open(f"/workflows/{path}") == 404


def test_each_version_is_a_page_of_its_own_that_names_the_others(doors):
    visitor = doors.visitor(OWNER)
    several = {name: sorted(known) for name, known in BUILT_IN.versions.items() if len(known) > 1}
    assert several
    for name, (first, *_, newest) in several.items():
        assert visitor.open(f"/workflows/{name}") == 200
        assert f"Version {newest}," in visitor.said
        assert f"/workflows/{name}?version={first}" in visitor.links
        assert visitor.open(f"/workflows/{name}?version={first}") == 200
        assert f"Version {first}," in visitor.said


def test_a_workflow_asks_the_database_for_the_person_and_what_is_their_own(doors, database):
    visitor = doors.visitor(OWNER)
    with statements(database) as asked:
        visitor.open("/workflows/lcspr")
    assert len(asked) <= 4


def test_the_path_of_a_case_is_drawn_and_said(doors, world):
    a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)

    assert visitor.open(PATH) == 200

    assert f"Referred since {_said(a_day(9))}, by “Log the referral”." in visitor.said
    assert f"Gathering since {_said(a_day(9))}, by “Ask the agencies”." in visitor.said
    assert f"Gathering: it stands here, since {_said(a_day(9))}" in visitor.said
    assert f"Here since {_said(a_day(9))}" in visitor.said
    assert visitor.html.count("ft-node--passed") == 5
    assert visitor.html.count("ft-node--now") == 1
    assert visitor.html.count("ft-way--taken") == 5


def test_a_case_without_a_path_of_its_own_is_marked_nowhere(doors):
    visitor = doors.visitor(MANAGER)
    visitor.open("/workflows/rapid_review")
    assert "ft-node--now" not in visitor.html
    assert "ft-way--taken" not in visitor.html


def test_steps_that_stay_are_counted_where_they_were_taken(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "lcspr", opened_on=a_day(90), reference="LCSPR-2026-50")
        take(session, case, "inform_national", "commission", "begin_scoping", "agree_tor", on=a_day(80))
        take(session, case, "checkpoint", on=a_day(50))
        take(session, case, "checkpoint", on=a_day(20))
    visitor = doors.visitor(MANAGER)
    visitor.open("/workflows/lcspr?case=LCSPR-2026-50")
    assert "There: “Check time and quality” (2 times)." in visitor.said
    assert visitor.html.count("ft-node--now") == 3


def test_what_is_open_is_linked_and_other_stages_say_where_the_case_is(doors, world):
    a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(PATH)
    assert "/cases/RR-2026-50/steps/transfer" in visitor.links
    assert "Hand over to another area: open to you" in visitor.said
    assert "Closed now: it is at gathering." in visitor.said


def test_a_closed_step_says_whose_it_is(doors, world):
    a_gathering(doors, world)
    visitor = doors.visitor("chair@anyshire.example")
    visitor.open(PATH)
    assert "Hand over to another area: closed. “Hand over to another area” is not yours to record." in visitor.said


def test_the_case_and_the_drawing_of_its_path_lead_to_each_other(doors, world):
    a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/RR-2026-50")
    assert PATH in visitor.links
    visitor.open(PATH)
    assert "/cases/RR-2026-50" in visitor.links


@pytest.mark.parametrize(
    ("email", "path"),
    [
        ("manager@midmarch.example", PATH),
        (CDOP, PATH),
        (OWNER, PATH),
        (MANAGER, "/workflows/rapid_review?case=RR-2026-99"),
        (MANAGER, "/workflows/lcspr?case=RR-2026-50"),
        (MANAGER, f"{PATH}&partnership=MIDMARCH"),
    ],
)
def test_a_case_that_is_not_theirs_or_of_another_kind_is_not_found(doors, world, email, path):
    a_gathering(doors, world)
    assert doors.visitor(email).open(path) == 404


def test_the_path_of_a_child_death_review_is_for_its_own_realm(doors, world):
    with doors.database.begin() as session:
        a_case(session, world.anyshire.partnership, "cdop_case", reference="CD-2026-50")
    assert doors.visitor(MANAGER).open("/workflows/cdop_case?case=CD-2026-50") == 404
    visitor = doors.visitor(CDOP)
    assert visitor.open("/workflows/cdop_case?case=CD-2026-50") == 200
    assert "Notified (first): it stands here" in visitor.said


def test_a_day_that_nobody_knows_is_said_to_be_unknown(doors, world):
    a_gathering(doors, world)
    with doors.database.begin() as session, rewriting_history(session):
        session.execute(sa.update(Event).where(Event.step == "convene_discussion").values(known_to=Precision.UNKNOWN))
    visitor = doors.visitor(MANAGER)
    visitor.open(PATH)
    assert "Threshold discussion since a day not known, by “Discuss the threshold”." in visitor.said
    assert "Threshold discussion: reached on a day not known" in visitor.said


def test_a_case_is_shown_by_the_version_it_runs_under(doors, world):
    a_gathering(doors, world)
    with doors.database.begin() as session:
        session.execute(sa.update(Case).where(Case.reference == "RR-2026-50").values(workflow_version=1))
    visitor = doors.visitor(MANAGER)
    for path in (PATH, f"{PATH}&version=2"):
        assert visitor.open(path) == 200
        assert "Version 1," in visitor.said


def test_a_stage_that_the_history_calls_otherwise_is_found_under_its_present_name(doors, world):
    a_gathering(doors, world)
    with doors.database.begin() as session:
        file = case_file(session, world.anyshire.actors[Role.BUSINESS_MANAGER], "RR-2026-50", today=TODAY)
        steps = read_history(session, file.case).steps
        steps[-1].to_stage = "asking"
        renamed = replace(
            file, workflow=replace(RAPID_REVIEW, moved=(RenamedStage("rapid_review", "asking", "gathering"),))
        )
        path = path_of(renamed, renamed.workflow.tracks[0], steps)
    assert [stay.stage for stay in path.stays][-2:] == ["notified", "gathering"]


def test_a_long_history_asks_the_database_no_more(doors, world, database):
    path, checks = "/workflows/lcspr?case=LCSPR-2026-50", 20
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "lcspr", opened_on=a_day(90), reference="LCSPR-2026-50")
        take(session, case, "inform_national", "commission", "begin_scoping", "agree_tor", "checkpoint", on=a_day(80))
    visitor = doors.visitor(MANAGER)
    visitor.open(path)
    with statements(database) as before:
        visitor.open(path)
    with doors.database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == "LCSPR-2026-50")).one()
        take(session, case, *["checkpoint"] * checks, on=a_day(3))
    with statements(database) as after:
        visitor.open(path)
    assert f"({checks + 1} times)" in visitor.said
    assert len(after) == len(before)


def _said(day: date) -> str:
    return f"{day:%-d %B %Y}"
