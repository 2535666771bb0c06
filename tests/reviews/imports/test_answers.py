"""What a person decided about the doubts of a tracker is taken as if the file said so."""

from datetime import date

import pytest

from reviews.imports.readers.answers import Answers
from reviews.imports.readers.cells import Unreadable
from reviews.imports.readers.plan import read_plan

TRACKER = "Action,Due date\nWrite the guide,31 March\nTell the schools,31 March\n"


def test_a_day_is_decided_by_its_text_for_every_row_and_by_its_row_alone(tmp_path):
    path = tmp_path / "tracker.csv"
    path.write_text(TRACKER)

    plan = read_plan(path, answers=Answers({"31 March": "2027-03-31", "3/due": "2028-03-31"}))

    assert [row.due.on for row in plan.rows] == [date(2027, 3, 31), date(2028, 3, 31)]
    assert [row.due.text for row in plan.rows] == ["31 March", "31 March"]
    assert [doubt for doubt in plan.doubts if doubt.field == "due"] == []
    assert len([doubt for doubt in read_plan(path).doubts if doubt.field == "due"]) == 2


def test_an_answer_that_is_no_day_is_refused_by_its_row(tmp_path):
    path = tmp_path / "tracker.csv"
    path.write_text(TRACKER)

    with pytest.raises(Unreadable, match=r"Row 2: “soon” is not a day\. Write it as 2027-06-09\."):
        read_plan(path, answers=Answers({"2/due": "soon"}))
