"""A real browser on pages whose every text means harm: nothing of it is run, fetched or made part of the page."""

import pytest

from tests.planted import plant
from tests.seeded import seeded_sqlite
from tests.web.browsing import ACTION, CASE, PATIENCE, Watch, browser, seeded_database, served, sign_in

__all__ = ["browser", "seeded_sqlite"]

EVIL = "\"'><img src=x onerror=alert(1)><svg onload=alert(2)><script>alert(3)</script>{{31337*3}}"
FEW = (f"/cases/{CASE}", f"/actions/{ACTION}", "/actions")
MANY = (
    *FEW,
    *("/cases", "/actions/mine", "/summary", "/people", "/agencies", "/themes", "/reminders", "/account", "/settings"),
    *(f"/cases/{CASE}/history", f"/cases/{CASE}/edit", f"/cases/{CASE}/clocks", f"/actions/{ACTION}/progress"),
    *(
        "/actions/questions",
        "/people/away",
        "/reminders/tomorrow",
        "/cases/new?kind=rapid_review",
        "/reminders/letters",
    ),
)
HOOK = """
window.harm = [];
document.addEventListener("securitypolicyviolation", event => window.harm.push(event.violatedDirective));
"""


@pytest.mark.parametrize("paths", [FEW, pytest.param(MANY, marks=pytest.mark.faults)], ids=["few", "many"])
def test_d1_a_real_browser_runs_nothing_of_what_somebody_typed(browser, seeded_sqlite, tmp_path, paths):
    with seeded_database(seeded_sqlite, tmp_path) as database, served(database, tmp_path) as address:
        context = browser.new_context(base_url=address)
        context.set_default_timeout(PATIENCE)
        page, watch, dialogs = context.new_page(), Watch(address), []
        sign_in(page)
        plant(database, EVIL)
        page.add_init_script(HOOK)
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        watch.over(page)
        shown = 0
        for path in paths:
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            shown += EVIL in page.locator("body").inner_text()
            assert page.evaluate("window.harm") == [], path
            assert page.locator("img[onerror], svg[onload], [src='x']").count() == 0, path
        context.close()
    assert dialogs == []
    assert watch.faults == []
    assert shown > len(paths) / 3
