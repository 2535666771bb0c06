"""Files of evidence, stored in HOME outside the pages, under random names."""

import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import file_digest, sha256
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import BinaryIO, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.db import Database
from reviews.files.contents import FILE_KINDS, check_content
from reviews.models import Evidence
from reviews.transactions.unit_of_work import reading
from workflows.core.engine import Refused

LARGEST_FILE = 25_000_000  # bytes
LONGEST_NAME = 200
STRAY_AFTER = timedelta(days=1)
LOOKED_BACK = timedelta(days=30)
_CHUNK = 65_536
_STORED = re.compile(r"[0-9a-f]{48}(\.new)?")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)


class Readable(Protocol):
    """A stream of bytes, such as an upload."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file. `stored_as` is its random name, `file_name` that under which it was uploaded; `size` in bytes."""

    stored_as: str
    file_name: str
    sha256: str
    size: int


def folder_of(home: Path) -> Path:
    return home / "files"


def store(folder: Path, stream: Readable, name: str) -> StoredFile:
    """Store a file whose content is of the kind its name says. Raises Refused for any other, and stores nothing."""
    file_name = clean_name(name)
    suffix = PurePosixPath(file_name).suffix.lower()
    if suffix not in FILE_KINDS:
        raise Refused("The file must be a .pdf, .docx, .xlsx, .csv, .txt, .png or .jpg file.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stored_as = token_hex(24)
    unfinished = folder / f"{stored_as}.new"
    try:
        size, digest = _write(unfinished, stream)
        check_content(unfinished, suffix)
        unfinished.replace(folder / stored_as)
        _sync_folder(folder)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return StoredFile(stored_as, file_name, digest, size)


def open_stored(folder: Path, stored_as: str) -> BinaryIO:
    """Open a stored file. Raises FileNotFoundError."""
    if not _STORED.fullmatch(stored_as):
        raise FileNotFoundError(stored_as)
    return (folder / stored_as).open("rb")


def discard(folder: Path, stored_as: str) -> None:
    (folder / stored_as).unlink(missing_ok=True)


def stored_names(folder: Path) -> set[str]:
    """Give the random names of all files in the folder, whether evidence refers to them or not."""
    return {path.name for path in _stored_paths(folder)}


def possible_strays(folder: Path, now: datetime) -> list[str]:
    """Give the files written between a month and a day ago: one that no evidence refers to by then is a stray."""
    latest, earliest = (now - STRAY_AFTER).timestamp(), (now - LOOKED_BACK).timestamp()
    return sorted(path.name for path in _stored_paths(folder) if earliest <= _written_at(path) <= latest)


def _written_at(path: Path) -> float:
    """Give when a file was written, or 0 for an upload that another process finished, and so renamed, meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0


def clean_name(name: str) -> str:
    """Give the last part of a path, without invisible characters and those that some file systems refuse."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    file_name = " ".join(_NOT_IN_NAMES.sub("-", seen).split()).lstrip(".")
    if _RESERVED.match(file_name):
        file_name = f"_{file_name}"
    suffix = PurePosixPath(file_name).suffix
    return (
        file_name if len(file_name) <= LONGEST_NAME else file_name[: LONGEST_NAME - len(suffix)] + suffix[:LONGEST_NAME]
    )


def _write(path: Path, stream: Readable) -> tuple[int, str]:
    """Write a file for this account alone; give its size and hash. Raises Refused when it is too large or empty."""
    size, digest = 0, sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > LARGEST_FILE:
                raise Refused("The file is larger than 25 MB.")
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise Refused("The file is empty.")
    return size, digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _stored_paths(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if _STORED.fullmatch(path.name))


StoreFile = Callable[[Readable, str], StoredFile]


@contextmanager
def storing_files(database: Database, folder: Path, now: datetime) -> Iterator[StoreFile]:
    """Give a function that stores files before the transaction that refers to them; discards unused ones at the end.

    The database is asked which are used: a transaction may have been committed though its answer was lost.
    """
    taken: list[str] = []

    def take(stream: Readable, name: str) -> StoredFile:
        stored = store(folder, stream, name)
        taken.append(stored.stored_as)
        return stored

    try:
        yield take
    finally:
        if taken:
            _discard_unused(database, folder, [*taken, *possible_strays(folder, now)])


def strays(session: Session, folder: Path) -> list[str]:
    """Give the files that no evidence refers to: each is removed when a file is stored a day later."""
    return sorted(stored_names(folder) - _files_of_evidence(session))


def lost_files(session: Session, folder: Path) -> list[str]:
    """Give the random names of files of evidence that are missing from the folder."""
    return sorted(_files_of_evidence(session) - stored_names(folder))


@dataclass(frozen=True, slots=True)
class FileCheck:
    """Random names of files: of evidence whose file is missing or is not what was uploaded, and of no evidence."""

    missing: list[str]
    orphans: list[str]
    changed: list[str]

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.changed


def check_files(session: Session, folder: Path) -> FileCheck:
    """Read every file of evidence, and compare it with what was uploaded."""
    rows = session.execute(sa.select(Evidence.stored_as, Evidence.sha256).where(Evidence.stored_as.is_not(None)))
    present = stored_names(folder)
    changed = [name for name, digest in rows if name in present and digest and _digest(folder / name) != digest]
    return FileCheck(lost_files(session, folder), strays(session, folder), sorted(changed))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _discard_unused(database: Database, folder: Path, names: list[str]) -> None:
    with reading(database) as session:
        used = set(session.scalars(sa.select(Evidence.stored_as).where(Evidence.stored_as.in_(names))))
    for name in names:
        if name not in used:
            discard(folder, name)


def _files_of_evidence(session: Session) -> set[str]:
    return {name for name in session.scalars(sa.select(Evidence.stored_as)) if name}
