"""Where a virus scanner is set, no file is stored that it knows, or that it could not be asked about."""

import shutil
import subprocess
import time
from io import BytesIO
from pathlib import Path

import pytest

from reviews.core.keyring import Keyring
from reviews.files import virus_scanner
from reviews.files.store import LARGEST_FILE, store, stored_names
from reviews.files.virus_scanner import Infected, Unscanned, require_scanner, scan
from tests.reviews.files.real_files import zipped
from tests.reviews.files.scanner import HARMFUL, SIGNATURE, a_scanner
from workflows.core.engine import Refused


def stored(tmp_path: Path, content: bytes, clamd: str, name: str = "a.txt") -> None:
    store(tmp_path / "files", BytesIO(content), name, Keyring(tmp_path / "keys"), clamd=clamd)


@pytest.mark.parametrize("by_path", [True, False])
def test_a_harmless_file_is_stored_and_a_harmful_one_is_not(tmp_path: Path, by_path: bool) -> None:
    with a_scanner(tmp_path / "clamd" if by_path else None) as scanner:
        require_scanner(scanner.address)
        stored(tmp_path, b"We met. " * 100_000, scanner.address)
        with pytest.raises(Infected, match="not stored") as found:
            stored(tmp_path, b"We met. " * 100_000 + HARMFUL, scanner.address)
    assert found.value.signature == SIGNATURE
    assert len(stored_names(tmp_path / "files")) == 1


ANSWERS = (b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK but\0", b"", b"stream: \0", b"x" * 10_000)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_is_neither_stores_nothing(tmp_path: Path, answer: bytes) -> None:
    with a_scanner() as scanner:
        scanner.answer = answer
        with pytest.raises(Unscanned, match="Try again in a few minutes"):
            stored(tmp_path, b"We met.", scanner.address)
    assert stored_names(tmp_path / "files") == set()


def test_a_scanner_that_hangs_up_in_the_middle_stores_nothing(tmp_path: Path) -> None:
    with a_scanner() as scanner:
        scanner.stops_after = 300_000
        with pytest.raises(Unscanned):
            stored(tmp_path, b"We met. " * 1_000_000, scanner.address)
    assert stored_names(tmp_path / "files") == set()


@pytest.mark.parametrize("address", ["/nowhere/clamd.sock", "127.0.0.1:1", "clamd", "host:port", "[::1]:0"])
def test_without_its_scanner_nothing_is_stored(tmp_path: Path, address: str) -> None:
    with pytest.raises(Unscanned):
        stored(tmp_path, b"We met.", address)
    with pytest.raises(Unscanned):
        require_scanner(address)
    assert stored_names(tmp_path / "files") == set()


def test_a_scanner_that_says_nothing_is_waited_for_no_longer_than_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virus_scanner, "SECONDS", 0.2)
    with a_scanner() as scanner, a_scanner() as other:
        other.answer = b"stream: O"
        begun = time.monotonic()
        with pytest.raises(Unscanned):
            scan(other.address, BytesIO(b"We met."))
        assert time.monotonic() - begun < 5
        scan(scanner.address, BytesIO(b"We met."))


def test_what_is_too_large_or_of_no_kind_is_refused_before_the_scanner_is_asked(tmp_path: Path) -> None:
    with a_scanner() as scanner:
        for content, name in ((b"x" * (LARGEST_FILE + 1), "a.txt"), (b"MZ\0\0", "a.exe"), (b"<html>", "a.pdf")):
            with pytest.raises(Refused):
                stored(tmp_path, content, scanner.address, name)
        assert scanner.asked == 0


@pytest.mark.skipif(shutil.which("clamd") is None, reason="clamd is not installed: apt-get install clamav-daemon")
def test_a_real_clamd_finds_its_signature_also_inside_a_parcel(tmp_path: Path) -> None:
    signatures, path = tmp_path / "signatures", tmp_path / "clamd.sock"
    signatures.mkdir()
    (signatures / "own.ndb").write_text(f"{SIGNATURE}:0:*:{HARMFUL.hex()}\n")
    settings = tmp_path / "clamd.conf"
    settings.write_text(f"LocalSocket {path}\nDatabaseDirectory {signatures}\nForeground yes\n")
    for each in (tmp_path, signatures):
        each.chmod(0o755)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(("clamd", "-c", settings), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not path.exists():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        require_scanner(str(path))
        scan(str(path), BytesIO(b"We met. " * 3_000_000))
        for content in (HARMFUL, zipped({"a.txt": b"We met. " + HARMFUL})):
            with pytest.raises(Infected) as found:
                scan(str(path), BytesIO(content))
            assert found.value.signature == f"{SIGNATURE}.UNOFFICIAL"
    finally:
        process.terminate()
        process.wait()
