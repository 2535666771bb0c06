"""The styles of the cells of a workbook that can carry meaning: number format, strike-through, colour of the fill."""

import re
from collections.abc import Mapping
from colorsys import rgb_to_hls
from functools import lru_cache
from typing import NamedTuple

from openpyxl.styles.colors import COLOR_INDEX
from openpyxl.styles.numbers import BUILTIN_FORMATS

from reviews.imports.readers.xlsx_safety import Container


class CellStyle(NamedTuple):
    """`fill` is the name of a colour that may carry meaning, or empty."""

    number_format: str
    struck: bool
    fill: str


PLAIN = CellStyle("General", False, "")


def read_styles(container: Container, part: str) -> list[CellStyle]:
    """Give the style of cells, in the order by which cells refer to them."""
    if not part:
        return []
    watch = _StylesWatch()
    container.follow(part, start=watch.start)
    styles = {key: watch.style(*key) for key in set(watch.cells)}
    return [styles[key] for key in watch.cells]


class _StylesWatch:
    """Collects fonts, fills and formats; `cells` are the numbers of format, font and fill of each style."""

    def __init__(self) -> None:
        self.cells: list[tuple[int, int, int]] = []
        self._formats: dict[int, str] = {}
        self._struck: list[bool] = []
        self._fills: list[str] = []
        self._section = ""

    def style(self, number_format: int, font: int, fill: int) -> CellStyle:
        return CellStyle(
            self._formats.get(number_format) or BUILTIN_FORMATS.get(number_format, "General"),
            font < len(self._struck) and self._struck[font],
            self._fills[fill] if fill < len(self._fills) else "",
        )

    def start(self, name: str, facts: dict[str, str]) -> None:
        if name in _SECTIONS:
            self._section = name
        elif name == "numFmt":
            self._formats[int(facts["numFmtId"])] = facts.get("formatCode", "General")
        elif (self._section, name) == ("cellXfs", "xf"):
            format_, font, fill = (int(facts.get(key, "0")) for key in ("numFmtId", "fontId", "fillId"))
            self.cells.append((format_, font, fill))
        elif self._section == "fonts":
            self._in_fonts(name, facts)
        elif self._section == "fills":
            self._in_fills(name, facts)

    def _in_fonts(self, name: str, facts: Mapping[str, str]) -> None:
        if name == "font":
            self._struck.append(False)
        elif name == "strike" and self._struck:
            self._struck[-1] = is_on(facts)

    def _in_fills(self, name: str, facts: Mapping[str, str]) -> None:
        if name == "fill":
            self._fills.append("")
        elif name == "fgColor" and self._fills:
            self._fills[-1] = colour_named(facts)


_SECTIONS = frozenset({"fonts", "fills", "borders", "cellXfs", "cellStyleXfs", "cellStyles", "dxfs"})


def is_on(facts: Mapping[str, str]) -> bool:
    """Whether a setting that is there without a value, or with one, is switched on."""
    return facts.get("val", "1") not in ("0", "false")


_THEME = {"4": "blue", "5": "amber", "7": "amber", "8": "blue", "9": "green"}
"""The colours of the standard theme that are neither black, white nor grey."""
_HUES = ((20, "red"), (68, "amber"), (170, "green"), (260, "blue"), (330, "purple"), (360, "red"))
_COLOUR = re.compile(r"([0-9A-Fa-f]{2})?[0-9A-Fa-f]{6}")


def colour_named(facts: Mapping[str, str]) -> str:
    """The name of a fill; empty for white, black and grey, which are the looks of a table."""
    colour, indexed = facts.get("rgb", ""), facts.get("indexed", "")
    if not colour and indexed.isdigit() and int(indexed) < len(COLOR_INDEX):
        colour = COLOR_INDEX[int(indexed)]
    return _hue_named(colour) if _COLOUR.fullmatch(colour) else _THEME.get(facts.get("theme", ""), "")


@lru_cache(maxsize=1024)
def _hue_named(colour: str) -> str:
    red, green, blue = (int(colour[-6:][index : index + 2], 16) / 255 for index in (0, 2, 4))
    hue, light, strength = rgb_to_hls(red, green, blue)
    if strength < 0.3 or not 0.1 < light < 0.97:
        return ""
    return next(name for most, name in _HUES if hue * 360 <= most)
