"""The home page of each role."""

import pytest

from reviews.models import Person


@pytest.mark.parametrize(
    ("word", "beginning"),
    [
        ("owner", "/actions/mine"),
        ("chair", "/summary"),
        ("partner", "/summary"),
        ("independent-chair", "/summary"),
        ("manager", "/cases"),
        ("admin", "/cases"),
        ("member", "/cases"),
        ("cdop", "/cases"),
        ("cdop-member", "/cases"),
        ("reviewer", "/cases"),
        ("agency-lead", "/actions"),
        ("scrutiny", "/actions"),
        ("technician", "/system"),
    ],
)
def test_home_is_where_the_role_begins_and_opens(doors, word, beginning):
    visitor = doors.visitor(f"{word}@anyshire.example")
    assert visitor.open("/") == 303
    assert visitor.location == beginning
    assert visitor.follow() == 200


def test_whoever_has_no_role_is_told_so(doors, database):
    with database.begin() as session:
        session.add(Person(email="leaver@anyshire.example", name="A Leaver"))
    visitor = doors.visitor("leaver@anyshire.example")
    assert visitor.open("/") == 200
    assert "You have no role in a partnership at present" in visitor.said
