"""Every control as an option of the command, made from the table of controls."""

import argparse
from collections.abc import Callable
from typing import Any, Final

from ..face.controls import CONTROLS, Control, ControlError, Controls, parse_control
from ..face.emotions import ALIASES, EMOTIONS

_GROUP_TITLES: Final = {"emotion": "emotion", "style": "style", "shape": "shape of the motion", "life": "life"}


def add_control_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--happy`` … ``--seed``, and ``--emotion NAME``, which sets one emotion fully."""
    for title, controls in controls_by_group().items():
        group = parser.add_argument_group(_GROUP_TITLES[title])
        if title == "emotion":
            names = ", ".join(EMOTIONS)
            group.add_argument(
                "--emotion",
                type=_emotion,
                metavar="NAME",
                help=f"sets one of {names} to 1 (angry, sadness and the like are understood too)",
            )
        for control in controls:
            group.add_argument(
                flag(control),
                dest=control.name,
                type=_typed(control),
                metavar="NAME" if control.choices else "NUMBER",
                help=f"{control.sentence} ({limits(control)}; {default(control)})".replace("%", "%%"),
            )


def controls_from(options: argparse.Namespace) -> Controls:
    """The controls that the options ask for; an emotion's own option wins over ``--emotion``."""
    values: dict[str, Any] = {options.emotion: 1.0} if options.emotion else {}
    given = {control.name: getattr(options, control.name) for control in CONTROLS}
    return Controls(values | {name: value for name, value in given.items() if value is not None})


def controls_by_group() -> dict[str, list[Control]]:
    """The table of controls, group by group in its order."""
    groups: dict[str, list[Control]] = {}
    for control in CONTROLS:
        groups.setdefault(control.group, []).append(control)
    return groups


def flag(control: Control) -> str:
    """The option of a control: its name with dashes."""
    return "--" + control.name.replace("_", "-")


def limits(control: Control) -> str:
    """What values a control takes, in words."""
    if control.choices:
        return f"one of {len(control.choices)} names"
    return f"{control.minimum:g} to {control.maximum:g} {control.unit}".rstrip()


def default(control: Control) -> str:
    """A control's default as one would type it."""
    return control.choices[int(control.default)] if control.choices else f"{control.default:g}"


def _typed(control: Control) -> Callable[[str], float]:
    def value(text: str) -> float:
        try:
            return parse_control(control.name, text)
        except ControlError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return value


def _emotion(text: str) -> str:
    name = ALIASES.get(text.lower(), text.lower())
    if name not in EMOTIONS:
        raise argparse.ArgumentTypeError(f"There is no emotion {text!r}; there are: {', '.join(EMOTIONS)}")
    return name
