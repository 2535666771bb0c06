"""Which definition does a case run under, and which kinds does this installation know?"""

from datetime import date

from sqlalchemy.orm import Session

from reviews.models import Case
from workflows.catalogue import BUILT_IN, Catalogue
from workflows.vocabulary import Workflow


def present_catalogue(session: Session) -> Catalogue:
    """Give every definition known here: those the product brings, and those that were added."""
    return BUILT_IN


def present_kind(session: Session, name: str, on: date) -> Workflow | None:
    """Give the version of a kind that a case opened on that day runs under; None for an unknown name."""
    return present_catalogue(session).current(name, on)


def definition_of(session: Session, case: Case) -> Workflow:
    """Give the version the case runs under."""
    return present_catalogue(session).version(case.workflow, case.workflow_version)
