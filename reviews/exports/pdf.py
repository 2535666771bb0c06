"""Writes a plan for a board as a PDF: landscape A4, with the headings on every page."""

import io
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer, Table

from reviews.exports.board import (
    HEADINGS,
    LINES_ON_PAGE,
    MARKING,
    BoardGroup,
    BoardLine,
    as_of,
    count_lines,
    groups_of,
    may_exceed_page,
    summary_of,
    title_of,
)
from reviews.exports.plan_rows import ExportedPlan

FILLS = {"Red": "#f4b6b0", "Amber": "#fbd99b", "Green": "#b9ddc2", "Blue": "#b5d2ee", "Grey": "#dddddd"}
WIDTHS = tuple(width * mm for width in (30, 80, 43, 34, 32, 58))
INK, QUIET, DARK, PALE, LATE = "#0b0c0c", "#505a5f", "#1d3557", "#eef1f5", "#b00020"
FONT, BOLD = "Plan", "Plan-Bold"
RATING_COLUMN = 4
SIDE, END = 10 * mm, 14 * mm
ROWS_IN_A_TABLE, LONGEST_UNBROKEN = 20, 16
WIDE = 170
"""The fewest characters of a line across the page."""
LOOKS = (
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#b1b4b6")),
    ("LEFTPADDING", (0, 0), (-1, -1), 4),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
)


def as_pdf(plan: ExportedPlan) -> bytes:
    _fonts()
    file = io.BytesIO()
    paper = BaseDocTemplate(
        file,
        pagesize=landscape(A4),
        pageTemplates=_pages(),
        title=title_of(plan),
        author="",
        creator="Followthrough",
        lang="en-GB",
    )
    paper.build(_flowables(plan), canvasmaker=lambda *args, **more: _Numbered(plan, *args, **more))
    return file.getvalue()


def _pages() -> list[PageTemplate]:
    """A first page with the title, and those after it, each with the headings of the table above its frame."""
    width, height = (side - 2 * margin for side, margin in zip(landscape(A4), (SIDE, END), strict=True))
    headings = _headings()
    _, is_tall = headings.wrap(width, height)

    def draw(canvas: Canvas, _paper: BaseDocTemplate) -> None:
        headings.drawOn(canvas, SIDE, END + height - is_tall)

    first = PageTemplate("first", [_frame(width, height)], autoNextPageTemplate="later")
    return [first, PageTemplate("later", [_frame(width, height - is_tall)], onPage=draw)]


def _frame(width: float, height: float) -> Frame:
    return Frame(SIDE, END, width, height, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)


def _flowables(plan: ExportedPlan) -> list[Any]:
    styles = _styles()
    top = [
        Paragraph(_safe(title_of(plan)), styles["title"]),
        Paragraph(_safe(as_of(plan)), styles["body"]),
        Paragraph(_safe(summary_of(plan)), styles["strong"]),
        Spacer(1, 4 * mm),
    ]
    groups = groups_of(plan)
    if not groups:
        return [*top, Paragraph("There is no action in this plan.", styles["body"])]
    return [*top, _headings(), *(table for group in groups for table in _tables(group))]


def _headings() -> Table:
    dark = ("BACKGROUND", (0, 0), (-1, 0), HexColor(DARK))
    return Table(
        [[Paragraph(words, _styles()["heading"]) for words in HEADINGS]], colWidths=WIDTHS, style=[*LOOKS, dark]
    )


def _tables(group: BoardGroup) -> Iterator[Table]:
    """Give several short tables: the time for breaking one long table over pages grows with its square.

    A row that may be higher than a page has a table of its own, the only kind that breaks within a row.
    """
    first, part = group if group.heading else None, list[BoardLine]()
    if first and count_lines(first.text, WIDE) > LINES_ON_PAGE:
        yield _table(first, [], breaks=True)
        first = None
    for line in group.lines:
        is_tall = may_exceed_page(line)
        if part and (is_tall or len(part) == ROWS_IN_A_TABLE):
            yield _table(first, part)
            first, part = None, []
        if is_tall:
            yield _table(first, [line], breaks=True)
            first = None
        else:
            part.append(line)
    if first or part:
        yield _table(first, part)


def _table(group: BoardGroup | None, lines: Sequence[BoardLine], *, breaks: bool = False) -> Table:
    """One table. The heading of a group stays on the page of its first action."""
    rows: list[list[Any]] = []
    looks: list[tuple[Any, ...]] = list(LOOKS)
    if group:
        looks += [
            ("SPAN", (0, 0), (-1, 0)),
            ("BACKGROUND", (0, 0), (-1, 0), HexColor(PALE)),
            *([("NOSPLIT", (0, 0), (-1, 1))] if lines and not breaks else []),
        ]
        rows.append([_group(group), *[""] * (len(HEADINGS) - 1)])
    for line in lines:
        rating_cell = (RATING_COLUMN, len(rows))
        looks.append(("BACKGROUND", rating_cell, rating_cell, HexColor(FILLS.get(line.rating, "#ffffff"))))
        rows.append(_row(line))
    return Table(rows, colWidths=WIDTHS, style=looks, splitByRow=1, splitInRow=int(breaks))


def _group(group: BoardGroup) -> list[Paragraph]:
    text = f"<b>{_safe(group.heading)}</b>{'&nbsp;&nbsp;' + _safe(group.text) if group.text else ''}"
    response = [_quiet(f"Response: {group.response}")] if group.response else []
    none = [] if group.lines else [_quiet("No action here.")]
    return [_plain(text), *response, *none]


def _row(line: BoardLine) -> list[Any]:
    success = [_quiet(f"Success: {line.success}")] if line.success else []
    due = [_plain(f"<b>{_safe(line.due)}</b>")]
    late = [_plain(f'<font color="{LATE}"><b>{_safe(line.late)}</b></font>')] if line.late else []
    progress = [_quiet(line.progress_of), _plain(_safe(line.progress))] if line.progress_of else [_quiet("None yet")]
    return [
        _plain(f"<b>{_breakable(line.reference)}</b>"),
        [_plain(_safe(line.text)), *success],
        [_plain(_safe(each)) for each in line.who],
        [*due, *late, *map(_quiet, line.date_changes)],
        [_plain(f"<b>{_safe(line.rating)}</b>"), *(_plain(_safe(each)) for each in line.why)],
        progress,
    ]


def _plain(markup: str) -> Paragraph:
    return Paragraph(markup, _styles()["cell"])


def _quiet(text: str) -> Paragraph:
    return Paragraph(_safe(text), _styles()["quiet"])


def _safe(text: str) -> str:
    """Escape a text: nothing in it is markup, and its line breaks stay."""
    printable = "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
    return escape(printable).replace("\n", "<br/>")


def _breakable(reference: str) -> str:
    """Break a long reference where its case ends."""
    return _safe(reference).replace("/", "/<br/>", 1 if len(reference) > LONGEST_UNBROKEN else 0)


@cache
def _fonts() -> None:
    """Register an embedded font: the standard fonts of PDF readers lack letters such as ŵ and Ł."""
    folder = Path(__file__).parent / "fonts"
    for name, file in ((FONT, "DejaVuSansCondensed"), (BOLD, "DejaVuSansCondensed-Bold")):
        pdfmetrics.registerFont(TTFont(name, folder / f"{file}.ttf"))
    pdfmetrics.registerFontFamily(FONT, normal=FONT, bold=BOLD, italic=FONT, boldItalic=BOLD)


@cache
def _styles() -> dict[str, ParagraphStyle]:
    base = ParagraphStyle("base", fontName=FONT, fontSize=8, leading=10, textColor=HexColor(INK), splitLongWords=1)

    def style(name: str, **more: Any) -> ParagraphStyle:
        return ParagraphStyle(name, parent=base, **more)

    return {
        "title": style("title", fontName=BOLD, fontSize=16, leading=20, textColor=HexColor(DARK), spaceAfter=4),
        "body": style("body", fontSize=9.5, leading=13),
        "strong": style("strong", fontName=BOLD, fontSize=9.5, leading=13),
        "heading": style("heading", fontName=BOLD, textColor=HexColor("#ffffff")),
        "cell": base,
        "quiet": style("quiet", textColor=HexColor(QUIET), fontSize=7.5, leading=9.5),
    }


class _Numbered(Canvas):
    """Writes marking, plan and `Page 2 of 5` on each page, once the number of pages is known."""

    def __init__(self, plan: ExportedPlan, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._plan, self._pages = plan, list[dict[str, Any]]()

    def showPage(self) -> None:  # noqa: N802  # the library's name
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # as the library's own examples do

    def save(self) -> None:
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self._margins(number, len(self._pages))
            super().showPage()
        super().save()

    def _margins(self, number: int, of: int) -> None:
        width, height = landscape(A4)
        self.setFont(FONT, 7.5)
        self.setFillColor(HexColor(QUIET))
        self.drawCentredString(width / 2, height - 8 * mm, MARKING)
        self.drawString(SIDE, 7 * mm, f"{self._plan.reference}, {as_of(self._plan)}"[:150])
        self.drawRightString(width - SIDE, 7 * mm, f"Page {number} of {of}")
