"""The model of a line, chosen from the installed ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..inference.checkpoints.library import InstalledWeights, installed_weights, user_weights_folder
from ..inference.contract import EmoTalkError, ModelSpec
from ..inference.registry import COMPACT_SPEC, DEFAULT_MODEL, SPEECH_EMOTION

if TYPE_CHECKING:
    from .properties import LineProperties

_TOLD: Final = (DEFAULT_MODEL, f"{DEFAULT_MODEL}-actor")
"""The networks that can be told what is said."""
_installed: tuple[InstalledWeights, ...] = ()
_emotion_models: tuple[InstalledWeights, ...] = ()


def refresh() -> None:
    """Search the disk for weights again."""
    global _installed, _emotion_models
    found = installed_weights()
    hearing = (weights for weights in found if weights.hears)
    _installed = tuple(sorted(hearing, key=lambda weights: weights.model_id != DEFAULT_MODEL))
    _emotion_models = tuple(w for w in found if w.network == SPEECH_EMOTION and not w.damage)


def installed() -> Sequence[InstalledWeights]:
    """The weights found by the last search, the built-in model first; for panels."""
    return _installed


def emotion_models() -> Sequence[InstalledWeights]:
    """The networks that hear emotions, as the last search found them; for panels."""
    return _emotion_models


def own_folder() -> Path:
    """The folder of the animator's own weights, created if necessary. Raises OSError if that fails."""
    folder = user_weights_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def model_of(line: "LineProperties | None") -> str:
    """The id of the line's model; the built-in one's without a line."""
    return (line.model if line else "") or DEFAULT_MODEL


def weights_of(line: "LineProperties | None") -> InstalledWeights | None:
    """The weights of the line's model; None if they are not on this computer."""
    return _found(model_of(line))


def spec_of(line: "LineProperties | None") -> ModelSpec:
    """The specification of the line's model; the built-in model's if it is not on this computer."""
    weights = weights_of(line)
    return weights.spec if weights else COMPACT_SPEC


def can_be_told(line: "LineProperties | None") -> bool:
    """Whether the line's model can be told what is said; others only listen."""
    weights = weights_of(line)
    return weights is not None and weights.network in _TOLD


def usable_weights(line: "LineProperties") -> InstalledWeights:
    """The weights of the line's model; see ``usable``."""
    return usable(model_of(line))


def usable(model_id: str) -> InstalledWeights:
    """The weights of a model ("" is the built-in one); the disk is searched again if necessary.

    Raises:
        EmoTalkError: they are not on this computer, or damaged.
    """
    weights = look_up(model_id)
    if weights.damage:
        raise EmoTalkError(weights.damage)
    return weights


def look_up(model_id: str) -> InstalledWeights:
    """The weights of a model ("" is the built-in one), damaged or not; the disk is searched again if necessary.

    Raises:
        EmoTalkError: they are not on this computer.
    """
    model_id = model_id or DEFAULT_MODEL
    weights = _found(model_id)
    if weights is None:
        refresh()
        weights = _found(model_id)
    if weights is None:
        raise EmoTalkError(f"The model {model_id!r} is not on this computer; import it, or choose another one")
    return weights


def _found(model_id: str) -> InstalledWeights | None:
    return next((weights for weights in _installed if weights.model_id == model_id), None)
