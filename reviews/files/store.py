"""Stored files, in HOME outside the pages, under random names, each encrypted under a key of its own.

The key is kept, wrapped, with the row that names the file: a file without its row is nothing that anybody could read.
"""

import logging
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from os import SEEK_END
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.db import Database
from reviews.core.keyring import Damaged, KeyPurpose, Keyring, keyring_of
from reviews.core.settings import Settings
from reviews.files.contents import FILE_KINDS, check_content
from reviews.files.sealed_chunks import CHUNK, new_key, seal_chunks, unseal_chunks
from reviews.files.virus_scanner import Infected, Unscanned, scan
from reviews.models import Attachment, Evidence
from reviews.transactions.unit_of_work import reading
from workflows.core.engine import Refused

LARGEST_FILE = 25_000_000  # bytes
LONGEST_NAME = 200
STRAY_AFTER = timedelta(days=1)
LOOKED_BACK = timedelta(days=30)
TABLES: tuple[type[Evidence | Attachment], ...] = (Evidence, Attachment)
"""Whose rows name stored files."""
_STORED = re.compile(r"[0-9a-f]{48}(\.new)?")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_LOG = logging.getLogger("followthrough.files")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A stored file. `stored_as` is its random name, `file_name` that under which it was uploaded.

    `sha256` and `size`, in bytes, are of the content as it was uploaded. `wrapped_key` is None for a file of an earlier
    version that is not encrypted.
    """

    stored_as: str
    file_name: str
    sha256: str
    size: int
    wrapped_key: bytes | None


def stored_file(row: Evidence | Attachment) -> StoredFile:
    """Give the stored file that a row names."""
    return StoredFile(row.stored_as or "", row.file_name, row.sha256, row.size, row.wrapped_key)


class FileFault(StrEnum):
    MISSING = "missing"
    CHANGED = "changed"


class DamagedFile(Exception):
    """A stored file is missing, or is not what was uploaded: nothing of it is handed out."""

    def __init__(self, stored_as: str, fault: FileFault) -> None:
        super().__init__(f"{stored_as} is {fault}")
        self.stored_as = stored_as
        self.fault = fault


def folder_of(home: Path) -> Path:
    return home / "files"


def key_name(stored_as: str) -> str:
    """Name the place for which the key of a file is wrapped (keyring.py): it opens no other file."""
    return f"file|{stored_as}"


def store(folder: Path, stream: IO[bytes], name: str, keyring: Keyring, *, clamd: str = "") -> StoredFile:
    """Store a file whose content is of the kind its name says. Raises Refused for any other, and stores nothing.

    With the address of clamd, raises Infected for a file that it knows, and Unscanned where it cannot be asked.
    """
    file_name = clean_name(name)
    suffix = PurePosixPath(file_name).suffix.lower()
    if suffix not in FILE_KINDS:
        raise Refused("The file must be a .pdf, .docx, .xlsx, .csv, .txt, .png or .jpg file.")
    if not stream.seekable():
        raise Refused("This is no file on a disk. Save it first, and choose it then.")
    size = stream.seek(0, SEEK_END)
    if size > LARGEST_FILE:
        raise Refused("The file is larger than 25 MB.")
    if not size:
        raise Refused("The file is empty.")
    check_content(stream, suffix)
    if clamd:
        _scan(clamd, stream)
    stream.seek(0)
    return seal_file(folder, _pieces(stream), file_name, keyring)


def seal_file(folder: Path, content: Iterable[bytes], file_name: str, keyring: Keyring) -> StoredFile:
    """Write content into a new stored file, which is there whole or not at all, for this account alone.

    `content` comes in pieces of CHUNK bytes, of which only the last may be smaller.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stored_as, key = token_hex(24), new_key()
    size, digest = 0, sha256()

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in content:
            size += len(piece)
            digest.update(piece)
            yield piece

    unfinished = folder / f"{stored_as}.new"
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for chunk in seal_chunks(key, counted(), key_name(stored_as)):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        wrapped = keyring.wrap(KeyPurpose.FILES, key, key_name(stored_as))
        unfinished.replace(folder / stored_as)
        _sync_folder(folder)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return StoredFile(stored_as, file_name, digest.hexdigest(), size, wrapped)


class SoundFile:
    """The content of an open file, in pieces; closed after the last, or by whoever has it."""

    def __init__(self, stream: IO[bytes], pieces: Iterator[bytes]) -> None:
        self._stream, self._pieces = stream, pieces

    def __iter__(self) -> Iterator[bytes]:
        with self._stream:
            yield from self._pieces

    def close(self) -> None:
        self._stream.close()


def open_sound(folder: Path, file: StoredFile, keyring: Keyring) -> SoundFile:
    """Open a file after all of it was held against what was uploaded.

    Raises DamagedFile, and MissingKey. It is read twice, as it is not to lie in memory.
    """
    key = _key_of(file, keyring)
    try:
        stream = open_stored(folder, file.stored_as)
    except FileNotFoundError as fault:
        raise DamagedFile(file.stored_as, FileFault.MISSING) from fault
    try:
        _require_sound(stream, file, key)
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return SoundFile(stream, _content(stream, file, key))


def open_stored(folder: Path, stored_as: str) -> IO[bytes]:
    """Open a stored file as it lies there. Raises FileNotFoundError."""
    if not _STORED.fullmatch(stored_as):
        raise FileNotFoundError(stored_as)
    return (folder / stored_as).open("rb")


def discard(folder: Path, stored_as: str) -> None:
    """Remove a stored file. What is left of it on the disk opens with nothing but the key in its row."""
    (folder / stored_as).unlink(missing_ok=True)


def stored_names(folder: Path) -> set[str]:
    """Give the random names of all files in the folder, whether a row names them or not."""
    return {path.name for path in _stored_paths(folder)}


def possible_strays(folder: Path, now: datetime) -> list[str]:
    """Give the files written between a month and a day ago: one that no row names by then is a stray."""
    latest, earliest = (now - STRAY_AFTER).timestamp(), (now - LOOKED_BACK).timestamp()
    return sorted(path.name for path in _stored_paths(folder) if earliest <= _written_at(path) <= latest)


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


StoreFile = Callable[[IO[bytes], str], StoredFile]


@contextmanager
def storing_files(database: Database, settings: Settings, now: datetime) -> Iterator[StoreFile]:
    """Give a function that stores files before the transaction that refers to them; discards unused ones at the end.

    The database is asked which are used: a transaction may have been committed though its answer was lost.
    """
    folder, keyring = folder_of(settings.home), keyring_of(settings)
    taken: list[str] = []

    def take(stream: IO[bytes], name: str) -> StoredFile:
        stored = store(folder, stream, name, keyring, clamd=settings.clamd)
        taken.append(stored.stored_as)
        return stored

    try:
        yield take
    finally:
        if taken:
            discard_unused(database, folder, [*taken, *possible_strays(folder, now)])


def discard_unused(database: Database, folder: Path, names: Sequence[str]) -> None:
    """Discard those of these files that no row names."""
    with reading(database) as session:
        used = names_in_rows(session, names)
    for name in names:
        if name not in used:
            discard(folder, name)


def names_in_rows(session: Session, among: Sequence[str] | None = None) -> set[str]:
    """Give the random names of the files that rows name, all or those of them that are among these."""
    found: set[str] = set()
    for table in TABLES:
        column: Any = table.stored_as
        query = sa.select(column).where(column.is_not(None))
        found.update(session.scalars(query if among is None else query.where(column.in_(among))))
    return found


def _scan(clamd: str, stream: IO[bytes]) -> None:
    try:
        scan(clamd, stream)
    except Infected as refusal:
        _LOG.warning("A file was refused: clamd says %s", refusal.signature)
        raise
    except Unscanned as refusal:
        _LOG.error("A file was refused, as clamd could not be asked: %s", refusal.why)
        raise


def _key_of(file: StoredFile, keyring: Keyring) -> bytes | None:
    if file.wrapped_key is None:
        return None
    try:
        return keyring.unwrap(KeyPurpose.FILES, file.wrapped_key, key_name(file.stored_as))
    except Damaged as fault:
        raise DamagedFile(file.stored_as, FileFault.CHANGED) from fault


def _require_sound(stream: IO[bytes], file: StoredFile, key: bytes | None) -> None:
    size, digest = 0, sha256()
    try:
        for piece in _content(stream, file, key):
            size += len(piece)
            digest.update(piece)
    except Damaged as fault:
        raise DamagedFile(file.stored_as, FileFault.CHANGED) from fault
    if size != file.size or digest.hexdigest() != file.sha256:
        raise DamagedFile(file.stored_as, FileFault.CHANGED)


def _content(stream: IO[bytes], file: StoredFile, key: bytes | None) -> Iterator[bytes]:
    return _pieces(stream) if key is None else unseal_chunks(key, stream, key_name(file.stored_as))


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(CHUNK):
        yield piece


def _written_at(path: Path) -> float:
    """Give when a file was written, or 0 for an upload that another process finished, and so renamed, meanwhile."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _stored_paths(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.iterdir() if _STORED.fullmatch(path.name))
