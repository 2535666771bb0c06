"""Which workflows are there, and what does each one say?"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from reviews.permissions import Permission
from reviews.unit import NotFound
from web.access import needs
from workflows.definitions import WORKFLOWS
from workflows.vocabulary import UNOPENED, Role, Step, Track

pages = Blueprint("workflows", __name__)


@pages.route("/workflows")
@needs(Permission.SEE_WORKFLOWS)
def list_workflows() -> ResponseReturnValue:
    return render_template("workflows/list_workflows.html", workflows=WORKFLOWS.values())


@pages.route("/workflows/<name>")
@needs(Permission.SEE_WORKFLOWS)
def workflow(name: str) -> ResponseReturnValue:
    found = WORKFLOWS.get(name)
    if found is None:
        raise NotFound
    roles = [role for role in Role if any(role in step.by for step in found.steps)]
    titles = {step.name: step.title for step in found.steps}
    return render_template(
        "workflows/workflow.html",
        workflow=found,
        roles=roles,
        titles=titles,
        labels={name: asked.label for name, asked in found.asks.items()},
        steps_from=steps_from,
        unopened=UNOPENED,
    )


def steps_from(track: Track, stage: str) -> list[Step]:
    """List the steps that lead on from a stage, those that stay there included."""
    return [step for step in track.steps if stage in step.source]
