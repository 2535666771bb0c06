"""Is the floor of a page honest? It must show the same numbers, actions and cases as the page, whatever there is."""

from html import unescape
from typing import Any

import pytest
from werkzeug.test import Client

from reviews.core.db import Database, engine_of
from tests.bench.browser import FIELD
from tests.bench.floor import floor_app
from tests.bench.lines import busiest_owner, lines, sign_in_name
from tests.bench.nation import TODAY
from tests.bench.people import PASSWORD
from tests.bench.raw import Pool
from tests.bench.serve import our_app
from tests.bench.village import TOWN, add_what_is_rare, settle


@pytest.mark.parametrize("is_rare", [False, True], ids=["usual", "rare"])
def test_the_floor_shows_what_the_pages_show(database: Database, *, is_rare: bool) -> None:
    settle(database, TOWN)
    if is_rare:
        add_what_is_rare(database)
    url = engine_of(database).url.render_as_string(hide_password=False).replace("+psycopg", "")
    owner_id, email = busiest_owner(url, str(TODAY))
    pool, app = Pool(url), our_app(url, database)
    floor = Client(floor_app(pool))
    for line in lines(owner_id):
        ours = _signed_in(app, sign_in_name(line.role, email))
        assert line.shown(floor.get(line.floor).text) == line.shown(ours.get(line.ours).text), line.what
    pool.close()


def _signed_in(app: Any, email: str) -> Client:
    visitor = Client(app)
    fields = {name: unescape(value) for name, value in FIELD.findall(visitor.get("/sign-in").text)}
    answer = visitor.post("/sign-in", data={**fields, "email": email, "password": PASSWORD})
    assert answer.status_code == 303, email
    return visitor
