"""A refused choice names the field and what can be chosen; what is needed on a condition is not called optional."""

import ast
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField
from wtforms.validators import Optional

from web.forms.fields import IntegerField, NeededIf, RadioField, SelectField, SelectMultipleField
from web.forms.question_fields import field_for
from workflows.core.questions import Kind, Question
from workflows.definitions import CASE_WORKFLOWS

OURS = {"SelectField", "RadioField", "SelectMultipleField", "IntegerField"}
MANY = {str(number): f"Number {number}" for number in range(9)}


class Choices(Form):
    one = SelectField("Agency", choices={"": "Choose an agency", "1": "Police", "2": "Council"})
    of_numbers = SelectField("Round", [Optional()], coerce=int, choices={"1": "First"})
    radio = RadioField("How it stands", choices={"open": "Open", "done": "Done"})
    several = SelectMultipleField("Themes", [Optional()], choices={"a": "Voice", "b": "Neglect"})
    from_many = SelectField("Person", [Optional()], choices=MANY)
    from_none = SelectMultipleField("Files", [Optional()], choices={})
    whole = IntegerField("Weeks later", [Optional()])


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("one", "9", "“Agency”: choose one of “Police”, “Council”"),
        ("of_numbers", "x", "“Round”: choose one of “First”"),
        ("radio", "perhaps", "“How it stands”: choose one of “Open”, “Done”"),
        ("several", "c", "“Themes”: choose one or more of “Voice”, “Neglect”"),
        ("from_many", "x", "“Person”: choose one from the list"),
        ("from_none", "x", "“Files”: there is nothing to choose from here"),
        ("whole", "two", "“Weeks later” must be a whole number"),
    ],
)
def test_a_refusal_names_the_field_and_what_can_be_chosen(name, typed, sentence):
    form = Choices(MultiDict({"one": "1", "radio": "open"} | {name: typed}))
    assert not form.validate()
    assert form.errors == {name: [sentence]}


def test_every_form_is_made_of_these_fields():
    found = [
        f"{path}: {alias.name}"
        for path in sorted(Path("web").rglob("*.py"))
        if path.as_posix() not in ("web/forms/fields.py", "web/core/govuk.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "wtforms"
        for alias in node.names
        if alias.name in OURS
    ]
    assert found == []


class OnCondition(Form):
    answer = StringField()
    reason = StringField("Why", [NeededIf(lambda form: "Say why" if form.answer.data == "no" else "")])


@pytest.mark.parametrize(("answer", "errors"), [("yes", {}), ("no", {"reason": ["Say why"]})])
def test_what_is_needed_on_a_condition_is_asked_for_then_alone(answer, errors):
    form = OnCondition(MultiDict({"answer": answer, "reason": " "}))
    form.validate()
    assert form.errors == errors
    assert not form.reason.flags.optional


def test_a_question_that_a_guard_reads_says_the_condition_and_is_not_called_optional():
    step = CASE_WORKFLOWS["rapid_review"].step("hold_meeting")

    class Asked(Form):
        gaps_noted = field_for(
            next(each for each in step.questions if each.name == "gaps_noted"),
            step.questions,
            (),
            (),
            guards=step.only_if,
        )
        free = field_for(Question("free", "Anything else", Kind.TEXT, required=False), (), (), (), guards=step.only_if)

    form = Asked()
    assert (form.gaps_noted.flags.optional, form.free.flags.optional) == (None, True)
    assert form.gaps_noted.description == "Every agency must have answered, or you must note the gap."
