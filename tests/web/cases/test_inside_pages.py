"""The pages show the agencies asked and the parallel processes to those who may see them."""

from reviews.models import Case
from tests.builders import a_case, a_person, a_process, small_cases, take
from tests.web.cases.casework import NOTIFIED, a_day
from tests.web.visitor import rows, statements, typed
from workflows.core.vocabulary import Role

MANAGER, CDOP = "manager@anyshire.example", "cdop@anyshire.example"
ASKED = ("Anyshire Police", "Anyshire Hospitals", "Anyshire Council")


def a_review(doors, world, asked=ASKED):
    """A rapid review whose agencies were to answer five days ago."""
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=a_day(20), reference="RR-2026-60")
        take(session, case, *NOTIFIED, on=a_day(20))
        take(session, case, "open_gathering", on=a_day(19), agencies_asked=asked, returns_due_on=a_day(5))
    return case


def a_practice_review(doors, world, *blocks):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "lcspr", reference="LCSPR-2026-60")
        if blocks:
            a_process(session, case, *blocks, contact_role="Officer in the case", contact_body="Anyshire Police")
    return case.reference


def the_lead(doors, world, word):
    with doors.database.begin() as session:
        place = world.anyshire
        return a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies[word]).email


def test_the_page_lists_who_is_missing_first(doors, world):
    case = a_review(doors, world)
    with doors.database.begin() as session:
        police, hospitals, _ = small_cases(session, case)
        take(session, police, "receive", on=a_day(6))
        take(session, hospitals, "chase", on=a_day(1))
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/cases/{case.reference}") == 200
    assert "2 of 3 still to answer." in visitor.said
    assert "chased once on 19 November 2026" in visitor.said
    assert "5 days late" in visitor.said
    order = [visitor.said.index(f"{case.reference}.I{number}") for number in (2, 3, 1)]
    assert order[2] > max(order[:2])
    assert f"/cases/{case.reference}.I1" in visitor.links


def test_a_case_that_asked_nobody_has_no_such_list(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{a_practice_review(doors, world)}")
    assert "Agencies asked" not in visitor.said
    assert "No parallel process is recorded." in visitor.said


def test_a_request_leads_back_and_takes_its_steps(doors, world):
    case = a_review(doors, world)
    address, visitor = f"/cases/{case.reference}.I1", doors.visitor(MANAGER)
    assert visitor.open(address) == 200
    assert f"Inside {case.reference}" in visitor.said
    assert f"/cases/{case.reference}" in visitor.links
    assert "Recommendations and actions" not in visitor.said
    visitor.open(f"{address}/steps/give_more_time")
    answers = typed("information_request", "give_more_time", form_id=visitor.hidden("form_id"))
    assert visitor.send(f"{address}/steps/give_more_time", **answers | {"returns_due_on": "2026-12-04"}) == 303
    visitor.follow()
    assert "Returns are due 4 December 2026" in visitor.said


def test_agencies_are_asked_by_ticking_them(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-61")
        take(session, case, *NOTIFIED)
    visitor, address = doors.visitor(MANAGER), "/cases/RR-2026-61"
    visitor.open(f"{address}/steps/open_gathering")
    assert "Each agency that you tick gets its own request" in visitor.said
    answers = typed("rapid_review", "open_gathering", agencies_asked=list(ASKED))
    assert visitor.send(f"{address}/steps/open_gathering", **answers) == 303
    visitor.follow()
    assert "3 of 3 still to answer." in visitor.said
    assert "Opened inside: RR-2026-61.I1 to RR-2026-61.I3" in visitor.said
    assert rows(doors.database, Case, Case.parent_id == case.id) == 3


def test_a_supplementary_form_says_which(doors, world):
    case = a_review(doors, world)
    visitor, address = doors.visitor(MANAGER), f"/cases/{case.reference}/steps/ask_more_agencies"
    visitor.open(address)
    answers = typed("rapid_review", "ask_more_agencies", form_asked="supplementary")
    assert visitor.send(address, **answers) == 422
    assert visitor.send(address, **answers, supplementary_form="Drowning") == 303


def test_a_process_is_listed_with_what_waits_for_it(doors, world):
    reference = a_practice_review(doors, world)
    visitor, address = doors.visitor(MANAGER), f"/cases/{reference}/inside/parallel_process"
    assert visitor.open(address) == 200
    assert "Publication: Publish" in visitor.said
    answers = typed("parallel_process", "list_process", contact_body="Anyshire Crown Court", blocks=["publish"])
    assert visitor.send(address, **answers) == 303
    visitor.follow()
    assert "Police investigation, Anyshire Crown Court" in visitor.said
    assert f"Parallel process {reference}.P1 is on record." in visitor.said


def test_a_step_that_waits_says_for_what_and_leads_there(doors, world):
    reference = a_practice_review(doors, world, "inform_national")
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{reference}")
    assert "“Tell Panel, DfE and Ofsted” must wait for a parallel process." in visitor.said
    assert visitor.open(f"/cases/{reference}/steps/inform_national") == 409
    assert f"the end of the criminal proceedings ({reference}.P1" in visitor.said
    assert f"/cases/{reference}.P1" in visitor.links


def test_a_check_shows_what_waits_already_and_may_let_it_go(doors, world):
    reference = a_practice_review(doors, world, "inform_national")
    visitor, address = doors.visitor(MANAGER), f"/cases/{reference}.P1"
    visitor.open(f"{address}/steps/check")
    assert 'value="inform_national" checked' in visitor.html
    answers = typed("parallel_process", "check")
    assert visitor.send(f"{address}/steps/check", **answers) == 303
    visitor.follow()
    assert "Steps that must wait for it None" in visitor.said
    assert visitor.open(f"/cases/{reference}/steps/inform_national") == 200
    visitor.open(f"{address}/history")
    assert "Steps that must wait for it: Inform national" in visitor.said


def test_a_lead_opens_their_request_and_of_a_childs_death_nothing_but_its_reference(doors, world):
    with doors.database.begin() as session:
        death = a_case(session, world.anyshire.partnership, "cdop_case", title="A neutral title")
        take(session, death, "triage")
        take(session, death, "request_reports", agencies_asked=ASKED)
    visitor = doors.visitor(the_lead(doors, world, "Police"))
    assert visitor.open(f"/cases/{death.reference}.I1") == 200
    assert death.reference in visitor.said
    assert "A neutral title" not in visitor.html
    assert "Anyshire Hospitals" not in visitor.html
    assert f"/cases/{death.reference}" not in visitor.links
    assert [visitor.open(f"/cases/{death.reference}{rest}") for rest in ("", ".I2", "/inside/parallel_process")] == [
        404,
        404,
        404,
    ]
    visitor.open(f"/cases/{death.reference}.I1/steps/receive")
    answers = typed("report_request", "receive")
    assert visitor.send(f"/cases/{death.reference}.I1/steps/receive", **answers) == 303


def test_a_lead_lists_no_process_and_another_partnership_finds_nothing(doors, world):
    case = a_review(doors, world)
    lead = doors.visitor(the_lead(doors, world, "Police"))
    assert lead.open(f"/cases/{case.reference}") == 200
    assert "List a parallel process" not in lead.said
    assert "Anyshire Hospitals" not in lead.html.partition('id="agencies-asked"')[2]
    assert lead.open(f"/cases/{case.reference}/inside/parallel_process") == 404
    stranger = doors.visitor("manager@midmarch.example")
    for rest in ("", ".I1", ".I1/steps/receive", "/inside/parallel_process"):
        assert stranger.open(f"/cases/{case.reference}{rest}") == 404


def test_only_kinds_that_live_inside_are_opened_there(doors, world):
    reference = a_practice_review(doors, world)
    visitor = doors.visitor(MANAGER)
    for kind in ("rapid_review", "information_request", "report_request", "unheard_of"):
        assert visitor.open(f"/cases/{reference}/inside/{kind}") == 404
    assert visitor.open("/cases/new?kind=parallel_process") == 404


def test_the_manager_of_child_deaths_lists_a_process_there(doors, world):
    with doors.database.begin() as session:
        reference = a_case(session, world.anyshire.partnership, "cdop_case").reference
    visitor, address = doors.visitor(CDOP), f"/cases/{reference}/inside/parallel_process"
    assert visitor.open(address) == 200
    assert visitor.send(address, **typed("parallel_process", "list_process")) == 303
    assert doors.visitor(MANAGER).open(f"/cases/{reference}.P1") == 404


def test_the_page_asks_as_often_for_sixty_agencies_as_for_two(doors, world):
    visitor, counts = doors.visitor(MANAGER), []
    for number, many in enumerate((2, 60)):
        names = tuple(f"Surgery {each:02}" for each in range(many))
        with doors.database.begin() as session:
            case = a_case(session, world.anyshire.partnership, opened_on=a_day(20), reference=f"RR-2026-7{number}")
            take(session, case, *NOTIFIED, on=a_day(20))
            take(session, case, "open_gathering", on=a_day(19), agencies_asked=names)
        with statements(doors.database) as asked:
            assert visitor.open(f"/cases/{case.reference}") == 200
        counts.append(len(asked))
        assert f"{many} of {many} still to answer." in visitor.said
    assert counts[0] == counts[1]
