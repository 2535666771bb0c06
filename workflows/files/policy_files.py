"""Reading and writing of reminder policies in YAML. The format is described in docs/business-manager.md."""

from collections.abc import Iterator
from dataclasses import replace

from workflows.checks import FURTHEST
from workflows.core.ladders import DEPUTY, read_name, recipient_names, rung_words
from workflows.core.vocabulary import Ladder, Role, Rung
from workflows.files.read import NotADefinition
from workflows.files.schema import Fields
from workflows.files.write import as_word
from workflows.files.yaml_nodes import NotYaml, Sheet, nodes_of

FORMAT = "followthrough-reminders-1"
RECIPIENTS: dict[str, Role | None] = {**{role.value: role for role in Role if role.sees_records}, DEPUTY: None}
"""Who may be reminded, by the name in the file. The deputy of an action is no role."""


def read_policy(text: str, source: str) -> tuple[Ladder, str]:
    """Read a policy and its hour ("" for none); `source` is its name in complaints. Raises NotADefinition.

    Soundness is checked when the policy is stored.
    """
    sheet = Sheet(source)
    try:
        page = Fields(sheet, nodes_of(text), "the policy")
    except NotYaml as fault:
        raise NotADefinition([f"{source}:{fault.line}: {fault.sentence}"]) from None
    page.choice("format", {FORMAT: FORMAT})
    begins = page.text("begins", required=False, longest=5)
    rungs = _alike(page.tables("rungs", _rung, "rung", required=True))
    ladder = page.finish(Ladder(page.text("name", longest=40), page.text("title", longest=100), rungs, ""))
    if sheet.complaints:
        raise NotADefinition(sheet.in_order())
    return ladder, begins


def write_policy(ladder: Ladder, begins: str) -> str:
    """Give the text of the file."""
    title = as_word(ladder.title)
    head = [f"format: {FORMAT}", f"name: {ladder.name}", f"title: {title}", f'begins: "{begins}"', "rungs:"]
    return "\n".join([*head, *(line for rung in ladder.rungs for line in _lines(rung))]) + "\n"


def _rung(page: Fields) -> Rung:
    name = page.text("name", longest=40)
    days, working = read_name(name) or (0, False)
    if name and read_name(name) is None:
        sentence = "must be a rung such as due-30, due, due+14, due-10wd or late+1wd"
        page.sheet.complain(page.table.line, f"name of {page.what} {sentence}.")
    recipients = page.words("tells", required=True)
    roles = {word.text: page.chosen(word, "tells", RECIPIENTS) for word in recipients}
    every = [page.whole(word, "every", least=1, most=FURTHEST) for word in page.words("every")]
    reminded = frozenset(role for role in roles.values() if role is not None)
    return Rung(name, days, reminded, working, every[0] if every else 0, deputy=DEPUTY in roles)


def _alike(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    """Make the rung `due`, whose name says no kind of day, of the same kind as the others."""
    working = any(rung.working for rung in rungs)
    return tuple(rung if rung.days else replace(rung, working=working) for rung in rungs)


def _lines(rung: Rung) -> Iterator[str]:
    yield f"  - name: {rung.name}  # {rung_words(rung)}"
    if rung.every:
        yield f"    every: {rung.every}"
    yield f"    tells: [{', '.join(recipient_names(rung))}]"
