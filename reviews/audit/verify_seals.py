"""Verification of history and audit log against their seals, the anchors stored here, and those kept outside.

First the chain of each partnership is followed from seal to seal, then every row is read once, in the order of its
number, and held against the hash it was sealed with. Nothing is locked and no transaction stays open for longer than it
takes to read one chunk, so that others write meanwhile.
"""

import sys
from array import array
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from reviews.audit.anchors import THE_INSTALLATION, OutsideAnchor, anchor_mac
from reviews.audit.canonical_rows import (
    EPOCH,
    FORMS,
    HASH,
    MICROSECOND,
    ROW_ID,
    SEAL_FIELDS,
    TABLES,
    FieldKind,
    SealKey,
    SealKeys,
    any_text,
    as_instant,
    microseconds,
    newest_form,
    row_writer,
    seal_writer,
    stored,
    unpack_ids,
)
from reviews.audit.seal_rows import disposal_mac, sessions_of
from reviews.core.clock import local_day
from reviews.core.db import Database
from reviews.core.keyring import Keyring
from reviews.models import Anchor, Case, DisposedRows, Generation, Partnership, Stream
from reviews.models.seals import INSTALLATION

GRACE = timedelta(minutes=10)
"""Within it a row need not be sealed: one that was written at the end of a long transaction looks that old."""
LATE = timedelta(hours=2)
"""A row that is sealed so long after rows of later moments was put there afterwards: sealing looks back one hour."""
CHUNK = 5_000
SEALS_AT_A_TIME = 500
MOST_NAMED = 200
"""The most faults that are listed; all are counted."""
MOST_COMPARED = 60
"""The most changed rows among which swapped ones are looked for."""
THE_ROUND = "reminders"
"""Who is named by what happened by itself in a round. A round may be run as of an earlier moment (remind --as-of)."""


class FaultKind(StrEnum):
    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    SWAPPED = "swapped"
    UNSEALED = "unsealed"
    SEAL_CHANGED = "seal_changed"
    SEALS_MISSING = "seals_missing"
    KEY_MISSING = "key_missing"
    CUT = "cut"
    REWRITTEN = "rewritten"
    DISPOSAL_FORGED = "disposal_forged"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was sealed. `row` is its number in `table`, `seal` that of the seal in its chain.

    `at` is when the row says it was written down, `sealed_at` when it was sealed; `other` the row it was swapped with.
    """

    kind: FaultKind
    stream: Stream
    table: str
    sentence: str
    partnership: str = ""
    row: int | None = None
    case: str = ""
    at: datetime | None = None
    seal: int | None = None
    sealed_at: datetime | None = None
    other: int | None = None
    position: int = 0


@dataclass(slots=True)
class Verification:
    """What was found. `rows` were read, of which `unsealed` are in no seal yet; `disposed` counts by certificate.

    `unchecked` are rows of seals that cannot be believed. `anchors` were compared, `outside` of those kept elsewhere;
    `lost_in_restore` are anchors kept outside of what a restore has lost.
    """

    rows: int = 0
    seals: int = 0
    unsealed: int = 0
    unchecked: int = 0
    anchors: int = 0
    outside: int = 0
    lost_in_restore: int = 0
    disposed: Counter[str] = field(default_factory=Counter)
    since: datetime | None = None
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    notes: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.fault_count

    def add(self, fault: Fault) -> None:
        self.fault_count += 1
        self.faults.append(fault)
        if len(self.faults) > 2 * MOST_NAMED:
            self.sort()

    def sort(self) -> None:
        """Put the faults in the order of their rows, and leave out those after the first."""
        order = list(Stream)
        self.faults.sort(key=lambda fault: (order.index(fault.stream), fault.position))
        del self.faults[MOST_NAMED:]


@dataclass(slots=True)
class _Chain:
    """How far the chain of one partnership was followed; `blind_from` is the row from which no seal can be believed."""

    number: int = 0
    total: int = 0
    head: str = ""
    last_id: int = 0
    blind_from: int = 0


def verify_seals(
    database: Database,
    keyring: Keyring,
    now: datetime,
    *,
    since_anchor: bool = False,
    outside: Sequence[OutsideAnchor] = (),
) -> Verification:
    """Verify everything, or what came after the last anchors up to which everything was found whole.

    `outside` are the anchors that were kept elsewhere. Where nothing is wrong, the newest anchors are marked as
    verified.
    """
    found, keys, newest = Verification(), SealKeys(keyring), []
    for stream in Stream:
        newest += _OfStream(database, stream, keys, now, found).run(
            since_anchor=since_anchor, outside=[each for each in outside if each.stream is stream]
        )
    found.sort()
    if found.ok:
        _mark_verified(database, keys, newest, now)
    return found


class _DisposedIds:
    """The numbers that certificates are about: millions of them, where months of the audit log were disposed of."""

    def __init__(self) -> None:
        self._ids: dict[str, array[int]] = {}

    def add(self, ids: Sequence[int], certificate: str) -> None:
        """Add numbers of a certificate, in their order and after those before."""
        self._ids.setdefault(certificate, array("q")).extend(ids)

    def certificate_of(self, row_id: int) -> str | None:
        for certificate, ids in self._ids.items():
            if ids[0] <= row_id <= ids[-1] and ids[bisect_left(ids, row_id)] == row_id:
                return certificate
        return None


class _OfStream:
    """The verification of one stream."""

    def __init__(self, database: Database, stream: Stream, keys: SealKeys, now: datetime, found: Verification) -> None:
        self.database, self.stream, self.keys, self.now, self.found = database, stream, keys, now, found
        self.sessions, self.tables = sessions_of(database, stream), TABLES[stream]
        names = list(FORMS[stream][newest_form(stream)])
        self.at, self.partnership = names.index(self.tables.at), names.index("partnership_id")
        self.names = names
        self.chains: dict[int, _Chain] = {}
        self.unsound: set[int] = set()
        self.blind: list[tuple[int, int, int]] = []
        self.seal_ids, self.reached = array("q"), array("q")
        self.last_seal = self.last_sealed = 0
        self.disposed = _DisposedIds()
        with database() as session:
            self.codes = {row[0]: row[1] for row in session.execute(sa.select(Partnership.id, Partnership.code))}

    def run(self, *, since_anchor: bool, outside: Sequence[OutsideAnchor]) -> list[Any]:
        """Verify the stream, and give the newest anchor of each chain."""
        anchors = self._anchors()  # before the seals: each then has its seal
        begun = self._verified(anchors) if since_anchor else {}
        self._read_disposed()
        first_id = self._follow(begun)
        self._compare_stored(anchors)
        self._compare_outside(outside)
        self._hold_rows(first_id - 1 if begun else 0)
        return [of_chain[-1] for of_chain in anchors.values()]

    # the chains

    def _anchors(self) -> dict[int, list[Any]]:
        """Give the anchors by partnership, in the order of their seals."""
        query = sa.select(Anchor.__table__).where(Anchor.stream == self.stream).order_by(Anchor.number, Anchor.id)
        by_partnership: dict[int, list[Any]] = {}
        with self.database() as session:
            for row in session.execute(query):
                by_partnership.setdefault(row.partnership_id, []).append(row)
        return by_partnership

    def _verified(self, anchors: Mapping[int, list[Any]]) -> dict[int, int]:
        """Begin each chain at its last verified anchor; give the id of the seal after which each is read.

        Where one of them is not there any more as it was verified, nothing is given, and everything is read.
        """
        seals, begun, oldest = self.tables.seal_table, {}, self.now
        with self.sessions() as session:
            firsts = sa.select(seals.c.partnership_id, sa.func.min(seals.c.id)).group_by(seals.c.partnership_id)
            for partnership_id, first in session.execute(firsts).all():
                begun[partnership_id] = first - 1
                last = next(
                    (each for each in reversed(anchors.get(partnership_id, ())) if self._is_verified(each)), None
                )
                if last is None:
                    continue
                of_anchor = (seals.c.partnership_id == partnership_id, seals.c.number == last.number)
                row = session.execute(sa.select(seals.c.id, seals.c.last_id, seals.c.head).where(*of_anchor)).first()
                if row is None or row.head != last.head:
                    self.chains.clear()
                    return {}
                self.chains[partnership_id] = _Chain(last.number, last.total, last.head, row.last_id)
                begun[partnership_id], oldest = row.id, min(oldest, last.at)
        if self.chains:
            self.found.since = min(self.found.since or oldest, oldest)
        return begun

    def _is_verified(self, anchor: Any) -> bool:
        return anchor.verified_at is not None and any(
            anchor.verified == anchor_mac(key, anchor, anchor.verified_at) for key in self.keys.every()
        )

    def _follow(self, begun: Mapping[int, int]) -> int:
        """Follow every chain from seal to seal; give the lowest number of a row in them."""
        first_id, passes = 0, _Passes()
        self.last_seal = min(begun.values(), default=0)
        while seals := self._read_seals(self.last_seal):
            for row in seals:
                seal = _Link(*row)
                self.last_seal = seal.id
                if seal.id <= begun.get(seal.partnership_id, 0):
                    continue
                self.found.seals += 1
                if not self._check_link(seal):
                    self.unsound.add(seal.id)
                    continue
                first_id = min(first_id or seal.first_id, seal.first_id)
                self.last_sealed = max(self.last_sealed, seal.last_id)
                self.seal_ids.append(seal.id)
                self.reached.append(passes.reached(seal))
                settled = passes.settled(seal)
                if seal.first_id <= settled:
                    self._name_late(seal, settled)
        for partnership_id, chain in self.chains.items():
            if chain.blind_from:
                self.blind.append((partnership_id, chain.blind_from, sys.maxsize))
        return first_id or self._highest_sealed() + 1

    def _read_seals(self, after: int) -> Sequence[Any]:
        with self.sessions() as session:
            columns = stored(session, {"id": FieldKind.NUMBER, **SEAL_FIELDS, "head": FieldKind.TEXT})
            query = sa.select(*columns).select_from(self.tables.seal_table).where(after < ROW_ID)
            with any_text(session):
                return session.execute(query.order_by(ROW_ID).limit(SEALS_AT_A_TIME)).all()

    def _check_link(self, seal: "_Link") -> bool:
        """Check a seal against the one before it in its chain; name what is wrong."""
        chain = self.chains.setdefault(seal.partnership_id, _Chain())
        key = self.keys.of_mark(seal.key_mark) if isinstance(seal.key_mark, str) else None
        if seal.number != chain.number + 1:
            self._add_seals_missing(seal, chain)
            # what it hangs on cannot be checked, but its rows can: their hashes need the key
            is_sound = key is not None and seal.is_well_formed
            chain.blind_from = chain.blind_from or chain.last_id + 1
        elif key is None:
            words = f"was made with the key {seal.key_mark}, which is not in the folder of keys, so it says nothing"
            self._add_seal_fault(FaultKind.KEY_MISSING, seal, chain.last_id, words)
            is_sound = False
        else:
            is_sound = seal.is_whole(key, self.stream, chain.head, chain.total)
            if not is_sound:
                self._add_seal_fault(FaultKind.SEAL_CHANGED, seal, chain.last_id, "is not as it was made")
        self._go_on(chain, seal, is_sound=is_sound)
        return is_sound

    def _go_on(self, chain: _Chain, seal: "_Link", *, is_sound: bool) -> None:
        if not is_sound:
            chain.blind_from = chain.blind_from or chain.last_id + 1
        elif chain.blind_from:
            self.blind.append((seal.partnership_id, chain.blind_from, max(seal.first_id - 1, chain.last_id)))
            chain.blind_from = 0
        chain.number = seal.number if isinstance(seal.number, int) else chain.number + 1
        chain.head = str(seal.head)
        if isinstance(seal.total, int):
            chain.total = seal.total
        if is_sound:
            chain.last_id = max(chain.last_id, seal.last_id)

    def _add_seals_missing(self, seal: "_Link", chain: _Chain) -> None:
        code, first = self._code(seal.partnership_id), chain.number + 1
        of = f"of {code or THE_INSTALLATION}"
        if not isinstance(seal.number, int) or seal.number < first:
            sentence = f"Seal {seal.number} {of} stands in another place of the chain of {self.tables.table}."
        elif seal.number == first + 1:
            sentence = f"Seal {first} {of} is missing from the chain of {self.tables.table}: it was removed."
        else:
            last = seal.number - 1
            sentence = f"Seals {first} to {last} {of} are missing from the chain of {self.tables.table}: removed."
        self._add(FaultKind.SEALS_MISSING, sentence, chain.last_id, partnership=code, seal=chain.number + 1)

    def _add_seal_fault(self, kind: FaultKind, seal: "_Link", position: int, words: str) -> None:
        code = self._code(seal.partnership_id)
        sentence = f"Seal {seal.number} of {code or THE_INSTALLATION} in the chain of {self.tables.table} {words}."
        self._add(kind, sentence, position, partnership=code, seal=seal.number, sealed_at=_moment(seal.sealed_at))

    def _name_late(self, seal: "_Link", settled: int) -> None:
        """Name the rows that were sealed though rows with higher numbers were hours before."""
        late = [row_id for row_id in unpack_ids(seal.row_ids) if row_id <= settled]
        for row in self._read_rows(ROW_ID.in_(late[:MOST_NAMED]), limit=MOST_NAMED):
            self._name_inserted(row, f"It was sealed only at {_words(seal.sealed_at)}, hours after rows that follow it")

    def _highest_sealed(self) -> int:
        with self.sessions() as session:
            return session.scalar(sa.select(sa.func.max(self.tables.seal_table.c.last_id))) or 0

    # the anchors

    def _compare_stored(self, anchors: Mapping[int, list[Any]]) -> None:
        """Hold the anchors of the main database against the chains; of each chain the first fault is named."""
        seals = self.tables.seal_table
        for partnership_id, of_chain in anchors.items():
            code, chain = self._code(partnership_id), self.chains.get(partnership_id, _Chain())
            heads: dict[int, str] = {}
            with self.sessions() as session:
                for some in _in_parts([each.number for each in of_chain]):
                    about = (seals.c.partnership_id == partnership_id, seals.c.number.in_(some))
                    heads |= {
                        row[0]: row[1] for row in session.execute(sa.select(seals.c.number, seals.c.head).where(*about))
                    }
            self.found.anchors += len(of_chain)
            for anchor in of_chain:
                if anchor.number > chain.number:
                    self._add_cut(code, anchor.at, anchor.total, chain)
                    break
                if anchor.number in heads and heads[anchor.number] != anchor.head:
                    self._add_rewritten(code, anchor.at, anchor.total, chain, "The anchor stored")
                    break

    def _compare_outside(self, outside: Sequence[OutsideAnchor]) -> None:
        """Hold the anchors kept elsewhere against the chains."""
        seals, ids = self.tables.seal_table, {code: partnership_id for partnership_id, code in self.codes.items()}
        named: set[str] = set()
        for anchor in sorted(outside, key=lambda each: (each.partnership, each.total)):
            partnership_id = ids.get(anchor.partnership, INSTALLATION if not anchor.partnership else -1)
            chain = self.chains.get(partnership_id, _Chain())
            about = (seals.c.partnership_id == partnership_id, seals.c.total == anchor.total)
            with self.sessions() as session:
                head = session.scalar(sa.select(seals.c.head).where(*about).limit(1))
            self.found.outside += 1
            if head is not None and str(head).startswith(anchor.head):
                continue
            if self._is_lost_in_restore(anchor):
                self.found.lost_in_restore += 1
            elif anchor.partnership not in named:
                named.add(anchor.partnership)
                where = f"The anchor kept outside, in line {anchor.line},"
                if anchor.total > chain.total:
                    self._add_cut(anchor.partnership, anchor.at, anchor.total, chain, where)
                else:
                    self._add_rewritten(anchor.partnership, anchor.at, anchor.total, chain, where)

    def _is_lost_in_restore(self, anchor: OutsideAnchor) -> bool:
        """Whether it was made after the backup from which the installation was restored, and before that."""
        with self.database() as session:
            restores = session.execute(sa.select(Generation.backup_made_at, Generation.begun_at)).all()
        day = local_day(anchor.at)
        return any(local_day(made_at) <= day <= local_day(begun_at) for made_at, begun_at in restores)

    def _add_cut(self, code: str, at: datetime, total: int, chain: _Chain, where: str = "The anchor stored") -> None:
        sentence = (
            f"{where} of {_words(at)} counts {total:,} sealed rows of {code or THE_INSTALLATION} in "
            f"{self.tables.table}, and the chain has {chain.total:,}: its end was cut off."
        )
        self._add(FaultKind.CUT, sentence, chain.last_id, partnership=code, seal=chain.number + 1, sealed_at=at)

    def _add_rewritten(self, code: str, at: datetime, total: int, chain: _Chain, where: str) -> None:
        sentence = (
            f"{where} of {_words(at)} does not fit the chain of {code or THE_INSTALLATION} in {self.tables.table} "
            f"after {total:,} rows: the chain was written anew."
        )
        self._add(FaultKind.REWRITTEN, sentence, 0, partnership=code, sealed_at=at)

    # the rows

    def _read_disposed(self) -> None:
        with self.database() as session:
            query = sa.select(DisposedRows.__table__).where(DisposedRows.stream == self.stream)
            for row in session.execute(query.order_by(DisposedRows.id)):
                key = self.keys.of_mark(row.key_mark)
                if key is None or row.mac != disposal_mac(key, self.stream, row.row_ids, row.certificate):
                    sentence = f"Row {row.id} of disposed_rows, with the certificate {row.certificate}, is forged."
                    self._add(FaultKind.DISPOSAL_FORGED, sentence, 0)
                else:
                    self.disposed.add(unpack_ids(row.row_ids), row.certificate)

    def _hold_rows(self, after: int) -> None:
        while True:
            rows = self._read_rows(after < ROW_ID, limit=CHUNK)
            is_last = len(rows) < CHUNK
            end = max(self.last_sealed, rows[-1][0] if rows else 0) if is_last else rows[-1][0]
            self._hold_chunk(rows, after, end)
            after = end
            if is_last:
                return

    def _read_rows(self, where: sa.ColumnElement[bool], *, limit: int) -> Sequence[Any]:
        with self.sessions() as session:
            columns = stored(session, FORMS[self.stream][newest_form(self.stream)])
            query = sa.select(*columns).select_from(sa.table(self.tables.table)).where(where)
            with any_text(session):
                return session.execute(query.order_by(ROW_ID).limit(limit)).all()

    def _hold_chunk(self, rows: Sequence[Any], after: int, end: int) -> None:
        """Hold the rows with numbers over `after` and up to `end` against their seals, which are read after them."""
        expected, changed, unsealed = self._expected(after, end), [], []
        self.found.rows += len(rows)
        for row in rows:
            entry = expected.pop(row[0], None)
            if entry is None:
                unsealed.append(row)
                continue
            sealed_as, seal = entry
            if seal.hash_of(row) != sealed_as:
                changed.append((row, sealed_as, seal))
            elif type(row[self.at]) is str and row[self.at] < seal.late_after:
                self._check_moment(row, seal)
        if changed:
            self._name_changed(changed)
        if expected:
            self._name_removed(expected)
        if unsealed:
            self._sort_unsealed(unsealed)

    def _expected(self, after: int, end: int, *, also_new: bool = False) -> dict[int, tuple[bytes, "_Seal"]]:
        """Give the hash and the seal of each row in a range that was sealed."""
        seals = self.tables.seal_table.c
        about = [seals.last_id > after, seals.first_id <= end]
        if not also_new:
            about.append(seals.id <= self.last_seal)
        names = ("id", "partnership_id", "number", "form", "sealed_at", "key_mark", "row_ids", "row_hashes")
        expected: dict[int, tuple[bytes, _Seal]] = {}
        with self.sessions() as session:
            found = session.execute(sa.select(*(seals[name] for name in names)).where(*about).order_by(seals.id)).all()
        for *about_seal, key_mark, packed, hashes in found:
            key = self.keys.of_mark(key_mark)
            if about_seal[0] in self.unsound or key is None:
                continue
            seal = _Seal(*about_seal, key=key, stream=self.stream, names=self.names)
            for position, row_id in enumerate(unpack_ids(packed)):
                if after < row_id <= end:
                    expected[row_id] = (hashes[position * HASH : (position + 1) * HASH], seal)
        return expected

    def _check_moment(self, row: Any, seal: "_Seal") -> None:
        """Name a row that says it was written down hours before rows that were sealed in an earlier pass."""
        position = bisect_left(self.seal_ids, seal.id)
        if position == len(self.seal_ids) or self.seal_ids[position] != seal.id:
            return
        at = microseconds(row[self.at])
        if at is not None and at + LATE // MICROSECOND < self.reached[position]:
            words = f"It was sealed only at {_words(seal.sealed_at)}, hours after rows of later moments"
            by_round = self.stream is Stream.HISTORY and row[self.names.index("recorded_by")] == THE_ROUND
            self._name_inserted(row, words, is_note=by_round)

    def _name_inserted(self, row: Any, why: str, *, is_note: bool = False) -> None:
        about = self._about(row)
        if is_note:
            sentence = (
                f"Row {row[0]} of {self.tables.table}{about.words} is of a round run as of an earlier moment. {why}."
            )
        else:
            sentence = f"Row {row[0]} of {self.tables.table}{about.words} was put in afterwards. {why}."
        fault = self._fault(FaultKind.INSERTED, sentence, row[0], **about.named)
        if is_note:
            self.found.notes.append(fault)
        else:
            self.found.add(fault)

    def _name_changed(self, changed: Sequence[tuple[Any, bytes, "_Seal"]]) -> None:
        compared = changed[:MOST_COMPARED]
        for row, sealed_as, seal in changed:
            about = self._about(row, seal)
            other = next((each[0] for each, _, _ in compared if seal.hash_of((row[0], *each[1:])) == sealed_as), None)
            what, kind = "was changed after it was sealed", FaultKind.CHANGED
            if other is not None:
                what, kind = f"was swapped with row {other} after it was sealed", FaultKind.SWAPPED
            sentence = f"Row {row[0]} of {self.tables.table}{about.words} {what}."
            self._add(
                kind, sentence, row[0], **about.named, other=other, seal=seal.number, sealed_at=_moment(seal.sealed_at)
            )

    def _name_removed(self, expected: Mapping[int, tuple[bytes, "_Seal"]]) -> None:
        gone = []
        for row_id in expected:
            if (certificate := self.disposed.certificate_of(row_id)) is None:
                gone.append(row_id)
            else:
                self.found.disposed[certificate] += 1
        for some in _in_parts(gone):
            there = {row[0] for row in self._read_rows(ROW_ID.in_(some), limit=len(some))}
            for row_id in some:
                if row_id in there:  # it was committed while the others were read
                    continue
                seal = expected[row_id][1]
                code = self._code(seal.partnership_id)
                sentence = (
                    f"Row {row_id} of {self.tables.table} was removed. It was of {code or THE_INSTALLATION}, and "
                    f"sealed at {_words(seal.sealed_at)}."
                )
                sealed_at = _moment(seal.sealed_at)
                self._add(
                    FaultKind.REMOVED,
                    sentence,
                    row_id,
                    partnership=code,
                    row=row_id,
                    seal=seal.number,
                    sealed_at=sealed_at,
                )

    def _sort_unsealed(self, rows: Sequence[Any]) -> None:
        """Tell rows that wait to be sealed from those that sealing has passed by."""
        too_old = (self.now - GRACE - EPOCH) // MICROSECOND
        old = []
        for row in rows:
            at = microseconds(row[self.at])
            if self._is_blind(row):
                self.found.unchecked += 1
            elif at is None or at < too_old:
                old.append(row)
            else:
                self.found.unsealed += 1
        if not old:
            return
        sealed_since = self._expected(old[0][0] - 1, old[-1][0], also_new=True)
        waiting = [row for row in old if row[0] not in sealed_since]
        self.found.unsealed += len(old)
        last_sealed = self._highest_sealed()
        tail = [row for row in waiting if row[0] > last_sealed]
        for row in waiting:
            if row[0] < last_sealed:
                self._name_inserted(row, "It was never sealed, and rows that follow it were")
        if tail:
            count = f"{len(tail):,} rows" if len(tail) > 1 else "1 row"
            sentence = (
                f"{count} of {self.tables.table} wait to be sealed, the first since {_words(tail[0][self.at])}. "
                "Is the reminder process running? followthrough audit seal seals them now."
            )
            about = self._about(tail[0])
            self._add(FaultKind.UNSEALED, sentence, tail[0][0], **about.named)

    def _is_blind(self, row: Any) -> bool:
        partnership_id = row[self.partnership] if type(row[self.partnership]) is int else INSTALLATION
        return any(of == partnership_id and low <= row[0] <= high for of, low, high in self.blind)

    # words

    def _about(self, row: Any, seal: "_Seal | None" = None) -> "_About":
        values = dict(zip(self.names, row, strict=True))
        partnership_id = values["partnership_id"] if type(values["partnership_id"]) is int else INSTALLATION
        case = values.get("reference") or ""
        if self.stream is Stream.HISTORY and type(values["case_id"]) is int:
            with self.database() as session:
                case = session.scalar(sa.select(Case.reference).where(Case.id == values["case_id"])) or ""
        at = _moment(row[self.at])
        in_words = f"case {case}" if case and self.stream is Stream.HISTORY else str(case)
        words = ", ".join(each for each in (in_words, f"written down {_words(row[self.at])}" if at else "") if each)
        code = self._code(seal.partnership_id if seal is not None else partnership_id)
        return _About(f" ({words})" if words else "", {"partnership": code, "row": row[0], "case": str(case), "at": at})

    def _code(self, partnership_id: int) -> str:
        return "" if partnership_id == INSTALLATION else self.codes.get(partnership_id, f"partnership {partnership_id}")

    def _fault(self, kind: FaultKind, sentence: str, position: int, **about: Any) -> Fault:
        return Fault(kind, self.stream, self.tables.table, sentence, position=position, **about)

    def _add(self, kind: FaultKind, sentence: str, position: int, **about: Any) -> None:
        self.found.add(self._fault(kind, sentence, position, **about))


@dataclass(frozen=True, slots=True)
class _About:
    """What can be said of a row: in words, and for a fault."""

    words: str
    named: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Link:
    """A seal as the database wrote it, where somebody may have put anything."""

    id: int
    partnership_id: Any
    number: Any
    first_id: Any
    last_id: Any
    row_count: Any
    total: Any
    row_ids: Any
    row_hashes: Any
    form: Any
    newest_at: Any
    sealed_at: Any
    key_mark: Any
    head: Any

    def is_whole(self, key: SealKey, stream: Stream, previous: str, total: int) -> bool:
        canonical = seal_writer(stream)(getattr(self, name) for name in SEAL_FIELDS)
        return (
            self.is_well_formed and self.head == key.head(canonical, previous) and self.total == total + self.row_count
        )

    @property
    def is_well_formed(self) -> bool:
        numbers = (self.partnership_id, self.number, self.first_id, self.last_id, self.row_count, self.total, self.form)
        return (
            all(type(number) is int for number in numbers)
            and isinstance(self.row_ids, bytes)
            and isinstance(self.row_hashes, bytes)
            and len(self.row_ids) == 8 * self.row_count
            and len(self.row_hashes) == HASH * self.row_count
        )


class _Seal:
    """A seal as rows are held against it; `late_after` is the moment before which they were written down hours ago."""

    __slots__ = ("_canonical", "_key", "_positions", "id", "late_after", "number", "partnership_id", "sealed_at")

    def __init__(
        self,
        id: int,  # the column is called so
        partnership_id: int,
        number: int,
        form: int,
        sealed_at: datetime,
        *,
        key: SealKey,
        stream: Stream,
        names: Sequence[str],
    ) -> None:
        self.id, self.partnership_id, self.number = id, partnership_id, number
        self.sealed_at, self.late_after = as_instant(sealed_at), as_instant(sealed_at - LATE)
        self._key, self._canonical = key, row_writer(stream, form)
        of_form = list(FORMS[stream][form])
        self._positions = None if of_form == list(names) else [names.index(name) for name in of_form]

    def hash_of(self, row: Sequence[Any]) -> bytes:
        values = row if self._positions is None else [row[position] for position in self._positions]
        return self._key.hash_row(self._canonical(values))


class _Passes:
    """The passes of sealing as they follow each other: what was settled by when."""

    def __init__(self) -> None:
        self._late = LATE // MICROSECOND
        self._recent: deque[tuple[int, int]] = deque()
        self._settled = self._reached = self._moment = self._of_this_pass = 0

    def reached(self, seal: _Link) -> int:
        """Give the latest moment, in microseconds, whose rows were sealed in an earlier pass than this seal."""
        sealed_at, newest_at = microseconds(seal.sealed_at) or 0, microseconds(seal.newest_at) or 0
        if sealed_at != self._moment:
            self._reached, self._moment, self._of_this_pass = max(self._reached, self._of_this_pass), sealed_at, 0
        self._of_this_pass = max(self._of_this_pass, min(sealed_at, newest_at))
        return self._reached

    def settled(self, seal: _Link) -> int:
        """Give the highest number of a row in seals that were made hours before this one."""
        sealed_at = microseconds(seal.sealed_at) or 0
        while self._recent and self._recent[0][0] < sealed_at - self._late:
            self._settled = max(self._settled, self._recent.popleft()[1])
        self._recent.append((sealed_at, seal.last_id))
        return self._settled


def _mark_verified(database: Database, keys: SealKeys, anchors: Sequence[Any], now: datetime) -> None:
    """Note on anchors that everything up to them was found whole."""
    if not anchors:
        return
    key = keys.newest()
    with database() as session:
        session.connection(execution_options={"writes": True})
        for anchor in anchors:
            values = {"verified_at": now, "verified": anchor_mac(key, anchor, now)}
            session.execute(
                sa.update(Anchor).where(Anchor.id == anchor.id).values(values),
                execution_options={"synchronize_session": False},
            )
        session.commit()


def _in_parts(numbers: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    found = microseconds(value)
    return None if found is None else EPOCH + timedelta(microseconds=found)


def _words(value: Any) -> str:
    moment = _moment(value)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment is not None else f"{value}"
