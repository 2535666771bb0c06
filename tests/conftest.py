"""Fixtures of every test: two real databases, a stopped clock, no network."""

import sys
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import Database
from reviews.core.schema_version import migrate
from scripts.machine import browser, missing, report
from tests.copies import a_copy, opened
from tests.postgres import Postgres, RunFolder, a_template, end_on_sigterm, server_url

FOLDER = pytest.StashKey[RunFolder]()
LOCAL_NAMES = {"localhost", "", None}
ABOVE_THE_QUERIES = tuple(Path(__file__).parent / name for name in ("web", "cli", "notifications", "bench"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--one-database",
        action="store_true",
        help="run each test of a page, command or mail on one of the two databases only, half of them on each",
    )


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(_refuse_network)
    given = getattr(config, "workerinput", None)
    if given is None:
        end_on_sigterm()
    config.stash[FOLDER] = RunFolder(Path(given["folder"])) if given else RunFolder.make()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out one of the two runs of a test of a page, command or mail: their queries are tested on both below."""
    if not config.getoption("one_database"):
        return
    left_out = [each for each in items if _is_other_run(each)]
    items[:] = [each for each in items if not _is_other_run(each)]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["folder"] = str(node.config.stash[FOLDER].path)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say loudly what was not run, and why: silence would pass for success."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"NOT RUN: {len(skipped)} tests", sep="!", red=True, bold=True)
        for why, number in Counter(_reason(report) for report in skipped).items():
            terminalreporter.line(f"{number} × {why}", red=True)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of a real browser; where there is none, the test is skipped and named at the end."""
    lacking = missing()
    if lacking:
        pytest.skip(f"not on this machine: {report(lacking)}; as root on Debian `make test` installs it")
    return str(browser())


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> RunFolder:
    return pytestconfig.stash[FOLDER]


@pytest.fixture(scope="session")
def sqlite_template(run_folder: RunFolder) -> Path:
    template = run_folder.path / "template.db"
    with run_folder.alone():
        if not template.exists():
            unfinished = template.with_suffix(".new")
            migrate(f"sqlite:///{unfinished}")
            unfinished.rename(template)
    return template


@pytest.fixture(scope="session")
def postgres(run_folder: RunFolder) -> Iterator[Postgres]:
    server = Postgres(server_url(run_folder), a_template(run_folder, "migrated", migrate))
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the URL of a migrated, empty database; the test runs once on each kind."""
    yield from a_copy(request, "sqlite_template", "postgres")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with opened(database_url) as database:
        yield database


@pytest.fixture
def clock() -> StoppedClock:
    """Stand on Friday 20 November 2026, 08:00: a working day."""
    return StoppedClock(read_moment("2026-11-20T08:00"))


def _is_other_run(item: pytest.Item) -> bool:
    """Whether this is the run on the database that the name of the test does not choose."""
    if not any(item.path.is_relative_to(folder) for folder in ABOVE_THE_QUERIES):
        return False
    test, bracket, parameters = item.nodeid.partition("[")
    kinds = ("sqlite", "postgresql")
    kind = next((each for each in kinds if each in parameters.rstrip("]").split("-")), None)
    same_test = f"{test}{bracket}{parameters.replace(str(kind), '')}"
    return kind is not None and kind != kinds[crc32(same_test.encode()) % 2]


def _reason(report: Any) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


def _refuse_network(event: str, args: tuple[Any, ...]) -> None:
    """Stop a test that would leave this machine, below anything it could catch."""
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        host = args[1][0]
    else:
        return
    if not _is_local(host):
        pytest.fail(f"A test reached for the network: {host}")


def _is_local(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    try:
        return name in LOCAL_NAMES or ip_address(name).is_loopback
    except ValueError:
        return False
