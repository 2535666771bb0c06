"""Which day a written date means, and when nobody can be certain."""

from datetime import date

import pytest

from reviews.imports.readers.written_dates import read_date


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("30/06/2025", date(2025, 6, 30)),
        ("1.4.25", date(2025, 4, 1)),
        ("2025-06-30", date(2025, 6, 30)),
        ("2025-06-30 00:00:00", date(2025, 6, 30)),
        ("31 March 2015", date(2015, 3, 31)),
        ("31st of March, 2015", date(2015, 3, 31)),
        ("Tuesday 31 March 2015", date(2015, 3, 31)),
        ("by 31-Mar-15", date(2015, 3, 31)),
        ("March 31, 2015", date(2015, 3, 31)),
        ("March 2015", date(2015, 3, 31)),
        ("March 2015.", date(2015, 3, 31)),
        ("Feb '24", date(2024, 2, 29)),
        ("end of February 2024", date(2024, 2, 29)),
        ("By end Sept 2016", date(2016, 9, 30)),
        ("06/2025", date(2025, 6, 30)),
        ("2025-06", date(2025, 6, 30)),
        ("３０/06/2025", date(2025, 6, 30)),
        ("29/02/2024", date(2024, 2, 29)),
    ],
)
def test_a_certain_date_is_taken(text, on):
    found = read_date(text)

    assert (found.on, found.how, found.text) == (on, "certain", text)


@pytest.mark.parametrize(
    "text",
    [
        "Sept 16", "Mar-25", "March 15", "end of Q3", "31 March", "Spring 2015", "2026/27", "12/31/2024", "42094",
        "31/03/2015 and 30/06/2015", "31/03/2023 (was 31/12/2022)", "Completed 31/03/2015", "early 2017", "Autumn term",
    ],
)  # fmt: skip
def test_a_guess_is_never_taken(text):
    found = read_date(text)

    assert (found.on, found.how) == (None, "guess")
    assert found.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("31/02/2024", "There is no 31 February 2024."),
        ("00/01/2024", "There is no 0 January 2024."),
        ("12/2024/31", "It cannot be read as a date."),
        ("15/13/2024", "There is no month 13."),
        ("30/06/0205", "The year 0205 is not credible."),
        ("31/12/9999", "The year 9999 is not credible."),
        ("March 1066", "The year 1066 is not credible."),
        ("blue", "It cannot be read as a date."),
        ("x" * 5000, "It is too long to be a date."),
    ],
)
def test_an_impossible_date_is_left_empty_with_its_text_and_a_reason(text, reason):
    found = read_date(text)

    assert (found.on, found.how, found.text, found.reason) == (None, "unreadable", text, reason)


@pytest.mark.parametrize("text", ["ongoing", "Immediately", "TBC", "n/a", "-", "to be confirmed", "ASAP"])
def test_words_that_name_no_day_say_so(text):
    found = read_date(text)

    assert (found.on, found.how) == (None, "none")
    assert text in found.reason


def test_an_empty_cell_is_no_doubt():
    assert read_date("  ").reason == ""


def test_a_date_cell_is_taken_as_it_is_unless_its_year_is_not_credible():
    assert read_date("31/03/2015", date(2015, 3, 31)).how == "certain"
    assert read_date("01/01/1900", date(1900, 1, 1)).how == "unreadable"
