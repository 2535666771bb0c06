"""Serious case reviews and plans of before come in as they were kept: states, days, clocks of their time, and gaps."""

from tests.journeys.desk import CHAIR, MANAGER, Desk
from tests.journeys.story import Story

OLD, GAPS, PLAN = "SCR-2014-02", "SCR-2016-01", "SP-2014-01"
REVIEWS = f"""case_ref,refer,scope,commission,begin,file_report,respond,monitor_actions,close,delay_publication,publish
{OLD},2014-03-03,2014-03-17,2014-04-07,,2014-11-03,2014-12-01,2014-12-08,2016-02-01,,2015-01-12
{GAPS},unknown,not known,,,12/05/2017,,,,01/06/2017,
"""
TRACKER = """Ref,Action,Lead,Owner,Due date,Status,Progress
1,Write a protocol on bruising.,Anyshire Police,,March 2015,Complete,Signed in February 2015.
2,Audit its use.,not known,,unknown,In progress,
"""


def test_reviews_and_plans_of_before_come_in_as_they_were_kept(story: Story, desk: Desk) -> None:
    story.on("2026-03-02")
    then_none_can_be_opened_any_more(desk)
    when_the_list_of_old_reviews_is_imported(desk)
    then_each_stands_where_it_stood_on_its_own_days(desk)
    then_what_nobody_knows_any_more_stays_unknown(desk)
    when_a_plan_kept_on_paper_is_imported(desk)
    then_no_clock_runs_and_nobody_is_reminded_of_any(story, desk)


def then_none_can_be_opened_any_more(desk):
    assert desk.doors.visitor("manager@anyshire.example").open("/cases/new?kind=scr_legacy") == 404


def when_the_list_of_old_reviews_is_imported(desk):
    found = desk.imports("cases", REVIEWS, "--workflow", "scr_legacy")
    assert (found["created"], found["refused"]) == (2, [])
    assert desk.imports("cases", REVIEWS, "--workflow", "scr_legacy")["unchanged"] == 2


def then_each_stands_where_it_stood_on_its_own_days(desk):
    file = desk.case(OLD, MANAGER)
    assert {track["name"]: track["stage"] for track in file["tracks"]} == {
        "review": "closed",
        "publication": "published",
    }
    assert (file["opened_on"], file["closed_on"]) == ("2014-03-03", "2016-02-01")
    days = [(event["what"], event["on"]) for event in file["history"] if event["step"]]
    assert ("file_report", "2014-11-03") in days
    assert ("publish", "2015-01-12") in days
    assert all(event["imported"] for event in file["history"])


def then_what_nobody_knows_any_more_stays_unknown(desk):
    file = desk.case(GAPS, MANAGER)
    days = {event["what"]: event["on"] for event in file["history"] if event["step"]}
    assert days == {"refer": None, "file_report": "2017-05-12", "delay_publication": "2017-06-01"}
    assert {track["name"]: track["stage"] for track in file["tracks"]}["publication"] == "publication_delayed"
    said = desk.reads(MANAGER, f"/cases/{GAPS}/history")
    assert "Day not known" in said


def when_a_plan_kept_on_paper_is_imported(desk):
    found = desk.imports("actions", TRACKER, "--plan", PLAN)
    assert (found["created"], found["refused"]) == (2, [])
    assert [action["due_text"] for action in found["actions"]] == ["March 2015", "unknown"]


def then_no_clock_runs_and_nobody_is_reminded_of_any(story, desk):
    found = {reference: desk.case(reference)["clocks"] for reference in (OLD, GAPS)}
    assert [(clock["name"], clock["due"], clock["met_on"]) for clock in found[OLD]] == [
        ("decision", "2014-04-03", "2014-04-07"),
        ("completion", "2014-10-07", "2014-11-03"),
    ]
    assert found[GAPS] == []
    assert desk.summary(CHAIR)["clocks"] == []
    assert "No clock has started." in desk.reads(MANAGER, f"/cases/{GAPS}")
    assert story.clocks_told_of("2026-03-03") == []
