"""The page of a coming morning names what its round will record by itself."""

from datetime import date

from tests.builders import a_case


def test_the_next_morning_names_the_step_that_is_recorded_by_itself(doors, world):
    with doors.database.begin() as session:
        wanted = {"answer_wanted_on": date(2026, 12, 4)}
        a_case(session, world.anyshire.partnership, "challenge_entry", reference="CH-1", **wanted)
    visitor = doors.visitor("manager@anyshire.example")
    assert visitor.open("/reminders/tomorrow?on=2026-12-07") == 200
    assert "Recorded by itself: 1" in visitor.said
    assert "CH-1: Escalate Nobody answered by the day an answer was wanted." in visitor.said
    visitor.open("/reminders/tomorrow?on=2026-12-04")
    assert "Recorded by itself" not in visitor.said
