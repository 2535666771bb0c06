"""Times each page, of the product and of the floor in turn, so that a slow moment slows both."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from tests.bench.browser import Browser, serving
from tests.bench.lines import MANAGER, PLACE, Line, actions_to_step, busiest_owner, lines, number_of, sign_in_name
from tests.bench.nation import TODAY
from tests.bench.raw import Raw
from workflows.core.vocabulary import Role

WARMING = 8
DONE = "Two teams are trained."
DAY = {"happened_on-day": str(TODAY.day), "happened_on-month": str(TODAY.month), "happened_on-year": str(TODAY.year)}


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of each request. `alone` are those of the same page where no other partnership is in the database.

    The ratio is that of the medians. `undisturbed` and `growth` compare the quickest tenths, which a machine that is
    busy with other things spoils least.
    """

    what: str
    kind: str
    floor: Sequence[float]
    ours: Sequence[float]
    wanted: float | None = None
    alone: Sequence[float] = ()

    @property
    def ratio(self) -> float:
        return median(self.ours) / median(self.floor)

    @property
    def undisturbed(self) -> float:
        return _quickest(self.ours) / _quickest(self.floor)

    @property
    def growth(self) -> float | None:
        return _quickest(self.ours) / _quickest(self.alone) if self.alone else None


def measure_pages(kind: str, nation: str, alone: str, requests: int) -> Iterator[Measured]:
    """Measure every page and a status change on databases that may be written to, given by their URLs."""
    owner_id, email = busiest_owner(nation, str(TODAY))
    with _programs(nation, alone) as (floor, ours, by_itself):
        people, neighbours = _signed_in(ours, email), _signed_in(by_itself, email)
        for line in lines(owner_id):
            _require_the_same(line, floor, people[line.role], neighbours[line.role])
            asked = (
                lambda line=line: floor.get(line.floor),
                lambda line=line: people[line.role].get(line.ours),
                lambda line=line: neighbours[line.role].get(line.ours),
            )
            of_floor, of_ours, of_alone = _in_turn(asked, requests)
            yield Measured(line.what, kind, of_floor, of_ours, line.wanted, of_alone)
        yield _status_change(kind, nation, floor, people[MANAGER], requests)


@contextmanager
def _programs(nation: str, alone: str) -> Iterator[tuple[Browser, int, int]]:
    with serving("floor", nation) as floor, serving("ours", nation) as ours, serving("ours", alone) as by_itself:
        browser = Browser(floor)
        yield browser, ours, by_itself
        browser.close()


def _signed_in(port: int, owner: str) -> Mapping[Role, Browser]:
    browsers = {line.role: Browser(port) for line in lines(0)}
    for role, browser in browsers.items():
        browser.sign_in(sign_in_name(role, owner))
    return browsers


def _require_the_same(line: Line, floor: Browser, ours: Browser, alone: Browser) -> None:
    shown = line.shown(ours.get(line.ours))
    for name, other in (("the floor", floor.get(line.floor)), ("the partnership by itself", alone.get(line.ours))):
        found = line.shown(other)
        assert found == shown, f"{line.what}: {name} shows\n{found}\nand not\n{shown}"


def _in_turn(asked: Sequence[Callable[[], str]], requests: int) -> list[list[float]]:
    """Ask all in turn, and give the milliseconds of each; the first few times do not count."""
    taken: list[list[float]] = [[] for _ in asked]
    for _ in range(WARMING + requests):
        for times, ask in zip(taken, asked, strict=True):
            begun = perf_counter()
            ask()
            times.append((perf_counter() - begun) * 1000)
    return [times[WARMING:] for times in taken]


def _quickest(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 10]


def _status_change(kind: str, url: str, floor: Browser, ours: Browser, requests: int) -> Measured:
    """Report progress on actions that nobody has begun, every other one with the floor; the form is fetched before."""
    addresses = actions_to_step(url, 2 * (WARMING + requests))
    by = f"partnership={PLACE}&person={number_of(url, sign_in_name(MANAGER, ''))}"
    taken: tuple[list[float], list[float]] = ([], [])
    for one, other in zip(addresses[::2], addresses[1::2], strict=True):
        floor.post(f"/progress?action={one}&{by}", {"update": DONE})
        taken[0].append(floor.seconds)
        path = f"/actions/{other}/progress"
        ours.post(path, {**ours.hidden(path), **DAY, "update": DONE})
        taken[1].append(ours.seconds)
    _require_begun(url, addresses)
    of_floor, of_ours = ([seconds * 1000 for seconds in times[WARMING:]] for times in taken)
    return Measured("Status change", kind, of_floor, of_ours, 3)


def _require_begun(url: str, addresses: Sequence[str]) -> None:
    """Both must have written the action, its history and its report."""
    database = Raw(url)
    for address in addresses:
        (row,) = database.rows(
            """SELECT stage, version, (SELECT count(recorded_by_id) FROM events e
                                       WHERE e.action_id = a.id AND e.step = 'progress'),
                      (SELECT count(*) FROM progress_updates u WHERE u.action_id = a.id)
                 FROM actions a WHERE partnership_id = ? AND address = ?""",
            PLACE,
            address,
        )
        assert tuple(row) == ("in_progress", 2, 1, 1), f"{address}: {row}"
    database.close()
