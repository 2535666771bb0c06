"""Migrations, decisions and settings are in order, and their pages are those of today."""

import ast
import re

import pytest
from alembic.script import ScriptDirectory

from reviews.core.settings import Settings
from scripts import roles_page, sentences, settings_page
from tests.migrating import alembic_of
from tests.repository.repository import PACKAGES, ROOT, files, modules, named, parsed

PATH = re.compile(rf"`((?:{'|'.join((*PACKAGES, 'scripts', 'tests'))})/[\w./-]+)`")
VARIABLE = re.compile(r"FOLLOWTHROUGH_[A-Z_]*[A-Z]")


def test_migrations_are_numbered_and_have_one_head() -> None:
    scripts = ScriptDirectory.from_config(alembic_of("sqlite://"))
    numbers = [revision.revision for revision in scripts.walk_revisions()][::-1]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert scripts.get_heads() == numbers[-1:]
    written = sorted((ROOT / "alembic" / "versions").glob("*.py"))
    assert [path.name[:5] for path in written] == [f"{number}_" for number in numbers]


def test_no_migration_imports_the_application() -> None:
    """What a migration once meant must not change with the code: of ours it imports nothing."""
    for path in modules("alembic/versions"):
        nodes = list(ast.walk(parsed(path)))
        imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        assert {name.partition(".")[0] for name in imported}.isdisjoint(PACKAGES), named(path)


def test_decisions_are_numbered_one_after_the_other() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "adr").glob("*.md"))
    assert [name[:5] for name in names] == [f"{number:04}-" for number in range(1, len(names) + 1)]


def test_the_page_of_settings_is_that_of_today() -> None:
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), "Run `make docs`."


def test_the_page_of_roles_is_that_of_today() -> None:
    assert roles_page.PAGE.read_text(encoding="utf-8") == roles_page.page(), "Run `make docs`."


def test_the_page_of_sentences_is_that_of_today() -> None:
    """A sentence that is changed shows in one place, where it can be read beside the others."""
    assert sentences.PAGE.read_text(encoding="utf-8") == sentences.page(), "Run `make docs`."


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise Refused("Give a " f"date, not {text}.")', ["Give a date, not {text}."]),
        ('StringField("Job title", [InputRequired("Enter the title")])', ["Job title", "Enter the title"]),
        ('"""What this file holds."""\nSTALE = "Somebody else changed this."', ["Somebody else changed this."]),
        ('flash(f"{number} actions are {words(state)}.")', ["{number} actions are {words(state)}."]),
    ],
)
def test_sentences_are_found_in_the_source(source: str, found: list[str]) -> None:
    assert list(sentences.in_source(source)) == found


def test_sentences_are_found_in_templates() -> None:
    page = '{# No. #}<h1 class="x">Hello {{ name }}</h1>{{ forms.text(form.title, "Say it in one line") }}<br>'
    assert list(sentences.in_template(page, is_mail=False)) == ["Say it in one line", "Hello {name}"]
    assert list(sentences.in_template("{% if x %}Good morning,\n{% endif %}", is_mail=True)) == [" Good morning,"]


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    paths = PATH.findall((ROOT / page).read_text(encoding="utf-8"))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_no_variable_is_read_or_named_that_is_no_setting() -> None:
    known = {f"FOLLOWTHROUGH_{name.upper()}" for name in Settings.model_fields}
    named_somewhere = {}
    for path in files(*PACKAGES, "docs", "Makefile", "README.md"):
        if path.suffix in {".py", ".md", ".html", ""}:
            for variable in VARIABLE.findall(path.read_text(encoding="utf-8")):
                named_somewhere.setdefault(variable, named(path))
    assert {name: where for name, where in named_somewhere.items() if name not in known} == {}
