"""Stored files are encrypted, and none that is not what was uploaded is handed out (R18, F21)."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reviews.access.permissions import system
from reviews.core.db import Database, engine_of
from reviews.core.keyring import Damaged, KeyPurpose, MissingKey, keyring_of
from reviews.core.settings import Settings
from reviews.files.encrypt_files import count_plain, encrypt_files
from reviews.files.file_checks import check_files, damaged_files, record_check
from reviews.files.sealed_chunks import CHUNK, KEY_SIZE, TAG, seal_chunks, unseal_chunks
from reviews.files.store import (
    DamagedFile,
    FileFault,
    StoredFile,
    folder_of,
    open_sound,
    store,
    stored_file,
    stored_names,
    storing_files,
)
from reviews.models import Action, Evidence
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import NOW, a_case, a_world, an_action

KEY = b"k" * KEY_SIZE
LINE = b"Canary-51c7 walked home. "
TEXT = (LINE * 12_000)[: 4 * CHUNK - 5]
"""Four chunks, the last of them smaller."""


def pieces(content: bytes) -> list[bytes]:
    return [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)]


def sealed(content: bytes = TEXT, where: str = "a") -> list[bytes]:
    return list(seal_chunks(KEY, iter(pieces(content)), where))


def opened(chunks: Sequence[bytes], where: str = "a", key: bytes = KEY) -> bytes:
    return b"".join(unseal_chunks(key, BytesIO(b"".join(chunks)), where))


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_content_of_every_length_comes_back(size: int) -> None:
    content = os.urandom(size)
    chunks = sealed(content)
    assert opened(chunks) == content
    assert len(b"".join(chunks)) == size + TAG * len(chunks)


FORGED: dict[str, Callable[[list[bytes]], Sequence[bytes]]] = {
    "nothing": lambda four: [],
    "without its end": lambda four: four[:3],
    "with half of its end": lambda four: [*four[:3], four[3][:-9]],
    "without its beginning": lambda four: four[1:],
    "without its middle": lambda four: [four[0], *four[2:]],
    "with two chunks in each other's place": lambda four: [four[0], four[2], four[1], four[3]],
    "with a chunk twice": lambda four: [four[0], four[1], four[1], four[2], four[3]],
    "with the end twice": lambda four: [*four, four[3]],
    "with the end in the middle": lambda four: [four[0], four[3]],
    "with something after it": lambda four: [*four, b"x"],
    "with a chunk of another file": lambda four: [four[0], sealed(where="b")[1], *four[2:]],
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_file_whose_chunks_were_touched_does_not_open(forge: Callable[[list[bytes]], Sequence[bytes]]) -> None:
    with pytest.raises(Damaged):
        opened(forge(sealed()))


def test_a_file_opens_with_its_key_under_its_name_alone() -> None:
    for key, where in ((b"l" * KEY_SIZE, "a"), (KEY, "b")):
        with pytest.raises(Damaged):
            opened(sealed(), where, key)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def action(database: Database) -> Action:
    with database.begin() as session:
        return an_action(session, a_case(session, a_world(database).anyshire.partnership))


def a_row(database: Database, action: Action, file: StoredFile) -> None:
    with database.begin() as session:
        named: dict[str, Any] = {name: getattr(file, name) for name in ("stored_as", "file_name", "sha256", "size")}
        session.add(
            Evidence(
                action_id=action.id,
                kind="file",
                text="",
                offered_by="x",
                offered_at=NOW,
                wrapped_key=file.wrapped_key,
                **named,
            )
        )


def a_stored(database: Database, settings: Settings, action: Action, content: bytes = TEXT) -> StoredFile:
    file = store(folder_of(settings.home), BytesIO(content), "minutes.txt", keyring_of(settings))
    a_row(database, action, file)
    return file


def a_plain(database: Database, settings: Settings, action: Action, content: bytes = TEXT) -> StoredFile:
    """Store a file as an earlier version did."""
    sealed = store(folder_of(settings.home), BytesIO(content), "minutes.txt", keyring_of(settings))
    (folder_of(settings.home) / sealed.stored_as).write_bytes(content)
    file = StoredFile(sealed.stored_as, sealed.file_name, sealed.sha256, sealed.size, None)
    a_row(database, action, file)
    return file


def content_of(settings: Settings, file: StoredFile) -> bytes:
    with closing(open_sound(folder_of(settings.home), file, keyring_of(settings))) as content:
        return b"".join(content)


def fault_of(settings: Settings, file: StoredFile) -> FileFault:
    with pytest.raises(DamagedFile) as found:
        open_sound(folder_of(settings.home), file, keyring_of(settings))
    assert found.value.stored_as == file.stored_as
    return found.value.fault


def test_d19_nothing_of_the_content_is_on_the_disk(database, settings, action) -> None:
    file = a_stored(database, settings, action)
    everything = b"".join(path.read_bytes() for path in settings.home.rglob("*") if path.is_file())
    assert LINE not in everything
    assert file.wrapped_key is not None
    assert content_of(settings, file) == TEXT


def test_r18_a_flipped_bit_anywhere_refuses_the_whole_file(database, settings, action) -> None:
    file = a_stored(database, settings, action)
    path = folder_of(settings.home) / file.stored_as
    whole = path.read_bytes()
    for at in (0, CHUNK, CHUNK + TAG, len(whole) // 2, len(whole) - 1):
        path.write_bytes(bytes([*whole[:at], whole[at] ^ 1, *whole[at + 1 :]]))
        assert fault_of(settings, file) is FileFault.CHANGED
    path.write_bytes(whole)
    assert content_of(settings, file) == TEXT


def test_f21_a_plain_file_of_an_earlier_version_is_held_against_its_hash_too(database, settings, action) -> None:
    file = a_plain(database, settings, action)
    assert content_of(settings, file) == TEXT
    path = folder_of(settings.home) / file.stored_as
    path.write_bytes(TEXT.replace(b"home", b"away", 1))
    assert fault_of(settings, file) is FileFault.CHANGED
    path.unlink()
    assert fault_of(settings, file) is FileFault.MISSING


def test_the_content_of_one_row_does_not_pass_for_that_of_another(database, settings, action) -> None:
    one, two = (a_stored(database, settings, action) for _ in range(2))
    folder = folder_of(settings.home)
    (folder / one.stored_as).write_bytes((folder / two.stored_as).read_bytes())
    assert fault_of(settings, one) is FileFault.CHANGED
    with_its_key = StoredFile(one.stored_as, one.file_name, one.sha256, one.size, two.wrapped_key)
    assert fault_of(settings, with_its_key) is FileFault.CHANGED


def test_without_the_key_of_files_its_fingerprint_is_named_and_nothing_is_called_damaged(
    database, settings, action
) -> None:
    file = a_stored(database, settings, action)
    key = keyring_of(settings).newest(KeyPurpose.FILES)
    key.path.rename(key.path.with_suffix(".away"))
    with pytest.raises(MissingKey, match=key.fingerprint):
        open_sound(folder_of(settings.home), file, keyring_of(settings))
    with reading(database) as session, pytest.raises(MissingKey, match=key.fingerprint):
        check_files(session, folder_of(settings.home), keyring_of(settings))


def test_r18_files_verify_names_what_is_missing_changed_and_nobodys(database, settings, action, clock) -> None:
    folder = folder_of(settings.home)
    whole, flipped, lost, plain, bent = (
        make(database, settings, action) for make in (a_stored, a_stored, a_stored, a_plain, a_plain)
    )
    stray = store(folder, BytesIO(TEXT), "a.txt", keyring_of(settings))
    for file in (flipped, bent):
        path = folder / file.stored_as
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    kept_lost = (folder / lost.stored_as).read_bytes()
    (folder / lost.stored_as).unlink()

    def found() -> tuple[list[str], list[str], list[str]]:
        with reading(database) as session:
            check = check_files(session, folder, keyring_of(settings))
        with unit_of_work(database, system("test"), clock) as unit:
            record_check(unit, check)
        return check.missing, check.orphans, check.changed

    assert found() == ([lost.stored_as], [stray.stored_as], sorted([flipped.stored_as, bent.stored_as]))
    with reading(database) as session:
        assert damaged_files(session) == sorted([lost.stored_as, flipped.stored_as, bent.stored_as])
    (folder / lost.stored_as).write_bytes(kept_lost)
    assert found() == ([], [stray.stored_as], sorted([flipped.stored_as, bent.stored_as]))
    with reading(database) as session:
        assert damaged_files(session) == sorted([flipped.stored_as, bent.stored_as])
    assert {content_of(settings, file) for file in (whole, plain, lost)} == {TEXT}


def test_files_of_an_earlier_version_are_encrypted_and_a_damaged_one_is_left_and_named(
    database, settings, action, clock
) -> None:
    folder = folder_of(settings.home)
    files = [a_plain(database, settings, action, LINE * (number + 1)) for number in range(3)]
    bent = a_plain(database, settings, action)
    (folder / bent.stored_as).write_bytes(b"else")
    done = encrypt_files(database, settings, system("test"), clock)
    assert (done.files, done.damaged) == (3, [bent.stored_as])
    with reading(database) as session:
        rows = [stored_file(row) for row in session.scalars(sa.select(Evidence).order_by(Evidence.id))]
        assert (count_plain(session), damaged_files(session)) == (1, [bent.stored_as])
    assert [content_of(settings, row) for row in rows[:3]] == [LINE, LINE * 2, LINE * 3]
    assert [row.sha256 for row in rows] == [file.sha256 for file in (*files, bent)]
    assert stored_names(folder) == {row.stored_as for row in rows}
    assert all(LINE not in path.read_bytes() for path in folder.iterdir())
    assert encrypt_files(database, settings, system("test"), clock).files == 0


RUN = """
import sys
from pathlib import Path
from reviews.core.settings import Settings
from reviews.core.db import open_database
from reviews.core.clock import SystemClock
from reviews.access.permissions import system
settings, database = Settings(home=Path(sys.argv[1])), open_database(sys.argv[2])
clock = SystemClock()
"""
UPLOAD = """
import io
from reviews.files.store import storing_files
from reviews.models import Evidence
from reviews.transactions.unit_of_work import unit_of_work
print("begun", flush=True)
while True:
    with storing_files(database, settings, clock.now()) as take:
        file = take(io.BytesIO(b"Canary-51c7 walked home. " * 12_000), "minutes.txt")
        with unit_of_work(database, system("x"), clock) as unit:
            row = Evidence(action_id=int(sys.argv[3]), kind="file", text="", offered_by="x", offered_at=unit.now)
            row.stored_as, row.file_name, row.sha256, row.size = file.stored_as, file.file_name, file.sha256, file.size
            row.wrapped_key = file.wrapped_key
            unit.session.add(row)
"""
ENCRYPT = """
from reviews.files.encrypt_files import encrypt_files
print("begun", flush=True)
encrypt_files(database, settings, system("x"), clock)
"""


def killed(program: str, settings: Settings, database: Database, action: Action, *, after: float) -> None:
    """Run a program and kill it so long after it has begun."""
    url = engine_of(database).url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        (sys.executable, "-c", RUN + program, settings.home, url, str(action.id)),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    time.sleep(after)
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.faults
def test_r18_an_upload_killed_at_a_hundred_points_leaves_no_row_without_its_file(database, settings, action) -> None:
    """Killed while it stores one file after the other; what is left over goes a day later."""
    at, folder = random.Random(18), folder_of(settings.home)  # noqa: S311  # moments, not secrets
    for _ in range(100):
        killed(UPLOAD, settings, database, action, after=at.uniform(0.3, 0.6))
    with reading(database) as session:
        rows = [stored_file(row) for row in session.scalars(sa.select(Evidence))]
        check = check_files(session, folder, keyring_of(settings))
    assert len(rows) > 100
    assert (check.missing, check.changed) == ([], [])
    assert len(check.orphans) > 3, "it was killed between file and row"
    assert all(LINE not in path.read_bytes() for path in folder.iterdir())
    for name in check.orphans:
        os.utime(folder / name, (NOW.timestamp() - 90_000,) * 2)
    with storing_files(database, settings, NOW) as take:
        take(BytesIO(TEXT), "next.txt")
    assert stored_names(folder) == {row.stored_as for row in rows}


@pytest.mark.faults
def test_encrypting_goes_on_after_it_was_killed(database, settings, action, clock) -> None:
    folder, at = folder_of(settings.home), random.Random(36)  # noqa: S311  # moments, not secrets
    for number in range(400):
        a_plain(database, settings, action, LINE * (number + 1))
    kills = 0
    while plain_left(database):
        killed(ENCRYPT, settings, database, action, after=at.uniform(0.2, 0.5))
        kills += 1
        with reading(database) as session:
            check = check_files(session, folder, keyring_of(settings))
        assert (check.missing, check.changed) == ([], [])
    assert kills > 3
    for name in check.orphans:
        os.utime(folder / name, (NOW.timestamp() - 90_000_000,) * 2)
    encrypt_files(database, settings, system("test"), clock)
    with reading(database) as session:
        files = [stored_file(row) for row in session.scalars(sa.select(Evidence).order_by(Evidence.id))]
    assert [content_of(settings, file) for file in files] == [LINE * (number + 1) for number in range(400)]
    assert stored_names(folder) == {file.stored_as for file in files}


def plain_left(database: Database) -> int:
    with reading(database) as session:
        return count_plain(session)
