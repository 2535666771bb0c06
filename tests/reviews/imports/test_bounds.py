"""Whatever the file: read or refused with a sentence in less than two seconds of work and 150 MB, in its own process.

Time is the processor's, so that a busy machine does not fail it; memory is the most that was ever resident.
"""

import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[3]
MOST_SECONDS, MOST_BYTES = 2.0, 150_000_000
CHILD = """
import json, resource, sys
from pathlib import Path
from tests.pace import slowness
from reviews.imports.readers.plan import read_plan
from reviews.imports.readers.cells import Unreadable
before, used = slowness(), resource.getrusage(resource.RUSAGE_SELF)
at_first = used.ru_utime + used.ru_stime
try:
    answer = f"read {len(read_plan(Path(sys.argv[1])).rows)}"
except Unreadable as fault:
    answer = str(fault)
used = resource.getrusage(resource.RUSAGE_SELF)
seconds = used.ru_utime + used.ru_stime - at_first
status = Path("/proc/self/status")  # what getrusage says begins with the size of whoever started this process
most = used.ru_maxrss
if status.exists():
    most = int(status.read_text().split("VmHWM:")[1].split()[0])
print(json.dumps([answer, seconds / max(before, slowness()), most * 1024]))
"""
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
HEAD = (
    '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Ref</t></is></c>'
    '<c r="B1" t="inlineStr"><is><t>Action</t></is></c></row>'
)
TAIL = "</sheetData></worksheet>"
SST = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
STYLES = '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)
SECRET = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def pieces(count: int) -> str:
    """Text of 5,000 letters each that packs less than a hundredfold, so that it is no bomb by its size."""
    chance = random.Random(1)  # noqa: S311 - repeatable, no secret
    filling = "and so on and so forth " * 3
    return "".join(f"{chance.getrandbits(32):08x}{filling}" for _ in range(count * 65))


def workbook(sheet: str = "", *, replaced: dict[str, str] | None = None, **parts: bytes) -> bytes:
    """A workbook whose first sheet is `sheet`, with other parts in the place of its own, and further ones."""
    whole, made = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(whole)
    swapped = {"xl/worksheets/sheet1.xml": f"{SHEET}{sheet}"} if sheet else {}
    swapped |= replaced or {}
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, swapped.get(name) or before.read(name))
        for name, content in parts.items():
            after.writestr(name.replace("__", "/"), content)
    return made.getvalue()


def a_bomb() -> bytes:
    return workbook(HEAD + " " * 90_000_000 + TAIL)


def a_nested_bomb() -> bytes:
    inner = b"\0" * 20_000_000
    for _ in range(3):
        folder = io.BytesIO()
        with zipfile.ZipFile(folder, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip", inner[:5_000_000])
        inner = folder.getvalue()
    return workbook(HEAD + TAIL, xl__media__image=inner)


def a_long_list_of_parts() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"xl/{number}", b"")
    return made.getvalue()


def a_sheet_read_many_times() -> bytes:
    names = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 1_500))
    book = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f"<sheets>{names}</sheets></workbook>"
    )
    links = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 20_000))
    return workbook(HEAD + rows + TAIL, replaced={"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": links})


def shared(*texts: str, body: str = "", cells: int = 0) -> bytes:
    strings = f"{SST}{''.join(f'<si><t>{text}</t></si>' for text in texts)}{body}</sst>"
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, cells + 2))
    return workbook(HEAD + rows + TAIL, xl__sharedStrings=b"", **{"xl__sharedStrings.xml": strings.encode()})


def a_macro_book() -> bytes:
    cells = '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="inlineStr"><is><t>Train</t></is></c></row>'
    return workbook(HEAD + cells + TAIL, **{"xl__vbaProject.bin": b"\xd0\xcf\x11\xe0" + b"Sub Auto_Open()" * 999})


FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a bomb": ("xlsx", a_bomb, "hundred times"),
    "bombs in bombs": ("xlsx", a_nested_bomb, "read 0"),
    "60,000 parts": ("xlsx", a_long_list_of_parts, "more than 2,000 parts"),
    "a sheet named 1,500 times": ("xlsx", a_sheet_read_many_times, "two sheets in the list are the same"),
    "the last cell there is": (
        "xlsx",
        lambda: workbook(HEAD + '<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row>' + TAIL),
        "row 1,048,576, column 16,384",
    ),
    "a million blank rows": (
        "xlsx",
        lambda: workbook(HEAD + "".join(f'<row r="{n}"/>' for n in range(2, 1_000_000)) + TAIL),
        "too many empty rows",
    ),
    "millions of blank cells in one row": (
        "xlsx",
        lambda: workbook(HEAD + '<row r="2">' + "<c/>" * 2_400_000 + "</row>" + TAIL),
        "too many empty rows",
    ),
    "a merge to the far end": (
        "xlsx",
        lambda: workbook(HEAD + '</sheetData><mergeCells><mergeCell ref="A2:XFD1048576"/></mergeCells></worksheet>'),
        "read 0",
    ),
    "half a million filled cells": (
        "xlsx",
        lambda: workbook(
            HEAD + "".join(f'<row r="{n}">' + "<c><v>1</v></c>" * 100 + "</row>" for n in range(2, 5_000)) + TAIL
        ),
        "250,000 filled cells",
    ),
    "a text of 60 MB": (
        "xlsx",
        lambda: workbook(f'{HEAD}<row r="2"><c r="A2" t="inlineStr"><is><t>{pieces(12_000)}</t></is></c></row>{TAIL}'),
        "The limit is 100,000",
    ),
    "an attribute of 40 MB": ("xlsx", lambda: workbook(f'{HEAD}<x y="{pieces(8_000)}"/>{TAIL}'), "does not end"),
    "a comment of 40 MB": ("xlsx", lambda: workbook(f"{HEAD}<!--{pieces(8_000)}-->{TAIL}"), "does not end"),
    "a comment before everything": (
        "xlsx",
        lambda: workbook(replaced={"xl/worksheets/sheet1.xml": f"<!--{pieces(8_000)}-->{SHEET}{HEAD}{TAIL}"}),
        "does not begin",
    ),
    "a shared text of 1 MB": ("xlsx", lambda: shared("x" * 1_000_000), "The limit is 100,000"),
    "one long text in 19,000 cells": ("xlsx", lambda: shared("x" * 90_000, cells=19_000), "30,000,000 characters"),
    "hundreds of thousands of shared texts": ("xlsx", lambda: shared(body="<si/>" * 1_800_000), "250,000 filled"),
    "a million styles": (
        "xlsx",
        lambda: workbook(replaced={"xl/styles.xml": STYLES + "<xf/>" * 390_000 + "</cellXfs></styleSheet>"}),
        "none at all",
    ),
    "external entities": (
        "xlsx",
        lambda: workbook(replaced={"xl/worksheets/sheet1.xml": SECRET + "<x>&a;</x>"}),
        "entities",
    ),
    "a billion laughs": (
        "xlsx",
        lambda: workbook(HEAD + TAIL, **{"xl__sharedStrings.xml": f"{LAUGHS}<sst>&j;</sst>".encode()}),
        "entities",
    ),
    "a password": (
        "xlsx",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16") * 9_999,
        "password",
    ),
    "an old .xls under another name": (
        "xlsx",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\t\x08" * 9_999,
        ".xls format",
    ),
    "half a workbook": ("xlsx", lambda: workbook(HEAD + TAIL)[:3_000], "damaged"),
    "a macro, which is not run": ("xlsm", a_macro_book, "read 1"),
    "10 MB on one line": ("csv", lambda: b"x" * 9_900_000, "longer than 1,000,000"),
    "10 MB of one-letter cells": ("csv", lambda: b"Ref,Action\n" + b"ab," * 3_300_000, "longer than 1,000,000"),
    "10 MB within quotation marks": ("csv", lambda: b'Ref,Action\n1,"' + b"ab\n" * 3_300_000, "longer than 1,000,000"),
    "10 MB of rare letters": (
        "csv",
        lambda: b"Ref,Action\n" + ("😀" * 90 + "\n").encode() * 27_000,
        "20,000 rows",
    ),
    "10 MB of blank lines": ("csv", lambda: b"Ref,Action\n" + b"\n" * 9_900_000, "20,000 rows"),
    "10 MB of blank cells": ("csv", lambda: b"Ref,Action\n" + b",,,,\n" * 1_900_000, "20,000 rows"),
    "NULs": ("csv", lambda: b"Ref,Action\n1,\0Train\n", "read 0"),
    "nothing but NULs": ("csv", lambda: b"\0" * 9_000_000, "not text or a spreadsheet"),
    "UTF-16 that does not say so": ("csv", lambda: "Ref,Action\n1,Träin\n".encode("utf-16-le"), "read 1"),
    "Latin-1": ("csv", lambda: "Ref,Action\n1,Träin\n".encode("latin-1"), "read 1"),
    "more than 10 MB": ("csv", lambda: b"x" * 10_000_001, "larger than 10 MB"),
}


@pytest.mark.parametrize("name", FILES)
def test_d8_every_file_is_read_or_refused_in_two_seconds_and_150_megabytes(tmp_path, name):
    suffix, make, expected = FILES[name]
    path = tmp_path / f"tracker.{suffix}"
    path.write_bytes(make())
    answer = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert answer.returncode == 0, answer.stderr
    said, seconds, most = json.loads(answer.stdout)

    assert expected in said
    assert seconds < MOST_SECONDS
    assert most < MOST_BYTES
