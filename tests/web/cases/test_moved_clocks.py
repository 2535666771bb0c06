"""The pages of a case after a bank holiday has changed a due date."""

from reviews.cases.due_date_changes import load_holidays
from tests.builders import TO_THE_PANEL, TODAY, a_case, a_unit, take
from tests.feeds import listed

MANAGER = "manager@anyshire.example"


def test_the_case_shows_the_new_date_its_working_and_why_it_moved(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, reference="RR-1", opened_on=TODAY)
        take(session, case, *TO_THE_PANEL[:3], on=TODAY)
        load_holidays(a_unit(session), listed(d2026_11_27="National day of thanks"), source="list.json")
    visitor = doors.visitor(MANAGER)

    assert visitor.open("/cases/RR-1/clocks") == 200
    assert "National day of thanks" in visitor.said
    assert visitor.open("/cases/RR-1/history") == 200
    assert (
        "Rapid review to the Panel: was 11 December 2026, now 14 December 2026, because National day of thanks on "
        "27 November 2026 is a bank holiday now" in visitor.said
    )
