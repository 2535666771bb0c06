"""What people see of a story: pages, the same at the terminal, and their mails."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from reviews.core.clock import LONDON
from tests.cli.terminal import Terminal
from tests.journeys.story import PLACE, Story, email_of
from tests.web.visitor import Doors, Visitor, typed
from workflows.core.vocabulary import Role

MANAGER, CHAIR, PARTNER = Role.BUSINESS_MANAGER, Role.SUBGROUP_CHAIR, Role.SAFEGUARDING_PARTNER
CDOP, LEAD, OWNER = Role.CDOP_MANAGER, Role.AGENCY_LEAD, Role.ACTION_OWNER


@dataclass(slots=True)
class Desk:
    """Whoever sits down at it sees Anyshire as it stands at the moment of the story."""

    story: Story
    doors: Doors
    terminal: Terminal

    def page(self, who: Role, address: str) -> Visitor:
        visitor = self.doors.visitor(email_of(who))
        assert visitor.open(address) == 200, (address, visitor.said)
        return visitor

    def reads(self, who: Role, address: str) -> str:
        return self.page(who, address).said

    def fills_in(self, who: Role, address: str, **answers: object) -> tuple[int, str]:
        """Open a form and send it; give the code and the words of the page it leads to, or of the refusal."""
        visitor = self.doors.visitor(email_of(who))
        if (code := visitor.open(address)) != 200:
            return code, visitor.said
        code = visitor.send(address, form_id=visitor.hidden("form_id"), **answers)
        if code == 303:
            assert visitor.follow() == 200
        return code, visitor.said

    def records(self, who: Role, reference: str, step: str, **answers: object) -> tuple[int, str]:
        """Fill in the form of a step with all that it must be given."""
        words = typed(**self._whose(reference), step=step, on=self.story.today(), **answers)
        return self.fills_in(who, f"/cases/{reference}/steps/{step}", **words)

    def corrects(
        self, who: Role, reference: str, address: str, step: str, *, happened_on: str, reason: str, **answers: object
    ) -> tuple[int, str]:
        """Fill in the form that puts a recorded step right."""
        words = typed(**self._whose(reference), step=step, on=date.fromisoformat(happened_on), **answers)
        return self.fills_in(who, address, **words, reason=reason)

    def _whose(self, reference: str) -> dict[str, Any]:
        case = self.case(reference)
        return {"workflow": case["workflow"], "by_version": case["version"]}

    def case(self, reference: str, who: Role | None = None) -> dict[str, Any]:
        """Give what `cases show` prints, for a person or for the operator."""
        return self.runs("cases", "show", reference, *self._seen_by(who))

    def clocks(self, reference: str, who: Role | None = None) -> dict[str, dict[str, Any]]:
        """Give the clocks of a case that run or were met, by name."""
        return {clock["name"]: clock for clock in self.case(reference, who)["clocks"] if clock["ended_on"] is None}

    def links(self, reference: str, who: Role | None = None) -> list[tuple[str, str | None]]:
        return [(link["kind"], link["reference"]) for link in self.case(reference, who)["links"]]

    def summary(self, who: Role | None = None) -> dict[str, Any]:
        return self.runs("summary", *self._seen_by(who))

    def imports(self, what: str, text: str, *more: str) -> dict[str, Any]:
        """Bring in a spreadsheet: `what` is cases or actions."""
        self.terminal.home.mkdir(parents=True, exist_ok=True)
        file = self.terminal.home / "list.csv"
        file.write_text(text, encoding="utf-8")
        return self.runs(what, "import", str(file), *more, *self._seen_by(MANAGER))

    def runs(self, *arguments: str, partnership: str | None = PLACE) -> Any:
        """Give the document that a command prints at the moment of the story."""
        where = ("--partnership", partnership) if partnership else ()
        return self._terminal_now().json(*arguments, *where)

    def is_refused(self, *arguments: str) -> str:
        """Give the sentence in which a command is refused."""
        return self._terminal_now().refused(*arguments, "--partnership", PLACE)

    def _terminal_now(self) -> Terminal:
        self.terminal.now = f"{self.story.clock.now().astimezone(LONDON):%Y-%m-%dT%H:%M}"
        return self.terminal

    def _seen_by(self, who: Role | None) -> tuple[str, ...]:
        return ("--as", email_of(who)) if who else ()
