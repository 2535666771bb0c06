"""Which day a written date means, and when nobody can be certain."""

from datetime import date

import pytest

from reviews.imports.readers.written_dates import order_of, read_date


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


@pytest.mark.parametrize(
    ("text", "known_to", "last"),
    [
        ("March 2027", "month", "2027-03-31"),
        ("by end Sept 2016", "month", "2016-09-30"),
        ("2027", "year", "2027-12-31"),
        ("end of 2027", "year", "2027-12-31"),
        ("Q1 2026/27", "quarter", "2026-06-30"),
        ("Quarter 4 2026-27", "quarter", "2027-03-31"),
        ("2026/27 Q2", "quarter", "2026-09-30"),
        ("April to June 2027", "quarter", "2027-06-30"),
        ("9 June 2027", "day", "2027-06-09"),
    ],
)
def test_a_month_a_quarter_or_a_year_stays_one_and_ends_on_its_last_day(text, known_to, last):
    found = read_date(text)

    assert (found.how, found.known_to, found.on) == ("certain", known_to, date.fromisoformat(last))


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("31/03/2026 17:00", "2026-03-31"),
        ("31 March 2026 at 5pm", "2026-03-31"),
        ("Mon 18 January 2027\n10am", "2027-01-18"),
        ("04/Dec/26 12:00 AM", "2026-12-04"),
        ("17:00 1 Mar 2027", "2027-03-01"),
        ("2026-06-30T23:00:00Z", "2026-07-01"),
        ("2026-06-30T23:30:00+00:00", "2026-07-01"),
        ("2026-12-31T23:30:00Z", "2026-12-31"),
        ("2026-07-01T00:30:00+02:00", "2026-06-30"),
        ("20260930", "2026-09-30"),
        ("by 9 th June 2027", "2027-06-09"),
    ],
)
def test_a_time_hides_no_date_and_an_instant_is_the_day_in_london(text, on):
    assert read_date(text).on == date.fromisoformat(on)


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("by 9th June 2027 as per strategy", ["2027-06-09"]),
        ("Strategy in place by April 2027", ["2027-04"]),
        ("31/3/26 - extended to 30/6/26", ["2026-06-30", "2026-03-31"]),
        ("31/03/2023 (was 31/12/2024)", ["2023-03-31", "2024-12-31"]),
        ("By 31/12/2026\nBy 31/01/2027", ["2027-01-31", "2026-12-31"]),
        ("across financial year 2026/27", ["2027-03-31"]),
        ("before 1 April 2026", ["2026-03-31"]),
        ("w/c 12/01/2027", ["2027-01-12", "2027-01-16"]),
        ("Mar-26", ["2026-03"]),
        ("12/31/2024", ["2024-12-31"]),
        ("Monday 13 November 2025", ["2025-11-13", "2025-11-10"]),
        ("Q2 2027", ["2027-07-01/2027-09-30", "2027-04-01/2027-06-30"]),
        ("42094", ["2015-03-31"]),
        ("Spring 2015", []),
    ],
)
def test_what_is_not_certain_is_offered_the_likeliest_first(text, offered):
    found = read_date(text)

    assert (found.on, found.how) == (None, "guess")
    assert [day.isoformat() for day in found.offered] == offered


@pytest.mark.parametrize(
    ("text", "on", "order"),
    [
        ("03/31/2027", None, "month first"),
        ("31/03/2027", None, "day first"),
        ("03/04/2027 00:00", None, "either"),
        ("03/03/2027", None, "neither"),
        ("2027-03-04", None, "neither"),
        ("13/13/2027", None, "neither"),
        ("04/03/2027", date(2027, 3, 4), "either"),
        ("31/03/2027", date(2027, 3, 31), "neither"),
    ],
)
def test_the_order_of_a_date_in_figures(text, on, order):
    assert order_of(text, on) == order


def test_with_the_month_first_a_date_and_what_a_spreadsheet_made_of_one_are_turned():
    assert read_date("03/04/2027", month_first=True).on == date(2027, 3, 4)
    assert read_date("04/03/2027", date(2027, 3, 4), month_first=True).on == date(2027, 4, 3)
    assert read_date("31/03/2027", month_first=True).how == "guess"
