"""Every field and every comment of a plan is in each export that can be read back."""

import json
from datetime import date

import pytest
import sqlalchemy as sa

from reviews.core.db import Base
from reviews.exports.formats import FORMATS
from reviews.imports.readers.plan import read_plan
from reviews.models import Action, ActionPart, Delay, Evidence, Extension, ExtensionRequest, ImpactCheck
from reviews.models.actions import Assurance
from tests.builders import BUILDER, a_world
from tests.reviews.exports.plans import a_hard_plan, exported, written

READ = ("xlsx", "csv", "json")
FULL = "Everything is kept of this one."
COLUMN_OF = {
    "reference": "Reference",
    "source_reference": "Tracker reference",
    "title": "Title",
    "title_safe_to_mail": "Title safe to mail",
    "reference_name": "Reference name",
    "text": "Action",
    "success_measure": "Success measure",
    "kind": "Kind",
    "lead_agency_id": "Lead agency",
    "owner_id": "Owner e-mail",
    "owner_text": "Owner as written",
    "awaiting_owner": "Owner as written",
    "previous_owner_id": "Owner as written",
    "deputy_id": "Deputy",
    "start_on": "Start date",
    "review_on": "Review date",
    "order": "Order",
    "due_on": "Due date",
    "due_known_to": "Due date",
    "due_text": "Due date as written",
    "original_due_on": "First due date",
    "original_due_known_to": "First due date",
    "times_extended": "Times extended",
    "stage": "Status",
    "status_text": "Status as written",
    "awaiting_status": "To be decided",
    "rating_reported": "Rating as reported",
    "lead_agency_text": "Lead agency as written",
    "blocked_plan": "While it is blocked",
    "owner_rating": "Own view of the owner",
    "chair_rating": "Own view of the chair",
    "chair_rating_by": "Own view of the chair",
    "chair_rating_reason": "Reason of the chair",
    "expected_on": "Not done yet",
    "last_progress_on": "Progress, newest first",
    "done_on": "Done on",
    "ended_on": "Ended on",
    "case_id": "Plan",
    "recommendation_id": "Recommendation reference",
}
"""Where each column of an action stands in an export."""
NOT_OF_THE_PLAN = {
    "id",
    "partnership_id",
    "realm",
    "address",
    "submitted_by_id",
    "submitted_for_id",
    "version",
    "brought_in_on",
}
PARTS = (
    (Evidence, "Evidence", ("text", "file_name", "withdrawn_reason")),
    (Extension, "More time given", ("reason",)),
    (ExtensionRequest, "More time asked for", ("reason", "meanwhile")),
    (Delay, "Not done yet", ("reason",)),
    (ActionPart, "Contributing agencies", ("agency_text", "note")),
    (Assurance, "Checked by others", ("text",)),
    (ImpactCheck, "Impact", ("text",)),
)


@pytest.fixture
def session(database):
    place = a_world(database).anyshire
    with database() as session:
        session.info["plan"] = a_hard_plan(session, place).reference
        yield session


def cells(session, tmp_path, into):
    """Read a file as our import does, and give the cells of the action of which everything is kept."""
    plan = read_plan(written(tmp_path, exported(session, BUILDER, session.info["plan"]), into))
    return next(found for row in plan.rows if (found := dict(row.exported_cells))["Action"] == FULL)


def written_days(day: date) -> set[str]:
    return {day.isoformat(), f"{day:%d/%m/%Y}"}


def test_every_column_of_an_action_has_its_place_or_is_none_of_the_plans():
    assert set(Action.__table__.columns.keys()) == COLUMN_OF.keys() | NOT_OF_THE_PLAN


@pytest.mark.parametrize("into", READ)
def test_every_field_is_read_back_as_it_is(session, tmp_path, into):
    action = session.scalars(sa.select(Action).where(Action.text == FULL)).one()
    found = cells(session, tmp_path, into)

    assert found.keys() >= set(COLUMN_OF.values())
    for name in ("text", "title", "source_reference", "status_text", "blocked_plan", "chair_rating_reason"):
        assert found[COLUMN_OF[name]].removeprefix("'") == getattr(action, name)
    for name in ("due_on", "start_on", "review_on", "original_due_on"):
        assert found[COLUMN_OF[name]] in written_days(getattr(action, name))
    assert found["Kind"] == "Training"
    assert (found["Own view of the owner"], found["Own view of the chair"]) == ("Green", "Amber, Kit Moor")
    assert found["Deputy"].endswith("<agency-lead@anyshire.example>")
    assert found["Status"] == "Complete awaiting impact"


@pytest.mark.parametrize("into", READ)
def test_every_comment_of_every_part_is_in_it(session, tmp_path, into):
    found = cells(session, tmp_path, into)
    for table, heading, names in PARTS:
        rows = session.scalars(sa.select(table)).all()
        assert rows
        for row in rows:
            assert all(getattr(row, name).strip() in found[heading] for name in names), (heading, found[heading])


def test_the_document_holds_every_column_of_every_part(session):
    data = json.loads(FORMATS["json"].write(exported(session, BUILDER, session.info["plan"])))
    action = next(each for each in data["actions"] if each["cells"]["Action"] == FULL)
    for table, name in ((Evidence, "evidence"), (Extension, "more_time_given"), (ImpactCheck, "impact")):
        names = {key for key in columns(table) if not key.endswith("_id")} - {
            "id",
            "stored_as",
            "wrapped_key",
            "damaged_at",
        }
        assert action[name]
        assert all(names <= each.keys() for each in action[name]), (name, names - action[name][0].keys())


def columns(table: type[Base]) -> set[str]:
    return set(table.__table__.columns.keys())
