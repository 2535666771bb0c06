"""Fields that no form has: nobody becomes, decides or dates anything by adding one to what they send."""

import sqlalchemy as sa

from reviews.core.db import Base, Database, engine_of
from reviews.models import Action, Event, Membership
from tests.builders import a_case, an_action
from tests.web.core.every_form import FoundForm, every_form
from workflows.core.vocabulary import Role

WORD, NUMBER, DAY = "Planted", 777777, "1999-12-31"
NOT_OF_ROWS = {"is_admin": "1", "admin": "1", "role_held": "business_manager", "permission": "manage_people"}
TYPED = {"day": "20", "month": "11", "year": "2026"}


def of_columns() -> dict[str, str]:
    """Give a value for every column there is, that would be found again if it were stored."""
    columns = {column.name: column for table in Base.metadata.sorted_tables for column in table.columns}
    return {name: _value(column) for name, column in columns.items()} | NOT_OF_ROWS


def _value(column: sa.Column[object]) -> str:
    if isinstance(column.type, sa.String | sa.JSON):
        return WORD
    return str(NUMBER) if isinstance(column.type, sa.Integer) else DAY


def what_a_person_types(form: FoundForm) -> dict[str, str]:
    known = {"email": "new@anyshire.example", "days": "5", "order": "3", "period": "4", "into": "Council"}
    parts = {name: TYPED.get(name.rpartition("-")[2], known.get(name, "As it was said")) for name in form.typed}
    return form.sent_along | parts


def planted(database: Database) -> list[str]:
    """Give where in the database one of the values stands."""
    found = []
    with engine_of(database).connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}").mappings():
                values = {name: str(value) for name, value in row.items()}
                found += [
                    f"{table.name}.{name}"
                    for name, value in values.items()
                    if WORD in value or value == str(NUMBER) or value.startswith(DAY)
                ]
    return found


def test_b1_what_is_added_to_a_form_is_stored_nowhere(doors, world):
    everything, codes = of_columns(), {}
    for form in every_form(doors, world):
        own = what_a_person_types(form)
        typed_parts = {name.rpartition("-")[0] for name in own if "-" in name}
        added = {name: value for name, value in everything.items() if name not in own and name not in typed_parts}
        answer = doors.visitor(form.email).client.post(form.address, data=added | own)
        codes[form.address] = answer.status_code
    assert {address: code for address, code in codes.items() if code >= 500} == {}
    assert list(codes.values()).count(303) > 25
    assert planted(doors.database) == []


def test_b1_nobody_raises_themself_or_closes_an_action_with_fields_of_their_own(doors, world):
    place = world.anyshire
    owner = place.people[Role.ACTION_OWNER]
    with doors.database.begin() as session:
        action = an_action(session, a_case(session, place.partnership), owner=owner, agency=place.agencies["Police"])
    wanted = {
        "stage": "closed_complete",
        "status": "closed",
        "closed_on": "2026-11-20",
        "ended_on": "2026-11-20",
        "owner_id": "1",
        "lead_agency_id": "1",
        "agency_id": "1",
        "partnership_id": "2",
        "id": "99",
        "role": "business_manager",
        "version_id": "99",
        "created_by": "Nobody",
        "recorded_by": "Nobody",
        "due_on": "2030-01-01",
        "original_due_on": "2030-01-01",
        "recorded_at": "1999-01-01T00:00",
    }
    visitor = doors.visitor(owner.email)
    report = {"update": "Half are trained.", "happened_on": "2026-11-20"}
    assert visitor.send(f"/actions/{action.address}/progress", **wanted, **report) == 303
    assert visitor.send("/account/name", **wanted, name="Olive Owner") == 303
    assert visitor.send(f"/actions/{action.address}/progress", **report, version="77") == 409
    with doors.database() as session:
        after = session.get_one(Action, action.id)
        told = session.scalars(sa.select(Event).where(Event.action_id == action.id).order_by(Event.id.desc())).first()
        roles = session.scalars(sa.select(Membership.role).where(Membership.person_id == owner.id)).all()
    assert (after.stage, after.owner_id, after.lead_agency_id) == ("in_progress", owner.id, action.lead_agency_id)
    assert (after.partnership_id, after.due_on, after.original_due_on) == (
        action.partnership_id,
        action.due_on,
        action.original_due_on,
    )
    assert after.version == action.version + 1
    assert roles == [Role.ACTION_OWNER]
    assert (told.recorded_at, told.recorded_by.partition(" <")[0]) == (doors.clock.now(), owner.name)
