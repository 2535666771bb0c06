"""How is a table printed in a terminal?"""

from collections.abc import Iterable, Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 110


def table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay rows out under headings, wrapped to 110 columns; texts are shown as they are."""
    grid = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        grid.add_column(heading, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    out = StringIO()
    Console(file=out, width=WIDTH, no_color=True, highlight=False).print(grid)
    return out.getvalue().rstrip()
