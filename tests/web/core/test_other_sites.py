"""Forms that another site's page sends, and names that are not ours."""

import pytest

from reviews.core.settings import Environment, Settings
from reviews.models import Action
from tests.builders import a_case, a_recommendation
from tests.changes import nothing_changes
from tests.web.core.test_routes import addresses
from tests.web.visitor import rows
from web.app import move_into
from web.core.app_context import AppContext

MANAGER = "manager@anyshire.example"
FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
)
OURS = (
    {},
    {"Origin": "http://localhost"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://127.0.0.1:8000"},
    {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
)
"""The test's browser asks localhost; the address in settings is http://127.0.0.1:8000."""


def test_c15_every_form_is_refused_from_another_site_with_the_right_token_too(doors, world):
    posted = [page for _, page in addresses(doors, world, "POST")]
    doors.app.config["WTF_CSRF_ENABLED"] = True
    visitor = doors.visitor(MANAGER)
    visitor.open("/actions/mine")
    token = visitor.hidden("csrf_token")
    assert {"/sign-in", "/sign-out", "/stay-signed-in", "/confirm-it-is-you"} <= set(posted)
    with nothing_changes(doors.database):
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            codes = {
                page: visitor.client.post(page, data={"csrf_token": token, "text": "x"}, headers=headers).status_code
                for page in posted
            }
            assert {page: code for page, code in codes.items() if code != 400} == {}


@pytest.fixture
def form(doors, world):
    """Give a visitor and a form that adds an action, with its token."""
    with doors.database.begin() as session:
        a_recommendation(
            session, a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-2026-03"), "Ask who."
        )
    doors.app.config["WTF_CSRF_ENABLED"] = True
    visitor = doors.visitor(MANAGER)
    visitor.open("/actions/new?case=SP-2026-03")
    return visitor, {"recommendation": "R1", "text": "Ask.", "csrf_token": visitor.hidden("csrf_token")}


def test_f17_a_form_of_another_site_changes_nothing_and_ours_does(doors, form):
    visitor, typed = form
    where = "/actions/new?case=SP-2026-03"
    codes = [visitor.client.post(where, data=typed, headers=headers).status_code for headers in FOREIGN]
    assert codes == [400] * len(FOREIGN)
    assert rows(doors.database, Action) == 0
    codes = [visitor.client.post(where, data=typed, headers=headers).status_code for headers in OURS]
    assert codes == [303] * len(OURS)
    assert rows(doors.database, Action) == len(OURS)


@pytest.mark.parametrize(
    "forged",
    [
        {"content_type": "text/plain", "data": '{"text": "x"}'},
        {"data": {"_method": "DELETE", "text": "x"}},
        {"data": {"text": "x", "csrf_token": "of nobody"}},
    ],
)
def test_c15_other_shapes_of_a_forged_form_are_refused(doors, form, forged):
    visitor, _ = form
    with nothing_changes(doors.database):
        assert visitor.client.post("/actions/new?case=SP-2026-03", **forged).status_code == 400


def test_c15_a_page_asked_for_with_a_body_changes_nothing(doors, form):
    visitor, typed = form
    with nothing_changes(doors.database):
        assert visitor.client.get("/actions/new?case=SP-2026-03", data=typed).status_code == 200


def test_c15_the_token_of_anothers_session_is_refused(doors, form):
    _, typed = form
    other = doors.visitor("chair@anyshire.example")
    other.open("/actions/mine")
    assert other.send("/actions/new?case=SP-2026-03", **typed) == 400
    assert rows(doors.database, Action) == 0


def test_c7_production_answers_under_its_own_name_alone(doors, tmp_path):
    settings = Settings(
        home=tmp_path,
        env=Environment.PRODUCTION,
        secret_key="u7Vq2kLr9XzT4mBn8WcY1sDf6GhJ3pKe",
        base_url="https://reviews.anyshire.example",
    )
    move_into(doors.app, AppContext(settings, doors.database, doors.clock))
    client = doors.app.test_client()
    hosts = {
        "reviews.anyshire.example": 200,
        "127.0.0.1:8000": 200,
        "evil.example": 400,
        "reviews.anyshire.example.evil": 400,
    }
    answers = {host: client.get("/sign-in", headers={"Host": host}) for host in hosts}
    assert {host: answer.status_code for host, answer in answers.items()} == hosts
    assert b"This request could not be read" in answers["evil.example"].data
    assert b"evil" not in answers["evil.example"].data
