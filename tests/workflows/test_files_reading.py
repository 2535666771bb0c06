"""Reading a workflow definition from a file, and reporting each fault with its line."""

import random
import re
from datetime import date
from pathlib import Path

import pytest

from tests.workflows.example import PAGE, example, line_of
from workflows.core.questions import Kind, When
from workflows.core.vocabulary import Rank, Realm, Role
from workflows.core.working_days import Period, Unit
from workflows.definitions import WORKFLOWS
from workflows.files.read import LARGEST, NotADefinition, read_file, read_workflow, read_workflows
from workflows.files.write import write_workflow

EXAMPLE = example()
ALL = tuple(WORKFLOWS.values())


def complaints(text: str) -> tuple[str, ...]:
    with pytest.raises(NotADefinition) as answer:
        read_workflow(text, "school_review.yaml", ALL)
    return answer.value.faults


def test_the_example_of_the_documentation_is_sound() -> None:
    workflow = read_workflow(EXAMPLE, "school_review.yaml", ALL)
    assert (workflow.name, workflow.version, workflow.realm) == ("school_review", 1, Realm.REVIEWS)
    assert workflow.effective_from == date(2026, 1, 1)
    opening = workflow.opening
    assert opening is not None
    assert opening.by == {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN}
    assert [asked.kind for asked in opening.questions] == [Kind.WORDS, Kind.TEXT, Kind.CHOICE, Kind.WORDS]
    assert opening.questions[3].needed_when == When("origin", ("other",))
    edition = workflow.deadline("begun").editions[0]
    assert (edition.period, edition.rank) == (Period(10, Unit.WORKING_DAYS), Rank.LOCAL)


@pytest.mark.parametrize(
    ("was", "now", "complaint"),
    [
        ("version: 1", "version: one", "version of the workflow must be a whole number from 1 to 9999, not “one”."),
        ("version: 1", "version: 0", "version of the workflow must be a whole number from 1 to 9999, not “0”."),
        (
            "effective_from: 2026-01-01",
            "effective_from: 1.1.2026",
            "effective_from of the workflow must be a date such as 2025-06-01, not “1.1.2026”.",
        ),
        (
            "effective_from: 2026-01-01",
            "effective_from: 2026-02-30",
            "effective_from of the workflow must be a date such as 2025-06-01, not “2026-02-30”.",
        ),
        (
            "name: school_review",
            "name: School",
            "name of the workflow must be small letters, digits and underscores, not “School”.",
        ),
        ("title: School review", "title:", "title of the workflow is empty."),
        ("title: School review", 'title: "A\\nB"', "title of the workflow must be one line of text."),
        ("title: School review", "title: [a, b]", "title of the workflow must be one piece of text."),
        ("title: School review", f"title: {'x' * 101}", "title of the workflow is longer than 100 characters."),
        (
            "prefix: SCH",
            "prefix: sch",
            "prefix of the workflow must be one to eight capitals and digits, a capital first.",
        ),
        ("prefix: SCH", "prefix: RR", "rapid_review has the prefix RR too."),
        ("realm: reviews", "realm: review", "realm of the workflow is unknown: “review”. Did you mean reviews?"),
        ("realm: reviews", "realms: reviews", "the workflow has an unknown key, “realms”. Did you mean realm?"),
        ("by: business_manager\n", "by: boss\n", "by of step begin is unknown: “boss”."),
        (
            "only_if: no_action_open",
            "only_if: no_actions_open",
            "only_if of step close_review is unknown: “no_actions_open”. Did you mean no_action_open?",
        ),
        (
            "only_if: no_action_open",
            "only_if: reviewer_independent",
            "guard reviewer_independent of step close_review reads reviewer_independent, which no step asks for.",
        ),
        ("kind: choice", "kind: choise", "kind of fact origin is unknown: “choise”. Did you mean choice?"),
        ("required: no", "required: never", "required of fact origin_words is neither yes nor no: “never”."),
        ("answers: other", "answers: nothing", "fact origin_words depends on an answer that origin cannot have."),
        ("fact: origin", "fact: orign", "fact origin_words depends on orign, which its form does not ask for."),
        ("to: stays", "to: nowhere", "step note_progress names an unknown stage, nowhere."),
        (
            "to: stays",
            "to: where_it_was",
            "step note_progress must both lift a hold and lead back to where the track was, or neither.",
        ),
        ("from: reported", "from: lost", "step close_review names an unknown stage, lost."),
        ("initial: asked_for", "initial: begun", "track review has an unknown initial stage, begun."),
        (
            "counted_from: report_wanted_on",
            "counted_from: report_filed",
            "deadline report is counted from report_filed, which is neither a step nor a day that is asked for.",
        ),
        ("met_by: begin", "met_by: beginning", "deadline begun names an unknown step, beginning."),
        ("ended_by: call_off", "ended_by: begin", "deadline begun is both met and ended by begin."),
        ("unit: working-days", "unit: fortnights", "unit of an edition is unknown: “fortnights”."),
        ("rank: local", "rank: custom", "rank of an edition is unknown: “custom”."),
        ("period: 10", "period: -1", "period of an edition must be a whole number from 0 to 100000, not “-1”."),
        ("period: 10", "period: 10.5", "period of an edition must be a whole number from 0 to 100000, not “10.5”."),
        (
            "name: school_review",
            "name: &n school_review",
            "anchors and aliases (& and *) are not supported: write it out.",
        ),
        (
            "name: school_review",
            "name: !!python/name:os.system x",
            "tags (tag:yaml.org,2002:python/name:os.system) are not supported.",
        ),
        ("title: School review", "title: a: b", "this is not YAML: mapping values are not allowed in this context."),
        ("title: School review", "title: School \x07 review", "it has a character that cannot be in a text file."),
    ],
)
def test_a_complaint_says_the_line(was: str, now: str, complaint: str) -> None:
    text = EXAMPLE.replace(was, now, 1)
    changed = 1 + EXAMPLE[: EXAMPLE.index(was)].count("\n")
    said = complaints(text)
    assert f"school_review.yaml:{changed}: {complaint}" in said
    assert all(line.startswith("school_review.yaml:") for line in said)


@pytest.mark.parametrize(
    ("was", "now", "at", "complaint"),
    [
        ("realm: reviews", "realm: reviews\ninside: maybe", "inside:", "inside of the workflow is neither yes nor no"),
        (
            "realm: reviews",
            "realm: reviews\nladders: steep",
            "ladders:",
            "ladders of the workflow is unknown: “steep”.",
        ),
        (
            "      - reported\n",
            "      - reported\n" * 2,
            "- name: review",
            "track review has the stage reported twice.",
        ),
        ("      - reported\n", "      - reported\n      - lost\n", "- lost", "stage lost of review cannot be reached."),
        (
            "      - reported\n",
            "      - reported\n      - stays\n",
            "- stays",
            "no stage of review can be called stays",
        ),
        ("title: Begin\n", "title: Begin\n        title: Bee\n", "title: Bee", "step begin has the key title twice."),
        ("        period: 10\n", "", "- effective_from", "an edition lacks period."),
        ("from: reported", "from: reported\n        opens: lost", "opens:", "opens an unknown workflow, lost."),
        ("from: reported", "from: reported\n        opens: lcspr", "opens:", "opens lcspr without asking for"),
        ("from: reported", "from: reported\n        joins: lcspr", "joins:", "without asking for joined_reference."),
        (
            "from: reported",
            "from: reported\n        for_each: school",
            "for_each:",
            "step close_review has for_each, but opens no case.",
        ),
        (
            "from: reported",
            "from: reported\n        hold: put",
            "hold:",
            "hold of step close_review is unknown: “put”.",
        ),
        ("to: closed\n", "to: closed\n        hold: lift\n", "to: closed", "must both lift a hold and lead back"),
        ("kind: choice", "kind: text", "choices:", "fact origin has choices, though it is not of the kind choice."),
        ("required: no", "required: yes", "needed_when:", "is required, so it cannot have needed_when."),
        (
            "kind: day",
            "kind: day\n            since: 2027-01-01\n            until: 2026-01-01",
            "until:",
            "has a last day (until) before its first day (since).",
        ),
        (
            "ended_by: call_off",
            "ended_by: call_off\n    ladder: steep",
            "ladder:",
            "ladder of deadline begun is unknown",
        ),
        ("name: note_progress", "name: begin", "", "two steps are named begin."),
        ("name: progress", "name: begin", "label: What has happened", "begin is both a step and a fact."),
        ("name: progress", "name: owner", "label: What has happened", "though the application works it out."),
        (
            "realm: reviews",
            "realm: reviews\nmoved:\n  - track: review\n    was: old\n    now: lost",
            "now:",
            "moved says that old is now lost, which is not a stage of review.",
        ),
        ("realm: reviews", "realm: reviews\nmoved: old", "moved:", "moved of the workflow must be a list."),
    ],
)
def test_a_complaint_about_something_new_says_its_line(was: str, now: str, at: str, complaint: str) -> None:
    text = EXAMPLE.replace(was, now, 1)
    assert text != EXAMPLE
    told = [line for line in complaints(text) if complaint in line]
    assert told
    line = text.splitlines()[int(told[0].split(":")[1]) - 1]
    near = {line_of(text, at), line_of(text, at) - 1} if at.startswith("label") else {line_of(text + "\n", at.strip())}
    assert not at or int(told[0].split(":")[1]) in near, (told, line)


def test_all_complaints_come_at_once_in_the_order_of_the_lines() -> None:
    text = EXAMPLE.replace("version: 1", "version: x").replace("rank: local", "rank: x").replace("kind: day", "kind: x")
    lines = [int(line.split(":")[1]) for line in complaints(text)]
    assert lines == sorted(lines)
    assert len(lines) == 4


def test_an_empty_file_and_one_of_two_documents_are_refused() -> None:
    assert complaints("# nothing\n") == ("school_review.yaml:1: the file is empty.",)
    two = complaints(EXAMPLE + "---\na: b\n")
    assert two == (
        f"school_review.yaml:{EXAMPLE.count(chr(10)) + 1}: a second document begins: one file holds one definition.",
    )
    assert "must be written as keys and values" in complaints("- a\n- b\n")[0]
    assert "nested more than" in complaints("[" * 5000)[0]


def test_words_that_yaml_would_take_for_something_else_stay_words() -> None:
    text = EXAMPLE.replace("complaint: A complaint", "no: On").replace("title: Begin\n", "title: 2026-01-01\n")
    workflow = read_workflow(text, "it", ALL)
    assert workflow.opening is not None
    assert workflow.opening.questions[2].choices[0] == ("no", "On")
    assert workflow.steps[1].title == "2026-01-01"


def test_answers_are_typed_by_the_kind_of_the_question_they_answer() -> None:
    text = EXAMPLE.replace("answers: other", "answers: [yes]").replace("kind: choice", "kind: yes_no")
    start = text.index("            choices:")
    text = text[:start] + text[text.index("          - name: origin_words") :]
    workflow = read_workflow(text, "it", ALL)
    assert workflow.questions["origin_words"].needed_when == When("origin", (True,))


def test_a_file_must_be_small_and_text(tmp_path: Path) -> None:
    large, strange = tmp_path / "large.yaml", tmp_path / "strange.yaml"
    large.write_bytes(b"#" * (LARGEST + 1))
    strange.write_bytes(b"a: b\nc: \xff\n")
    with pytest.raises(NotADefinition, match=r"large\.yaml:1: the file is larger than 1 MB"):
        read_file(large)
    with pytest.raises(NotADefinition, match=r"strange\.yaml:2: the file is not text in UTF-8"):
        read_file(strange)
    (tmp_path / "windows.yaml").write_bytes(b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode())
    assert read_file(tmp_path / "windows.yaml") == EXAMPLE


def test_the_complaints_in_the_documentation_are_those_that_come() -> None:
    text = EXAMPLE.replace("by: business_manager\n", "by: busness_manager\n", 1)
    text = text.replace("no_action_open", "no_actions_open").replace("        rank: local\n", "", 1)
    assert "\n".join(complaints(text)) in PAGE.read_text(encoding="utf-8")


def test_files_may_lead_to_each_other_and_each_complaint_names_its_own() -> None:
    other = EXAMPLE.replace("school_review", "second").replace("SCH", "SEC").replace("to: stays", "to: nowhere")
    with pytest.raises(NotADefinition) as answer:
        read_workflows([("a.yaml", EXAMPLE), ("b.yaml", other)], ALL)
    assert answer.value.faults == (
        f"b.yaml:{line_of(other, 'nowhere')}: step note_progress names an unknown stage, nowhere.",
    )


def test_a_version_that_takes_from_others_what_they_rely_on_is_refused() -> None:
    text = write_workflow(WORKFLOWS["lcspr"]).replace("version: 1", "version: 2", 1)
    text = text.replace(
        "        asks:\n", "        asks:\n          - name: wanted_by_us\n            label: More\n", 1
    )
    said = complaints(text)
    assert any("school_review.yaml:1: with this, rapid_review is unsound: step confirm_lcspr" in line for line in said)


def test_a_version_is_not_in_force_before_the_one_before_it() -> None:
    text = write_workflow(WORKFLOWS["lcspr"]).replace("version: 2", "version: 3", 1)
    text = text.replace("effective_from: 2026-11-01", "effective_from: 2017-01-01", 1)
    line = line_of(text, "effective_from")
    assert (
        f"school_review.yaml:{line}: it takes effect before version 2, which takes effect on 2026-11-01."
        in complaints(text)
    )


def test_three_hundred_spoilt_files_are_read_or_refused_with_lines() -> None:
    random_ = random.Random(20261120)  # noqa: S311  # the same spoilt files every time
    sources = [write_workflow(WORKFLOWS[name]) for name in ("rapid_review", "lcspr", "action")] + [EXAMPLE]
    told = [said_of(spoilt(random_.choice(sources), random_)) for _ in range(300)]
    assert all(re.match(r"spoilt\.yaml:[1-9][0-9]*: ", fault) for faults in told for fault in faults)
    assert sum(bool(faults) for faults in told) > 200


def said_of(text: str) -> tuple[str, ...]:
    """Give the complaints about a text, none where it is sound; whatever else is raised fails the test."""
    try:
        read_workflow(text, "spoilt.yaml", ALL)
    except NotADefinition as answer:
        return answer.faults
    return ()


def spoilt(text: str, random_: random.Random) -> str:
    """Delete, repeat, swap or garble some lines."""
    lines = text.split("\n")
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(lines) - 1)
        match random_.randrange(6):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[at])
            case 2:
                lines[at] = lines[at].replace(
                    ":", random_.choice(["", ": :", ": [", ": {}", ": null", ": !x", ": ~"]), 1
                )
            case 3:
                lines[at] = lines[at][random_.randint(0, 4) :]
            case 4:
                lines[at] = " " * random_.randint(0, 9) + random_.choice(
                    ["- x", "x: y", "? a", "'", '"', "%", "\t", "*a"]
                )
            case _:
                words = lines[at].split(" ")
                words[random_.randrange(len(words))] = random_.choice(
                    ["", "yes", "0", "-1", "2026-13-01", "stays", "é"]
                )
                lines[at] = " ".join(words)
    return "\n".join(lines)
