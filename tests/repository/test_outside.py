"""The repository stands by itself, wherever it is checked out."""

import os
import re
import socket
import subprocess
import tomllib

import pytest

from tests.repository.repository import ROOT, files, named

# put together here, so that this file does not name them either
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "yarn" + "pkg.com"]
MACHINE = ["/" + name + "/" for name in ("work", "root", "home", "tmp")]
TEXTS = {"", ".py", ".md", ".toml", ".txt", ".html", ".css", ".js", ".json", ".yaml", ".yml", ".mako", ".svg", ".csv"}


def texts() -> dict[str, str]:
    return {named(path): path.read_text(encoding="utf-8", errors="replace") for path in files() if path.suffix in TEXTS}


@pytest.mark.parametrize("word", [*REGISTRIES, *MACHINE])
def test_no_file_names_a_registry_or_a_place_on_one_machine(word: str) -> None:
    assert [name for name, text in texts().items() if word in text] == []


def test_every_requirement_is_pinned_with_its_hash() -> None:
    for name in ("runtime", "test"):
        entries = requirements(name)
        assert len(entries) > 10
        assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_tests_run_on_exactly_what_the_product_runs_on() -> None:
    runtime, test = (dict(pinned(entry) for entry in requirements(name)) for name in ("runtime", "test"))
    assert runtime.items() <= test.items()


def test_every_library_asked_for_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, test = (dict(pinned(entry) for entry in requirements(name)) for name in ("runtime", "test"))
    assert {library(wanted) for wanted in project["project"]["dependencies"]} <= runtime.keys()
    assert {library(wanted) for wanted in project["dependency-groups"]["test"]} <= test.keys()


def test_make_lists_every_target_it_has() -> None:
    makefile = (ROOT / "Makefile").read_text()
    public = set(re.search(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)[1].split())
    # by itself, also when make runs the tests: a make inside another says more than it is asked
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    listed = subprocess.run(["make", "help"], cwd=ROOT, env=alone, check=True, capture_output=True, text=True).stdout
    assert {line.split()[1] for line in listed.splitlines()} == public
    assert {"demo", "test", "check", "sure", "bench", "bare", "help"} <= public


def test_continuous_integration_runs_what_everybody_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1].endswith("make sure")


def test_the_tests_reach_no_network() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"reached for the network: 192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(pytest.fail.Exception, match=r"example\.org"):
        socket.getaddrinfo("example.org", 80)
    socket.getaddrinfo("localhost", 80)


def requirements(name: str) -> list[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def pinned(entry: str) -> tuple[str, str]:
    name, _, rest = entry.partition("==")
    return library(name), rest.split()[0]


def library(wanted: str) -> str:
    return re.match(r"[A-Za-z0-9._-]+", wanted.strip())[0].lower().replace("_", "-").replace(".", "-")
