"""The files of a case on its pages, and what a damaged or harmful file is answered."""

import logging
from io import BytesIO

import pytest
import sqlalchemy as sa

from reviews.cases.child_cases import start_child_case
from reviews.core.keyring import KeyPurpose, keyring_of
from reviews.core.settings import Environment, Settings
from reviews.files.store import folder_of, stored_names
from reviews.models import Attachment, AuditEntry, AuditKind, Event, EventKind, Evidence
from tests.builders import TODAY, a_case, a_person, a_unit, an_action, facts_for
from tests.changes import nothing_changes
from tests.reviews.files.scanner import HARMFUL, a_scanner
from tests.web.visitor import Doors, rows, typed
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

MANAGER, CDOP, STRANGER = "manager@anyshire.example", "cdop@anyshire.example", "manager@midmarch.example"
CHAIR, TECHNICIAN, PRIVACY = (f"{word}@anyshire.example" for word in ("independent-chair", "technician", "privacy"))
CANARY = b"Canary-88d2 lives at the end of the road. " * 4_000


@pytest.fixture
def case(doors, world):
    place = world.anyshire
    with doors.database.begin() as session:
        return a_case(session, place.partnership, agencies=(place.agencies["Council"],)).reference


def a_file(content: bytes = CANARY, name: str = "Sitzung für März.txt"):
    return BytesIO(content), name


def home_of(doors):
    return doors.app.extensions["followthrough"].settings.home


def files(doors) -> set[str]:
    return stored_names(folder_of(home_of(doors)))


def stored(doors, table=Attachment):
    with doors.database() as session:
        row = session.scalars(sa.select(table).order_by(table.id.desc())).first()
        return row, folder_of(home_of(doors)) / row.stored_as


def refusals(doors) -> list[AuditEntry]:
    with doors.database.audit() as session:
        return list(session.scalars(sa.select(AuditEntry).where(AuditEntry.kind == AuditKind.REFUSED)))


def test_d7_a_file_of_a_case_goes_in_and_comes_out_as_a_download(doors, world, case):
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{case}")
    assert "There are no files yet." in visitor.said
    assert f"/cases/{case}/files/new" in visitor.links
    assert visitor.open(f"/cases/{case}/files/new") == 200
    assert visitor.send(f"/cases/{case}/files/new", title="Minutes of 3 March", file=a_file()) == 303
    assert visitor.follow() == 200
    assert "The file is added to the case." in visitor.said
    assert "Sitzung für März.txt" in visitor.said
    row, path = stored(doors)
    assert b"Canary-88d2" not in path.read_bytes()
    got = visitor.client.get(f"/cases/{case}/files/{row.id}")
    assert (got.status_code, got.data) == (200, CANARY)
    assert got.headers["Content-Disposition"] == f'attachment; filename="{case}-file-{row.id}.txt"'
    assert got.headers.getlist("Content-Security-Policy") == ["sandbox; default-src 'none'"]
    assert (got.headers["Content-Type"], got.headers["Cache-Control"]) == ("text/plain", "no-store")
    assert visitor.client.head(f"/cases/{case}/files/{row.id}").status_code == 200
    visitor.open(f"/cases/{case}/history")
    assert "File added: Minutes of 3 March" in visitor.said
    assert "File downloaded" not in visitor.said
    visitor.open(f"/cases/{case}/history?show=readings")
    assert "File downloaded: Minutes of 3 March" in visitor.said


def test_a_file_needs_a_title_and_a_file_and_somebody_who_works_on_the_case(doors, world, case):
    visitor, reader = doors.visitor(MANAGER), doors.visitor(CHAIR)
    with nothing_changes(doors.database):
        assert visitor.send(f"/cases/{case}/files/new", title="", file=a_file()) == 422
        assert "Say what the file is" in visitor.said
        assert visitor.send(f"/cases/{case}/files/new", title="Minutes") == 422
        assert "Choose a file" in visitor.said
        assert visitor.send(f"/cases/{case}/files/new", title="Minutes", file=a_file(b"MZ\0", "a.exe")) == 422
        assert "The file must be a" in visitor.said
        assert reader.open(f"/cases/{case}") == 200
        assert f"/cases/{case}/files/new" not in reader.links
        assert reader.open(f"/cases/{case}/files/new") == 403
        assert reader.send(f"/cases/{case}/files/new", title="Minutes", file=a_file()) == 403
    assert files(doors) == set()


def test_a7_for_whom_the_case_is_hidden_its_files_are_not_there_and_stay_as_they_are(doors, world, case):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"/cases/{case}/files/new", title="Minutes", file=a_file()) == 303
    row, path = stored(doors)
    before, strangers = path.read_bytes(), [doors.visitor(email) for email in (CDOP, STRANGER)]
    with nothing_changes(doors.database):
        for stranger in strangers:
            for address in (f"/cases/{case}/files/{row.id}", f"/cases/{case}/files/{row.id}/withdraw"):
                assert stranger.open(address) == 404
            assert stranger.open(f"/cases/{case}/files/new") == 404
            assert stranger.send(f"/cases/{case}/files/{row.id}/withdraw", reason="x") == 404
            assert stranger.send(f"/cases/{case}/files/new", title="x", file=a_file()) == 404
        for number in (row.id + 1, 0, 2**31, 2**62):
            assert visitor.open(f"/cases/{case}/files/{number}") == 404
    assert (files(doors), path.read_bytes()) == ({row.stored_as}, before)


def test_the_lead_of_an_agency_adds_a_file_to_their_request_and_with_their_return(doors, world, case):
    place, opening = world.anyshire, CASE_WORKFLOWS["information_request"].opening
    with doors.database.begin() as session:
        lead = a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies["Police"])
        other = a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies["Council"])
        parent = a_unit(session).case(case)
        request = start_child_case(
            a_unit(session),
            parent,
            workflow="information_request",
            happened_on=TODAY,
            answers=facts_for(opening),
            agency_id=place.agencies["Police"].id,
        ).reference
    visitor = doors.visitor(lead.email)
    assert visitor.open(f"/cases/{request}/files/new") == 200
    assert "other agencies cannot" in visitor.said
    assert visitor.send(f"/cases/{request}/files/new", title="Chronology", file=a_file()) == 303
    step = {**typed("information_request", "receive"), "file": a_file(name="Return.txt")}
    assert visitor.send(f"/cases/{request}/steps/receive", **step) == 303, visitor.said
    visitor.open(f"/cases/{request}")
    assert "with “Log the return”" in visitor.said
    manager = doors.visitor(MANAGER)
    manager.open(f"/cases/{case}")
    assert f"/cases/{request}/files/{stored(doors)[0].id}" in manager.links
    stranger = doors.visitor(other.email)
    assert stranger.open(f"/cases/{case}") == 200
    assert "Chronology" not in stranger.said
    assert stranger.open(f"/cases/{request}/files/{stored(doors)[0].id}") == 404


def test_a_step_with_a_file_that_is_refused_is_not_recorded_and_one_without_a_file_is(doors, world, case):
    visitor, address = doors.visitor(MANAGER), f"/cases/{case}/steps/convene_discussion"
    step = typed("rapid_review", "convene_discussion")
    with nothing_changes(doors.database):
        assert visitor.send(address, **step, file=a_file(b"MZ\0", "a.exe")) == 422
        assert "The file must be a" in visitor.said
    assert visitor.send(address, **step, file=(BytesIO(), "")) == 303
    assert (rows(doors.database, Attachment), files(doors)) == (0, set())


def test_a_file_is_withdrawn_and_the_manager_still_downloads_it(doors, world, case):
    visitor = doors.visitor(MANAGER)
    visitor.send(f"/cases/{case}/files/new", title="Minutes", file=a_file())
    row, _ = stored(doors)
    visitor.open(f"/cases/{case}")
    assert f"/cases/{case}/files/{row.id}/withdraw" in visitor.links
    assert visitor.send(f"/cases/{case}/files/{row.id}/withdraw", reason="") == 422
    assert visitor.send(f"/cases/{case}/files/{row.id}/withdraw", reason="Of another family") == 303
    visitor.follow()
    assert "Withdrawn on" in visitor.said
    assert "Of another family" in visitor.said
    assert visitor.open(f"/cases/{case}/files/{row.id}") == 200
    reader = doors.visitor(CHAIR)
    reader.open(f"/cases/{case}")
    assert f"/cases/{case}/files/{row.id}" not in reader.links
    assert reader.open(f"/cases/{case}/files/{row.id}") == 404


def a_piece_of_evidence(doors, world) -> str:
    place = world.anyshire
    with doors.database.begin() as session:
        address = an_action(session, a_case(session, place.partnership)).address
    assert doors.visitor(MANAGER).send(f"/actions/{address}/evidence/new", file=a_file()) == 303
    return f"/actions/{address}/evidence/{stored(doors, Evidence)[0].id}"


def a_file_of_a_case(doors, case) -> str:
    assert doors.visitor(MANAGER).send(f"/cases/{case}/files/new", title="Minutes", file=a_file()) == 303
    return f"/cases/{case}/files/{stored(doors)[0].id}"


HARM = {
    "a flipped bit": lambda path: path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:70_000]),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
@pytest.mark.parametrize("of_case", [True, False])
def test_f21_a_damaged_file_is_not_handed_out_and_those_who_look_after_it_hear_of_it(
    doors, world, case, harm, of_case, caplog
):
    address = a_file_of_a_case(doors, case) if of_case else a_piece_of_evidence(doors, world)
    row, path = stored(doors, Attachment if of_case else Evidence)
    whole = path.read_bytes()
    harm(path)
    technician = doors.visitor(TECHNICIAN)
    technician.open("/system")
    assert "None is known to be damaged" in technician.said
    visitor = doors.visitor(MANAGER)
    with caplog.at_level(logging.ERROR):
        assert visitor.open(address) == 500
    assert "was not sent. Tell your technician: it is file " + row.stored_as in visitor.said
    assert "Canary" not in visitor.html
    assert row.stored_as in caplog.text
    assert "Canary" not in caplog.text
    [refusal] = refusals(doors)
    asked = (refusal.outcome, refusal.reference.replace("/", "."))
    assert asked == ("500 damaged", address.split("/")[2])
    assert rows(doors.database, Event, Event.kind.in_([EventKind.FILE_READ, EventKind.EVIDENCE_READ])) == 0
    for email in (TECHNICIAN, PRIVACY):
        other = doors.visitor(email)
        other.open("/account")
        assert "1 stored file is not what was uploaded" in other.html
    technician.open("/system")
    assert row.stored_as in technician.said
    manager = doors.visitor(MANAGER)
    manager.open("/")
    assert "is not what was uploaded" not in manager.html
    assert manager.client.get("/readyz").json["files"] is False
    path.write_bytes(whole)
    assert manager.client.get(address).data == CANARY


def test_without_the_key_of_files_the_page_says_so_and_no_file_is_called_damaged(doors, world, case, caplog):
    address = a_file_of_a_case(doors, case)
    key = keyring_of(Settings(home=home_of(doors))).newest(KeyPurpose.FILES)
    key.path.rename(key.path.with_suffix(".away"))
    visitor = doors.visitor(MANAGER)
    with caplog.at_level(logging.ERROR):
        assert visitor.open(address) == 503
    assert "its key is not on the server" in visitor.said
    assert str(home_of(doors)) not in visitor.html
    assert key.fingerprint in caplog.text
    assert visitor.client.get("/readyz").json["files"] is True
    key.path.with_suffix(".away").rename(key.path)
    assert visitor.open(address) == 200


@pytest.fixture
def guarded(doors, database, clock, tmp_path):
    """Give the same pages with a scanner, and the scanner."""
    with a_scanner() as scanner:
        guarded = Doors(database, clock, tmp_path)
        context = guarded.app.extensions["followthrough"]
        settings = Settings(home=tmp_path, env=Environment.TEST, clamd=scanner.address)
        guarded.app.extensions["followthrough"] = type(context)(settings, database, clock)
        yield guarded, scanner


def test_a_harmful_file_is_refused_and_on_record(guarded, world, case):
    doors, _ = guarded
    visitor = doors.visitor(MANAGER)
    with nothing_changes(doors.database):
        assert visitor.send(f"/cases/{case}/files/new", title="Minutes", file=a_file(CANARY + HARMFUL)) == 422
    assert "found something harmful" in visitor.said
    assert files(doors) == set()
    [refusal] = refusals(doors)
    assert refusal.case_id is not None
    assert (refusal.outcome, refusal.reference, refusal.person_id) == (
        "422 infected",
        case,
        world.anyshire.people[Role.BUSINESS_MANAGER].id,
    )
    assert visitor.send(f"/cases/{case}/files/new", title="Minutes", file=a_file()) == 303


def test_while_the_scanner_is_down_no_file_is_stored_and_what_was_typed_stays(guarded, world, case):
    doors, scanner = guarded
    scanner.answer = b"UNKNOWN COMMAND\0"
    visitor = doors.visitor(MANAGER)
    with nothing_changes(doors.database):
        assert visitor.send(f"/cases/{case}/files/new", title="Minutes of 3 March", file=a_file()) == 503
    assert "could not be checked for viruses" in visitor.said
    assert "Minutes of 3 March" in visitor.html
    assert (files(doors), refusals(doors)) == (set(), [])
