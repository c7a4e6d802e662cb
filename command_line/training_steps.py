"""Shared by ``emotalk prepare``, ``train`` and ``evaluate``: passes their arguments on to the training package."""

import importlib
from collections.abc import Sequence

from .complaints import GOOD


def run_step(step: str, words: Sequence[str]) -> int:
    """Run a step of training.

    Raises:
        EmoTalkError: a package for training is not installed.
    """
    from ..inference.contract import EmoTalkError

    try:
        module = importlib.import_module(f"..training.{step}", __package__)
    except ModuleNotFoundError as error:
        raise EmoTalkError(f"This needs the package {error.name}; run: pip install 'emotalk[training]'") from error
    module.main(list(words))
    return GOOD
