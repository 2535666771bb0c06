"""What is the least that a program must do to show the same rows? Raw SQL, strings joined, one WSGI function.

It signs nobody in, checks no form and offers no filter: it is what the pages are measured against.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.bench.floor_lists import mine, overdue_of_owner, overdue_of_partnership, tracker
from tests.bench.floor_step import record_progress
from tests.bench.floor_summary import summary
from tests.bench.raw import Pool

Page = Callable[[Any, Mapping[str, str]], str]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]

PAGES: Mapping[str, Page] = {
    "/owner": overdue_of_owner,
    "/mine": mine,
    "/overdue": overdue_of_partnership,
    "/summary": summary,
    "/cases": tracker,
}


def floor_app(pool: Pool) -> Callable[[dict[str, Any], StartResponse], Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        asked = dict(parse_qsl(environ["QUERY_STRING"]))
        with pool.connection() as connection:
            if environ["REQUEST_METHOD"] == "POST":
                typed = dict(parse_qsl(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()))
                record_progress(connection, asked, typed["update"])
                start_response("303 See Other", [("Location", "/"), ("Content-Length", "0")])
                return [b""]
            body = PAGES[environ["PATH_INFO"]](connection, asked).encode()
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
        return [body]

    return answer
