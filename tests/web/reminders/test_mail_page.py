"""The demo's page of caught mails: both parts of each, and nothing that a mail could run."""

from notifications.transports.configured import Folder, file_name
from notifications.transports.envelope import Outgoing
from reviews.core.clock import read_moment
from web.cli.demo_mail import create_mail_page

LETTER = Outgoing(
    "owner@anyshire.example",
    "Action A1",
    "Good morning\n",
    "<1@x.example>",
    read_moment("2026-11-20"),
    html="<p>Good morning<script>alert(1)</script></p>\n",
)
NAME = file_name(LETTER.message_id)


def visitor(tmp_path):
    Folder(tmp_path, "followthrough@anyshire.example").send(LETTER)
    return create_mail_page(tmp_path).test_client()


def test_the_text_is_shown_and_leads_to_the_html(tmp_path):
    page = visitor(tmp_path).get(f"/{NAME}").get_data(as_text=True)

    assert "Good morning" in page
    assert f'href="/{NAME}/html"' in page


def test_the_html_runs_nothing_and_fetches_nothing(tmp_path):
    answer = visitor(tmp_path).get(f"/{NAME}/html")

    assert answer.get_data(as_text=True).startswith("<p>Good morning")
    assert answer.headers.getlist("Content-Security-Policy") == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_a_mail_that_is_not_there_is_not_found(tmp_path):
    assert {visitor(tmp_path).get(path).status_code for path in ("/nothing", "/nothing/html")} == {404}
