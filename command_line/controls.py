"""``emotalk controls``: the controls of a model, for people, for programs and for the documentation."""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Final

from ..inference.checkpoints.library import find_weights
from ..inference.contract import EmoTalkError, ModelSpec
from ..inference.registry import DEFAULT_MODEL
from .complaints import GOOD
from .control_options import by_group, default, flag, limits

SUMMARY = "list the controls of a model with their limits and defaults"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommand's arguments."""
    parser.add_argument("--format", choices=tuple(_FORMATS), default="text", help="how to print it (text)")
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="ID", help=f"the model ({DEFAULT_MODEL})")


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    weights = find_weights(options.model)
    if weights.damage:
        raise EmoTalkError(weights.damage)
    print(_FORMATS[options.format](weights.spec))
    return GOOD


def as_text(spec: ModelSpec) -> str:
    """The table in aligned columns, a block for each group, and the names of the choices."""
    rows = {
        title: [(flag(control), limits(control), default(control), control.sentence) for control in controls]
        for title, controls in by_group(spec.heeded()).items()
    }
    widths = [max(len(row[column]) for block in rows.values() for row in block) for column in range(3)]
    blocks = [
        "\n".join(
            [title.capitalize(), *("  " + "  ".join(map(str.ljust, row, (*widths, 0))).rstrip() for row in block)]
        )
        for title, block in rows.items()
    ]
    return "\n\n".join([*blocks, *_names(spec)])


def as_markdown(spec: ModelSpec) -> str:
    """The table in Markdown, for the documentation."""
    lines = ["| option | values | default | what it does |", "|---|---|---|---|"]
    lines += [
        f"| `{flag(control)}` | {limits(control)} | {default(control)} | {control.sentence} |"
        for controls in by_group(spec.heeded()).values()
        for control in controls
    ]
    return "\n".join([*lines, "", *_names(spec)])


def as_json(spec: ModelSpec) -> str:
    """An object with ``controls`` (each as in ``Control``), ``styles``, ``emotions``, ``basis`` and ``fps``."""
    return json.dumps(
        {
            "controls": [asdict(control) for control in spec.heeded()],
            "styles": spec.styles,
            "emotions": spec.emotions,
            "basis": spec.basis.name,
            "fps": spec.fps,
        },
        indent=1,
    )


def _names(spec: ModelSpec) -> Iterator[str]:
    """One line for each set of names."""
    flags: dict[tuple[str, ...], list[str]] = {}
    for control in spec.heeded():
        names = spec.styles if control.kind == "name" else control.choices
        if names:
            flags.setdefault(names, []).append(flag(control))
    for names, options in flags.items():
        yield f"Names for {' and '.join(options)}: {', '.join(names)}."


_FORMATS: Final[dict[str, Callable[[ModelSpec], str]]] = {"text": as_text, "json": as_json, "markdown": as_markdown}
