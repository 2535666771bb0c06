"""The pages that are measured, for whom, and the check that both programs show the same."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.raw import Raw
from workflows.core.vocabulary import Role

MANAGER, CHILD_DEATHS = Role.BUSINESS_MANAGER, Role.CDOP_MANAGER
PLACE = 1
"""The partnership looked at: the first, whose rows are the same in the nation and by itself."""

Shown = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Line:
    """`wanted` is the most that ours may take, in times of the floor; `shown` reads out of a page what must agree."""

    what: str
    role: Role
    ours: str
    floor: str
    shown: Shown
    wanted: float | None


def _table(total: str, kind: str) -> Shown:
    """Read the total and the addresses of the rows, in order; `total` finds ours, the floor has a plain paragraph."""

    def shown(html: str) -> object:
        counted = re.search(total, html) or re.search(r"<p>(\d+)</p>", html)
        assert counted is not None, html[-500:]
        return counted[1].replace(",", ""), re.findall(
            rf'(?:<td>|<h3[^>]*>|<th[^>]*>|<li>)<a[^>]*"/{kind}/([^"?]+)', html
        )

    return shown


def _numbers(html: str) -> object:
    """Read every number that stands alone, and the actions and cases named."""
    return (
        sorted(number.replace(",", "") for number in re.findall(r">([\d,]+)<", html)),
        re.findall(r'(?:<td>|<th[^>]*>)<a[^>]*"/(?:actions|cases)/([^"?]+)', html),
    )


HEADING = r"<h1[^>]*>[^<]*: ([\d,]+)</h1>"


def lines(owner_id: int) -> list[Line]:
    """Give the pages to measure; `owner_id` is the owner with the most overdue actions of the partnership."""
    actions, cases = _table(HEADING, "actions"), _table(r"<strong>([\d,]+)</strong>\s*case", "cases")
    mine = _table(r"You have (\d+)", "actions")
    own = Role.ACTION_OWNER
    there = f"partnership={PLACE}"
    return [
        Line("An owner's overdue actions", own, f"/actions?group=overdue&owner={owner_id}", f"/owner?person={owner_id}",
             actions, 10),
        Line("My actions", own, "/actions/mine", f"/mine?person={owner_id}", mine, 10),
        Line("Overdue list of a partnership", MANAGER, "/actions?group=overdue", f"/overdue?{there}", actions, 4),
        Line("Chair's summary", Role.SUBGROUP_CHAIR, "/summary", f"/summary?{there}", _numbers, 6),
        Line("Tracker of reviews", MANAGER, "/cases", f"/cases?{there}&realm=reviews", cases, 10),
        Line("Tracker of child deaths", CHILD_DEATHS, "/cases", f"/cases?{there}&realm=child_deaths", cases, 10),
    ]  # fmt: skip


def sign_in_name(role: Role, owner: str) -> str:
    """Give the address of whoever holds a role in the partnership looked at; `owner` is that of its owner."""
    return owner if role is Role.ACTION_OWNER else f"{role.value}@area-{PLACE:03}.example"


def number_of(url: str, email: str) -> int:
    """Give the number of the person who signs in with an address."""
    database = Raw(url)
    ((number,),) = database.rows("SELECT id FROM people WHERE email = ?", email)
    database.close()
    assert isinstance(number, int)
    return number


def busiest_owner(url: str, today: str) -> tuple[int, str]:
    """Give number and address of the owner with the most overdue actions of reviews in the partnership."""
    database = Raw(url)
    ((number, email),) = database.rows(
        """SELECT p.id, p.email FROM actions a JOIN people p ON p.id = a.owner_id
            WHERE a.partnership_id = ? AND a.ended_on IS NULL AND a.due_on < ?
            GROUP BY p.id, p.email ORDER BY count(*) DESC, p.id LIMIT 1""",
        PLACE,
        today,
    )
    database.close()
    return number, email


def actions_to_step(url: str, wanted: int) -> list[str]:
    """Give the addresses of actions of the partnership that nobody has begun."""
    database = Raw(url)
    rows = database.rows(
        """SELECT address FROM actions WHERE partnership_id = ? AND realm = 'reviews' AND stage = 'not_started'
            ORDER BY id LIMIT ?""",
        PLACE,
        wanted,
    )
    database.close()
    assert len(rows) == wanted, f"There are only {len(rows)} actions to begin, and {wanted} are wanted."
    return [row[0] for row in rows]
