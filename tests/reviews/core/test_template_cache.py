"""Compiled templates are executed: they are kept where nobody else can write, or not at all."""

from pathlib import Path

import pytest
from jinja2 import BytecodeCache, Environment, FileSystemLoader, nodes

from reviews.core.template_cache import template_cache
from tests.repository.repository import ROOT

JINJAS = Environment(autoescape=True)


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "caches"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "followthrough" / "templates"


def test_it_is_made_for_this_user_alone_and_filled(caches: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("Hello {{ name }}")

    assert rendered(tmp_path) == "Hello Mary"
    assert caches.stat().st_mode & 0o777 == 0o700
    assert len(list(caches.iterdir())) == 1
    assert rendered(tmp_path) == "Hello Mary"
    page.write_text("Good morning {{ name }}")
    assert rendered(tmp_path) == "Good morning Mary"


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o770])
def test_a_folder_that_others_can_open_is_not_used(caches: Path, mode: int) -> None:
    caches.mkdir(parents=True)
    caches.chmod(mode)
    assert template_cache() is None


def test_where_no_folder_can_be_made_there_is_none(caches: Path) -> None:
    caches.parents[1].write_text("a file is in the way")
    assert template_cache() is None


def test_a_cache_that_cannot_be_written_costs_no_page(caches: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("Hello {{ name }}")
    cache = template_cache()
    caches.rmdir()
    assert rendered(tmp_path, cache) == "Hello Mary"


def test_no_template_has_a_filter_of_ours_worked_out_when_it_is_compiled() -> None:
    """Jinja applies a filter to a constant as it compiles: a change of the filter would not reach a kept template."""
    for folder in ("web/templates", "notifications/letters/templates"):
        for path in (path for path in (ROOT / folder).rglob("*") if path.is_file()):
            applied = JINJAS.parse(path.read_text(encoding="utf-8")).find_all((nodes.Filter, nodes.Test))
            ours = [node for node in applied if node.name not in JINJAS.filters | JINJAS.tests]
            assert [node.lineno for node in ours if isinstance(node.node, nodes.Literal)] == [], path


def rendered(folder: Path, cache: BytecodeCache | None = None) -> str:
    loader = FileSystemLoader(folder)
    environment = Environment(loader=loader, bytecode_cache=cache or template_cache(), autoescape=True)
    return environment.get_template("page.html").render(name="Mary")
