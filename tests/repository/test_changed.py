"""Which tests `make check` runs for what changed."""

import pytest

from scripts.changed import INSTALLING, select_tests


@pytest.mark.parametrize(
    ("changed", "run", "not_run"),
    [
        ("reviews/people/agencies.py", {"tests/reviews/people", "tests/web/people"}, {"tests/web/cases"}),
        ("web/templates/people/people.html", {"tests/web/people"}, {"tests/reviews/people"}),
        ("web/people/views.py", {"tests/web/people"}, {"tests/reviews/people"}),
        ("workflows/core/vocabulary.py", {"tests/workflows"}, {"tests/web/core"}),
        ("tests/web/people/test_people_pages.py", {"tests/web/people/test_people_pages.py"}, {"tests/web/cases"}),
        ("reviews/core/template_cache.py", {"tests/reviews/core/test_template_cache.py"}, {"tests/web/core"}),
        ("alembic/env.py", {"tests/reviews/core/test_migrations.py", INSTALLING}, {"tests/web"}),
        ("README.md", {"tests/repository"}, {INSTALLING, "tests/web", "tests/reviews"}),
    ],
)
def test_a_change_is_followed_to_its_tests(changed: str, run: set[str], not_run: set[str]) -> None:
    found = select_tests([changed])
    assert {each for each in run if not any(test.startswith(each) for test in found)} == set()
    assert {each for each in not_run if any(test.startswith(each) for test in found)} == set()
