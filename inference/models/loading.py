"""Loads the network of installed weights on a device."""

import hashlib
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final

from ..checkpoints.library import file_hash, find_weights, installed_weights, weights_hash
from ..checkpoints.safetensors_file import bundled_weights
from ..contract import EmoTalkError, Progress, Speech
from ..devices import check_choice, find_device, import_torch
from ..heard_emotions import HeardEmotions
from ..registry import DEFAULT_MODEL, NETWORKS, SPEECH_EMOTION
from .compact_phones import phones_file
from .placement import PlacedModel


@dataclass(frozen=True)
class ModelChoice:
    """The animator's choice of a network.

    Attributes:
        model_id: one of ``model_ids()``.
        device: one of ``devices.DEVICES``; a network in NumPy always computes on the CPU.
        precision: one of ``devices.PRECISIONS``; a network in NumPy always computes in float32.
        windowed: whether a network with attention over the whole line encodes it in windows; faster on long lines.
    """

    model_id: str = DEFAULT_MODEL
    device: str = "auto"
    precision: str = "float32"
    windowed: bool = False


DEFAULT_CHOICE: Final = ModelChoice()


def load_model(model_id: str, device: str = "auto", precision: str = "float32", windowed: bool = False) -> PlacedModel:
    """A model with its weights.

    Args:
        model_id: one of ``model_ids()``.
        device: one of ``devices.DEVICES``.
        precision: one of ``devices.PRECISIONS``.
        windowed: see ``ModelChoice``.

    Raises:
        EmoTalkError: there is no such model or device, its weights are missing or damaged, or it needs PyTorch and
            there is none.
    """
    check_choice(device, precision)
    if model_id == DEFAULT_MODEL:
        bundled_weights(DEFAULT_MODEL)  # its error says how to restore missing weights
    weights = find_weights(model_id)
    if weights.damage:
        raise EmoTalkError(weights.damage)
    network = NETWORKS[weights.network]
    load = partial(network.load, weights.path, weights.spec)
    if not network.needs_torch:
        return PlacedModel(model_id, lambda _: load("cpu", "float32", False), "cpu", "float32")
    import_torch(weights.label)
    return PlacedModel(
        model_id,
        lambda where: load(where, precision, windowed),
        find_device(device),
        f"{precision}, windowed" if windowed else precision,
    )


def hear_emotions(
    speech: Speech, model_id: str, device: str = "auto", progress: Progress | None = None
) -> HeardEmotions:
    """The emotions that a network of the animator's own hears in a line.

    Args:
        speech: the line.
        model_id: one of ``emotion_model_ids()``.
        device: one of ``devices.DEVICES``.
        progress: called with the share (0..1) of the work that is done.

    Raises:
        EmoTalkError: there is no such network, its weights are damaged, it needs PyTorch and there is none, or the line
            is too short for it.
    """
    check_choice(device, DEFAULT_CHOICE.precision)
    weights = find_weights(model_id)
    if weights.damage or weights.network != SPEECH_EMOTION:
        raise EmoTalkError(weights.damage or f"{model_id} hears no emotions; import the checkpoint of one that does")
    import_torch(weights.label)
    from .speech_emotion import SpeechEmotion

    return SpeechEmotion.load(weights.path, find_device(device)).hear(speech, progress)


def emotion_model_ids() -> tuple[str, ...]:
    """The ids of the networks that hear emotions; empty until the animator imports one."""
    return tuple(w.model_id for w in installed_weights() if w.network == SPEECH_EMOTION and not w.damage)


def model_ids() -> tuple[str, ...]:
    """The ids of all models that can be loaded, the built-in one first."""
    return tuple(weights.model_id for weights in installed_weights() if weights.hears and not weights.damage)


def identity_of(model: PlacedModel) -> str:
    """A text that differs wherever the same sound may be encoded differently.

    It names the weights and those of the phones by their hash, the device, the precision, the library that computes,
    and the code.

    Raises:
        EmoTalkError: there are no weights of this model.
    """
    phones = file_hash(phones_file()) if phones_file().is_file() else ""
    weights = weights_hash(find_weights(model.model_id))
    return "\n".join((model.model_id, weights, phones, model.runs_on, _code_hash()))


@cache
def _code_hash() -> str:
    """The hash of the code that encodes: features of an earlier version are not those of this one."""
    inference = Path(__file__).resolve().parents[1]
    state = hashlib.blake2b(digest_size=16)
    for path in sorted((*inference.glob("models/*.py"), *inference.glob("sound/*.py"))):
        state.update(path.name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()
