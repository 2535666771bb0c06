"""What the tests need of a machine besides Python packages. As root on Debian it is installed, elsewhere it is named.

`python -m scripts.machine` does so. The tests that lack something are skipped, and named again at the end of the run.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Need:
    package: str
    """Its name in Debian."""
    why: str
    is_met: Callable[[], bool]


def browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def missing() -> list[Need]:
    return [need for need in NEEDS if not need.is_met()]


def report(lacking: list[Need]) -> str:
    return "; ".join(f"{need.package} ({need.why})" for need in lacking)


def _driver_starts() -> bool:
    """Start the program through which the browser library speaks; it is linked to libraries of the machine."""
    from playwright._impl._driver import compute_driver_executable

    node, _ = compute_driver_executable()
    return subprocess.run((node, "--version"), capture_output=True, check=False).returncode == 0


NEEDS = (
    Need("chromium", "the browser of the tests in a browser", lambda: browser() is not None),
    Need("libatomic1", "libatomic.so.1, for the program that steers the browser", _driver_starts),
)


def _install(packages: list[str]) -> None:
    print(f"Installing for the tests, from Debian: {', '.join(packages)} …", flush=True)
    quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("update",), ("install", "--yes", "--no-install-recommends", *packages)):
        apt = ("apt-get", "--quiet=2", *command)
        subprocess.run(apt, env=quietly, stdout=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    lacking = missing()
    if lacking and os.geteuid() == 0 and Path("/etc/debian_version").exists():
        _install([need.package for need in lacking])
        lacking = missing()
    if lacking:
        print(f"Not on this machine: {report(lacking)}. The tests that need it will be skipped.", flush=True)
