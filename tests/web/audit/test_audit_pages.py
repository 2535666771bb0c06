"""The pages of the audit log: who saw a case, what a person saw, notices and disclosures."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from reviews.audit.anchors import write_anchors
from reviews.audit.notices import raise_notices
from reviews.audit.seal_rows import seal_rows
from reviews.audit.verify_seals import verify_seals
from reviews.core.clock import moment_in_words
from reviews.core.keyring import Keyring
from reviews.models import AuditEntry, AuditKind, AuditNotice, SignIn
from tests.builders import NOW, a_case
from tests.reviews.audit.entries import a_burst, an_entry
from web.cli.audit import KIND_TITLES
from workflows.core.vocabulary import Role

PRIVACY = "privacy@anyshire.example"
FILE = "/audit/disclosure/file"


@pytest.fixture
def case(doors, world):
    with doors.database.begin() as session:
        return a_case(session, world.anyshire.partnership, title="A title nobody reads here")


def officer(doors):
    return doors.visitor(PRIVACY)


def looks(doors, world, case, minutes=(0,), role=Role.BUSINESS_MANAGER, **more):
    for each in minutes:
        an_entry(doors.database, world.anyshire.people[role], case=case, at=NOW + timedelta(minutes=each), **more)


def read_rows(doors):
    with doors.database.audit() as log:
        return list(
            log.scalars(
                sa.select(AuditEntry)
                .where(AuditEntry.route.startswith("/audit"), AuditEntry.kind != AuditKind.REFUSED)
                .order_by(AuditEntry.id)
            )
        )


def test_what_one_person_did_with_a_case_in_a_day_is_one_line_in_words(doors, world, case):
    looks(doors, world, case, minutes=(74, 80, 100))
    visitor, manager = officer(doors), world.anyshire.people[Role.BUSINESS_MANAGER]
    assert visitor.open(f"/audit/who-saw?reference={case.reference.lower()}") == 200
    sentence = (
        f"{manager.name} looked at {case.reference} as business manager, on a page, 3 times between 9:14am and 9:40am"
    )
    assert sentence in visitor.said
    assert case.title not in visitor.html
    assert visitor.open(f"/audit/seen-by?person={manager.id}") == 200
    assert f"Looked at {case.reference} as business manager, on a page, 3 times" in visitor.said


def test_who_was_refused_reads_why(doors, world, case):
    looks(doors, world, case, role=Role.ACTION_OWNER, kind=AuditKind.REFUSED, outcome="404 authz.denied", case_id=None)
    visitor = officer(doors)
    visitor.open(f"/audit/who-saw?reference={case.reference}")
    assert f"was refused {case.reference} (answered as not there)" in visitor.said


def test_every_kind_of_entry_has_its_sentence_and_its_filter(doors, world, case):
    manager = world.anyshire.people[Role.BUSINESS_MANAGER]
    for kind in AuditKind:
        an_entry(doors.database, manager, kind=kind, partnership_id=case.partnership_id, outcome="xlsx", role="")
    visitor = officer(doors)
    visitor.open(f"/audit/seen-by?person={manager.id}")
    for words in ("Looked at a page", "Took a file", "Exported records (xlsx)", "Signed in", "Was refused a page"):
        assert words in visitor.said
    assert visitor.html.count("<li>") >= len(KIND_TITLES)
    visitor.open(f"/audit/seen-by?person={manager.id}&kind=exports")
    assert "Exported records" in visitor.said
    assert "Signed in," not in visitor.said


def test_pages_end_with_a_day_and_go_on_with_the_next(doors, world, case):
    manager = world.anyshire.people[Role.BUSINESS_MANAGER]
    a_burst(doors.database, manager, 450, partnership_id=case.partnership_id, case_id=case.id, reference=case.reference)
    a_burst(
        doors.database,
        manager,
        60,
        partnership_id=case.partnership_id,
        case_id=case.id,
        reference=case.reference,
        at=NOW + timedelta(days=1),
    )
    visitor = officer(doors)
    visitor.open(f"/audit/who-saw?reference={case.reference}")
    assert "60 times" in visitor.said
    assert "450 times" not in visitor.said
    (more,) = [link for link in visitor.links if "before=" in link]
    assert visitor.open(f"/audit/who-saw{more}") == 200
    assert "450 times" in visitor.said
    assert [link for link in visitor.links if "before=" in link] == []


def test_a_day_that_does_not_fit_says_that_it_goes_on(doors, world, case):
    manager = world.anyshire.people[Role.BUSINESS_MANAGER]
    a_burst(doors.database, manager, 520, partnership_id=case.partnership_id, case_id=case.id, reference=case.reference)
    visitor = officer(doors)
    visitor.open(f"/audit/who-saw?reference={case.reference}")
    assert "500 times" in visitor.said
    assert "There is more of this day under “Earlier”" in visitor.said


def test_reading_the_log_is_on_record_and_shown_in_it(doors, world, case):
    visitor, manager = officer(doors), world.anyshire.people[Role.BUSINESS_MANAGER]
    visitor.open(f"/audit/who-saw?reference={case.reference}")
    visitor.open(f"/audit/seen-by?person={manager.id}")
    first, second = read_rows(doors)
    assert (first.kind, first.reference, first.case_id) == (AuditKind.LISTED, case.reference, case.id)
    assert (second.outcome, second.role) == (f"person {manager.id}", "privacy_officer")
    visitor.open(f"/audit/who-saw?reference={case.reference}")
    assert f"read in the audit log who saw {case.reference} as privacy officer" in visitor.said
    visitor.open(f"/audit/seen-by?person={world.anyshire.people[Role.PRIVACY_OFFICER].id}")
    assert f"Read in the audit log what {manager.name} saw" in visitor.said


def test_another_partnerships_case_and_people_are_unknown(doors, world):
    with doors.database.begin() as session:
        theirs = a_case(session, world.midmarch.partnership, reference="RR-2031-77")
    an_entry(doors.database, world.midmarch.people[Role.BUSINESS_MANAGER], case=theirs)
    visitor = officer(doors)
    hidden = visitor.open(f"/audit/who-saw?reference={theirs.reference}"), visitor.said.replace(theirs.reference, "…")
    unknown = visitor.open("/audit/who-saw?reference=RR-2031-78"), visitor.said.replace("RR-2031-78", "…")
    assert hidden == unknown
    assert hidden[0] == 404
    person = world.midmarch.people[Role.BUSINESS_MANAGER].id
    assert visitor.open(f"/audit/seen-by?person={person}") == 404
    assert visitor.open(f"{FILE}?person={person}&purpose=police&format=csv") == 404
    assert read_rows(doors) == []


@pytest.mark.parametrize("word", ["manager", "chair", "independent-chair", "partner", "cdop", "technician"])
def test_only_the_privacy_officer_asks_who_saw_what(doors, world, case, word):
    visitor = doors.visitor(f"{word}@anyshire.example")
    addresses = ("/audit/who-saw", "/audit/seen-by", "/audit/disclosure", FILE)
    assert {address: visitor.open(f"{address}?reference={case.reference}") for address in addresses} == dict.fromkeys(
        addresses, 403
    )
    told = word in ("independent-chair", "partner")
    assert visitor.open("/audit") == (200 if told else 403)
    if told:
        assert "Who saw what is shown to a privacy officer alone" in visitor.said
    assert visitor.open("/workflows") == 200
    assert "/audit" not in visitor.links


def test_d17_300_case_views_in_10_minutes_and_20_exports_are_noticed_and_noted(doors, world):
    """What is too much is answered with 429 (core/test_limited_views.py); all that was shown is in the log."""
    manager, here = world.anyshire.people[Role.BUSINESS_MANAGER], world.anyshire.partnership.id
    a_burst(doors.database, manager, 300, partnership_id=here, reference="RR-2026-05")
    a_burst(doors.database, manager, 20, partnership_id=here, kind=AuditKind.EXPORTED, seconds=60)
    assert raise_notices(doors.database, doors.clock) == 3
    visitor = officer(doors)
    assert visitor.open("/audit") == 200
    for words in (
        "Notices: 3 to look into",
        f"{manager.name} opened 300 different cases in 5 minutes",
        f"{manager.name} opened 300 pages of cases in 5 minutes",
        f"{manager.name} made 20 exports in 19 minutes",
    ):
        assert words in visitor.said
    address = next(link for link in visitor.links if link.startswith("/audit/notices/"))
    assert visitor.open(address) == 200
    assert visitor.send(address, form_id="a", note="x") == 422
    assert visitor.send(address, form_id="b", finding="explained", note="A file for the board.") == 303
    assert visitor.follow() == 200
    assert "Notices: 2 to look into" in visitor.said
    visitor.open("/audit/notices")
    assert "Explained by" in visitor.said
    assert "A file for the board." in visitor.said
    assert visitor.send(address, form_id="c", finding="passed_on", note="Again") in (409, 422)
    visitor.open(f"/audit/seen-by?person={manager.id}")
    assert "20 times between" in visitor.said


def test_a_notice_about_oneself_is_for_somebody_else(doors, world):
    privacy, here = world.anyshire.people[Role.PRIVACY_OFFICER], world.anyshire.partnership.id
    a_burst(doors.database, privacy, 20, partnership_id=here, kind=AuditKind.REFUSED)
    raise_notices(doors.database, doors.clock)
    with doors.database() as session:
        number = session.scalars(sa.select(AuditNotice.id)).one()
    visitor, chair = officer(doors), doors.visitor("independent-chair@anyshire.example")
    visitor.open("/audit")
    assert "This is about you. Somebody else notes what they found." in visitor.said
    assert visitor.open(f"/audit/notices/{number}") == 403
    assert visitor.send(f"/audit/notices/{number}", form_id="a", finding="explained", note="Me") == 403
    assert chair.open(f"/audit/notices/{number}") == 200
    assert "What they saw then" not in chair.said
    assert chair.send(f"/audit/notices/{number}", form_id="b", finding="passed_on", note="To the council.") == 303


def test_a_disclosure_has_its_cover_and_is_on_record_with_its_purpose(doors, world, case):
    looks(doors, world, case, minutes=(0, 1))
    with_formula = {"person": "=HYPERLINK(1)", "outcome": "+1"}
    looks(doors, world, case, kind=AuditKind.EXPORTED, minutes=(2,), **with_formula)
    visitor, asked = officer(doors), f"reference={case.reference}&purpose=coroner"
    assert visitor.open(f"/audit/disclosure?reference={case.reference}") == 200
    assert "A coroner asked for it" in visitor.said
    assert "The person asked for what we hold" not in visitor.said
    answer = visitor.client.get(f"{FILE}?{asked}&format=xlsx")
    assert answer.status_code == 200
    assert case.reference not in answer.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.data))
    cover = {row[0].value: row[1].value for row in book["About"].iter_rows(min_row=2)}
    assert cover["What this file holds"] == f"Who looked at {case.reference}, or was refused it"
    assert (cover["Entries"], cover["Purpose"]) == (3, "A coroner asked for it")
    assert cover["Whole and unchanged"].startswith("Not verified")
    cell = book["Audit log"]["C2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")
    text = visitor.client.get(f"{FILE}?{asked}&format=csv").data.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0] == ["What this file holds", f"Who looked at {case.reference}, or was refused it"]
    assert "'=HYPERLINK(1)" in lines[lines.index([]) + 2]
    assert case.title not in text
    assert [(row.kind, row.outcome, row.number, row.case_id) for row in read_rows(doors)] == [
        (AuditKind.EXPORTED, "xlsx for coroner", 3, case.id),
        (AuditKind.EXPORTED, "csv for coroner", 4, case.id),  # the first disclosure among them
    ]
    visitor.open(f"/audit/who-saw?reference={case.reference}")
    assert f"disclosed who saw {case.reference} (xlsx for coroner)" in visitor.said


def test_a_disclosure_says_up_to_when_the_log_was_verified(doors, world, case, tmp_path):
    looks(doors, world, case)
    keyring, database = Keyring(tmp_path / "keys"), doors.database
    seal_rows(database, keyring, doors.clock)
    write_anchors(database, doors.clock)
    assert verify_seals(database, keyring, doors.clock.now()).ok
    address = f"{FILE}?reference={case.reference}&purpose=coroner&format=csv"
    text = officer(doors).client.get(address).data.decode("utf-8-sig")
    cover = dict(row for row in csv.reader(io.StringIO(text)) if len(row) == 2)
    found = cover["Whole and unchanged"]
    assert found == f"The chain over the audit log was verified up to {moment_in_words(doors.clock.now())}"


def test_a_disclosure_of_a_person_has_their_acts_alone(doors, world, case):
    manager = world.anyshire.people[Role.BUSINESS_MANAGER]
    looks(doors, world, case)
    looks(doors, world, case, role=Role.SUBGROUP_CHAIR)
    visitor = officer(doors)
    text = visitor.client.get(f"{FILE}?person={manager.id}&purpose=subject_access&format=csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    names = {row[2] for row in rows[rows.index([]) + 2 :]}
    assert names == {manager.name}
    [row] = read_rows(doors)
    assert row.outcome == f"csv for subject access, person {manager.id}"
    visitor.open(f"/audit/seen-by?person={world.anyshire.people[Role.PRIVACY_OFFICER].id}")
    assert f"Disclosed what {manager.name} saw (csv for subject access)" in visitor.said


@pytest.mark.parametrize("query", ["", "&purpose=coroner", "&format=csv", "&purpose=subject_access&format=csv"])
def test_a_disclosure_needs_a_purpose_that_is_on_the_list_of_its_kind(doors, case, query):
    visitor = officer(doors)
    assert visitor.open(f"{FILE}?reference={case.reference}{query}") == 422
    assert "Choose a purpose and a format" in visitor.said
    assert read_rows(doors) == []


def test_a_disclosure_needs_a_fresh_proof_and_is_limited(doors, world, case):
    visitor, asked = officer(doors), f"{FILE}?reference={case.reference}&purpose=police&format=csv"
    codes = [visitor.open(asked) for _ in range(21)]
    assert codes == [200] * 20 + [429]
    with doors.database.begin() as session:
        session.execute(sa.update(SignIn).values(started_at=NOW - timedelta(hours=1), proved_at=None))
    assert visitor.open(f"/audit/disclosure?reference={case.reference}") == 303
    assert visitor.location.startswith("/confirm")
    visitor.follow()
    assert "disclose what the audit log has" in visitor.said
