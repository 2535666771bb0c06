"""Adding a workflow definition to those built into the product."""

from dataclasses import dataclass

from reviews.definitions.installed import ADDED_DEFINITIONS_KEY, added_definitions, present_catalogue
from reviews.models import AddedDefinition, Partnership
from reviews.transactions.unit_of_work import Unit
from workflows.catalogue import BUILT_IN
from workflows.core.engine import Refused
from workflows.core.vocabulary import Workflow
from workflows.definitions import WORKFLOWS
from workflows.files.read import read_workflow


@dataclass(frozen=True, slots=True)
class Addition:
    """The definition read from a file. `unchanged`: it was already there."""

    workflow: Workflow
    unchanged: bool


def add_definition(unit: Unit, text: str, *, source: str, partnership: Partnership | None = None) -> Addition:
    """Store a definition, for one partnership or for all. The same text again changes nothing.

    Raises NotADefinition for a text that is none or is unsound together with the others, Refused for a version that
    exists, NotAllowed for anybody but the operator.
    """
    unit.actor.require_operator()
    workflow = read_workflow(text, source)
    partnership_id = partnership.id if partnership else None
    if _is_added_already(unit, workflow, text, partnership_id):
        return Addition(workflow, unchanged=True)
    _require_new(unit, workflow)
    catalogue = present_catalogue(unit.session)
    workflow = read_workflow(text, source, [*catalogue.every(), WORKFLOWS["action"]])
    _require_reachable(unit, workflow, partnership_id)
    row = AddedDefinition(
        name=workflow.name,
        version=workflow.version,
        partnership_id=partnership_id,
        text=text,
        source=source[:200],
        added_at=unit.now,
        added_by=unit.actor.signature,
    )
    unit.session.add(row)
    unit.session.flush()
    unit.session.info.pop(ADDED_DEFINITIONS_KEY, None)
    return Addition(workflow, unchanged=False)


def _is_added_already(unit: Unit, workflow: Workflow, text: str, partnership_id: int | None) -> bool:
    """Whether this text was added before. Raises Refused if another has its name and version."""
    for row in added_definitions(unit.session):
        if (row.name, row.version) == (workflow.name, workflow.version):
            if row.text != text:
                raise Refused(
                    f"Another {workflow.name} version {workflow.version} has been added. Give yours a higher version."
                )
            if row.partnership_id != partnership_id:
                raise Refused(f"{workflow.name} version {workflow.version} has been added, but for other partnerships.")
            return True
    return False


def _require_new(unit: Unit, workflow: Workflow) -> None:
    if workflow.name == WORKFLOWS["action"].name:
        raise Refused("You cannot add a definition of the action: it is not a kind of case.")
    if BUILT_IN.has(workflow.name, workflow.version):
        raise Refused(f"{workflow.name} version {workflow.version} is built in. Give yours a higher version.")
    newest = max(present_catalogue(unit.session).versions.get(workflow.name, ()), default=0)
    if workflow.version < newest:
        raise Refused(f"There is already version {newest} of {workflow.name}. Give yours a higher version.")


def _require_reachable(unit: Unit, workflow: Workflow, partnership_id: int | None) -> None:
    """Refuse a definition that leads to a kind of case other partnerships alone have."""
    rows = added_definitions(unit.session)
    available = {row.name for row in rows if row.partnership_id in (None, partnership_id)} | set(BUILT_IN.versions)
    led_to = {name for step in workflow.steps for name in (step.opens, *step.joins) if name} - {workflow.name}
    if unavailable := sorted(led_to - available):
        raise Refused(f"{workflow.name} leads to {', '.join(unavailable)}, which the same partnerships do not have.")
