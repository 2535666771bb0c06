"""The export formats and the module that writes each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from reviews.cases.labels import EXPORT_TITLES
from reviews.exports.rows import ExportedPlan


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
