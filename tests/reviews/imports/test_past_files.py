"""Finding a list of past cases in a file, under its own or mapped headings."""

from datetime import datetime

import pytest
from openpyxl import Workbook

from reviews.imports.readers.cells import Unreadable
from tests.reviews.imports.lists import DEATH, NO_LCSPR, REVIEW, REVIEWS, read, write


def test_headings_may_be_written_with_blanks_and_capitals(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(REVIEWS.read_text().replace("la_aware_date", "LA aware date").replace("case_ref", "Case ref"))
    assert read(path).cases[0].steps[0].on is not None


def test_other_headings_are_named_by_a_mapping(tmp_path):
    path = write(tmp_path / "list.csv", {"Nr": "1", "Bekannt am": "2021-06-26"})
    (case,) = read(path, mapping={"case_ref": "Nr", "la_aware_date": "Bekannt am"}).cases
    assert (case.reference, case.steps[0].name) == ("1", "receive_referral")


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"colour": "Nr"}, "has an unknown column “colour”"),
        ({"case_ref": "Nothing"}, "No column has the heading “Nothing”"),
        ({"case_ref": "Nr", "notified_date": "Nothing"}, "that is not in the file"),
        ({"case_ref": "Child's name"}, "may identify a child"),
        ({"case_ref": "NHS number"}, "may identify a child"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(tmp_path, mapping, said):
    path = write(tmp_path / "list.csv", {"Nr": "1", "Child's name": "Somebody", "NHS number": "1"})
    with pytest.raises(Unreadable, match=said):
        read(path, mapping=mapping)


def test_a_column_that_is_not_asked_for_is_named_and_goes_nowhere(tmp_path):
    found = read(write(tmp_path / "list.csv", REVIEW | {"Surname": "Somebody"}))

    assert found.ignored == ("Surname",)
    assert "Somebody" not in repr(found)


def test_a_reference_that_stands_twice_is_refused_in_every_row(tmp_path):
    found = read(write(tmp_path / "list.csv", REVIEW, REVIEW | {"case_ref": "ES-2"}, REVIEW))

    assert [(one.row, one.reason) for one in found.refused] == [
        (2, "This reference is in rows 2 and 4."),
        (4, "This reference is in rows 2 and 4."),
    ]
    assert (found.rows, [case.row for case in found.cases]) == (3, [3])


def test_two_columns_of_one_heading_are_no_list(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("case_ref,notified_date,notified date\n1,2021-06-26,2021-06-27\n")
    with pytest.raises(Unreadable, match="Two columns have the heading “notified_date”"):
        read(path)


def test_a_file_without_references_is_no_list(tmp_path):
    with pytest.raises(Unreadable, match="No column has the heading “case_ref”"):
        read(write(tmp_path / "list.csv", DEATH))


def test_a_workbook_with_titles_blank_rows_and_date_cells_is_read(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["Reviews of the area"])
    sheet.append([])
    sheet.append(list(REVIEW))
    sheet.append([])
    sheet.append(list((REVIEW | NO_LCSPR).values()))
    sheet["D5"].value = datetime(2019, 4, 16)  # noqa: DTZ001  # as a spreadsheet keeps it
    book.save(tmp_path / "list.xlsx")

    (case,) = read(tmp_path / "list.xlsx").cases

    assert (case.row, case.steps[1].on.exact.day) == (5, 16)


def test_a_kind_without_a_list_of_its_own_has_a_column_for_each_step(tmp_path):
    path = write(
        tmp_path / "list.csv", {"case_ref": "SP-7", "monitor": "2020-03-01", "draft": "", "adopt": "2020-01-05"}
    )
    (case,) = read(path, "strategy_plan").cases

    assert [(step.name, str(step.on)) for step in case.steps] == [
        ("draft", "None"),
        ("adopt", "5 January 2020"),
        ("monitor", "1 March 2020"),
    ]
