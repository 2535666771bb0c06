"""The product as a technician installs it: from a wheel, without the checkout."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest

from reviews.core.schema_version import newest_revision
from tests.repository.repository import PACKAGES, ROOT, files

BUILT_FROM = (*PACKAGES, "alembic", "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
SOURCE = "from setuptools.build_meta import build_sdist; build_sdist('made')"
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
OFFLINE = ("--no-index", "--no-deps")
PATIENCE = 120  # seconds


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an environment with the product, built by way of its source archive; libraries are those of this one."""
    folder = tmp_path_factory.mktemp("installed")
    checkout = folder / "checkout"
    for path in files(*BUILT_FROM):
        copy = checkout / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    run(checkout, sys.executable, "-c", SOURCE)
    (archive,) = (checkout / "made").glob("*.tar.gz")
    run(folder, sys.executable, *PIP, "wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", folder, archive)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    run(folder, sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    run(folder, sys.executable, *PIP, "--python", python, "install", *OFFLINE, wheel)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


def test_everything_of_the_packages_is_installed(installed: Path) -> None:
    (site_packages,) = installed.glob("lib/python*/site-packages")
    ours = {path.relative_to(ROOT) for path in files(*PACKAGES)}
    ours |= {Path("reviews", "migrations") / path.relative_to(ROOT / "alembic") for path in files("alembic")}
    assert {path for path in ours if not (site_packages / path).is_file()} == set()
    top = {path.name for path in site_packages.iterdir() if path.is_dir() and not path.name.endswith(".dist-info")}
    assert top - {"__pycache__"} == set(PACKAGES)


def test_the_installed_product_makes_its_database_and_serves(installed: Path, tmp_path: Path) -> None:
    somewhere = tmp_path / "somewhere"
    somewhere.mkdir()
    command = installed / "bin" / "followthrough"
    assert "newest tables" in run(somewhere, command, "migrate", home=tmp_path / "home")
    assert newest_revision() in run(somewhere, command.with_name("python"), "-c", REVISION, home=tmp_path / "home")
    port = free_port()
    process = subprocess.Popen([command, "serve", "--port", str(port)], cwd=somewhere, env=alone(tmp_path / "home"))
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/healthz")
        page = read(f"{address}/sign-in")
        assert "Sign in" in page
        (style, *_) = [part.partition('"')[0] for part in page.split('href="') if ".css" in part.partition('"')[0]]
        assert "{" in read(address + style)
    finally:
        process.terminate()
        process.wait(PATIENCE)
    assert list(somewhere.iterdir()) == []


REVISION = """
from reviews.core.db import open_database
from reviews.core.schema_version import migrations_folder, present_revision
from reviews.core.settings import Settings
assert migrations_folder().parts[-2:] == ("reviews", "migrations"), migrations_folder()
print(present_revision(open_database(Settings().database)))
"""


def run(folder: Path, *command: str | Path, home: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, env=alone(home), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alone(home: Path | None = None) -> dict[str, str]:
    """Give an environment in which nothing leads back to the checkout."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOLLOWTHROUGH_", "PYTHON"))}
    return kept if home is None else {**kept, "FOLLOWTHROUGH_HOME": str(home), "FOLLOWTHROUGH_ENV": "test"}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:  # noqa: S310  # our own, on this machine
        text: str = answer.read().decode()
        return text


def wait_for(address: str) -> None:
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        try:
            read(address)
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)
