"""What is wrong is told in one sentence, with exit code 1, or 2 for wrong usage; never a traceback."""

import json

import pytest

LONG = "a" * 100_000
HERE = ("--partnership", "ANYSHIRE")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("dates", "add", "2024-02-31", "5", "--unit", "days"), "“2024-02-31” is not a date"),
        (("dates", "add", "9999-12-31", "5", "--unit", "days"), "“9999-12-31” is not a date"),
        (("dates", "add", "0001-01-01", "5", "--unit", "days"), "is not a date in the years 1950 to 2100"),
        (("dates", "count", "0027-03-31", "2024-03-28", "--unit", "days"), "is not a date in the years 1950 to 2100"),
        (("dates", "add", "2024-02-30T09:00", "5", "--unit", "hours"), "is not a moment"),
        (("dates", "add", LONG, "5", "--unit", "days"), "a…” is not a date"),
        (("dates", "add", "2024-03-28", "9" * 30, "--unit", "working-days"), "whole number from 0 to 100,000"),
        (("dates", "add", "2099-12-28", "100000", "--unit", "months"), "1900 to 2200"),
        (("dates", "add", "--unit", "days", "--", "2024-03-28", "-5"), "whole number from 0 to 100,000"),
        (("workflows", "show", "nothing"), "There is no workflow “nothing”. `followthrough workflows list`"),
        (("workflows", "diagram", LONG), "There is no workflow"),
        (("cases", "show", "RR-1066-01"), "There is no case RR-1066-01, or it is not yours to see."),
        (("cases", "show", "RR-2026-01", "--partnership", "NOWHERE"), "There is no case RR-2026-01 in NOWHERE"),
        (("cases", "show", LONG), "There is no case aaa"),
        (("cases", "show", "RR-2026-01", "--as", "nobody@x.example"), "nobody@x.example has an open account"),
        (("summary", "--partnership", "NOWHERE"), "There is no partnership NOWHERE"),
        (("summary", *HERE, "--as-of", "2026-13-01"), "“2026-13-01” is not a date"),
        (
            ("summary", "--partnership", "MIDMARCH", "--as", "chair@anyshire.example"),
            "There is no partnership MIDMARCH",
        ),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else "",
)
def test_a_fault_in_the_input_is_named(terminal, arguments, sentence):
    said = terminal.refused(*arguments)

    assert sentence in said
    assert len(said) < 400


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("dates", "add", "2024-03-28"),
        ("dates", "add", "2024-03-28", "5", "--unit", "fortnights"),
        ("cases", "show"),
        ("summary",),
        ("summary", "--partnership", "ANYSHIRE", "--loudly"),
        ("people", "add", "a@b.example", "--role", "king"),
        ("actions", "import", "file.csv", "--partnership", "ANYSHIRE"),
        ("web", "--port", "99999"),
        ("cases", "show", "RR\0-2026-01"),
        ("cases", "show", "RR-\udcff"),
    ],
    ids=str,
)
def test_wrong_usage_is_told_apart(bare, arguments):
    answer = bare.run(*arguments)

    assert (answer.code, answer.out) == (2, "")
    assert "Error: " in answer.err
    assert not bare.home.exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"ENV": "staging"}, "FOLLOWTHROUGH_ENV: Input should be 'demo', 'test' or 'production'."),
        ({"NOW": "soon"}, "FOLLOWTHROUGH_NOW must be a moment"),
        ({"DATABASE_URL": "nonsense"}, "FOLLOWTHROUGH_DATABASE_URL is not the address of a database."),
        ({"DATABASE_URL": "mysql://a@b/c"}, "must begin with sqlite:// or postgresql://"),
        ({"DATABASE_URL": "postgresql://secret:word@127.0.0.1:1/x"}, "The database cannot be opened"),
        ({"DATABASE_URL": "sqlite:////dev/null/x.db"}, "FOLLOWTHROUGH_HOME cannot be used: "),
        ({"HOME": "/dev/null"}, "FOLLOWTHROUGH_HOME cannot be used: "),
        ({"HOME": "/dev/null/below"}, "FOLLOWTHROUGH_HOME cannot be used: "),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_named_and_no_secret_is_told(bare, settings, sentence):
    said = bare.refused("summary", *HERE, **settings)

    assert said.startswith(sentence) or sentence in said
    assert "word" not in said


def test_check_reports_a_database_that_does_not_answer_among_its_findings(bare):
    answer = bare.run("check", "--json", DATABASE_URL="postgresql://127.0.0.1:1/x")
    findings = {each["code"]: each for each in json.loads(answer.out)["findings"]}

    assert answer.code == 1
    assert (findings["C01"]["sound"], findings["C02"]["sound"]) == (True, False)
    assert findings["C02"]["finding"].startswith("The database cannot be opened")
