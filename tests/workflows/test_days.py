"""A day as far as it is known: read, written, compared and shown in one place."""

from datetime import date

import pytest

from workflows.core.days import PartialDay, Precision, day_as_known, day_in_words, in_order

MARCH = PartialDay.fromisoformat("2019-03")
YEAR = PartialDay.fromisoformat("2019")
EIGHTH = PartialDay.fromisoformat("2019-03-08")


@pytest.mark.parametrize(
    ("text", "words", "precision"),
    [
        ("2019-03-08", "8 March 2019", Precision.DAY),
        ("2019-03", "March 2019", Precision.MONTH),
        ("2014", "2014", Precision.YEAR),
        ("2019-03-15/2019-03-31", "between 15 and 31 March 2019", None),
        ("2019-12-15/2020-01-03", "between 15 December 2019 and 3 January 2020", None),
    ],
)
def test_a_day_is_kept_and_shown_as_far_as_it_is_known(text: str, words: str, precision: Precision | None) -> None:
    day = PartialDay.fromisoformat(text)
    assert (day.isoformat(), str(day), day.precision) == (text, words, precision)
    assert day_in_words(day) == words


def test_an_unknown_day_is_no_day() -> None:
    assert day_in_words(None) == "not known"
    assert day_as_known(date(2019, 3, 8), Precision.UNKNOWN) is None
    assert day_as_known(date(2019, 3, 8), Precision.MONTH) == MARCH
    assert day_in_words(date(2019, 3, 8)) == "8 March 2019"


@pytest.mark.parametrize("text", ["", "19", "2019-3", "2019-13", "2019-02-30", "March 2019"])
def test_what_is_no_day_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO|isoformat|month|day"):
        PartialDay.fromisoformat(text)


def test_a_month_agrees_with_its_days_and_its_year_and_contradicts_another() -> None:
    april = PartialDay.fromisoformat("2019-04")
    assert MARCH.agrees_with(EIGHTH)
    assert EIGHTH.is_closer_than(MARCH)
    assert MARCH.is_closer_than(YEAR)
    assert not YEAR.is_closer_than(YEAR)
    assert april.is_after(MARCH)
    assert not april.agrees_with(MARCH)
    assert not YEAR.is_after(MARCH)


def test_days_one_after_the_other_narrow_each_other() -> None:
    fifteenth, tenth = PartialDay.fromisoformat("2019-03-15"), PartialDay.fromisoformat("2019-04-10")
    assert in_order([fifteenth, MARCH, None, YEAR, tenth]) == [
        fifteenth,
        PartialDay(date(2019, 3, 15), date(2019, 3, 31)),
        None,
        PartialDay(date(2019, 3, 15), date(2019, 4, 10)),
        tenth,
    ]
    assert in_order([tenth, fifteenth]) == [tenth, fifteenth]  # of different tracks: exact days stay as they are
