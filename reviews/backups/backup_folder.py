"""What lies in the folder of a backup, and its manifest."""

import os
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from workflows.core.engine import Refused

MANIFEST, SEAL, VERIFIED = "manifest.json", "manifest.sha256", "verified.json"
"""`SEAL` is the hash of the manifest. `VERIFIED` is written by who verified the backup."""
TABLES, AUDIT, FILES, MAIL = "tables", "audit", "files", "mail"
ROWS = ".jsonl.gz"
CHUNK = 1 << 20


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BackupPart(_Entry):
    """The rows of a day or month of the audit log. `sha256` is of the file before it is sealed."""

    rows: int
    sha256: str


class BackupTable(_Entry):
    """A table: how many rows it has, and the kind of each column (table_rows.py).

    `parts` are the months and days of a table that has a file for each; it is empty elsewhere.
    """

    rows: int
    columns: dict[str, str]
    parts: dict[str, BackupPart] = {}


class BackupFile(_Entry):
    """A file of the backup as it lies in the folder, sealed or not."""

    sha256: str
    bytes: int


class Manifest(_Entry):
    """What is in a backup, and what is not. `files` names every file but the manifest and its hash, by its path.

    `audit` are the tables of the audit log. `keys` are those that are not in it, by fingerprint. `lost` and `damaged`
    are files of evidence that were so already when the backup was made.
    """

    format: Literal[1] = 1
    product: str
    revision: str
    made_at: datetime
    database: str
    made_with: dict[str, str]
    sealed_for: tuple[str, ...]
    tables: dict[str, BackupTable]
    audit: dict[str, BackupTable] = {}
    files: dict[str, BackupFile]
    keys: dict[str, str]
    not_in_it: tuple[str, ...]
    lost: tuple[str, ...]
    damaged: tuple[str, ...]

    def table_file(self, name: str) -> str:
        return self.in_folder(f"{TABLES}/{name}{ROWS}")

    def audit_files(self, name: str) -> dict[str, str]:
        """Give the files of a table of the audit log by their part; under no name where it is in one file."""
        parts = self.audit[name].parts
        if not parts:
            return {"": self.in_folder(f"{AUDIT}/{name}{ROWS}")}
        return {part: self.in_folder(f"{AUDIT}/{name}-{part}{ROWS}") for part in parts}

    def row_files(self) -> list[str]:
        """Give the path of every file with rows."""
        audit = (path for name in self.audit for path in self.audit_files(name).values())
        return [*map(self.table_file, self.tables), *audit]

    def in_folder(self, path: str) -> str:
        """Give the path of a file as it lies in the folder."""
        return f"{path}.age" if self.sealed_for else path

    def within(self, folder: str) -> list[str]:
        """Give the paths of the files in one folder of the backup."""
        return sorted(path for path in self.files if path.startswith(f"{folder}/"))


class Verified(_Entry):
    """When the backup with this manifest was opened, counted and found whole."""

    manifest: str
    at: datetime


def write_manifest(folder: Path, manifest: Manifest) -> None:
    text = manifest.model_dump_json(indent=1).encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / SEAL).write_text(f"{sha256(text).hexdigest()}  {MANIFEST}\n")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a backup. Raises Refused where there is none, and for one that was changed."""
    try:
        text = (folder / MANIFEST).read_bytes()
        seal = (folder / SEAL).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as fault:
        name = Path(fault.filename).name
        raise Refused(f"{folder} is no whole backup: {name} is missing.") from None
    if seal != f"{sha256(text).hexdigest()}  {MANIFEST}\n".encode():
        raise Refused(f"{MANIFEST} and {SEAL} do not agree: one of them was changed. Use another backup.")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError:
        raise Refused(f"{MANIFEST} cannot be read by this version. Restore with the version that made it.") from None


def write_verified(folder: Path, at: datetime) -> None:
    found = Verified(manifest=_hash_of_manifest(folder), at=at)
    (folder / VERIFIED).write_text(found.model_dump_json(indent=1))


def newest_verified(backups: Path) -> datetime | None:
    """Give when the newest backup in a folder of backups was made that was verified since; None where there is none."""
    if not backups.is_dir():
        return None
    made = [read_manifest(path).made_at for path in sorted(backups.iterdir()) if _is_verified(path)]
    return max(made, default=None)


def _is_verified(folder: Path) -> bool:
    try:
        verified = Verified.model_validate_json((folder / VERIFIED).read_bytes())
        read_manifest(folder)
        return verified.manifest == _hash_of_manifest(folder)
    except (OSError, ValidationError, Refused):
        return False


def _hash_of_manifest(folder: Path) -> str:
    return sha256((folder / MANIFEST).read_bytes()).hexdigest()


def stored_paths(folder: Path) -> Iterator[str]:
    """Give the path of every file in the folder of a backup, but for the manifest and what belongs to it."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_dir() and name not in (MANIFEST, SEAL, VERIFIED):
            yield name


def hash_file(path: Path) -> BackupFile:
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return BackupFile(sha256=digest.hexdigest(), bytes=size)


def private_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def copy_file(source: Path, target: Path) -> BackupFile:
    """Copy a file for this account alone; gives the hash of what was copied. Whoever needs it on the disk syncs."""
    digest, size = sha256(), 0
    with (
        source.open("rb") as old,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as new,
    ):
        while chunk := old.read(CHUNK):
            new.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return BackupFile(sha256=digest.hexdigest(), bytes=size)


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
