"""A file is stored only if its content is of its kind, and nothing is left behind otherwise."""

import os
import tracemalloc
from collections.abc import Callable
from contextlib import closing, suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from time import process_time

import pytest

from reviews.core.keyring import Keyring
from reviews.files.store import (
    LARGEST_FILE,
    clean_name,
    discard,
    open_sound,
    open_stored,
    possible_strays,
    store,
    stored_names,
)
from tests.builders import NOW
from tests.listener import listening
from tests.pace import slowness
from tests.reviews.files.real_files import A_PROGRAM, DOCUMENT, TYPES, a_docx, a_jpg, a_pdf, a_png, an_xlsx, zipped
from workflows.core.engine import Refused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("minutes.pdf", a_pdf),
        ("minutes.PDF", a_pdf),
        ("policy.docx", a_docx),
        ("figures.xlsx", an_xlsx),
        ("figures.csv", lambda: "Agency,Trained\nCafé,7\n".encode()),
        ("figures.csv", lambda: "Agency,Trained\nCafé,7\n".encode("cp1252")),
        ("figures.txt", lambda: "Seven of nine".encode("utf-16")),
        ("sheet.png", a_png),
        ("sheet.jpg", a_jpg),
        ("sheet.jpeg", a_jpg),
    ],
)
def test_a_file_that_is_what_it_says_is_kept_as_it_is(
    folder: Path, keyring: Keyring, name: str, make: Callable[[], bytes]
) -> None:
    data = make()
    stored = store(folder, BytesIO(data), name, keyring)
    assert (stored.file_name, stored.size, stored.sha256) == (name, len(data), sha256(data).hexdigest())
    with closing(open_sound(folder, stored, keyring)) as content:
        assert b"".join(content) == data
    assert (folder / stored.stored_as).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert stored_names(folder) == {stored.stored_as}


NOT_TAKEN = {
    "a program called PDF": ("a.pdf", A_PROGRAM, "its content is not"),
    "a program called text": ("a.txt", A_PROGRAM, "its content is not"),
    "a page called PDF": ("a.pdf", b"<html><script>1</script>", "its content is not"),
    "a page called text": ("a.txt", b"\n<!DOCTYPE html><script>1</script>", "its content is not"),
    "a drawing called text": ("a.csv", b"<svg onload='1'/>", "its content is not"),
    "a drawing": ("a.svg", b"<svg/>", "must be a .pdf"),
    "a drawing called picture": ("a.png", b"<svg/>", "its content is not"),
    "a PDF called picture": ("a.jpg", a_pdf(), "its content is not"),
    "a PDF cut short": ("a.pdf", a_pdf()[:-7], "its content is not"),
    "a PDF with a password": ("a.pdf", a_pdf(b"<< /Encrypt 4 0 R >>\n"), "password"),
    "a program after a dot": ("minutes.pdf.exe", A_PROGRAM, "must be a .pdf"),
    "no kind": ("minutes", a_pdf(), "must be a .pdf"),
    "a document with macros by name": ("a.docm", a_docx(), "must be a .pdf"),
    "a workbook with macros by name": ("a.xlsm", an_xlsx(), "must be a .pdf"),
    "a document with macros inside": ("a.docx", a_docx(word__vbaProject_DOT_bin=b"x"), "macros"),
    "a type that says macros": (
        "a.docx",
        zipped(
            {
                "[Content_Types].xml": TYPES.format("<O a='x.macroEnabled.main'/>").encode(),
                "word/document.xml": DOCUMENT.encode(),
            }
        ),
        "macros",
    ),
    "a document with a password": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99, "password"),
    "a workbook called document": ("a.docx", an_xlsx(), "its content is not"),
    "a document called workbook": ("a.xlsx", a_docx(), "its content is not"),
    "any parcel": ("a.docx", zipped({"note.txt": b"x"}), "damaged"),
    "a broken parcel": ("a.docx", a_docx()[:60], "damaged"),
    "a bomb": ("a.docx", a_docx(word__media=b"\0" * 50_000_000), "more than a hundred times"),
    "a way out": ("a.docx", zipped({"../../x.xml": b"<x/>"}), "names that no"),
    "entities": ("a.docx", a_docx(word__more_DOT_xml=b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"), "entities"),
    "a giant picture": ("a.png", a_png(50_000, 50_000), "far too large"),
    "a giant photograph": ("a.jpg", a_jpg(60_000, 60_000), "far too large"),
    "nothing": ("a.pdf", b"", "empty"),
}


@pytest.mark.parametrize(("name", "data", "sentence"), NOT_TAKEN.values(), ids=NOT_TAKEN.keys())
def test_d7_d8_what_is_something_else_is_refused_and_leaves_nothing(
    folder: Path, keyring: Keyring, name: str, data: bytes, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        store(folder, BytesIO(data), name, keyring)
    assert stored_names(folder) == set()
    assert not folder.exists() or list(folder.iterdir()) == []


def test_d9_nobody_is_called_for_a_file_that_is_stored(folder: Path, keyring: Keyring) -> None:
    with listening() as nobody:
        for inside in (
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "http://{nobody.host}/e">]><x>&e;</x>',
            f'<!DOCTYPE x SYSTEM "http://{nobody.host}/x.dtd"><x/>',
        ):
            for data in (a_docx(word__more_DOT_xml=inside.encode()), a_docx(word__document_DOT_xml=inside.encode())):
                with pytest.raises(Refused, match="entities"):
                    store(folder, BytesIO(data), "a.docx", keyring)
        away = f'<Relationship Id="r1" TargetMode="External" Target="http://{nobody.host}/a.dotm"/>'
        rels = f"<Relationships>{away}</Relationships>".encode()
        with suppress(Refused):
            store(folder, BytesIO(a_docx(word___rels__settings_DOT_xml_DOT_rels=rels)), "a.docx", keyring)
        with pytest.raises(Refused, match="must be a"):
            store(folder, BytesIO(f'<svg><image href="http://{nobody.host}/x"/></svg>'.encode()), "a.svg", keyring)
        assert not nobody.was_called


@pytest.mark.parametrize(
    ("name", "bomb"),
    [("a.docx", lambda: a_docx(word__media=b"\0" * 90_000_000)), ("a.png", lambda: a_png(50_000, 50_000))],
)
def test_d8_a_bomb_costs_neither_time_nor_memory(
    folder: Path, keyring: Keyring, name: str, bomb: Callable[[], bytes]
) -> None:
    data, seconds = bomb(), 2 * slowness()
    tracemalloc.start()
    begun = process_time()
    with pytest.raises(Refused):
        store(folder, BytesIO(data), name, keyring)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert process_time() - begun < seconds
    assert most < 10_000_000


def test_a_file_over_the_limit_is_refused_before_it_is_read(folder: Path, keyring: Keyring) -> None:
    class Counted(BytesIO):
        pieces = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.pieces += 1
            return super().read(size)

    stream = Counted(b"x" * (LARGEST_FILE + 1))
    with pytest.raises(Refused, match="larger than 25 MB"):
        store(folder, stream, "a.txt", keyring)
    assert (stream.pieces, folder.exists()) == (0, False)


def test_what_cannot_be_read_twice_is_refused(folder: Path, keyring: Keyring) -> None:
    reading_end, writing_end = os.pipe()
    os.close(writing_end)
    with os.fdopen(reading_end, "rb") as stream, pytest.raises(Refused, match="no file on a disk"):
        store(folder, stream, "a.txt", keyring)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\minutes.pdf", "minutes.pdf"),
        ("Sitzung für März.pdf", "Sitzung für März.pdf"),
        ("fdp.\u202eexe.pdf", "fdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie- x.pdf"),
        ("CON.pdf", "_CON.pdf"),
        (".pdf", "pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_d7_a_name_keeps_what_can_be_seen_and_no_path(name: str, kept: str) -> None:
    assert clean_name(name) == kept


@pytest.mark.parametrize("name", ["../secret.key", "", "0" * 47, "/etc/passwd"])
def test_only_our_own_names_are_opened(folder: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        open_stored(folder, name)


def test_what_lies_there_for_a_day_is_told_from_what_is_new(folder: Path, keyring: Keyring) -> None:
    old, new = (store(folder, BytesIO(a_pdf()), "a.pdf", keyring).stored_as for _ in range(2))
    day = NOW.timestamp() - 90_000
    os.utime(folder / old, (day, day))
    os.utime(folder / new, (NOW.timestamp(), NOW.timestamp()))
    assert possible_strays(folder, NOW) == [old]
    discard(folder, old)
    discard(folder, old)
    assert stored_names(folder) == {new}
