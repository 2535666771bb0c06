"""The technician sees the machine and no record; the privacy officer the audit log."""

import pytest

SHUT = ("/cases", "/actions", "/summary", "/themes", "/people", "/reminders", "/reminders/letters", "/settings/periods")


@pytest.mark.parametrize("word", ["technician", "privacy"])
def test_roles_without_records_open_no_page_of_them(doors, word):
    visitor = doors.visitor(f"{word}@anyshire.example")
    assert {address: visitor.open(address) for address in SHUT} == dict.fromkeys(SHUT, 403)


def test_the_technician_sees_the_machine(doors):
    visitor = doors.visitor("technician@anyshire.example")
    assert visitor.open("/system") == 200
    for words in (
        "revision 0",
        "It has never run",
        "never sealed",
        "Not known: set FOLLOWTHROUGH_BACKUPS",
        "Mails waiting",
    ):
        assert words in visitor.said
    assert doors.visitor("manager@anyshire.example").open("/system") == 403


def test_the_privacy_officer_begins_with_the_audit_log(doors):
    visitor = doors.visitor("privacy@anyshire.example")
    assert (visitor.open("/"), visitor.location) == (303, "/audit")
    assert visitor.open("/system") == 403
