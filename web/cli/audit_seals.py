"""Commands about the record: history and audit log, their seals and anchors."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from notifications.letters.links import Letterhead
from notifications.process.sealing import Sealing, seal_and_anchor
from notifications.transports.configured import transport_of
from reviews.audit.anchors import read_outside
from reviews.audit.verify_seals import Fault, Verification, verify_seals
from reviews.core.keyring import keyring_of
from web.cli.runtime import as_json, emit, open_app
from workflows.core.engine import Refused

MOST_SHOWN = 20


@click.command()
@click.option("--since-anchor", is_flag=True, help="Go on from the last anchors up to which all was found whole.")
@click.option(
    "--anchors",
    type=click.Path(path_type=Path),
    help="Compare with the anchors in this file, kept outside: of FOLLOWTHROUGH_ANCHORS, or the text of mails.",
)
@as_json
def verify(since_anchor: bool, anchors: Path | None, json_: bool) -> None:
    """Hold every row of history and audit log against its seal; name what was changed, and exit 1.

    Named are rows that were changed, swapped, removed or put in afterwards, gaps in the chain of seals, and by the
    anchors an end that was cut off and a chain that was written anew.
    """
    app = open_app()
    outside = read_outside(anchors) if anchors is not None else ()
    now = app.clock.now()
    found = verify_seals(app.database, keyring_of(app.settings), now, since_anchor=since_anchor, outside=outside)
    emit(_as_data(found), json_, lambda: _in_words(found))
    if not found.ok:
        sys.exit(1)


@click.command()
@as_json
def seal(json_: bool) -> None:
    """Seal what is new in history and audit log, as the reminder process does every minute."""
    app = open_app()
    report = seal_and_anchor(
        app.database,
        app.clock,
        Sealing.of(app.settings),
        transport_of(app.settings),
        letterhead=Letterhead.of(app.settings),
    )
    data = {"sealed": report.sealed, "anchors": report.anchors}
    words = " and ".join(f"{count:,} of the {stream.replace('_', ' ')}" for stream, count in report.sealed.items())
    emit(data, json_, lambda: f"Rows sealed: {words}. Anchors made: {report.anchors}.")
    if report.failure:
        raise Refused(report.failure)


def _as_data(found: Verification) -> dict[str, Any]:
    faults = [_fault_data(fault) for fault in found.faults]
    return {
        "ok": found.ok,
        "rows": found.rows,
        "first_bad": faults[0] if faults else None,
        "faults": faults,
        "fault_count": found.fault_count,
        "seals": found.seals,
        "unsealed": found.unsealed,
        "unchecked": found.unchecked,
        "anchors": {
            "stored": found.anchors,
            "outside": found.outside,
            "lost_in_restore": found.lost_in_restore,
        },
        "disposed": dict(sorted(found.disposed.items())),
        "since": found.since,
        "notes": [_fault_data(note) for note in found.notes],
    }


def _fault_data(fault: Fault) -> dict[str, Any]:
    data = asdict(fault)
    del data["position"]
    return data


def _in_words(found: Verification) -> str:
    rows = f"{found.rows:,} rows" + (f" since {found.since:%Y-%m-%d %H:%M} UTC" if found.since else "")
    lines = [fault.sentence for fault in found.faults[:MOST_SHOWN]]
    if found.fault_count > len(lines):
        lines.append(f"And {found.fault_count - len(lines):,} more. Use --json to see up to 200 of them.")
    if found.ok:
        lines.append(f"All {rows} were read, and are as they were sealed.")
    else:
        lines.append(f"{rows} were read. Write down what you see here before you change anything.")
    if found.unsealed:
        waiting = "1 row waits" if found.unsealed == 1 else f"{found.unsealed:,} rows wait"
        lines.append(f"{waiting} to be sealed: of these nothing can be said yet.")
    if found.unchecked:
        lines.append(f"{found.unchecked:,} rows could not be checked, as their seals cannot be believed.")
    lines += [note.sentence for note in found.notes[:MOST_SHOWN]]
    lines += [f"{count:,} rows were disposed of: {name}." for name, count in sorted(found.disposed.items())]
    anchors = f"{found.anchors:,} anchors stored here and {found.outside:,} kept outside were compared."
    lines.append(anchors if found.outside else f"{anchors} Compare those kept outside with --anchors FILE.")
    if found.lost_in_restore:
        lines.append(f"{found.lost_in_restore:,} anchors are of what a restore has lost.")
    return "\n".join(lines)
