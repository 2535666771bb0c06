"""A step is recorded at most once, by those who may; a refusal is a sentence and loses nothing that was typed."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.models import Case, CaseFact, Event
from tests.builders import TO_THE_PANEL, TODAY, a_case, take
from tests.web.visitor import rows, typed
from web.forms.question_fields import time_of
from web.forms.step_form import OpeningForm, StepForm, make_form
from workflows.core.questions import Kind
from workflows.definitions import WORKFLOWS

MANAGER, CHAIR = "manager@anyshire.example", "chair@anyshire.example"
PARTNER, CDOP = "partner@anyshire.example", "cdop@anyshire.example"
TOO_LATE = TODAY - timedelta(days=30)


def a_rapid_review(doors, world, *steps, on=TODAY, reference="RR-2026-50"):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=on, reference=reference)
        take(session, case, *steps, on=on)
    return f"/cases/{reference}"


def stage(doors, reference="RR-2026-50"):
    with doors.database() as session:
        return session.scalars(sa.select(Case).where(Case.reference == reference)).one().tracks[0].stage


def test_a_step_is_recorded_with_the_day_it_happened(doors, world):
    address = a_rapid_review(doors, world, on=TODAY - timedelta(days=3))
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{address}/steps/convene_discussion") == 200
    answers = typed("rapid_review", "convene_discussion", on=TODAY - timedelta(days=1))
    assert visitor.send(f"{address}/steps/convene_discussion", **answers) == 303
    assert visitor.follow() == 200
    assert "Recorded: Discuss the threshold." in visitor.said
    assert "Threshold discussion since 19 November 2026" in visitor.said


def test_the_day_is_today_unless_it_is_changed(doors, world):
    address = a_rapid_review(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{address}/steps/convene_discussion")
    assert 'name="happened_on-day" type="text" value="20"' in visitor.html


def test_one_press_has_one_effect(doors, world):
    address = a_rapid_review(doors, world, *TO_THE_PANEL[:4])
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{address}/steps/ask_more_agencies")
    answers = typed(
        "rapid_review", "ask_more_agencies", form_id=visitor.hidden("form_id"), version=visitor.hidden("version")
    )
    assert [visitor.send(f"{address}/steps/ask_more_agencies", **answers) for _ in range(2)] == [303, 303]
    assert visitor.location == address
    assert rows(doors.database, Event, Event.step == "ask_more_agencies") == 1


def test_what_is_missing_is_asked_for_and_what_was_typed_is_kept(doors, world):
    address = a_rapid_review(doors, world, *TO_THE_PANEL[:2])
    visitor = doors.visitor(MANAGER)
    answers = typed("rapid_review", "submit_sin", sin_reference="  ", sin_sent_by="The <director>")
    assert visitor.send(f"{address}/steps/submit_sin", **answers) == 422
    assert "There is a problem Answer “Reference of the serious incident notification”" in visitor.said
    assert "The &lt;director&gt;" in visitor.html
    assert stage(doors) == "notification_due"


def test_a_guard_says_what_is_missing_and_what_was_typed_is_kept(doors, world):
    address = a_rapid_review(doors, world)
    visitor = doors.visitor(MANAGER)
    answers = typed("rapid_review", "convene_discussion", partners_invited=["Anyshire Council"])
    assert visitor.send(f"{address}/steps/convene_discussion", **answers) == 409
    missing = "an invitation to Anyshire Integrated Care Board an invitation to Anyshire Police"
    assert f"Every statutory safeguarding partner must be invited. {missing}" in visitor.said
    assert 'type="checkbox" value="Anyshire Council" checked' in visitor.html
    assert stage(doors) == "referred"
    assert rows(doors.database, CaseFact, CaseFact.name == "partners_invited") == 0


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("happened_on", "2026-11-21", "this day lies in the future"),
        ("happened_on", "2026-11-18", "The day it happened must be 19 November 2026 or later"),
        ("happened_on", "2026-02-31", "Day it happened must be a real date"),
        ("happened_on", "", "Enter the day it happened"),
        ("discussion_attendees", "Midmarch Police", "choose one or more of “Anyshire Council”"),
        ("partners_invited", "Anyshire Hospitals", "choose one or more of"),
    ],
)
def test_a_wrong_answer_is_refused_in_a_sentence(doors, world, field, value, sentence):
    address = a_rapid_review(doors, world, on=TODAY - timedelta(days=1))
    visitor = doors.visitor(MANAGER)
    answers = typed("rapid_review", "convene_discussion") | {field: value}
    assert visitor.send(f"{address}/steps/convene_discussion", **answers) == 422
    assert sentence in visitor.said
    assert stage(doors) == "referred"


def test_a_text_that_is_too_long_is_refused(doors, world):
    address = a_rapid_review(doors, world, *TO_THE_PANEL[:2])
    visitor = doors.visitor(MANAGER)
    answers = typed("rapid_review", "submit_sin")
    assert visitor.send(f"{address}/steps/submit_sin", **answers | {"sin_reference": "x" * 501}) == 422
    assert "Field cannot be longer than 500 characters." in visitor.said
    assert visitor.send(f"{address}/steps/submit_sin", **answers | {"sin_reference": "x" * 1_100_000}) == 422
    assert visitor.send(f"{address}/steps/submit_sin", **answers | {"sin_reference": "a\0b"}) == 400


def test_a_step_of_another_stage_is_refused_with_a_way_back(doors, world):
    address = a_rapid_review(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{address}/steps/open_gathering") == 409
    assert "“Ask the agencies” is a step from notified; the rapid review is at referred." in visitor.said
    assert address in visitor.links
    answers = typed("rapid_review", "open_gathering")
    assert visitor.send(f"{address}/steps/open_gathering", **answers) == 409
    assert "is a step from notified" in visitor.said
    assert rows(doors.database, Event, Event.step == "open_gathering") == 0


def test_a_step_of_another_role_is_refused_with_whose_it_is(doors, world):
    address = a_rapid_review(doors, world)
    visitor = doors.visitor(CHAIR)
    assert visitor.open(f"{address}/steps/convene_discussion") == 403
    assert "It can be recorded by: business manager." in visitor.said
    answers = typed("rapid_review", "convene_discussion")
    assert visitor.send(f"{address}/steps/convene_discussion", **answers) == 403
    assert stage(doors) == "referred"


def test_a_step_held_back_by_what_is_known_already_lists_what_is_missing(doors, world):
    address = a_rapid_review(doors, world, *TO_THE_PANEL[:7])
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{address}/steps/sign_off") == 409
    assert (
        "Every statutory safeguarding partner of that day must have signed. Missing: the signature of" in visitor.said
    )


@pytest.mark.parametrize("step", ["receive_referral", "nonsense", "__class__"])
def test_there_is_no_such_step(doors, world, step):
    address = a_rapid_review(doors, world)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{address}/steps/{step}") == 404
    assert visitor.send(f"{address}/steps/{step}", happened_on="2026-11-20") == 404


def test_the_second_of_two_editors_is_told_and_may_press_again(doors, world):
    address = a_rapid_review(doors, world, *TO_THE_PANEL[:4])
    first, second = doors.visitor(MANAGER), doors.visitor("admin@anyshire.example")
    for visitor in (first, second):
        visitor.open(f"{address}/steps/ask_more_agencies")
    answers = typed("rapid_review", "ask_more_agencies")
    ids = [{"form_id": each.hidden("form_id"), "version": each.hidden("version")} for each in (first, second)]
    assert first.send(f"{address}/steps/ask_more_agencies", **answers, **ids[0]) == 303
    answers["agencies_asked"] = ["Anyshire Police"]
    assert second.send(f"{address}/steps/ask_more_agencies", **answers, **ids[1]) == 409
    assert "Somebody else changed this while you had it open." in second.said
    assert "Ask more agencies, 20 November 2026, recorded by Business manager" in second.said
    assert 'value="Anyshire Police" checked' in second.html
    again = {"form_id": second.hidden("form_id"), "version": second.hidden("version")}
    assert second.send(f"{address}/steps/ask_more_agencies", **answers, **again) == 303
    assert rows(doors.database, Event, Event.step == "ask_more_agencies") == 2


def test_whoever_comes_second_to_a_step_that_moves_on_sees_where_it_stands(doors, world):
    address = a_rapid_review(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{address}/steps/convene_discussion")
    seen = visitor.hidden("version")
    with doors.database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == "RR-2026-50")).one()
        take(session, case, "convene_discussion")
    answers = typed("rapid_review", "convene_discussion", version=seen)
    assert visitor.send(f"{address}/steps/convene_discussion", **answers) == 409
    assert "What RR-2026-50 says now Rapid review: Threshold discussion since" in visitor.said
    assert "the rapid review is at threshold discussion" in visitor.said


def test_why_a_clock_was_missed_is_asked_and_kept(doors, world):
    address = a_rapid_review(doors, world, *TO_THE_PANEL[:3], on=TOO_LATE)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{address}/steps/open_gathering")
    assert "Why it is late (optional) Letters to the agencies: the date has passed." in visitor.said
    answers = typed("rapid_review", "open_gathering", late_reason="The office was flooded.")
    assert visitor.send(f"{address}/steps/open_gathering", **answers) == 303
    visitor.open(f"{address}/clocks")
    assert "Why it was late The office was flooded." in visitor.said


def test_a_step_in_time_does_not_ask_why_it_is_late(doors, world):
    address = a_rapid_review(doors, world, *TO_THE_PANEL[:3])
    visitor = doors.visitor(MANAGER)
    visitor.open(f"{address}/steps/open_gathering")
    assert "Why it is late" not in visitor.said


def test_a_step_that_opens_a_case_says_so_and_links_it(doors, world):
    address = a_rapid_review(doors, world, *TO_THE_PANEL, "panel_response")
    visitor = doors.visitor(PARTNER)
    visitor.open(f"{address}/steps/confirm_lcspr")
    assert "Recording this also opens a new case: local child safeguarding practice review." in visitor.said
    assert visitor.send(f"{address}/steps/confirm_lcspr", **typed("rapid_review", "confirm_lcspr")) == 303
    visitor.follow()
    assert "It opened a new case, which is linked at the top of this page." in visitor.said
    assert "/cases/LCSPR-2026-01" in visitor.links


def test_every_step_of_every_workflow_can_be_asked_for(doors):
    with doors.app.test_request_context():
        for workflow in WORKFLOWS.values():
            for step in workflow.steps:
                form = make_form(StepForm, step, today=TODAY, agencies=["Anyshire Council"])
                assert set(form.answers()) == {asked.name for asked in step.form_on(TODAY)}


def test_no_fact_bears_the_name_of_a_part_of_the_form():
    taken = set(dir(OpeningForm))
    for workflow in WORKFLOWS.values():
        names = {asked.name for asked in workflow.questions.values()}
        times = {time_of(asked) for asked in workflow.questions.values() if asked.kind is Kind.MOMENT}
        assert not (names | times) & taken
        assert not names & times
