"""Identities of children: sealed, opened for a purpose and on record, and told of where that is unusual."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.case_access import confine, exclude, grant
from reviews.cases.details import remove_child
from reviews.core.clock import read_moment
from reviews.core.db import engine_of
from reviews.core.keyring import KeyPurpose, Keyring, MissingKey
from reviews.identities.commands import NotOnRecord, OpeningRequest, open_identity, remove_identity, store_identity
from reviews.identities.labels import DETAILS_OF_IDENTITY, PURPOSES
from reviews.identities.queries import identity_lines, opening_lines
from reviews.identities.sealed_details import DamagedIdentity
from reviews.models import (
    AccountMail,
    AccountMailKind,
    AuditEntry,
    AuditKind,
    Case,
    Child,
    ChildIdentity,
    Event,
    EventKind,
    IdentityOpening,
    OpeningPurpose,
    Person,
    RightKind,
    Through,
)
from reviews.people.offboarding import disable_person
from reviews.transactions.unit_of_work import NotFound
from tests.builders import a_case, a_unit, a_world, actor_of, give_review
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role

KEPT = {
    "name": "Canary Wren Marigold",
    "other_names": "Wrenny",
    "birth": "2019-03-27",
    "home_address": "7 Quarry Lane\nAnytown",
    "nhs_number": "943 476 5919",
    "other_numbers": "Police: 12/34567",
    "family_contact": "Grandmother, by telephone",
}
WEEKDAY = read_moment("2026-11-20T08:00")


@pytest.fixture
def here(database):
    return a_world(database).anyshire


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


def a_kept_identity(database, place, keyring, workflow="rapid_review", role=None, **values):
    """Make a case with one child whose identity is stored; gives its reference and the number of the child."""
    role = role or (Role.CDOP_MANAGER if workflow == "cdop_case" else Role.BUSINESS_MANAGER)
    with database.begin() as session:
        case = a_case(session, place.partnership, workflow)
        session.flush()
        child = session.scalars(sa.select(Child.id).where(Child.case_id == case.id)).one()
        store_identity(a_unit(session, place.actors[role]), keyring, case, child, values=KEPT | values)
        return case.reference, child


def opened(database, clock, actor, keyring, reference, child, purpose="family", reason=""):
    asked = OpeningRequest(
        reference=reference, child_id=child, purpose=purpose, reason=reason, through=Through.PAGE, route="/x"
    )
    return open_identity(database, clock, actor, keyring, asked)


def entries(database):
    with database.audit() as session:
        return session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()


def alerts(database):
    with database() as session:
        mails = session.execute(
            sa.select(Person.email, Event.details)
            .select_from(AccountMail)
            .join(Person, Person.id == AccountMail.person_id)
            .join(Event, Event.id == AccountMail.event_id)
            .where(AccountMail.kind == AccountMailKind.IDENTITY_ALERT)
            .order_by(AccountMail.id)
        ).all()
    return [(email.partition("@")[0], details["why"]) for email, details in mails]


def test_what_is_stored_comes_back_and_stands_nowhere_in_the_clear(database, here, keyring, clock):
    reference, child = a_kept_identity(database, here, keyring)
    manager = here.actors[Role.BUSINESS_MANAGER]
    found = opened(database, clock, manager, keyring, reference, child)
    assert found.by_column == KEPT
    assert [title for title, _ in found.details] == [each.title for each in DETAILS_OF_IDENTITY if each.column in KEPT]
    with database() as session:
        for table in sa.inspect(session.connection()).get_table_names():
            for row in session.execute(sa.text(f'SELECT * FROM "{table}"')):
                stored = " ".join(
                    bytes(each).decode("latin1") if isinstance(each, (bytes, memoryview)) else str(each) for each in row
                )
                assert not [value for value in KEPT.values() if value in stored], table


def test_every_detail_of_the_table_is_sealed_and_asked_for():
    sealed = {
        column.name
        for column in ChildIdentity.__table__.c
        if isinstance(column.type, sa.LargeBinary) and column.name != "wrapped_key"
    }
    assert {each.column for each in DETAILS_OF_IDENTITY} == sealed
    assert set(PURPOSES) == set(OpeningPurpose)


def test_a_sealed_text_is_read_from_its_own_row_alone(database, here, keyring, clock):
    manager = here.actors[Role.BUSINESS_MANAGER]
    (_, one), (reference, two) = (a_kept_identity(database, here, keyring, name=name) for name in ("A B", "C D"))
    with database.begin() as session:
        first, second = (session.get_one(ChildIdentity, each) for each in (one, two))
        second.name = first.name
    with pytest.raises(DamagedIdentity):
        opened(database, clock, manager, keyring, reference, two)
    with database.begin() as session:
        first, second = (session.get_one(ChildIdentity, each) for each in (one, two))
        second.wrapped_key = first.wrapped_key
    with pytest.raises(DamagedIdentity) as refused:
        opened(database, clock, manager, keyring, reference, two)
    assert keyring.newest(KeyPurpose.IDENTITIES).fingerprint in str(refused.value)
    assert [(each.kind, each.outcome) for each in entries(database)] == [(AuditKind.REFUSED, "damaged")] * 2
    with database() as session:
        assert session.scalars(sa.select(IdentityOpening)).all() == []


def test_a_missing_key_is_named_and_nothing_is_shown(database, here, keyring, clock, tmp_path):
    reference, child = a_kept_identity(database, here, keyring)
    mark = keyring.newest(KeyPurpose.IDENTITIES).fingerprint
    elsewhere = Keyring(tmp_path / "empty")
    manager = here.actors[Role.BUSINESS_MANAGER]
    with pytest.raises(MissingKey, match=mark):
        opened(database, clock, manager, elsewhere, reference, child)
    assert entries(database)[-1].outcome == "missing_key"
    with pytest.raises(MissingKey, match=mark), database.begin() as session:
        case = a_case(session, here.partnership)
        session.flush()
        other = session.scalars(sa.select(Child.id).where(Child.case_id == case.id)).one()
        store_identity(a_unit(session, manager), elsewhere, case, other, values=KEPT)
    assert list(elsewhere.every()) == [], "no new key takes the name of the one that is missing"


def test_the_two_realms_have_keys_of_their_own(database, here, keyring, clock):
    a_kept_identity(database, here, keyring)
    reference, child = a_kept_identity(database, here, keyring, "cdop_case")
    assert [key.name for key in keyring.every()] == ["identities-1", "child-deaths-1"]
    assert opened(database, clock, here.actors[Role.CDOP_MANAGER], keyring, reference, child).by_column == KEPT


def test_an_opening_is_on_record_and_counted(database, here, keyring, clock):
    reference, child = a_kept_identity(database, here, keyring)
    manager = here.actors[Role.BUSINESS_MANAGER]
    for purpose in ("family", "coroner_or_court"):
        opened(database, clock, manager, keyring, reference, child, purpose, "The inquest opens.")
    found = entries(database)
    assert [(each.kind, each.outcome, each.reference) for each in found] == [
        (AuditKind.IDENTITY_OPENED, "family", reference),
        (AuditKind.IDENTITY_OPENED, "coroner_or_court", reference),
    ]
    assert (found[0].role, found[0].person_id, found[0].person) == (
        "business_manager",
        manager.person_id,
        manager.signature,
    )
    with database() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
        (line,) = identity_lines(session, manager, case)
        assert (line.openings, line.last_opened_by, line.recorded_by) == (2, manager.name, manager.name)
        assert [each.purpose for each in opening_lines(session, manager, case)] == ["coroner_or_court", "family"]


def test_what_cannot_be_put_on_record_is_not_shown(database, here, keyring, clock):
    reference, child = a_kept_identity(database, here, keyring)
    with engine_of(database.audit).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entries RENAME TO audit_entries_away")
    try:
        with pytest.raises(NotOnRecord):
            opened(database, clock, here.actors[Role.BUSINESS_MANAGER], keyring, reference, child)
    finally:
        with engine_of(database.audit).begin() as connection:
            connection.exec_driver_sql("ALTER TABLE audit_entries_away RENAME TO audit_entries")


@pytest.mark.parametrize(("purpose", "reason"), [("", ""), ("curiosity", ""), ("other", " ")])
def test_without_a_purpose_nothing_is_opened(database, here, keyring, clock, purpose, reason):
    reference, child = a_kept_identity(database, here, keyring)
    with pytest.raises(Refused):
        opened(database, clock, here.actors[Role.BUSINESS_MANAGER], keyring, reference, child, purpose, reason)
    assert entries(database) == []


@pytest.mark.parametrize(
    ("workflow", "allowed"),
    [
        ("rapid_review", {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.LEAD_REVIEWER}),
        ("cdop_case", {Role.CDOP_MANAGER}),
    ],
)
def test_who_opens_an_identity(database, here, keyring, clock, workflow, allowed):
    reference, child = a_kept_identity(database, here, keyring, workflow)
    with database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
        reviewer = here.people[Role.LEAD_REVIEWER]
        if case.realm is Realm.REVIEWS:
            give_review(session, case, reviewer)
        actors = {role: actor_of(session, session.merge(person)) for role, person in here.people.items()}
    can = set()
    for role, actor in actors.items():
        try:
            opened(database, clock, actor, keyring, reference, child)
        except (NotFound, NotAllowed):
            continue
        can.add(role)
    assert can == allowed


def test_give_review_opens_none_of_a_case_they_only_see(database, here, keyring, clock):
    """They are a member of the subgroup too, which shows the case: two roles do not add up to a third."""
    reference, child = a_kept_identity(database, here, keyring)
    with database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
        reviewer = session.merge(here.people[Role.LEAD_REVIEWER])
        until = WEEKDAY.date() + timedelta(days=9)
        grant(a_unit(session), case, email=reviewer.email, right=RightKind.WORK, until=until, reason="They help.")
        actor = actor_of(session, reviewer)
    with pytest.raises(NotFound):
        opened(database, clock, actor, keyring, reference, child)
    with pytest.raises(NotFound), database() as session:
        identity_lines(session, actor, session.scalars(sa.select(Case).where(Case.reference == reference)).one())


def test_whoever_is_excluded_from_the_case_opens_nothing(database, here, keyring, clock):
    reference, child = a_kept_identity(database, here, keyring)
    with database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
        admin = session.merge(here.people[Role.BUSINESS_UNIT_ADMIN])
        exclude(a_unit(session), case, email=admin.email, reason="They know the family.")
        actor = actor_of(session, admin)
    with pytest.raises(NotFound):
        opened(database, clock, actor, keyring, reference, child)


def test_a_change_shows_nothing_and_leaves_what_is_left_empty(database, here, keyring, clock):
    reference, child = a_kept_identity(database, here, keyring)
    manager = here.actors[Role.BUSINESS_MANAGER]
    with database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
        unit = a_unit(session, manager)
        store_identity(unit, keyring, case, child, values={"home_address": "9 Mill Road"}, cleared=["family_contact"])
        with pytest.raises(Refused, match="Enter what changes"):
            store_identity(unit, keyring, case, child, values={})
        with pytest.raises(Refused, match="must not be before"):
            store_identity(unit, keyring, case, child, values={"death": "2019-03-26"})
        with pytest.raises(Refused, match="needs a name"):
            store_identity(unit, keyring, case, child, values={}, cleared=["name"])
    found = opened(database, clock, manager, keyring, reference, child).by_column
    assert found == {key: value for key, value in KEPT.items() if key != "family_contact"} | {
        "home_address": "9 Mill Road"
    }
    with database() as session:
        events = session.scalars(sa.select(Event).where(Event.kind == EventKind.IDENTITY_CHANGED)).all()
    assert [each.details for each in events] == [
        {"child": child, "what": "stored"},
        {"child": child, "what": "changed"},
    ]


def test_a_removed_identity_is_gone_with_its_key_and_a_new_one_has_another(database, here, keyring, clock):
    reference, child = a_kept_identity(database, here, keyring)
    manager = here.actors[Role.BUSINESS_MANAGER]
    opened(database, clock, manager, keyring, reference, child)
    with database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
        unit = a_unit(session, manager, clock.now() + timedelta(minutes=1))
        before = session.get_one(ChildIdentity, child)
        old = {each.column: getattr(before, each.column) for each in DETAILS_OF_IDENTITY}
        with pytest.raises(Refused, match="Remove the identity first"):
            remove_child(unit, case, child, reason="By mistake.")
        remove_identity(unit, case, child, reason="The family asked for it.")
        session.flush()
        assert session.get(ChildIdentity, child) is None
        store_identity(unit, keyring, case, child, values={"name": "Somebody Else"})
        session.flush()
        (line,) = identity_lines(session, manager, case)
        assert line.openings == 0, "they were of the identity before"
        assert len(opening_lines(session, manager, case)) == 1
        again = session.get_one(ChildIdentity, child)
        for column, sealed in old.items():
            setattr(again, column, sealed)
    with pytest.raises(DamagedIdentity):
        opened(database, clock, manager, keyring, reference, child)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"name": ""}, "Enter the name"),
        ({"birth": "2026-11-21"}, "must be in the past"),
        ({"birth": "27.3.2019"}, "must be a date"),
        ({"nhs_number": "943 476 5918"}, "last digit"),
        ({"nhs_number": "94347"}, "10 digits"),
        ({"name": "x" * 201}, "up to 200 characters"),
    ],
)
def test_what_cannot_be_right_is_refused_without_repeating_it(database, here, keyring, values, match):
    with pytest.raises(Refused, match=match) as refused:
        a_kept_identity(database, here, keyring, **values)
    assert not [each for each in values.values() if each and each in str(refused.value)]


def test_a14_thirty_openings_in_ten_minutes_are_told_to_the_privacy_role(database, here, keyring, clock):
    reference, child = a_kept_identity(database, here, keyring)
    manager = here.actors[Role.BUSINESS_MANAGER]
    for _ in range(9):
        opened(database, clock, manager, keyring, reference, child)
    assert alerts(database) == []
    for _ in range(21):
        clock.at += timedelta(seconds=10)
        opened(database, clock, manager, keyring, reference, child)
    assert alerts(database) == [("privacy", ["many"])]
    with database() as session:
        (event,) = session.scalars(sa.select(Event).where(Event.kind == EventKind.IDENTITY_ALERTED))
        assert event.case_id is None
        assert (event.details["reference"], event.details["opened_by"]) == (reference, manager.name)
    assert len([each for each in entries(database) if each.kind is AuditKind.IDENTITY_OPENED]) == 30


@pytest.mark.parametrize(
    ("at", "why"),
    [
        ("2026-11-20T06:59", ["out_of_hours"]),
        ("2026-11-20T07:00", None),
        ("2026-11-20T19:59", None),
        ("2026-11-20T20:00", ["out_of_hours"]),
        ("2026-11-21T12:00", ["out_of_hours"]),
        ("2026-07-20T06:59", ["out_of_hours"]),
        ("2026-07-20T07:01", None),
    ],
)
def test_an_opening_at_night_or_at_a_weekend_is_told(database, here, keyring, clock, at, why):
    reference, child = a_kept_identity(database, here, keyring)
    clock.at = read_moment(at)
    for _ in range(2):
        opened(database, clock, here.actors[Role.BUSINESS_MANAGER], keyring, reference, child)
    assert alerts(database) == ([("privacy", why)] if why else [])


def test_an_opening_of_a_closed_case_is_told_for_each_case_again(database, here, keyring, clock):
    kept = [a_kept_identity(database, here, keyring) for _ in range(2)]
    with database.begin() as session:
        session.execute(sa.update(Case).values(closed_on=Case.opened_on))
    for reference, child in kept:
        opened(database, clock, here.actors[Role.BUSINESS_MANAGER], keyring, reference, child)
    assert alerts(database) == [("privacy", ["closed_case"])] * 2
    clock.at += timedelta(hours=2)
    opened(database, clock, here.actors[Role.BUSINESS_MANAGER], keyring, *kept[0])
    assert len(alerts(database)) == 3


def disable(database, place, *roles):
    with database.begin() as session:
        for role in roles:
            disable_person(a_unit(session), email=place.people[role].email)


@pytest.mark.parametrize(
    ("workflow", "gone", "opener", "recipient"),
    [
        ("rapid_review", [Role.PRIVACY_OFFICER], Role.BUSINESS_MANAGER, ["chair"]),
        ("rapid_review", [Role.PRIVACY_OFFICER, Role.SUBGROUP_CHAIR], Role.BUSINESS_UNIT_ADMIN, ["manager"]),
        ("rapid_review", [Role.PRIVACY_OFFICER, Role.SUBGROUP_CHAIR], Role.BUSINESS_MANAGER, []),
        ("cdop_case", [], Role.CDOP_MANAGER, ["privacy"]),
        ("cdop_case", [Role.PRIVACY_OFFICER], Role.CDOP_MANAGER, []),
    ],
)
def test_who_is_told_where_there_is_no_privacy_officer(
    database, here, keyring, clock, workflow, gone, opener, recipient
):
    reference, child = a_kept_identity(database, here, keyring, workflow)
    disable(database, here, *gone)
    clock.at = read_moment("2026-11-21T12:00")
    opened(database, clock, here.actors[opener], keyring, reference, child)
    assert [email for email, _ in alerts(database)] == recipient
    with database() as session:
        assert session.scalars(sa.select(IdentityOpening.alerted_for)).all() == ["out_of_hours"]


def test_whoever_may_not_see_the_case_is_not_told_of_it_but_as_privacy_officer(database, here, keyring, clock):
    reference, child = a_kept_identity(database, here, keyring)
    with database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
        confine(a_unit(session), case, reason="A colleague is concerned.")
    clock.at = read_moment("2026-11-21T12:00")
    opened(database, clock, here.actors[Role.BUSINESS_MANAGER], keyring, reference, child)
    assert [email for email, _ in alerts(database)] == ["privacy"]
    disable(database, here, Role.PRIVACY_OFFICER)
    clock.at += timedelta(hours=2)
    opened(database, clock, here.actors[Role.BUSINESS_MANAGER], keyring, reference, child)
    assert len(alerts(database)) == 1, "the chair does not know of the case"
