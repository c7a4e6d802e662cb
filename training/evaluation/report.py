"""Tables of figures, as text for people and as JSON for programs."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ...face.atomic_file import replacing

Cell = str | int | float | bool
_GAP: Final = "  "
_NOTHING: Final = 5e-5


@dataclass(frozen=True)
class Table:
    """Figures of one kind.

    Attributes:
        title: what is measured, and the required value.
        columns: names of the columns.
        rows: one cell for each column.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def text(self) -> str:
        """The title and the rows, in aligned columns."""
        cells = [self.columns, *(tuple(_format_cell(cell) for cell in row) for row in self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        named = [isinstance(cell, str) for cell in self.rows[0]] if self.rows else [True] * len(widths)
        lines = [
            _GAP.join(
                cell.ljust(width) if is_name else cell.rjust(width)
                for cell, width, is_name in zip(row, widths, named, strict=True)
            ).rstrip()
            for row in cells
        ]
        return "\n".join([self.title, *lines])

    def records(self) -> list[dict[str, Cell | None]]:
        """The rows by column; NaN and infinity become null."""
        return [
            {
                column: None if isinstance(cell, float) and not math.isfinite(cell) else cell
                for column, cell in zip(self.columns, row, strict=True)
            }
            for row in self.rows
        ]


def left_out(title: str, reason: str) -> Table:
    """A table with one sentence in place of figures that a model cannot be measured for."""
    return Table(title, ("left out",), ((reason,),))


def write_json(path: Path, tables: dict[str, Sequence[Table]]) -> None:
    """Write the tables of every part, as a whole or not at all."""
    figures = {part: {table.title: table.records() for table in measured} for part, measured in tables.items()}
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(figures, indent=1) + "\n")


def _format_cell(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return "0" if abs(cell) < _NOTHING else f"{cell:.3g}"
    return str(cell)
