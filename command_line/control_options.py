"""Every control as an option of the command, made from the table of controls."""

import argparse
from collections.abc import Callable
from typing import Any, Final

from ..face.controls import CONTROLS, Control, ControlError, Controls, parse_control
from ..face.emotions import ALIASES, EMOTIONS
from ..inference.contract import ModelSpec
from .complaints import UsageError

GROUP_TITLES: Final = {
    "emotion": "emotion",
    "style": "style",
    "shape": "shape of the motion",
    "life": "life",
    "acting": "acting",
}


def add_control_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--happy`` … ``--seed``, and ``--emotion NAME``, which sets any emotion of the model."""
    for title, controls in by_group(CONTROLS).items():
        group = parser.add_argument_group(GROUP_TITLES[title])
        if title == "emotion":
            names = ", ".join(EMOTIONS)
            group.add_argument(
                "--emotion",
                type=_emotion,
                action="append",
                metavar="NAME[=WEIGHT]",
                help=f"sets an emotion to 1 or to WEIGHT: one of {names}, or one of the model's own; may be repeated "
                "(angry, sadness and similar names work too)",
            )
        for control in controls:
            group.add_argument(
                flag(control),
                dest=control.name,
                type=_typed(control),
                metavar="NAME" if control.kind in ("choice", "name") else "NUMBER",
                help=f"{control.sentence} ({limits(control)}; {default(control)})".replace("%", "%%"),
            )


def option_values(options: argparse.Namespace, spec: ModelSpec) -> dict[str, float | str]:
    """The given options by the names of the controls; an emotion's own option wins over ``--emotion``.

    Raises:
        ControlError: the model lacks an emotion.
    """
    values: dict[str, float | str] = {_known(name, spec): weight for name, weight in options.emotion or ()}
    given = {control.name: getattr(options, control.name) for control in CONTROLS}
    return values | {name: value for name, value in given.items() if value is not None}


def controls_from(options: argparse.Namespace, spec: ModelSpec) -> Controls:
    """The controls from the options.

    Raises:
        UsageError: the model lacks an emotion or a style.
    """
    try:
        controls = Controls(option_values(options, spec), spec.emotions)
        spec.check(controls)
    except ControlError as error:
        raise UsageError(str(error)) from None
    return controls


def by_group(controls: tuple[Control, ...]) -> dict[str, list[Control]]:
    """Controls group by group, in their order."""
    groups: dict[str, list[Control]] = {}
    for control in controls:
        groups.setdefault(control.group, []).append(control)
    return groups


def flag(control: Control) -> str:
    """The option of a control: its name with dashes; for a model's own emotion, ``--emotion``."""
    if control.group == "emotion" and control.name not in {known.name for known in CONTROLS}:
        return f"--emotion {control.name}"
    return "--" + control.name.replace("_", "-")


def limits(control: Control) -> str:
    """The values of a control, in words."""
    if control.kind == "name":
        return "one of the model's names"
    if control.choices:
        return f"one of {len(control.choices)} names"
    return f"{control.minimum:g} to {control.maximum:g} {control.unit}".rstrip()


def default(control: Control) -> str:
    """A control's default as text for the command line."""
    if isinstance(control.default, str):
        return "the model's first"
    return control.choices[int(control.default)] if control.choices else f"{control.default:g}"


def _typed(control: Control) -> Callable[[str], float | str]:
    def value(text: str) -> float | str:
        try:
            return parse_control(control, text)
        except ControlError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return value


def _emotion(text: str) -> tuple[str, Any]:
    name, is_weighed, weight = text.partition("=")
    try:
        return name.strip(), float(weight) if is_weighed else 1.0
    except ValueError:
        raise argparse.ArgumentTypeError(f"The weight of {name!r} must be a number, not {weight!r}") from None


def _known(name: str, spec: ModelSpec) -> str:
    by_casefold = {known.casefold(): known for known in spec.emotions}
    for candidate in (name.casefold(), ALIASES.get(name.casefold(), "")):
        if candidate in by_casefold:
            return by_casefold[candidate]
    there = f"there are: {', '.join(spec.emotions)}" if spec.emotions else "this model has none"
    raise ControlError(f"There is no emotion {name!r}; {there}")
