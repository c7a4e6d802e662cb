"""Shared by the commands of training: they import the training package, and pass arguments on to it."""

import importlib
import tomllib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .complaints import GOOD


def training_module(name: str) -> ModuleType:
    """A module of the training package.

    Raises:
        EmoTalkError: a package for training is not installed.
    """
    from ..inference.contract import EmoTalkError

    try:
        return importlib.import_module(f"..training.{name}", __package__)
    except ModuleNotFoundError as error:
        raise EmoTalkError(f"This needs the package {error.name}; run: pip install 'emotalk[training]'") from error


def run_step(step: str, words: Sequence[str]) -> int:
    """Run a step of the built-in model's training with its own arguments. Raises EmoTalkError, see above."""
    training_module(step).main(list(words))
    return GOOD


def parse_settings(words: Sequence[str]) -> dict[str, Any]:
    """The table of ``--set KEY=VALUE``; keys have dots, values are those of TOML, and anything else is a text.

    Raises:
        EmoTalkError: a word has no value or no key.
    """
    from ..inference.contract import EmoTalkError

    lines = []
    for word in words:
        key, sign, value = word.partition("=")
        if not sign:
            raise EmoTalkError(f"--set {word} has no value; write KEY=VALUE, as in --set steps=2000")
        try:
            tomllib.loads(f"value = {value}")
        except tomllib.TOMLDecodeError:
            value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        lines.append(f"{key} = {value}")
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        raise EmoTalkError(f"--set {' '.join(words)} cannot be read; write each KEY=VALUE once") from None
