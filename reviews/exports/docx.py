"""Writes a plan for a board as a Word document."""

import io
from collections.abc import Sequence
from datetime import UTC
from typing import Any, TypeAlias

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from reviews.exports.board import (
    HEADINGS,
    MARKING,
    BoardGroup,
    BoardLine,
    as_of,
    groups_of,
    may_exceed_page,
    summary_of,
    title_of,
)
from reviews.exports.plan_rows import ExportedPlan

FILLS = {"Red": "F4B6B0", "Amber": "FBD99B", "Green": "B9DDC2", "Blue": "B5D2EE", "Grey": "DDDDDD"}
DARK, PALE = "1D3557", "EEF1F5"
QUIET, LATE, WHITE = RGBColor(0x50, 0x5A, 0x5F), RGBColor(0xB0, 0x00, 0x20), RGBColor(0xFF, 0xFF, 0xFF)
WIDTHS = (31, 79, 43, 34, 32, 58)  # mm
RATING_COLUMN = 4
SIZE, SMALL = Pt(9), Pt(8)
Look: TypeAlias = dict[str, Any]
Cell: TypeAlias = Sequence[Sequence[tuple[str, Look]]]
"""Paragraphs of runs, each with its format."""


def as_word(plan: ExportedPlan) -> bytes:
    document = Document()
    _set_up(document, plan)
    document.add_heading(_safe(title_of(plan)), level=1)
    document.add_paragraph(_safe(as_of(plan)))
    document.add_paragraph().add_run(summary_of(plan)).bold = True
    groups = groups_of(plan)
    if groups:
        _table(document, groups)
    else:
        document.add_paragraph("There is no action in this plan.")
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _set_up(document: Any, plan: ExportedPlan) -> None:
    """Landscape A4, marking at the top, plan and page at the bottom; no person in the properties."""
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(10)
    section.top_margin = section.bottom_margin = Mm(14)
    section.header_distance = section.footer_distance = Mm(6)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(10)
    normal.paragraph_format.space_after = Pt(3)
    heading = document.styles["Heading 1"]
    heading.font.name, heading.font.size, heading.font.color.rgb = "Arial", Pt(17), RGBColor.from_string(DARK)
    heading.element.rPr.rFonts.attrib.clear()
    heading.element.rPr.rFonts.set(qn("w:ascii"), "Arial")
    heading.element.rPr.rFonts.set(qn("w:hAnsi"), "Arial")
    heading.paragraph_format.space_before = Pt(0)
    marking = section.header.paragraphs[0]
    marking.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(marking, MARKING, colour=QUIET)
    footer = section.footer.paragraphs[0]
    _run(footer, f"{plan.reference}, {as_of(plan)}  Page ", colour=QUIET)
    _field(footer, "PAGE")
    _run(footer, " of ", colour=QUIET)
    _field(footer, "NUMPAGES")
    properties = document.core_properties
    properties.author, properties.last_modified_by, properties.comments = "Followthrough", "Followthrough", ""
    properties.title, properties.language = _safe(title_of(plan)), "en-GB"
    properties.created = properties.modified = plan.exported_at.astimezone(UTC).replace(tzinfo=None)


def _table(document: Any, groups: Sequence[BoardGroup]) -> None:
    table = document.add_table(rows=0, cols=len(HEADINGS), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, WIDTHS, strict=True):
        column.width = Mm(width)
    first = _new_row(table, fills=[DARK] * len(HEADINGS))
    _mark(first, "w:tblHeader")
    for cell, heading in zip(first.tc_lst, HEADINGS, strict=True):
        _write(table, cell, [[(heading, {"bold": True, "colour": WHITE})]])
    for group in groups:
        if group.heading:
            _write_group(table, group)
        for line in group.lines:
            _write_line(table, line)


def _write_group(table: Any, group: BoardGroup) -> None:
    row = _new_row(table, fills=[PALE] * len(HEADINGS))
    _mark(row, "w:cantSplit")
    cells = row.tc_lst
    cells[0].grid_span = len(HEADINGS)
    for cell in cells[1:]:
        row.remove(cell)
    response = [[(f"Response: {group.response}", {"colour": QUIET})]] if group.response else []
    none = [] if group.lines else [[("No action here.", {"colour": QUIET})]]
    _write(table, cells[0], [[(group.heading, {"bold": True}), (f"  {group.text}", {})], *response, *none], keep=True)


def _write_line(table: Any, line: BoardLine) -> None:
    fills: list[str | None] = [None] * len(HEADINGS)
    fills[RATING_COLUMN] = FILLS.get(line.rating)
    quiet, bold, plain = Look(colour=QUIET), Look(bold=True), Look()
    success = [[(f"Success: {line.success}", quiet)]] if line.success else []
    late = [[(line.late, {"bold": True, "colour": LATE})]] if line.late else []
    progress = [[(line.progress_of, quiet)], [(line.progress, plain)]] if line.progress_of else [[("None yet", quiet)]]
    columns: list[Cell] = [
        [[(line.reference, bold)]],
        [[(line.text, plain)], *success],
        [[(each, plain)] for each in line.who],
        [[(line.due, bold)], *late, *([(each, quiet)] for each in line.date_changes)],
        [[(line.rating, bold)], *([(each, plain)] for each in line.why)],
        progress,
    ]
    row = _new_row(table, fills=fills)
    if not may_exceed_page(line):
        _mark(row, "w:cantSplit")
    for cell, paragraphs in zip(row.tc_lst, columns, strict=True):
        _write(table, cell, paragraphs)


def _new_row(table: Any, fills: Sequence[str | None]) -> Any:
    """Add a row to the XML: the library's own method goes through the whole table for each row."""
    row = table._tbl.add_tr()
    for width, fill in zip(WIDTHS, fills, strict=True):
        cell = row.add_tc()
        cell.width = Mm(width)
        if fill:
            shade = OxmlElement("w:shd")
            for name, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
                shade.set(qn(f"w:{name}"), value)
            cell.get_or_add_tcPr().append(shade)
    return row


def _write(table: Any, cell: Any, paragraphs: Cell, keep: bool = False) -> None:
    for number, runs in enumerate(paragraphs):
        element = cell.p_lst[0] if number == 0 else cell.add_p()
        paragraph = Paragraph(element, table)
        paragraph.paragraph_format.space_before = Pt(2 if number == 0 else 0)
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.paragraph_format.keep_with_next = keep or None
        for text, look in runs:
            _run(paragraph, text, size=SIZE, **look)


def _run(paragraph: Any, text: str, *, bold: bool = False, colour: RGBColor | None = None, size: Any = SMALL) -> None:
    run = paragraph.add_run(_safe(text))
    run.bold, run.font.size = bold or None, size
    if colour is not None:
        run.font.color.rgb = colour


def _field(paragraph: Any, name: str) -> None:
    """Add a field that Word works out, such as the page number."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), name)
    run, text, look, size = (OxmlElement(f"w:{part}") for part in ("r", "t", "rPr", "sz"))
    text.text = "1"
    size.set(qn("w:val"), "16")  # half points
    look.append(size)
    run.extend((look, text))
    field.append(run)
    paragraph._p.append(field)


def _mark(row: Any, name: str) -> None:
    row.get_or_add_trPr().append(OxmlElement(name))


def _safe(text: str) -> str:
    """Without the characters that XML cannot hold; line breaks and tabs stay."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else " " for letter in text)
