"""Certificates of disposal: their numbers, the list, and one of them in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import for_retention
from reviews.backups.backup_folder import MANIFEST
from reviews.definitions.installed import present_catalogue
from reviews.models import DisposalCertificate, Partnership
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm

PREFIXES = {Realm.REVIEWS: "DC", Realm.CHILD_DEATHS: "CDC"}
"""Each realm counts for itself: a gap would tell of a case in the other."""
NOT_COVERED = (
    "Backups made before, which have it until they are deleted: those found are named here, others are not known.",
    "Mails that have left: they are in the mailboxes of those who got them, and at the mail provider.",
    "Files that people downloaded, and exports and copies that they keep.",
    "The audit log: who looked at the case, by its reference. It holds no text of the case.",
    "History of other cases and of the partnership that names its reference, and what was copied into a linked case.",
    "Logs of the web server, which may name addresses with its reference until they are deleted.",
    "What the disk or the storage keeps below the file system, such as snapshots.",
)
"""What a disposal does not reach."""


@dataclass(frozen=True, slots=True)
class BackupBefore:
    """A backup made before the disposal; `is_gone` is None where its folder cannot be looked into."""

    name: str
    made_at: datetime | None
    is_gone: bool | None


@dataclass(frozen=True, slots=True)
class CertificateLine:
    certificate: DisposalCertificate
    partnership: Partnership
    title: str


def certificates(session: Session, actor: Actor, *, partnership_id: int | None = None) -> list[CertificateLine]:
    """List the certificates the actor may see, the latest first."""
    query = (
        sa.select(DisposalCertificate, Partnership)
        .join(Partnership, Partnership.id == DisposalCertificate.partnership_id)
        .where(for_retention(actor, DisposalCertificate))
        .order_by(DisposalCertificate.id.desc())
    )
    if partnership_id is not None:
        query = query.where(DisposalCertificate.partnership_id == partnership_id)
    return [_line(session, row[0], row[1]) for row in session.execute(query)]


def find_certificate(session: Session, actor: Actor, number: str, *, code: str = "") -> CertificateLine:
    """Find a certificate by its number; raises NotFound, and Refused where two partnerships have the number."""
    query = (
        sa.select(DisposalCertificate, Partnership)
        .join(Partnership, Partnership.id == DisposalCertificate.partnership_id)
        .where(for_retention(actor, DisposalCertificate), DisposalCertificate.number == number)
        .order_by(DisposalCertificate.id)
    )
    if code:
        query = query.where(Partnership.code == code.upper())
    found = session.execute(query.limit(2)).all()
    if not found:
        raise NotFound
    if len(found) > 1:
        raise Refused(f"Two partnerships have a certificate {number}. Name the partnership.")
    return _line(session, found[0][0], found[0][1])


def next_number(unit: Unit, partnership: Partnership, realm: Realm) -> str:
    """Give the next number of the year. The partnership's row is locked, so that none is given twice."""
    locked = sa.select(Partnership.id).where(Partnership.id == partnership.id).with_for_update(key_share=True)
    unit.session.execute(locked)
    start = f"{PREFIXES[realm]}-{unit.today.year}-"
    query = sa.select(DisposalCertificate.number).where(
        DisposalCertificate.partnership_id == partnership.id, DisposalCertificate.number.startswith(start)
    )
    highest = max((int(number.removeprefix(start)) for number in unit.session.scalars(query)), default=0)
    return f"{start}{highest + 1:02}"


def backups_before(certificate: DisposalCertificate, folder: Path | None) -> Sequence[BackupBefore]:
    """Give the backups that still had the case, and whether each is still in the folder of backups."""
    looks = folder is not None and folder.is_dir()
    return [
        BackupBefore(
            name=each["name"],
            made_at=datetime.fromisoformat(each["made_at"]) if each["made_at"] else None,
            is_gone=not (folder / each["name"] / MANIFEST).is_file() if looks and folder is not None else None,
        )
        for each in certificate.backups
    ]


def _line(session: Session, certificate: DisposalCertificate, partnership: Partnership) -> CertificateLine:
    kind = present_catalogue(session, partnership.id).newest().get(certificate.workflow)
    return CertificateLine(certificate, partnership, kind.title if kind else certificate.workflow)
