"""How is a definition added to those that the product brings?"""

from dataclasses import dataclass

from reviews.definitions.catalogue import KEPT, added_definitions, present_catalogue
from reviews.models import AddedDefinition, Partnership
from reviews.transactions.unit_of_work import Unit
from workflows.catalogue import BUILT_IN
from workflows.core.engine import Refused
from workflows.core.vocabulary import Workflow
from workflows.definitions import WORKFLOWS
from workflows.files.read import read_workflow


@dataclass(frozen=True, slots=True)
class Addition:
    """What became of a file: the definition in it, and whether it was there already."""

    workflow: Workflow
    unchanged: bool


def add_definition(unit: Unit, text: str, *, source: str, partnership: Partnership | None = None) -> Addition:
    """Keep a definition, for one partnership or for all. The same text again changes nothing.

    Raises NotADefinition for a text that is none or does not hold together with the others, Refused for a version that
    is taken, NotAllowed for anybody but the operator.
    """
    unit.actor.require_operator()
    workflow = read_workflow(text, source)
    place = partnership.id if partnership else None
    if _is_there(unit, workflow, text, place):
        return Addition(workflow, unchanged=True)
    _require_new(unit, workflow)
    known = present_catalogue(unit.session)
    workflow = read_workflow(text, source, [*known.every(), WORKFLOWS["action"]])
    _require_theirs(unit, workflow, place)
    row = AddedDefinition(
        name=workflow.name,
        version=workflow.version,
        partnership_id=place,
        text=text,
        source=source[:200],
        added_at=unit.now,
        added_by=unit.actor.signature,
    )
    unit.session.add(row)
    unit.session.flush()
    unit.session.info.pop(KEPT, None)
    return Addition(workflow, unchanged=False)


def _is_there(unit: Unit, workflow: Workflow, text: str, place: int | None) -> bool:
    """Tell whether the very same was added before. Raises Refused where another has its name and version."""
    for row in added_definitions(unit.session):
        if (row.name, row.version) == (workflow.name, workflow.version):
            if row.text != text:
                raise Refused(
                    f"Another {workflow.name} version {workflow.version} was added before: raise the version."
                )
            if row.partnership_id != place:
                raise Refused(
                    f"{workflow.name} version {workflow.version} was added before, but not for the same place."
                )
            return True
    return False


def _require_new(unit: Unit, workflow: Workflow) -> None:
    if workflow.name == WORKFLOWS["action"].name:
        raise Refused("The action is no kind of case: its definition cannot be added.")
    if BUILT_IN.has(workflow.name, workflow.version):
        raise Refused(f"{workflow.name} version {workflow.version} is the product's own: raise the version.")
    newest = max(present_catalogue(unit.session).versions.get(workflow.name, ()), default=0)
    if workflow.version < newest:
        raise Refused(f"There is version {newest} of {workflow.name} already: raise the version above it.")


def _require_theirs(unit: Unit, workflow: Workflow, place: int | None) -> None:
    """Refuse what leads to a kind of case that is another partnership's own."""
    rows = added_definitions(unit.session)
    for_all = {row.name for row in rows if row.partnership_id in (None, place)} | set(BUILT_IN.versions)
    led_to = {name for step in workflow.steps for name in (step.opens, *step.joins) if name} - {workflow.name}
    if strange := sorted(led_to - for_all):
        raise Refused(f"{workflow.name} leads to {', '.join(strange)}, which is not for the same partnerships.")
