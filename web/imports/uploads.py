"""Stores a spreadsheet between its upload and its import: in HOME, for one person and one day."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe

from reviews.transactions.unit_of_work import NotFound

STORED_FOR = timedelta(days=1)
MOST_STORED = 5
"""For one person: the oldest is deleted."""
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
SUFFIXES = frozenset({".xlsx", ".xlsm", ".csv", ".tsv", ".txt"})


@dataclass(frozen=True, slots=True)
class Upload:
    """One file with the choices made for it so far.

    `stored_at` is an instant as text, `title` that of a new plan, `sheet` empty for all, `header_row` None for the
    first row that fits. `silent` is None until somebody has chosen from when the plan is reminded of. `answers` decide
    texts of the file, by the keys of Answers; `remembered` says who had its columns and answers remembered, and is
    empty where nothing was.
    """

    token: str
    person_id: int
    stored_at: str
    name: str
    sha256: str
    partnership: str
    plan: str
    title: str = ""
    sheet: str = ""
    header_row: int | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    remember: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    remembered: str = ""
    silent: bool | None = None

    @property
    def fingerprint(self) -> str:
        """What a preview was made from: a hash of the file and every choice."""
        decided = [sorted(self.mapping.items()), sorted(self.answers.items())]
        choices = json.dumps([self.sha256, self.partnership, self.plan, self.sheet, self.header_row, decided])
        return sha256(choices.encode()).hexdigest()


class Uploads:
    """The folder of uploads, which only this account of the machine may open. The file names are random."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "uploads"

    def store(self, data: bytes, *, name: str, person_id: int, partnership: str, plan: str, now: datetime) -> Upload:
        """Store a file, and delete old ones. Its suffix must be one of SUFFIXES."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._tidy(person_id, now)
        upload = Upload(
            token=token_urlsafe(24),
            person_id=person_id,
            stored_at=now.isoformat(),
            name=name,
            sha256=sha256(data).hexdigest(),
            partnership=partnership,
            plan=plan,
        )
        self.note(upload)
        _write(self.path(upload), data)
        return upload

    def find(self, token: str, person_id: int, now: datetime) -> Upload:
        """Give the upload of that token to the person it belongs to, for a day; NotFound for everybody else."""
        upload = self._read(token) if TOKEN.fullmatch(token) else None
        if upload is None or upload.person_id != person_id or _is_old(upload, now) or not self.path(upload).exists():
            raise NotFound
        return upload

    def note(self, upload: Upload) -> None:
        """Store the choices made for it."""
        data = asdict(upload)
        data["kept_at"] = data.pop("stored_at")  # its name in files that an earlier version stored
        _write(self._folder / f"{upload.token}.json", json.dumps(data).encode())

    def path(self, upload: Upload) -> Path:
        suffix = Path(upload.name).suffix.lower()
        return self._folder / f"{upload.token}{suffix if suffix in SUFFIXES else '.none'}"

    def forget(self, token: str) -> None:
        for path in self._folder.glob(f"{token}.*"):
            path.unlink(missing_ok=True)

    def forget_plan(self, partnership: str, plan: str) -> None:
        """Delete the uploads for one plan, whoever they belong to."""
        for path in self._folder.glob("*.json"):
            upload = self._read(path.stem)
            if upload is not None and (upload.partnership.upper(), upload.plan) == (partnership, plan):
                self.forget(upload.token)

    def _tidy(self, person_id: int, now: datetime) -> None:
        tokens = {path.stem for path in self._folder.iterdir()}
        found = {token: self._read(token) for token in tokens}
        for token, upload in found.items():
            if upload is None or _is_old(upload, now):
                self.forget(token)
        of_person = [each for each in found.values() if each is not None and each.person_id == person_id]
        for upload in sorted(of_person, key=lambda each: each.stored_at, reverse=True)[MOST_STORED - 1 :]:
            self.forget(upload.token)

    def _read(self, token: str) -> Upload | None:
        try:
            data = json.loads((self._folder / f"{token}.json").read_bytes())
            stored_at = data.pop("kept_at")
            return Upload(**data, stored_at=stored_at)
        except (OSError, ValueError, TypeError, LookupError):
            return None


def _is_old(upload: Upload, now: datetime) -> bool:
    return now - datetime.fromisoformat(upload.stored_at) > STORED_FOR


def _write(path: Path, data: bytes) -> None:
    """Write all or nothing, for this account only."""
    unfinished = path.with_name(f"{path.name}.{token_urlsafe(6)}.new")
    number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(data)
    unfinished.replace(path)
