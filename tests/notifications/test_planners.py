"""Two planners do no harm."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import sqlalchemy as sa

from notifications.models import Letter, Reminder
from tests.builders import a_person
from tests.notifications.mornings import a_morning, a_request, an_owned_action

MORNINGS = ("2026-12-04T08:00", "2026-12-04T08:01", "2026-12-04T08:02", "2026-12-07T08:00")


def test_several_planners_at_once_say_each_thing_once(database, anyshire, case):
    with database.begin() as session:
        owners = [a_person(session, anyshire.partnership) for _ in range(20)]
    for number, owner in enumerate(owners):
        an_owned_action(database, case, anyshire, owner, date(2026, 12, 4) - timedelta(days=number))
    a_request(database, case, anyshire.agencies["Council"], date(2026, 12, 3))
    start = Barrier(len(MORNINGS))

    def plan(text):
        start.wait()
        return a_morning(database, text)

    with ThreadPoolExecutor(len(MORNINGS)) as pool:
        rounds = list(pool.map(plan, MORNINGS))

    mails = [(f"{result.as_of:%d}", mail.to) for result in rounds for mail in result.mails]
    assert len(mails) == len(set(mails))
    assert {*(owner.email for owner in owners), "agency-lead@anyshire.example"} <= {to for _, to in mails}
    assert not any(result.failed_in for result in rounds)
    items = [(mail.to, item) for result in rounds for mail in result.mails for item in mail.items]
    assert len(items) == len(set(items))
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reminder)) == len(items)
        assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == sum(len(r.mails) for r in rounds)
