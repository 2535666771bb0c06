"""Reading of definitions from YAML. The format is described in docs/workflow-files.md."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path

import workflows.guards.actions
import workflows.guards.cases
import workflows.guards.cdop
import workflows.guards.lcspr
import workflows.guards.learning  # noqa: F401  # importing them registers their guards
from workflows.checks import found_in, found_through, twice
from workflows.core.vocabulary import Realm, RenamedStage, Track, Workflow
from workflows.definitions.shared.ladder_policies import LADDERS
from workflows.files.schema import Fields, deadline, product, step, timed_move
from workflows.files.yaml_nodes import NotYaml, Sheet, nodes_of

FORMAT = "followthrough-workflow-1"
LARGEST = 1_000_000


class NotADefinition(Exception):
    """A file has no definition that can be used. `faults` lists every complaint with its file and line."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def read_file(path: Path) -> str:
    """Read the text of a file of at most 1 MB in UTF-8, with line ends as \\n. Raises NotADefinition, or OSError."""
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise NotADefinition([f"{path.name}:1: the file is larger than 1 MB."])
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise NotADefinition([f"{path.name}:{line}: the file is not text in UTF-8."]) from None


def read_workflow(text: str, source: str, together: Iterable[Workflow] | None = None) -> Workflow:
    """Read one definition; `source` is its name in complaints. Raises NotADefinition.

    With `together`, the other definitions, it is also checked for soundness among them.
    """
    if together is not None:
        return read_workflows([(source, text)], together)[0]
    sheet = Sheet(source)
    found = _on_sheet(sheet, text)
    if sheet.complaints or found is None:
        raise NotADefinition(sheet.in_order())
    return found


def read_workflows(texts: Iterable[tuple[str, str]], together: Iterable[Workflow]) -> list[Workflow]:
    """Read definitions that belong together, each with its source. They replace the same versions in `together`.

    Raises NotADefinition, also where they make other definitions unsound.
    """
    pages = [(sheet, _on_sheet(sheet, text)) for sheet, text in ((Sheet(source), text) for source, text in texts)]
    _raise_all(sheet for sheet, _ in pages)
    read = [workflow for _, workflow in pages if workflow is not None]
    replaced = {(workflow.name, workflow.version) for workflow in read}
    every = [*(other for other in together if (other.name, other.version) not in replaced), *read]
    for sheet, workflow in pages:
        for fault in found_in(workflow, every) if workflow else ():
            about = fault.about if sheet.has_made(fault.about) else workflow
            sheet.complain(sheet.line_of(about, fault.at), fault.sentence)
        for other, fault in found_through(workflow, every) if workflow else ():
            sheet.complain(1, f"with this, {other} is unsound: {fault.sentence}")
    _raise_all(sheet for sheet, _ in pages)
    return read


def _raise_all(sheets: Iterable[Sheet]) -> None:
    if complaints := [line for sheet in sheets for line in sheet.in_order()]:
        raise NotADefinition(complaints)


def _on_sheet(sheet: Sheet, text: str) -> Workflow | None:
    try:
        node = nodes_of(text)
    except NotYaml as fault:
        sheet.complain(fault.line, fault.sentence)
        return None
    page = Fields(sheet, node, "the workflow")
    return page.finish(_workflow(page))


def _workflow(page: Fields) -> Workflow:
    page.choice("format", {FORMAT: FORMAT})
    return Workflow(
        name=page.name("name", longest=40),
        title=page.text("title", longest=100),
        version=page.count("version", least=1, most=9999),
        effective_from=page.day("effective_from") or date.min,
        prefix=page.prefix("prefix"),
        realm=page.choice("realm", {realm.value: realm for realm in Realm}) or Realm.REVIEWS,
        last_opening_on=page.day("last_opening_on", required=False),
        inside=page.yes("inside", default=False),
        moved=page.tables("moved", _renamed_stage, "moved stage"),
        tracks=page.tables("tracks", _track, "track", required=True),
        deadlines=page.tables("deadlines", deadline, "deadline"),
        ladders=page.choices("ladders", LADDERS),
        timed_moves=page.tables("timed_moves", timed_move, "timed move"),
        products=page.tables("products", product, "product"),
    )


def _renamed_stage(page: Fields) -> RenamedStage:
    return RenamedStage(page.name("track", longest=40), page.name("was"), page.name("now"))


def _track(page: Fields) -> Track:
    name = page.name("name", longest=40)
    return Track(
        name=name,
        title=page.text("title", longest=100),
        stages=_stages(page, name),
        initial=page.name("initial"),
        final=frozenset(page.names("final")),
        settled=frozenset(page.names("settled")),
        steps=page.tables("steps", step, "step", required=True),
    )


def _stages(page: Fields, track: str) -> type[StrEnum]:
    names = page.names("stages", required=True)
    for name in twice(names):
        page.sheet.complain(page.table.line, f"{page.what} has the stage {name} twice.")
    members = {name.upper(): name for name in names if name}
    return StrEnum(track or "stages", members)  # type: ignore[return-value]  # the call is taken for that of a member
