"""``emotalk controls``: the table of controls, for people, for programs and for the documentation."""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final

from ..face.controls import CONTROLS
from .complaints import GOOD
from .control_options import controls_by_group, default, flag, limits

SUMMARY = "list every control with its limits and default"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the subcommand's words."""
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text", help="how to print it (text)")


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    print(_FORMATS[options.format]())
    return GOOD


def as_text() -> str:
    """The table in aligned columns, a block for each group, and the names that choices take."""
    rows = {
        title: [(flag(control), limits(control), default(control), control.sentence) for control in controls]
        for title, controls in controls_by_group().items()
    }
    widths = [max(len(row[column]) for block in rows.values() for row in block) for column in range(3)]
    blocks = [
        "\n".join(
            [title.capitalize(), *("  " + "  ".join(map(str.ljust, row, (*widths, 0))).rstrip() for row in block)]
        )
        for title, block in rows.items()
    ]
    return "\n\n".join([*blocks, *_choices()])


def as_markdown() -> str:
    """The table as the documentation shows it."""
    lines = ["| option | values | default | what it does |", "|---|---|---|---|"]
    for controls in controls_by_group().values():
        lines += [
            f"| `{flag(control)}` | {limits(control)} | {default(control)} | {control.sentence} |"
            for control in controls
        ]
    return "\n".join([*lines, "", *_choices()])


def as_json() -> str:
    """The table as a list of objects with the fields of ``Control``."""
    return json.dumps([asdict(control) for control in CONTROLS], indent=1)


def _choices() -> Iterator[str]:
    """One line for each set of names."""
    flags: dict[tuple[str, ...], list[str]] = {}
    for control in CONTROLS:
        if control.choices:
            flags.setdefault(control.choices, []).append(flag(control))
    for names, options in flags.items():
        yield f"Names for {' and '.join(options)}: {', '.join(names)}."


_FORMATS: Final[dict[str, Callable[[], str]]] = {"text": as_text, "json": as_json, "markdown": as_markdown}
