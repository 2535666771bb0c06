"""Adding evidence on the pages of an action, and safe downloads of its files."""

from io import BytesIO
from threading import Thread

import pytest
import sqlalchemy as sa

from reviews.files.store import folder_of, stored_names
from reviews.models import Action, Assurance, Event, EventKind, Evidence
from tests.builders import a_case, an_action
from tests.changes import nothing_changes
from tests.reviews.files.real_files import A_PROGRAM, a_pdf, zipped
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""In two pieces, so that no scanner takes this page for it."""
OWNER, MANAGER, CHAIR = "owner@anyshire.example", "manager@anyshire.example", "chair@anyshire.example"


def an_address(doors, world, workflow="rapid_review", **more) -> str:
    place = world.anyshire
    known = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Police"]}
    with doors.database.begin() as session:
        return an_action(session, a_case(session, place.partnership, workflow), **known | more).address


def files(doors) -> set[str]:
    return stored_names(folder_of(doors.app.extensions["followthrough"].settings.home))


def a_file(data: bytes = b"", name: str = "Sitzung für März.pdf"):
    return BytesIO(data or a_pdf()), name


def piece_of(doors) -> Evidence:
    with doors.database() as session:
        return session.scalars(sa.select(Evidence).order_by(Evidence.id.desc())).first()


def test_d7_a_file_goes_in_and_comes_out_as_a_download(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.open(f"/actions/{address}") == 200
    assert f"/actions/{address}/evidence/new" in visitor.links
    assert visitor.open(f"/actions/{address}/evidence/new") == 200
    form = {"evidence": "The audit", "shows": "audit", "version": visitor.hidden("version")}
    assert visitor.send(f"/actions/{address}/evidence/new", file=a_file(), **form) == 303
    assert visitor.follow() == 200
    assert "The evidence is added to the action." in visitor.said
    assert "Audit (file)" in visitor.said
    assert "Sitzung für März.pdf" in visitor.said
    got = visitor.client.get(f"/actions/{address}/evidence/{piece_of(doors).id}")
    assert (got.status_code, got.data) == (200, a_pdf())
    sent = got.headers
    assert sent["Content-Disposition"] == f'attachment; filename="{address}-evidence-{piece_of(doors).id}.pdf"'
    assert sent.getlist("Content-Security-Policy") == ["sandbox; default-src 'none'"]
    assert sent.getlist("X-Content-Type-Options") == ["nosniff"]
    assert (sent["Content-Type"], sent["Cache-Control"]) == ("application/pdf", "no-store")
    assert rows(doors.database, Event, Event.kind == EventKind.EVIDENCE_READ) == 1
    visitor.open(f"/actions/{address}")
    assert "A file of the evidence was downloaded" in visitor.said


def test_a_link_is_shown_as_text_with_its_host(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.send(f"/actions/{address}/evidence/new", link="https://example.org/policy?a=1") == 303
    visitor.follow()
    assert "https://example.org/policy?a=1 (opens another site in a new tab: example.org)" in visitor.said
    assert 'rel="noopener noreferrer"' in visitor.html


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Say what shows it"),
        ({"link": "javascript:alert(1)"}, "begins with https://"),
        ({"file": (A_PROGRAM, "a.pdf")}, "its content is not"),
        ({"file": (b"<svg/>", "a.svg")}, "must be a.pdf"),
        ({"file": (b"", "a.pdf")}, "The file is empty"),
        ({"file": (a_pdf(), "a.pdf"), "link": "https://example.org"}, "one after the other"),
        ({"file": (a_pdf(), "a.pdf"), "shows": "gossip"}, "“What it is”: choose one from the list"),
    ],
)
def test_d7_what_is_not_taken_is_said_and_leaves_no_file(doors, world, typed, sentence):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    sent = {key: (BytesIO(value[0]), value[1]) if key == "file" else value for key, value in typed.items()}
    if "file" not in sent and "link" in sent:
        sent["evidence"] = "Kept as typed"
    assert visitor.send(f"/actions/{address}/evidence/new", **sent) == 422
    assert sentence in visitor.said
    assert ("Kept as typed" in visitor.html) is ("evidence" in sent)
    assert (rows(doors.database, Evidence), files(doors)) == (0, set())


HARMLESS_ONLY_AS_DOWNLOADS = {
    "the harmless virus of all scanners": ("a.txt", EICAR, "text/plain"),
    "a page inside a PDF": ("a.pdf", a_pdf(b"<html><script>alert(1)</script></html>"), "application/pdf"),
    "a parcel inside a PDF": ("a.pdf", a_pdf(zipped({"a.txt": b"x"})), "application/pdf"),
    "a way out": ("../../../etc/minutes.pdf", a_pdf(), "application/pdf"),
    "a name that reads from the right": ("minutes\u202efdp.exe.pdf", a_pdf(), "application/pdf"),
    "a long name": ("x" * 300 + ".pdf", a_pdf(), "application/pdf"),
    "a name of a device": ("CON.pdf", a_pdf(), "application/pdf"),
    "a name that breaks its header": ('a"; filename="evil.html\u2028.pdf', a_pdf(), "application/pdf"),
    "a page in its name": ("<img src=x onerror=alert(1)>.pdf", a_pdf(), "application/pdf"),
}


@pytest.mark.parametrize(
    ("name", "data", "kind"), HARMLESS_ONLY_AS_DOWNLOADS.values(), ids=HARMLESS_ONLY_AS_DOWNLOADS.keys()
)
def test_d7_whatever_a_file_holds_or_is_called_it_is_only_ever_a_download(doors, world, name, data, kind):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.send(f"/actions/{address}/evidence/new", file=a_file(data, name)) == 303
    visitor.follow()
    assert "<img" not in visitor.html
    piece = piece_of(doors)
    [stored] = files(doors)
    assert (stored, len(stored), len(piece.file_name) <= 200) == (piece.stored_as, 48, True)
    got = visitor.client.get(f"/actions/{address}/evidence/{piece.id}")
    assert (got.status_code, got.data) == (200, data)
    assert got.headers["Content-Type"].partition(";")[0] == kind
    ending = name.rpartition(".")[2]
    assert got.headers["Content-Disposition"] == f'attachment; filename="{address}-evidence-{piece.id}.{ending}"'
    assert got.headers.getlist("Content-Security-Policy") == ["sandbox; default-src 'none'"]
    assert got.headers.getlist("X-Content-Type-Options") == ["nosniff"]


@pytest.mark.parametrize("name", [b"a\0.pdf", b"a.pdf\0.exe", b"", b".", b"\xff\xfe.pdf"])
def test_d7_a_name_of_bytes_that_nobody_types_is_refused_or_made_readable(doors, world, name):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name + b'"\r\n\r\n'
    body, kind = head + a_pdf() + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"
    code = visitor.client.post(f"/actions/{address}/evidence/new", data=body, content_type=kind).status_code
    assert code in (303, 400, 422)
    assert len(files(doors)) == rows(doors.database, Evidence) == (code == 303)
    assert code != 303 or piece_of(doors).file_name.isprintable()


def send_bytes(visitor, address, data) -> int:
    """Send one file as a browser would, however large it is."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    body = head + data + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    answer = visitor.client.post(address, input_stream=BytesIO(body), content_type=kind, content_length=len(body))
    visitor.html = answer.get_data(as_text=True)
    return answer.status_code


def test_d7_too_much_is_refused_and_elsewhere_far_less(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    for page in ("evidence/new", "submit"):
        assert send_bytes(visitor, f"/actions/{address}/{page}", b"x" * 26_000_000) == 413
        assert send_bytes(visitor, f"/actions/{address}/{page}", b"x" * 25_000_001) == 422
        assert "larger than 25 MB" in visitor.said
    for page in ("progress", "assurance"):
        assert send_bytes(visitor, f"/actions/{address}/{page}", b"x" * 1_100_000) == 413
    assert send_bytes(doors.visitor(), f"/actions/{address}/evidence/new", b"x" * 1_100_000) == 413
    assert files(doors) == set()


def test_one_press_keeps_one_file(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    for _ in range(2):
        assert visitor.send(f"/actions/{address}/evidence/new", file=a_file(), form_id="the same") == 303
    assert rows(doors.database, Evidence) == 1
    assert files(doors) == {piece_of(doors).stored_as}


def test_two_at_once_keep_two_files(doors, world):
    address = an_address(doors, world)
    visitors, codes = [doors.visitor(email) for email in (OWNER, MANAGER)], []

    def send(visitor):
        codes.append(visitor.send(f"/actions/{address}/evidence/new", file=a_file()))

    threads = [Thread(target=send, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {303, 409}
    assert len(files(doors)) == rows(doors.database, Evidence) == codes.count(303) >= 1


def test_an_old_version_is_told_and_its_file_is_gone(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    assert visitor.send(f"/actions/{address}/evidence/new", file=a_file(), version="99") == 409
    assert "Somebody else changed this" in visitor.said
    assert files(doors) == set()


def test_asking_to_close_takes_a_file_or_a_link_in_place_of_words(doors, world):
    for given in ({"file": a_file()}, {"link": "https://example.org/minutes"}):
        address = an_address(doors, world)
        visitor = doors.visitor(OWNER)
        assert visitor.open(f"/actions/{address}/submit") == 200
        assert 'enctype="multipart/form-data"' in visitor.html
        assert visitor.send(f"/actions/{address}/submit", happened_on="2026-11-20", **given) == 303
        with doors.database() as session:
            assert session.scalars(sa.select(Action.stage).where(Action.address == address)).one() == "submitted"
    assert len(files(doors)) == 1


def test_a_file_that_is_refused_does_not_close_anything(doors, world):
    address = an_address(doors, world)
    visitor = doors.visitor(OWNER)
    sent = {"evidence": "The minutes", "happened_on": "2026-11-20", "file": a_file(A_PROGRAM, "a.pdf")}
    assert visitor.send(f"/actions/{address}/submit", **sent) == 422
    assert "its content is not" in visitor.said
    assert (rows(doors.database, Evidence), files(doors)) == (0, set())


def test_b4_what_was_withdrawn_closes_nothing_and_what_closed_it_is_withdrawn_no_more(doors, world):
    address = an_address(doors, world)
    owner, chair, manager = (doors.visitor(email) for email in (OWNER, CHAIR, MANAGER))
    done = {"happened_on": "2026-11-20"}
    assert owner.send(f"/actions/{address}/submit", file=a_file(), **done) == 303
    first = piece_of(doors)
    assert owner.send(f"/actions/{address}/evidence/{first.id}/withdraw", reason="It names a family") == 303
    assert chair.send(f"/actions/{address}/accept", **done) == 409
    assert "at least one piece of evidence" in chair.said
    assert owner.send(f"/actions/{address}/evidence/new", file=a_file()) == 303
    assert chair.send(f"/actions/{address}/accept", **done) == 303
    second = piece_of(doors)
    with nothing_changes(doors.database):
        for visitor in (owner, manager):
            assert visitor.send(f"/actions/{address}/evidence/{second.id}/withdraw", reason="No more") in (
                403,
                409,
                422,
            )
    assert {second.stored_as} <= files(doors)
    assert rows(doors.database, Event, Event.kind == EventKind.EVIDENCE_WITHDRAWN) == 1
    with doors.database() as session:
        assert session.scalars(sa.select(Action.stage).where(Action.address == address)).one() == "closed_complete"


def given_by_the_owner(doors, address) -> str:
    assert doors.visitor(OWNER).send(f"/actions/{address}/evidence/new", file=a_file()) == 303
    return f"/actions/{address}/evidence/{piece_of(doors).id}"


@pytest.mark.parametrize(
    ("workflow", "email", "code"),
    [
        ("rapid_review", "chair@anyshire.example", 200),
        ("rapid_review", "member@anyshire.example", 200),
        ("rapid_review", "agency-lead@anyshire.example", 404),
        ("rapid_review", "cdop@anyshire.example", 404),
        ("rapid_review", "scrutiny@anyshire.example", 404),
        ("rapid_review", "manager@midmarch.example", 404),
        ("rapid_review", "", 303),
        ("cdop_case", "cdop@anyshire.example", 200),
        ("cdop_case", "cdop-member@anyshire.example", 200),
        ("cdop_case", "manager@anyshire.example", 404),
        ("cdop_case", "agency-lead@anyshire.example", 404),
    ],
)
def test_a_file_is_for_those_who_see_its_action(doors, world, workflow, email, code):
    link = given_by_the_owner(doors, an_address(doors, world, workflow))
    assert doors.visitor(email).open(link) == code


def test_a_reader_of_what_is_published_gets_no_file_and_no_assurance(doors, world):
    address = an_address(doors, world, "lcspr")
    link = given_by_the_owner(doors, address)
    with doors.database.begin() as session:
        case = session.scalars(sa.select(Action).where(Action.address == address)).one().case
        next(track for track in case.tracks if track.name == "publication").stage = "published"
    reader = doors.visitor("scrutiny@anyshire.example")
    assert reader.open(f"/actions/{address}") == 200
    assert "Assurance" not in reader.said
    assert reader.open(link) == 404
    assert reader.open(f"/actions/{address}/assurance") == 404
    assert reader.open(f"/actions/{address}/evidence/new") in (403, 404)


def test_a_file_of_one_action_is_not_found_under_another(doors, world):
    link = given_by_the_owner(doors, an_address(doors, world))
    other = an_address(doors, world)
    number = link.rpartition("/")[2]
    for wrong in (f"/actions/{other}/evidence/{number}", f"/actions/{other}/evidence/{10**12}"):
        assert doors.visitor(OWNER).open(wrong) == 404


def test_a_file_that_is_lost_is_a_fault_of_ours_and_named(doors, world):
    link = given_by_the_owner(doors, an_address(doors, world))
    (folder_of(doors.app.extensions["followthrough"].settings.home) / str(piece_of(doors).stored_as)).unlink()
    visitor = doors.visitor(OWNER)
    assert visitor.open(link) == 500
    assert f"The file is missing, and was not sent. Tell your technician: it is file {piece_of(doors).stored_as}" in (
        visitor.said
    )


def test_the_form_is_for_those_who_report_progress(doors, world):
    address = an_address(doors, world)
    chair = doors.visitor(CHAIR)
    assert chair.open(f"/actions/{address}/evidence/new") == 403
    assert chair.send(f"/actions/{address}/evidence/new", file=a_file()) == 403
    assert doors.visitor("agency-lead@anyshire.example").open(f"/actions/{address}/evidence/new") == 404
    assert files(doors) == set()


def test_somebody_else_says_what_they_saw(doors, world):
    address = an_address(doors, world)
    chair = doors.visitor(CHAIR)
    assert chair.open(f"/actions/{address}") == 200
    assert f"/actions/{address}/assurance" in chair.links
    assert chair.open(f"/actions/{address}/assurance") == 200
    typed = {"kind": "dip_sample", "seen_on": "2026-11-11", "is_assured": "no", "text": "Four of ten files."}
    assert chair.send(f"/actions/{address}/assurance", **typed | {"is_assured": ""}) == 422
    assert "Four of ten files." in chair.html
    assert chair.send(f"/actions/{address}/assurance", **typed) == 303
    chair.follow()
    assert "Dip sample: not assured Seen on 11 November 2026" in chair.said
    assert "Four of ten files." in chair.said
    assert rows(doors.database, Assurance) == 1
    owner = doors.visitor(OWNER)
    owner.open(f"/actions/{address}")
    assert "Four of ten files." in owner.said
    assert f"/actions/{address}/assurance" not in owner.links
    assert owner.open(f"/actions/{address}/assurance") == 403
    assert owner.send(f"/actions/{address}/assurance", **typed) == 403
    assert doors.visitor("manager@midmarch.example").open(f"/actions/{address}/assurance") == 404
