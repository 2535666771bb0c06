"""The pages of a case whose history was imported."""

from reviews.imports.history import import_cases
from reviews.imports.readers.past_files import read_histories
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
        assert "Confirm no review Day not known" in visitor.said
        assert "from an imported history" in visitor.said
    assert "Day of the incident: 11 April 2019" in visitor.said
