"""The export formats and the module that writes each."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from reviews.access.permissions import Permission
from reviews.access.shown import note_export
from reviews.cases.labels import EXPORT_TITLES
from reviews.exports.plan_rows import ExportedPlan
from reviews.models import EventKind
from reviews.transactions.unit_of_work import Unit, record_each


def record_export(unit: Unit, plan: ExportedPlan, *, into: str) -> None:
    """Record for each case the format and the number of exported actions. Raises NotAllowed.

    An export has only what the actor sees, so they need not see the case itself.
    """
    unit.actor.require(Permission.SEE_ACTIONS, plan.partnership_id)
    if plan.case_id is not None:
        counts = {plan.case_id: len(plan.actions)}
    else:
        counts = dict(Counter(line.action.case_id for line in plan.actions))
    note_export(into, len(plan.actions), partnership_id=plan.partnership_id)
    record_each(
        unit,
        EventKind.PLAN_EXPORTED,
        (
            {"partnership_id": plan.partnership_id, "case_id": case_id, "details": {"format": into, "actions": count}}
            for case_id, count in counts.items()
        ),
    )


@dataclass(frozen=True, slots=True)
class Format:
    """`maker` is module and function, loaded when needed: the libraries for paper and workbooks load slowly."""

    title: str
    media_type: str
    maker: tuple[str, str]
    is_text: bool = False

    def write(self, plan: ExportedPlan) -> bytes:
        module, name = self.maker
        make: Callable[[ExportedPlan], bytes] = getattr(import_module(f"reviews.exports.{module}"), name)
        return make(plan)


_OFFICE = "application/vnd.openxmlformats-officedocument"

FORMATS: Mapping[str, Format] = {
    "xlsx": Format(EXPORT_TITLES["xlsx"], f"{_OFFICE}.spreadsheetml.sheet", ("xlsx", "as_workbook")),
    "csv": Format(EXPORT_TITLES["csv"], "text/csv; charset=utf-8", ("csv", "as_separated"), is_text=True),
    "json": Format(EXPORT_TITLES["json"], "application/json", ("json_document", "as_document"), is_text=True),
    "docx": Format(EXPORT_TITLES["docx"], f"{_OFFICE}.wordprocessingml.document", ("docx", "as_word")),
    "pdf": Format(EXPORT_TITLES["pdf"], "application/pdf", ("pdf", "as_pdf")),
}
