"""A kind of case that a partnership added from a file is opened and closed like any other, there alone."""

from reviews.settings.added_definitions import add_definition
from tests.builders import a_unit
from tests.workflows.example import example

MANAGER, CHAIR = "manager@anyshire.example", "chair@anyshire.example"
OTHER = "manager@midmarch.example"
TODAY = "2026-11-20"


def the_kind_added(doors, world) -> None:
    with doors.database.begin() as session:
        add_definition(a_unit(session), example(), source="a.yaml", partnership=world.anyshire.partnership)


def recorded(visitor, step, **answers):
    address = f"/cases/SCH-2026-01/steps/{step}"
    assert visitor.open(address) == 200, visitor.said
    hidden = {name: visitor.hidden(name) for name in ("form_id", "version")}
    assert visitor.send(address, happened_on=TODAY, **hidden, **answers) == 303, visitor.said
    visitor.follow()


def test_a_kind_of_ones_own_is_opened_moved_and_closed(doors, world):
    the_kind_added(doors, world)
    manager = doors.visitor(MANAGER)
    manager.open("/cases/new")
    assert "School review" in manager.said
    assert manager.open("/cases/new?kind=school_review") == 200
    answers = {"school": "A school", "reason": "What went on", "origin": "other", "title": "Bullying"}
    opening = {"happened_on": TODAY, "form_id": manager.hidden("form_id"), **answers}
    assert manager.send("/cases/new?kind=school_review", **opening) == 422
    assert "What else" in manager.said
    assert manager.send("/cases/new?kind=school_review", **opening, origin_words="A visit") == 303
    manager.follow()
    assert "School review SCH-2026-01 is open." in manager.said
    assert "Beginning" in manager.said
    recorded(manager, "begin", report_wanted_on="2026-12-01")
    recorded(manager, "note_progress", progress="The head was heard.")
    recorded(manager, "file_report", report_filed="In the records")
    chair = doors.visitor(CHAIR)
    recorded(chair, "close_review")
    assert "Closed" in chair.said
    for address in ("/cases", "/workflows", "/workflows/school_review", "/cases/SCH-2026-01"):
        assert manager.open(address) == 200
        assert "School review" in manager.said
    assert manager.open("/summary") == 200
    manager.open("/cases/SCH-2026-01/history")
    assert "Note progress" in manager.said


def test_the_other_partnership_hears_nothing_of_it(doors, world):
    the_kind_added(doors, world)
    other = doors.visitor(OTHER)
    for address in ("/cases/new", "/workflows", "/cases", "/actions"):
        other.open(address)
        assert "School review" not in other.html
    assert other.open("/workflows/school_review") == 404
    assert other.open("/cases/new?kind=school_review") == 404
