"""Files that are no tracker, or mean harm: refused with a sentence, quickly, and never with anything else."""

import io
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from reviews.imports.readers.cells import Unreadable
from reviews.imports.readers.plan import read_plan
from tests.listener import listening

SAMPLES = Path(__file__).parents[2] / "samples"
OPENING = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>Ref</t></is></c>'
    b'<c r="B1" t="inlineStr"><is><t>Action</t></is></c></row>'
)
CLOSING = b"</sheetData></worksheet>"


def a_workbook(folder: Path, *, sheet: bytes = b"", **parts: bytes) -> Path:
    """A workbook whose first sheet's XML is `sheet`, with further parts by name ("/" written as "__")."""
    whole = io.BytesIO()
    openpyxl.Workbook().save(whole)
    path = folder / "tracker.xlsx"
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            own = sheet and name == "xl/worksheets/sheet1.xml"
            after.writestr(name, sheet if own else before.read(name))
        for name, content in parts.items():
            after.writestr(name.replace("__", "/"), content)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        read_plan(path)
    return str(refused.value)


def test_d8_a_far_away_cell_is_refused_and_a_far_away_blank_one_is_nothing(tmp_path):
    cell = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'

    assert "row 1,048,576" in refusal(a_workbook(tmp_path, sheet=OPENING + cell + CLOSING))

    blank = b'<row r="1048576"><c r="XFD1048576"/></row>'
    assert read_plan(a_workbook(tmp_path, sheet=OPENING + blank + CLOSING)).rows == ()


def test_d8_a_million_blank_rows_are_refused(tmp_path):
    rows = b"".join(b'<row r="%d"/>' % number for number in range(2, 1_000_000))

    assert "empty rows" in refusal(a_workbook(tmp_path, sheet=OPENING + rows + CLOSING))


def test_d8_more_rows_than_can_be_read_are_refused(tmp_path):
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c></row>' % (number, number)
        for number in range(2, 30_000)
    )

    assert "row 20,001" in refusal(a_workbook(tmp_path, sheet=OPENING + rows + CLOSING))


def test_d8_a_bomb_is_not_unpacked(tmp_path):
    assert "hundred times" in refusal(a_workbook(tmp_path, xl__media__a=b"\0" * 40_000_000))


def test_d8_too_many_parts_and_parts_that_lead_outside_are_refused(tmp_path):
    assert "2,000 parts" in refusal(a_workbook(tmp_path, **{f"xl__{number}": b"" for number in range(2_001)}))
    assert "names that no" in refusal(a_workbook(tmp_path, **{"..__evil": b""}))
    assert "names that no" in refusal(a_workbook(tmp_path, __etc__evil=b""))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_d9_entities_are_refused_in_any_encoding(tmp_path, encoding):
    document = (
        f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet/>'
    )

    assert "entities" in refusal(a_workbook(tmp_path, sheet=document.encode(encoding)))
    assert "entities" in refusal(a_workbook(tmp_path, **{"xl__b.xml": document.encode(encoding)}))


def test_d9_nobody_is_called_and_no_file_is_read_for_a_workbook(tmp_path):
    with listening() as nobody:
        for inside in (
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "http://{nobody.host}/e">]><worksheet>&e;</worksheet>',
            f'<!DOCTYPE x SYSTEM "http://{nobody.host}/x.dtd"><worksheet/>',
            '<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]><worksheet/>',
        ):
            for named in ({"sheet": inside.encode()}, {"xl__sharedStrings.xml": inside.encode()}):
                assert "entities" in refusal(a_workbook(tmp_path, **named))
        link = f'<Relationship Id="rId9" TargetMode="External" Target="http://{nobody.host}/other.xlsx"/>'
        parts = {"xl__externalLinks___rels__externalLink1.xml.rels": f"<Relationships>{link}</Relationships>".encode()}
        included = f'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="http://{nobody.host}/"/></x>'
        for named in (parts, {"xl__b.xml": included.encode()}):
            with suppress(Unreadable):
                assert read_plan(a_workbook(tmp_path, **named)).rows == ()
        assert not nobody.was_called


def test_overlapping_merges_are_refused(tmp_path):
    merges = b"".join(b'<mergeCell ref="A%d:XFD1048576"/>' % number for number in range(1, 2_000))
    sheet = OPENING + b"</sheetData><mergeCells>" + merges + b"</mergeCells></worksheet>"

    assert "overlap" in refusal(a_workbook(tmp_path, sheet=sheet))


def test_a_row_that_stands_twice_is_damage_and_overwrites_nothing(tmp_path):
    assert "is there twice" in refusal(a_workbook(tmp_path, sheet=OPENING + b'<row r="1"/>' + CLOSING))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("tracker.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "password"),
        ("tracker.xlsx", b"hello", "is not an Excel workbook"),
        ("tracker.xlsx", b"", "empty"),
        ("tracker.xlsx", b"PK\x03\x04" + b"x" * 600, "damaged"),
        ("tracker.csv", b"PK\x03\x04", "is not text"),
        ("tracker.csv", b"\0" * 5000, "not text or a spreadsheet"),
        ("tracker.csv", b"Ref,Action" + b",x" * 600, "500 columns"),
        ("tracker.csv", b"Ref,Action\n" + b"\n" * 30_000 + b"1,x", "20,000 rows"),
        ("tracker.csv", b"x" * 11_000_000, "10 MB"),
        ("tracker.csv", b"\xef\xbb\xbf", "none at all"),
        ("tracker.docx", b"PK\x03\x04", "Only .xlsx"),
    ],
)
def test_what_is_no_tracker_is_refused_with_a_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)

    assert sentence in refusal(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    (tmp_path / "folder.csv").mkdir()

    assert "cannot be opened" in refusal(tmp_path / "nothing.xlsx")
    assert "cannot be opened" in refusal(tmp_path / "folder.csv")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.*")), ids=lambda path: path.name[:3])
def test_damage_anywhere_is_read_or_refused_and_nothing_else(tmp_path, path, capsys):
    chance = random.Random(path.name)  # noqa: S311 - repeatable damage, no secret
    broken = tmp_path / f"tracker{path.suffix}"
    for _ in range(60):
        broken.write_bytes(_damaged(path, chance))
        with suppress(Unreadable):
            read_plan(broken)

    assert capsys.readouterr().out == ""


def _damaged(path: Path, chance: random.Random) -> bytes:
    if path.suffix == ".csv":
        return _mutated(path.read_bytes(), chance)
    whole = io.BytesIO()
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(whole, "w") as after:
        hit = chance.choice(before.namelist())
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, _mutated(content, chance) if name == hit else content)
    return whole.getvalue()


def _mutated(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    inserted = chance.choice([b"", b'"', b"\0", b"<", b"-1", b"9" * 30, b"\xff", b"A1:", content[:40]])
    return content[:place] + inserted + content[place + chance.randrange(4) :]
