"""Makes the environment in .venv: `python -m scripts.environment runtime`, or `test` for what the tests need as well.

Two that begin at once would spoil each other's work: the second waits until the first is done, and finds it done.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
PIP = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--quiet")
PURPOSES = {"runtime": "what the product needs", "test": "what the tests need"}
MADE_FROM = {"runtime": ("requirements/runtime.txt", "pyproject.toml", "setup.py"), "test": ("requirements/test.txt",)}


def prepare(purpose: str) -> None:
    """Install what is missing for a purpose; what is there already, from the same requirements, stays."""
    stamp, wanted = ENVIRONMENT / purpose, _fingerprint(purpose)
    if not (stamp.exists() and stamp.read_text() == wanted):
        print(f"Installing {PURPOSES[purpose]} into .venv …", flush=True)
        stamp.unlink(missing_ok=True)
        _run(*PIP, "install", "--require-hashes", "--requirement", f"requirements/{purpose}.txt")
        if purpose == "runtime":
            _run(*PIP, "install", "--no-deps", "--no-build-isolation", "--editable", ".")
    stamp.write_text(wanted)


def make() -> None:
    """Make an empty environment where there is none, or only a part of one."""
    if not (ENVIRONMENT / "bin" / "pip").exists():
        unfinished = subprocess.run((sys.executable, "-m", "venv", ".venv"), cwd=ROOT, check=False).returncode
        if unfinished:
            shutil.rmtree(ENVIRONMENT, ignore_errors=True)
            sys.exit(unfinished)


@contextmanager
def alone() -> Iterator[None]:
    """Wait for whoever is at work on this checkout; a process that dies lets go by itself."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another make that installs into .venv …", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _fingerprint(purpose: str) -> str:
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in MADE_FROM[purpose])).hexdigest()


def _run(*command: str | Path) -> None:
    failed = subprocess.run(command, cwd=ROOT, check=False).returncode
    if failed:
        sys.exit(failed)


if __name__ == "__main__":
    with alone():
        make()
        for each in PURPOSES if sys.argv[1] == "test" else ("runtime",):
            prepare(each)
