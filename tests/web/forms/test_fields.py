"""A typed day is read as a person means it, or refused with a sentence."""

from datetime import date

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import DataRequired, InputRequired, Optional

from web.forms.date_field import DayField


class Needed(Form):
    due_on = DayField("Due date", [InputRequired("Enter the due date")])


class NeededAsData(Form):
    due_on = DayField("Due date", [DataRequired("Enter the due date")])


class Free(Form):
    due_on = DayField("Due date", [Optional()])


def typed(day="", month="", year=""):
    return MultiDict({"due_on-day": day, "due_on-month": month, "due_on-year": year})


def answer(form):
    form.validate()
    return form.due_on.data, list(form.due_on.errors)


@pytest.mark.parametrize("month", ["3", "03", "March", "march", "Mar", " mar "])
def test_a_month_may_be_a_number_or_a_word(month):
    assert answer(Needed(typed("27", month, "2024"))) == (date(2024, 3, 27), [])


def test_one_value_in_iso_is_read_too():
    form = Needed(MultiDict({"due_on": "2024-03-27"}))
    assert answer(form) == (date(2024, 3, 27), [])
    assert form.due_on.typed == {"day": "27", "month": "03", "year": "2024"}


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [
        ("31", "2", "2024"),
        ("29", "2", "2023"),
        ("0", "1", "2024"),
        ("1", "13", "2024"),
        ("1", "marvellous", "2024"),
        ("1", "1", "24"),
        ("1", "1", "0000"),
        ("-1", "1", "2024"),
        ("٣", "1", "2024"),
        ("1" * 5000, "1", "2024"),
    ],
)
@pytest.mark.parametrize("form", [Needed, NeededAsData, Free])
def test_what_is_no_day_is_refused_and_kept(form, day, month, year):
    filled = form(typed(day, month, year))
    assert answer(filled) == (None, ["Due date must be a real date"])
    assert filled.due_on.typed == {"day": day[:100], "month": month, "year": year}


@pytest.mark.parametrize(
    ("day", "month", "year", "sentence", "parts"),
    [
        ("", "3", "2024", "Due date must include a day", ("day",)),
        ("27", "", "", "Due date must include a month and a year", ("month", "year")),
    ],
)
@pytest.mark.parametrize("form", [Needed, NeededAsData, Free])
def test_a_missing_part_is_named(form, day, month, year, sentence, parts):
    filled = form(typed(day, month, year))
    assert answer(filled) == (None, [sentence])
    assert filled.due_on.faulty == parts


@pytest.mark.parametrize("form", [Needed, NeededAsData])
def test_an_empty_day_that_is_needed_is_asked_for(form):
    assert answer(form(typed())) == (None, ["Enter the due date"])


def test_an_empty_day_that_is_not_needed_is_none():
    assert answer(Free(typed())) == (None, [])


def test_a_day_that_was_there_before_is_shown():
    form = Needed(data={"due_on": date(2024, 4, 8)})
    assert form.due_on.typed == {"day": "8", "month": "4", "year": "2024"}


def test_emptying_a_day_that_was_there_before_empties_it():
    assert answer(Free(typed(), data={"due_on": date(2024, 4, 8)})) == (None, [])


def test_a_form_without_the_field_leaves_the_day_as_it_was():
    form = Free(MultiDict({"other": "x"}), data={"due_on": date(2024, 4, 8)})
    assert answer(form) == (date(2024, 4, 8), [])


class Known(Form):
    happened_on = DayField("Day it happened", [Optional()], partial=True)


@pytest.mark.parametrize(
    ("day", "month", "year", "known"),
    [
        ("", "March", "2019", "2019-03"),
        ("", "", "2014", "2014"),
        ("8", "3", "2019", "2019-03-08"),
        ("", "", "", None),
    ],
)
def test_where_a_history_is_corrected_the_day_or_the_month_may_be_left_empty(day, month, year, known):
    form = Known(MultiDict({"happened_on-day": day, "happened_on-month": month, "happened_on-year": year}))
    assert form.validate()
    assert (form.happened_on.data and form.happened_on.data.isoformat()) == known
    again = Known(data={"happened_on": form.happened_on.data})
    shown = {"day": day, "month": "3" if month else "", "year": year}
    assert again.happened_on.typed == shown


def test_a_day_without_its_month_is_refused():
    form = Known(MultiDict({"happened_on-day": "8", "happened_on-month": "", "happened_on-year": "2019"}))
    assert not form.validate()
    assert form.happened_on.errors == ["Day it happened must include a month"]


@pytest.mark.parametrize("year", ["0001", "0027", "1900", "2101", "9999"])
def test_a_year_that_nobody_can_mean_is_refused_on_every_page(year):
    assert answer(Needed(typed("31", "3", year))) == (None, ["Due date must be in the years 1950 to 2100"])
