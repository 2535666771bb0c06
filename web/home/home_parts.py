"""What a home page is made of: panels, each for the roles whose work it is."""

from collections.abc import Callable
from dataclasses import dataclass

from workflows.core.vocabulary import Role


@dataclass(frozen=True, slots=True)
class HomePart:
    """A panel of the home page of whoever holds one of its roles.

    `load` reads what it shows for the person signed in, and gives None where the panel would say nothing; `template`
    writes it, from a variable `part`. A panel `beside` stands in the narrow column. Who holds several roles sees the
    panels of all of them on one page, each once.
    """

    name: str
    roles: frozenset[Role]
    load: Callable[[], object | None]
    template: str
    beside: bool = False
