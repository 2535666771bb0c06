"""Everything that holds a step back links to where this person can provide it, and is plain text otherwise."""

from html import unescape
from re import findall

import pytest
import sqlalchemy as sa

from reviews.models import Case
from tests.builders import TO_THE_PANEL, a_case, a_process, a_recommendation, an_action, small_cases, take
from tests.web.cases.casework import a_day, a_gathering

MANAGER, CHAIR, PARTNER = "manager@anyshire.example", "chair@anyshire.example", "partner@anyshire.example"
SIGN_OFF = TO_THE_PANEL[: TO_THE_PANEL.index("sign")]
TO_THE_PLAN = ("begin_fieldwork", "file_report", "begin_plan")


def missing(visitor) -> dict[str, str]:
    """Give what the page says is missing, with the address each item leads to, "" where there is none."""
    lists = findall(r"Missing:</p>\s*<ul[^>]*>(.*?)</ul>", visitor.html.replace("\n", " "))
    items = [item for each in lists for item in findall(r'<li>(?:<a class="govuk-link" href="([^"]*)">)?([^<]*)', each)]
    return {unescape(words): unescape(href) for href, words in items}


def a_new_case(doors, world, workflow, *steps):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, workflow, opened_on=a_day(60))
        take(session, case, *steps, on=a_day(50))
        return case.reference


def the_case(session, reference):
    return session.scalars(sa.select(Case).where(Case.reference == reference)).one()


def test_a_signature_leads_to_the_form_of_its_partner(doors, world):
    reference = a_new_case(doors, world, "rapid_review", *SIGN_OFF)
    with doors.database.begin() as session:
        take(session, the_case(session, reference), "sign", on=a_day(50), signed_for=("Anyshire Police",))
    visitor = doors.visitor(PARTNER)

    visitor.open(f"/cases/{reference}")

    # a partner of the council: the integrated care board signs for itself
    assert missing(visitor) == {
        "the signature of Anyshire Council": f"/cases/{reference}/steps/sign",
        "the signature of Anyshire Integrated Care Board": "",
    }
    assert visitor.open(f"/cases/{reference}/steps/sign") == 200
    assert 'value="Anyshire Council"' in visitor.html
    assert 'value="Anyshire Integrated Care Board"' not in visitor.html


def test_what_is_for_others_to_make_good_is_plain_words(doors, world):
    reference = a_new_case(doors, world, "rapid_review", *SIGN_OFF)
    visitor = doors.visitor("admin@anyshire.example")
    visitor.open(f"/cases/{reference}")
    assert set(missing(visitor).values()) == {""}
    assert len(missing(visitor)) == 3
    manager = doors.visitor(MANAGER)
    manager.open(f"/cases/{reference}")
    assert set(missing(manager).values()) == {f"/cases/{reference}/steps/sign_on_behalf"}


@pytest.mark.parametrize("path", ["/workflows/rapid_review?case={}", "/cases/{}/steps/sign_off"])
def test_the_drawing_and_the_refusal_of_a_step_lead_there_too(doors, world, path):
    reference = a_new_case(doors, world, "rapid_review", *SIGN_OFF)
    visitor = doors.visitor(PARTNER)
    visitor.open(path.format(reference))
    assert missing(visitor)["the signature of Anyshire Council"] == f"/cases/{reference}/steps/sign"


def test_a_recommendation_leads_to_its_response_for_whoever_records_it(doors, world):
    reference = a_new_case(doors, world, "inspection_plan", *TO_THE_PLAN)
    with doors.database.begin() as session:
        a_recommendation(session, the_case(session, reference))
    visitor = doors.visitor(MANAGER)

    visitor.open(f"/cases/{reference}")

    found = missing(visitor)
    assert found["a response to R1"] == f"/cases/{reference}/recommendations/R1/response"
    assert found["an action"] == f"/actions/new?case={reference}"
    assert [visitor.open(href) for href in found.values() if href] == [200, 200]

    visitor = doors.visitor(PARTNER)
    visitor.open(f"/cases/{reference}")
    assert {missing(visitor)[words] for words in ("a response to R1", "an action")} == {""}


def test_a_recommendation_not_signed_off_leads_to_the_step_that_records_it(doors, world):
    reference = a_new_case(doors, world, "inspection_plan", *TO_THE_PLAN)
    with doors.database.begin() as session:
        case = the_case(session, reference)
        an_action(session, case, recommendation=a_recommendation(session, case))
        case.tracks[0].stage = "monitoring"
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{reference}")
    href = missing(visitor)["the inspectorate's sign-off of R1"]
    assert href == f"/cases/{reference}/steps/sign_off_recommendation"
    assert visitor.open(href) == 200


def test_an_action_that_is_open_leads_to_its_page(doors, world):
    reference = a_new_case(doors, world, "lcspr", "draft_plan", "agree_plan")
    with doors.database.begin() as session:
        case = the_case(session, reference)
        action = an_action(session, case)
        take(session, case, "monitor_plan", on=a_day(40))
        words, address = f"the end of {action.reference}", action.address
    visitor = doors.visitor(CHAIR)
    visitor.open(f"/cases/{reference}")
    assert missing(visitor)[words] == f"/actions/{address}"
    assert visitor.open(f"/actions/{address}") == 200


def test_the_stage_of_another_track_leads_to_what_comes_next_there(doors, world):
    reference = a_new_case(doors, world, "lcspr")
    visitor = doors.visitor(PARTNER)
    visitor.open(f"/cases/{reference}")
    href = missing(visitor)["the finalised report"]
    assert href == f"/workflows/lcspr?case={reference}#next-review"
    assert visitor.open(href) == 200
    assert 'id="next-review"' in visitor.html


def test_a_step_that_must_come_first_leads_to_its_form(doors, world):
    reference = a_new_case(doors, world, "section_11_audit")
    with doors.database.begin() as session:
        the_case(session, reference).tracks[0].stage = "returned"
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{reference}")
    href = missing(visitor)["a rated standard"]
    assert href == f"/cases/{reference}/steps/rate_standard"
    assert visitor.open(href) == 200


def test_a_parallel_process_leads_to_its_own_page(doors, world):
    a_gathering(doors, world)
    with doors.database.begin() as session:
        process = a_process(session, the_case(session, "RR-2026-50"), "transfer").reference
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/RR-2026-50")
    assert process in " ".join(missing(visitor))
    assert list(missing(visitor).values()) == [f"/cases/{process}"]
    assert visitor.open(f"/cases/{process}") == 200


def test_the_form_of_a_step_names_the_returns_it_waits_for_beside_what_it_asks(doors, world):
    a_gathering(doors, world)
    visitor = doors.visitor(MANAGER)

    assert visitor.open("/cases/RR-2026-50/steps/hold_meeting") == 200

    assert missing(visitor) == {"the return of Anyshire Council": "/cases/RR-2026-50#agencies-asked"}
    assert visitor.open("/cases/RR-2026-50#agencies-asked") == 200
    assert 'id="agencies-asked"' in visitor.html
    with doors.database.begin() as session:
        for request in small_cases(session, the_case(session, "RR-2026-50")):
            take(session, request, "receive")
    visitor.open("/cases/RR-2026-50/steps/hold_meeting")
    assert missing(visitor) == {}


def test_a_form_does_not_send_to_itself_for_what_it_asks(doors, world):
    reference = a_new_case(doors, world, "rapid_review", "convene_discussion")
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/cases/{reference}/steps/decide_notify") == 200
    assert missing(visitor) == {}
