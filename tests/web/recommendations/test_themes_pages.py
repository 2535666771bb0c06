"""The pages of themes, and similar recommendations while one is typed."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.models import Recommendation, RecommendationTheme, Theme
from reviews.recommendations.commands import add_finding, add_recommendation
from reviews.recommendations.themes import set_themes
from tests.builders import a_case, a_person, a_recommendation, a_unit, an_action
from tests.web.visitor import rows, statements
from workflows.core.vocabulary import Role

MANAGER, CDOP = "manager@anyshire.example", "cdop@anyshire.example"
BRUISES = "Every agency should know what to do when a baby who cannot move has a bruise."
AGAIN = "Bruising in babies who do not move yet must be known to all staff."
NEGLECT = "Neglect"
LAST_YEAR = date(2025, 5, 3)


def told(doors, place, text=BRUISES, *, reference="RR-2025-01", on=LAST_YEAR, workflow="rapid_review", **of_action):
    """Keep a recommendation of a review of its own under neglect, and its action where something is said of it."""
    with doors.database.begin() as session:
        case = a_case(session, place.partnership, workflow, opened_on=on, reference=reference)
        said = a_recommendation(session, case, text)
        said.response = "accepted"
        set_themes(a_unit(session), case, said, [NEGLECT])
        if of_action:
            ended_on = of_action.pop("ended_on", None)
            action = an_action(session, case, recommendation=said, **of_action)
            action.ended_on = ended_on or action.ended_on
        return f"/cases/{reference}/recommendations"


def theme_id(doors, name=NEGLECT):
    with doors.database() as session:
        return session.scalars(sa.select(Theme.id).where(Theme.name == name).order_by(Theme.id)).first()


@pytest.fixture
def again(doors, world):
    told(doors, world.anyshire, stage="closed_complete", ended_on=date(2025, 9, 1))
    with doors.database.begin() as session:
        a_case(session, world.anyshire.partnership, reference="RR-2026-50")
    return "/cases/RR-2026-50/recommendations"


def test_without_script_a_button_shows_what_was_said_before_and_keeps_the_text(doors, again):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{again}/new") == 200
    assert "is similar" not in visitor.said
    assert visitor.send(f"{again}/new", text=AGAIN, themes=["Training"], look="yes") == 200
    assert "One recommendation of another review is similar." in visitor.said
    assert "R1 of RR-2025-01" in visitor.said
    assert "Accepted. 1 action: 1 closed. Closed on 1 September 2025." in visitor.said
    assert AGAIN in visitor.html
    assert 'value="Training" checked' in visitor.html
    assert rows(doors.database, Recommendation) == 1


def test_while_it_is_typed_the_same_comes_alone(doors, again):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"{again}/similar", text=AGAIN) == 200
    assert "R1 of RR-2025-01" in visitor.said
    assert "<main" not in visitor.html
    assert visitor.send(f"{again}/similar", text="Short") == 200
    assert visitor.said == ""
    assert visitor.send(f"{again}/similar", text="Fathers belong in each assessment.") == 200
    assert visitor.said == "No other review made a similar recommendation."
    assert "<script>" not in (visitor.send(f"{again}/similar", text="<script>alert(1)</script>"), visitor.html)[1]


def test_a_recommendation_is_added_with_its_themes(doors, again):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(f"{again}/new", text=AGAIN, themes=[NEGLECT, "Training"]) == 303
    visitor.follow()
    assert "Themes Neglect, Training" in visitor.said
    assert "One recommendation of another review is similar." in visitor.said
    assert "Repeated after it was closed by 1 later recommendation with its themes." in visitor.said
    assert visitor.send(f"{again}/new", text=AGAIN, themes=["Dragons"]) == 422
    assert rows(doors.database, Recommendation) == 2


def test_the_recommendation_that_was_closed_says_that_it_came_again(doors, again):
    visitor = doors.visitor(MANAGER)
    visitor.send(f"{again}/new", text=AGAIN, themes=[NEGLECT])
    visitor.open("/cases/RR-2025-01/recommendations/R1")
    assert "Closed on 1 September 2025. Repeated after it was closed by 1 later recommendation" in visitor.said


def test_themes_of_recommendations_and_findings_are_changed_on_a_page_of_their_own(doors, again):
    with doors.database.begin() as session:
        case = a_unit(session).case("RR-2025-01")
        add_finding(a_unit(session), case, text="Nobody knew of the protocol.")
    visitor = doors.visitor(MANAGER)
    for address in ("/cases/RR-2025-01/recommendations/R1", "/cases/RR-2025-01/findings/F1"):
        assert visitor.open(address) == 200
        assert f"{address}/themes" in visitor.links
        assert visitor.open(f"{address}/themes") == 200
        assert visitor.send(f"{address}/themes", themes=["Training", "Thresholds"]) == 303
        visitor.follow()
        assert "Thresholds, Training" in visitor.said
        assert visitor.send(f"{address}/themes", themes=["Dragons"]) == 422
    visitor.open("/cases/RR-2025-01/history")
    assert "Themes of R1: Thresholds, Training" in visitor.said


def test_a_recommendation_called_as_in_a_tracker_has_its_themes_too(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-50")
        add_recommendation(a_unit(session), case, text=BRUISES, reference="1.1/2 a")
    visitor, page = doors.visitor(MANAGER), "/cases/RR-2026-50/recommendations/1.1%2F2%20a"
    assert visitor.open(page) == 200
    assert f"{page}/themes" in visitor.links
    assert visitor.open(f"{page}/themes") == 200
    assert visitor.send(f"{page}/themes", themes=["Training"]) == 303
    visitor.follow()
    assert "Themes Training" in visitor.said


def test_the_themes_and_each_of_them_say_how_often_and_what_became_of_it(doors, world, again):
    told(
        doors,
        world.anyshire,
        AGAIN,
        reference="RR-2026-60",
        on=date(2026, 5, 1),
        agency=world.anyshire.agencies["Police"],
        due_on=date(2026, 6, 1),
    )
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/themes") == 200
    assert f"{NEGLECT} 2 2 1 0 1 1 1 May 2026" in visitor.said
    assert visitor.open(f"/themes/{theme_id(doors)}?realm=reviews") == 200
    assert "2026–27 1 1 1" in visitor.said
    assert "2025–26 1 1 0" in visitor.said
    assert "Anyshire Police 1 1 1 0 0 0 0 0" in visitor.said
    assert "No agency 1 0 0 0 0 1 0 0" in visitor.said
    assert "Repeated after it was closed by 1 later recommendation" in visitor.said
    assert "1 action: 1 open (1 overdue)" in visitor.said


def test_a_manager_adds_renames_ends_and_takes_up_a_theme(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/themes") == 200
    assert "Voice of the child" in visitor.said
    assert visitor.send("/themes/new", name="neglect") == 422
    assert "There is already a theme “Neglect”." in visitor.said
    assert visitor.send("/themes/new", name="Dogs") == 303
    visitor.follow()
    assert "You have added the theme “Dogs”." in visitor.said
    address = f"/themes/{theme_id(doors, 'Dogs')}/edit"
    assert visitor.open(address) == 200
    assert visitor.send(address, name="Dogs at home", what="rename") == 303
    assert visitor.send(address, name="Dogs at home", what="end") == 303
    visitor.follow()
    assert "Dogs at home Ended 20 November 2026" in visitor.said
    assert visitor.send(address, name="Dogs at home", what="end") == 422
    assert visitor.send(address, name="Dogs at home", what="again") == 303
    visitor.follow()
    assert "Ended" not in visitor.said


@pytest.mark.parametrize(
    ("word", "see", "change"),
    [("chair", 200, 403), ("member", 200, 403), ("cdop", 200, 200), ("agency-lead", 403, 403), ("owner", 403, 403)],
)
def test_who_reads_themes_and_who_keeps_them(doors, world, word, see, change):
    told(doors, world.anyshire)
    visitor = doors.visitor(f"{word}@anyshire.example")
    number = theme_id(doors)
    assert [visitor.open(address) for address in ("/themes", f"/themes/{number}")] == [see, see]
    assert [visitor.open(address) for address in ("/themes/new", f"/themes/{number}/edit")] == [change, change]


def test_another_partnerships_theme_is_not_found_and_nothing_of_it_is_said(doors, world):
    told(doors, world.anyshire)
    visitor = doors.visitor("manager@midmarch.example")
    assert [visitor.open(f"/themes/{theme_id(doors)}{rest}") for rest in ("", "/edit")] == [404, 404]
    assert visitor.send(f"/themes/{theme_id(doors)}/edit", name="Ours", what="rename") == 404
    with doors.database.begin() as session:
        a_case(session, world.midmarch.partnership, reference="RR-2026-70")
    visitor.send("/cases/RR-2026-70/recommendations/similar", text=BRUISES)
    assert visitor.said == "No other review made a similar recommendation."
    assert visitor.send("/cases/RR-2025-01/recommendations/similar", text=BRUISES) == 404


def test_the_realms_are_shown_apart_to_whoever_has_both(doors, world):
    told(doors, world.anyshire, workflow="cdop_case", reference="CDOP-1")
    with doors.database.begin() as session:
        place = world.anyshire
        a_person(session, place.partnership, Role.CDOP_PANEL_MEMBER, place.agencies["Council"], MANAGER)
    visitor = doors.visitor(MANAGER)
    address = f"/themes/{theme_id(doors)}"
    assert visitor.open(address) == 200
    assert "No recommendation has this theme yet." in visitor.said
    assert visitor.open(f"{address}?realm=child_deaths") == 200
    assert "R1 of CDOP-1" in visitor.said
    with doors.database.begin() as session:
        a_case(session, world.anyshire.partnership, reference="RR-2026-80")
    visitor.send("/cases/RR-2026-80/recommendations/similar", text=BRUISES)
    assert visitor.said == "No other review made a similar recommendation."


def test_neither_page_asks_more_for_more(doors, world):
    counted = []
    for first, last in ((0, 2), (2, 30)):
        for number in range(first, last):
            reference = f"RR-X-{number}"
            closed = {"stage": "closed_complete", "ended_on": date(2025, 6, 1 + number)}
            told(doors, world.anyshire, reference=reference, **closed)
        visitor = doors.visitor(MANAGER)
        addresses = ("/themes", f"/themes/{theme_id(doors)}", "/cases/RR-X-0/recommendations/R1")
        asked = []
        for address in addresses:
            visitor.open(address)
            with statements(doors.database) as made:
                assert visitor.open(address) == 200
            asked.append(len(made))
        counted.append(asked)
    assert counted[0] == counted[1]
    assert rows(doors.database, RecommendationTheme) == 30
