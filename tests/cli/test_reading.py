"""What the commands that only read print, and that each prints one JSON document."""

from datetime import date

import pytest

from workflows.definitions import WORKFLOWS

COMMANDS = (
    ("dates", "add"),
    ("dates", "count"),
    ("workflows", "list"),
    ("workflows", "show"),
    ("workflows", "check"),
    ("workflows", "diagram"),
    *(("cases", verb) for verb in ("show", "open", "step")),
    *(("actions", verb) for verb in ("import", "assign", "progress", "submit", "accept", "return", "extend")),
    ("actions", "withdraw"),
    ("reminders",),
    ("reminders", "policy"),
    ("remind",),
    ("deliver",),
    ("summary",),
    ("people", "add"),
    ("people", "disable"),
    *(("people", verb) for verb in ("invite", "reset", "sessions")),
    ("routes",),
    ("check",),
    ("serve",),
    ("web",),
    ("demo",),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_and_leaves_nothing_behind(bare, command):
    answer = bare.run(*command, "--help")

    assert answer.code == 0
    assert answer.out.startswith("Usage: ")
    assert not bare.home.exists()


def test_a_period_is_added_with_its_working_shown(bare):
    found = bare.json("dates", "add", "2024-03-28", "5", "--unit", "working-days")

    assert (found["due"], found["provisional"]) == ("2024-04-08", False)
    assert found["steps"][0] == {"date": "2024-03-29", "counts": False, "why": "Good Friday"}
    assert sum(step["counts"] for step in found["steps"]) == 5


def test_the_days_between_two_days_are_counted_with_their_working(bare):
    found = bare.json("dates", "count", "2011-04-28", "2011-05-06", "--unit", "working-days")

    assert (found["days"], found["provisional"]) == (4, False)
    assert found["steps"][0] == {"date": "2011-04-29", "counts": False, "why": "Royal wedding bank holiday"}
    assert bare.json("dates", "count", "2011-04-28", "2011-05-06", "--unit", "days")["days"] == 8
    scotland = bare.json(
        "dates", "count", "2023-12-29", "2024-01-03", "--unit", "working-days", "--holidays", "scotland"
    )
    assert scotland["days"] == 1


def test_a_period_counts_back_and_in_hours(bare):
    assert bare.json("dates", "add", "2026-11-20", "7", "--unit", "days", "--back")["due"] == "2026-11-13"
    assert bare.json("dates", "add", "2026-03-28T12:00", "24", "--unit", "hours")["due"] == "2026-03-29T13:00:00+01:00"


def test_workflows_are_listed_shown_drawn_and_sound(bare):
    listed = bare.json("workflows", "list")
    shown = bare.json("workflows", "show", "rapid_review")
    [deadline] = [each for each in shown["deadlines"] if each["name"] == "rapid_review"]

    assert [each["name"] for each in listed] == list(WORKFLOWS)
    assert listed[1]["tracks"] == ["review", "publication", "action_plan"]
    assert {"stages", "steps", "deadlines", "ladders"} <= shown.keys()
    assert {"name", "from", "to", "roles", "guards", "asks"} <= shown["steps"][0].keys()
    assert {"period", "unit", "counted_from", "met_by", "rank", "authority", "editions"} <= deadline.keys()
    assert (deadline["period"], deadline["unit"]) == (15, "working-days")
    assert bare.run("workflows", "diagram", "lcspr").out.startswith("stateDiagram-v2\n")
    assert bare.run("workflows", "check").code == 0


def test_a_case_is_shown_with_all_that_belongs_to_it(terminal):
    found = terminal.json("cases", "show", "LCSPR-2026-09", "--partnership", "ANYSHIRE")

    assert found["workflow"] == "lcspr"
    assert {track["name"]: track["stage"] for track in found["tracks"]} == {
        "review": "finalised",
        "publication": "on_hold",
        "action_plan": "monitoring",
    }
    assert [hold["reason"] for hold in found["holds"]] == ["criminal_proceedings"]
    assert {clock["name"] for clock in found["clocks"]} >= {"publication", "commission", "draft"}
    assert {"due", "met_on", "days_late", "provisional", "forecast", "rank"} <= found["clocks"][0].keys()
    assert [event["what"] for event in found["history"]][:2] == ["case_opened", "decide_lcspr"]
    assert all(date.fromisoformat(clock["due"][:10]) for clock in found["clocks"])


def test_a_case_says_which_steps_are_open_to_a_person_and_why_the_others_are_not(terminal):
    found = terminal.json(
        "cases", "show", "RR-2026-02", "--partnership", "ANYSHIRE", "--as", "manager@anyshire.example"
    )
    closed = {step["name"]: step for step in found["steps"]["not_open"]}

    assert "decide_notify" in [step["name"] for step in found["steps"]["open"]]
    assert closed["sign_off"]["why"]
    assert closed["sign_off"]["by"]


def test_children_are_shown_by_pseudonym_and_only_to_whom_they_may(terminal):
    case = ("cases", "show", "RR-2026-05", "--partnership", "ANYSHIRE", "--as")

    assert terminal.json(*case, "manager@anyshire.example")["children"] == ["Child E"]
    assert terminal.json(*case, "agency-lead@anyshire.example")["children"] == []


def test_the_summary_counts_what_is_outstanding(terminal):
    found = terminal.json("summary", "--partnership", "anyshire", "--as-of", "2026-11-20")

    assert (found["partnership"], found["as_of"]) == ("ANYSHIRE", "2026-11-20")
    assert found["overdue"] == sum(found["by_age"].values()) > 0
    for grouped in ("by_agency", "by_source"):
        assert sum(each["outstanding"] for each in found[grouped].values()) == found["outstanding"]
    assert sum(found["by_rating"].values()) == found["outstanding"]
    assert [line["days_late"] for line in found["oldest"]] == sorted(
        (line["days_late"] for line in found["oldest"]), reverse=True
    )
    assert {"due_soon", "awaiting_sign_off", "no_owner", "no_date", "cases", "clocks"} <= found.keys()


def test_the_manager_reads_no_child_deaths_and_the_cdop_manager_reads_nothing_else(terminal):
    manager = terminal.json("summary", "--partnership", "ANYSHIRE", "--as", "manager@anyshire.example")
    cdop = terminal.json("summary", "--partnership", "ANYSHIRE", "--as", "cdop@anyshire.example")
    operator = terminal.json("summary", "--partnership", "ANYSHIRE")

    assert "cdop_case" not in manager["cases"]
    assert set(cdop["cases"]) == {"cdop_case"}
    assert manager["outstanding"] + cdop["outstanding"] == operator["outstanding"]


def test_words_for_people_and_json_say_the_same_numbers(terminal):
    words = terminal.run("summary", "--partnership", "ANYSHIRE").out
    data = terminal.json("summary", "--partnership", "ANYSHIRE")

    assert f"Outstanding               {data['outstanding']}" in words


def test_routes_lists_every_address_with_its_permission(bare):
    found = {row["address"]: row for row in bare.json("routes")}

    assert found["/actions"] == {"address": "/actions", "methods": ["GET"], "permission": "see_actions"}
    assert all(row["permission"] and row["methods"] for row in found.values())
    assert {"/", "/sign-in", "/cases", "/cases/new", "/actions/mine", "/summary", "/reminders", "/healthz"} <= set(
        found
    )


def test_check_finds_nothing_wrong_on_a_fresh_machine_and_after_the_first_command(bare):
    before = bare.run("check")
    bare.json("routes")
    after = bare.json("check")

    assert before.code == 0
    assert "C02 ok" in before.out
    assert [finding["code"] for finding in after["findings"]] == [
        "C01",
        "C02",
        "C03",
        "C04",
        "C05",
        "C06",
        "C07",
        "C08",
        "C09",
        "C10",
        "C11",
        "C12",
    ]


def test_check_for_production_names_each_setting_that_is_not_safe(bare):
    answer = bare.run("check", "--deploy")

    assert answer.code == 1
    for name in ("SECRET_KEY", "ENV", "BASE_URL", "MAIL_URL"):
        assert f"FAULT FOLLOWTHROUGH_{name}" in answer.out
