"""Which files are read as lists of bank holidays."""

import json
from datetime import date
from pathlib import Path

import pytest

import workflows
from reviews.definitions.bank_holidays import read_feed
from tests.feeds import feed
from workflows.core.bank_holidays import BUNDLED, DIVISION
from workflows.core.engine import Refused

NEW_YEAR = {"title": "New Year’s Day", "date": "2029-01-01", "notes": "", "bunting": True}


def test_the_official_shape_is_read(tmp_path):
    assert read_feed(feed(tmp_path / "list.json", BUNDLED.days)) == BUNDLED.days


def test_what_the_product_brings_is_such_a_list():
    assert read_feed(Path(workflows.__file__).parent / "core" / "bank_holidays.json") == BUNDLED.days


def test_a_list_of_this_division_alone_is_read(tmp_path):
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"division": DIVISION, "events": [NEW_YEAR]}))
    assert read_feed(path) == {date(2029, 1, 1): "New Year’s Day"}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "does not list the bank holidays"),
        ({}, "does not list the bank holidays"),
        ({"scotland": {"division": "scotland", "events": [NEW_YEAR]}}, "does not list the bank holidays"),
        ({"division": "scotland", "events": [NEW_YEAR]}, "does not list the bank holidays"),
        ({DIVISION: {"division": DIVISION, "events": []}}, "does not list the bank holidays"),
        ({DIVISION: {"division": DIVISION, "events": ["x"]}}, "Entry 1 has no title"),
        ({DIVISION: {"division": DIVISION, "events": [NEW_YEAR | {"title": ""}]}}, "Entry 1 has no title"),
        ({DIVISION: {"division": DIVISION, "events": [NEW_YEAR | {"title": "x" * 201}]}}, "Entry 1 has no title"),
        ({DIVISION: {"division": DIVISION, "events": [NEW_YEAR | {"date": "2029-02-30"}]}}, "has no date such as"),
        ({DIVISION: {"division": DIVISION, "events": [NEW_YEAR | {"date": 5}]}}, "has no date such as"),
        ({DIVISION: {"division": DIVISION, "events": [NEW_YEAR | {"date": "1066-10-14"}]}}, "the years 1950 to 2100"),
        ({DIVISION: {"division": DIVISION, "events": [NEW_YEAR, NEW_YEAR]}}, "Entry 2: 2029-01-01 is listed twice"),
    ],
)
def test_what_is_no_such_list_is_refused_with_the_entry_that_is_wrong(tmp_path, found, said):
    path = tmp_path / "list.json"
    path.write_text(json.dumps(found))
    with pytest.raises(Refused, match=said):
        read_feed(path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(tmp_path, content):
    path = tmp_path / "list.json"
    path.write_bytes(content)
    with pytest.raises(Refused, match="is not a JSON document"):
        read_feed(path)
