"""The pages of a case whose history was imported."""

import sqlalchemy as sa

from reviews.imports.history import import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.models import Event
from tests.builders import TODAY, a_unit
from tests.reviews.imports.lists import NO_LCSPR, REVIEW, write
from workflows.definitions import CASE_WORKFLOWS


def test_a_step_whose_day_nobody_knows_is_shown_without_one(doors, world, tmp_path):
    workflow = CASE_WORKFLOWS["rapid_review"]
    histories = read_histories(write(tmp_path / "list.csv", REVIEW | NO_LCSPR), workflow=workflow, today=TODAY)
    with doors.database.begin() as session:
        import_cases(a_unit(session), world.anyshire.partnership, workflow, histories)
    visitor = doors.visitor("manager@anyshire.example")

    for page in ("/cases/ES-19-01", "/cases/ES-19-01/history"):
        assert visitor.open(page) == 200
        assert "Confirm no further review Day not known" in visitor.said
        assert "from an imported history" in visitor.said
    assert "Day of the incident: 11 April 2019" in visitor.said


def test_a_month_is_shown_and_corrected_and_what_nobody_knows_may_stay_open(doors, world, tmp_path):
    workflow = CASE_WORKFLOWS["rapid_review"]
    row = REVIEW | NO_LCSPR | {"la_aware_date": "March 2019", "incident_date": "2019"}
    histories = read_histories(write(tmp_path / "list.csv", row), workflow=workflow, today=TODAY)
    with doors.database.begin() as session:
        import_cases(a_unit(session), world.anyshire.partnership, workflow, histories)
        event = session.scalar(sa.select(Event.id).where(Event.step == "submit_sin"))
    visitor = doors.visitor("manager@anyshire.example")

    visitor.open("/cases/ES-19-01")
    assert "since: not known" in visitor.said
    assert "Opened March 2019, closed on a day not known" in visitor.said
    visitor.open("/cases/ES-19-01/history")
    assert "Day of the incident: 2019" in visitor.said
    visitor.open("/cases/ES-19-01/clocks")
    assert "Counted from March 2019" in visitor.said

    correct = f"/cases/ES-19-01/history/{event}/correct"
    changed = {"happened_on-day": "", "happened_on-month": "4", "happened_on-year": "2019"}
    assert visitor.send(correct, reason="The list was wrong", **changed) == 303
    visitor.open("/cases/ES-19-01/clocks")
    assert "Met April 2019" in visitor.said
