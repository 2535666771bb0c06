"""What the browser gets is ours, complete, and fit for a strict content security policy."""

import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from jinja2 import StrictUndefined
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, HiddenField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Optional, ValidationError

from scripts import vendor_govuk as vendoring
from web.core.govuk import address, equip
from web.forms.date_field import DayField

WEB = Path(vendoring.__file__).parents[1] / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
OUR_STYLE = (WEB / "static" / "followthrough.css").read_text(encoding="utf-8")
NASTY = """"><script>alert('x')</script>"""


class AnAction(Form):
    title = StringField("Title", [InputRequired("Enter the title")], description="One sentence.")
    note = StringField("Note", [Optional()])
    due_on = DayField("Due date", [InputRequired("Enter the due date")])
    agency = SelectField("Agency", [InputRequired("Choose an agency")], choices={"": "Choose", "la": "Council"})
    publish = RadioField("Publish?", choices={"yes": "Yes", "no": "No"}, invalid_choice_message="Say yes or no")
    signed = SelectMultipleField("Signed", [InputRequired("Choose one")], choices={"la": "Council", "icb": "Board"})
    safe = BooleanField("Safe to mail")
    version = HiddenField(default="3")

    def validate_version(self, field):
        if field.data == "stale":
            raise ValidationError("Somebody else changed this")


ALL_FIELDS = (
    "{{ f.form_errors(form) }}{{ f.text(form.title) }}{{ f.textarea(form.note, at_most=500) }}{{ f.day(form.due_on) }}"
    "{{ f.select(form.agency) }}{{ f.radios(form.publish, hints={'no': 'Say why.'}) }}{{ f.checkboxes(form.signed) }}"
    "{{ f.checkbox(form.safe, hint='Never a name.') }}{{ f.submit('Save') }}"
)


def an_app():
    app = Flask("web", root_path=str(WEB))
    app.jinja_env.undefined = StrictUndefined
    equip(app)
    return app


def rendered(source, path="/", **context):
    imports = "".join(f"{{% import 'macros/{name}.html' as {name[0]} %}}" for name in ("fields", "marks", "tables"))
    with an_app().test_request_context(path):
        return render_template_string(imports + source, **context)


def a_form(**typed):
    form = AnAction(MultiDict(typed)) if typed else AnAction()
    if typed:
        form.validate()
    return form


def linked_ids(html):
    return re.findall(r'href="#([^"]+)"', html)


@pytest.mark.parametrize("name", [vendoring.STYLE, vendoring.SCRIPT])
@pytest.mark.parametrize(
    "word", ["GDS Transport", "@font-face", "crest", "__crown", "#1d70b8", "url(", "sourceMapping"]
)
def test_nothing_that_belongs_to_gov_uk_alone_is_shipped(name, word):
    assert word.casefold() not in (vendoring.FOLDER / name).read_text(encoding="utf-8").casefold()


def test_the_vendored_files_are_the_recorded_ones():
    assert (vendoring.FOLDER / vendoring.SUMS).read_text(encoding="utf-8") == vendoring.checksums(vendoring.FOLDER)


def test_the_vendored_style_says_the_recorded_version():
    style = (vendoring.FOLDER / vendoring.STYLE).read_text(encoding="utf-8")
    assert f'--govuk-frontend-version:"{vendoring.VERSION}"' in style


def test_the_licence_is_shipped_with_the_files():
    assert "The MIT License" in (vendoring.FOLDER / vendoring.LICENCE).read_text(encoding="utf-8")


def test_the_crown_is_taken_out_and_the_rest_stays():
    style = (
        "@font-face{font-family:GDS Transport;src:url(a.woff2)}"
        ".a{font-family:GDS Transport,arial,sans-serif;color:#1d70b8}.x__crown{margin:0}"
        ".x__copyright-logo:before{background:url(/crest.svg)}.b{margin:0}\n/*# sourceMappingURL=a.map */\n"
    )
    assert vendoring.without_the_crown(style) == ".a{font-family:var(--ft-font);color:#14505a}.b{margin:0}\n"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(WEB / "templates")))
def test_a_template_needs_no_exception_from_the_policy(template):
    source = template.read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|\|\s*safe\b", source, re.IGNORECASE) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", source) if 'nonce="{{ csp_nonce }}"' not in tag] == []


@pytest.mark.parametrize("name", ["followthrough.css", "followthrough.js", "favicon.svg"])
def test_our_own_files_ask_no_other_host(name):
    text = (WEB / "static" / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"url\(|@import|https?:|innerHTML", text) == []


def tokens(scheme):
    """The values of our properties in a colour scheme; those of the dark override the others."""
    light, dark = (
        re.findall(r"(--ft-[\w-]+): (#\w+);", part)
        for part in OUR_STYLE.split("/* ---------- Part 2")[0].split("@media")
    )
    return dict(light) | (dict(dark) if scheme == "dark" else {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["red", "amber", "green", "blue", "grey"])
def test_a_rating_can_be_read_on_its_tint(colour, scheme):
    found = tokens(scheme)
    assert contrast(found[f"--ft-{colour}-ink"], found[f"--ft-{colour}-tint"]) >= 7
    assert contrast(found[f"--ft-{colour}"], found["--ft-panel"]) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("paper", ["ground", "panel", "soft"])
@pytest.mark.parametrize("name", ["text", "quiet", "link", "link-visited", "link-hover", "red", "amber-text", "green"])
def test_our_text_colours_can_be_read_on_every_background(name, paper, scheme):
    assert contrast(tokens(scheme)[f"--ft-{name}"], tokens(scheme)[f"--ft-{paper}"]) >= 4.5


def test_a_library_macro_runs_beside_strict_templates_and_escapes_what_it_is_given():
    html = rendered("{{ component('tag', {'text': words}) }}", words=NASTY)
    assert "govuk-tag" in html
    assert "<script>" not in html


def test_what_was_typed_is_kept_and_escaped():
    typed = {"title": NASTY, "note": NASTY, "due_on-day": NASTY, "due_on-month": "2", "due_on-year": "2024"}
    html = rendered(ALL_FIELDS, form=a_form(**typed))
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 3


def test_every_error_is_in_the_summary_and_leads_to_a_field_that_exists():
    html = rendered(ALL_FIELDS, form=a_form(note="x"))
    ids = linked_ids(html)
    assert ids == ["title", "due_on-day", "agency", "publish", "signed"]
    assert [each for each in ids if html.count(f'id="{each}"') != 1] == []


def test_the_summary_leads_to_the_part_of_the_date_that_is_missing():
    form = a_form(**{"title": "x", "due_on-day": "3", "due_on-year": "2024"})
    html = rendered("{{ f.form_errors(form) }}", form=form)
    assert "Due date must include a month" in html
    assert "due_on-month" in linked_ids(html)


def test_an_error_on_a_hidden_field_is_said_without_a_link():
    html = rendered("{{ f.form_errors(form) }}", form=a_form(version="stale"))
    assert "Somebody else changed this" in html
    assert "version" not in linked_ids(html)


def test_a_form_nobody_has_sent_shows_no_error():
    html = rendered(ALL_FIELDS, form=a_form())
    assert "error" not in html


def test_every_description_a_field_points_to_exists():
    html = rendered(ALL_FIELDS, form=a_form(note="x"))
    described = " ".join(re.findall(r'aria-describedby="([^"]+)"', html)).split()
    assert described
    assert [each for each in described if html.count(f'id="{each}"') != 1] == []


def test_a_sorted_column_says_so_and_turns_round_on_the_first_page():
    html = rendered("{{ t.heading('Due', 'due', 'due') }}", path="/?agency=la&page=4&sort=due")
    assert 'aria-sort="ascending"' in html
    assert 'href="?agency=la&amp;sort=-due"' in html


def test_an_address_keeps_what_is_not_changed_and_drops_what_is_none():
    with an_app().test_request_context("/?agency=la&agency=icb&page=3&q=a%26b"):
        assert address(page=None, sort="due") == "?agency=la&agency=icb&q=a%26b&sort=due"


def test_a_late_clock_says_late_in_words():
    html = rendered("{{ m.clock(17, 15, lateness='2 working days late') }}")
    assert "Day 17 of 15 working days: <strong>2 working days late</strong>" in re.sub(r"\s+", " ", html)


def contrast(one, other):
    """The contrast of two colours, as WCAG 2.2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
