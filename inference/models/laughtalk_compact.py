"""LaughTalk Compact: EmoTalk Compact's talk, plus a residual that laughs (after LaughTalk, Sung-Bin et al. 2024).

The talk is that of the built-in model without laughter. The residual is a small network of dilated convolutions over
what the built-in model's encoders give, 30 times a second: 52 coefficients to add, whether anybody laughs, and the lip
contacts of speech that the laugh covers. It depends on the sound alone, so a slider only adds it again. Every frame
depends on a bounded time to both sides. ``training/laughter/network.py`` is the same network in PyTorch.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ...face import arkit
from ...face.alignment import Alignment
from ...face.aperture import lip_contact
from ...face.contacts import apply_contacts
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ...face.laughter import LEAST_SECONDS, join_laughs, pulses
from ..checkpoints.library import installed_weights
from ..checkpoints.safetensors_file import read_safetensors
from ..contract import EmoTalkError, Features, Heard, ModelSpec, Progress, Speech
from .compact import FPS, SIGNALS, EmoTalkCompact, decided
from .compact import MODEL_ID as BASE_MODEL

MODEL_ID: Final = "laughtalk-compact"
BASE: Final = "encoders_sha256"
"""Key in the header: SHA-256 of the base's encoders, from ``encoders_hash``."""

INPUTS: Final = ("content", "emotion", "signals", "loudness")
"""Features of the base that the residual network sees, in this order."""
CONTACTS: Final = ("bilabial", "labiodental")
OUTPUTS: Final = len(arkit.CHANNELS) + 2 + len(CONTACTS)
"""The residual; logits of whether a laugh changes the face and of whether somebody laughs; those of the contacts."""

_ENCODERS: Final = ("content.", "emotion.")
_SURE: Final = 0.95
_SURE_SECONDS: Final = 0.3
"""The network must be so sure of laughter, for so long: chosen on 33 minutes of held-out speech."""
_EDGE: Final = 3
"""Frames over which the residual fades in and out where a laugh begins and ends."""
_EPSILON: Final = 1e-5
_CHUNK: Final = 900
_JAW: Final = arkit.INDEX["jawOpen"]
_OPENERS: Final = np.array(
    [name.startswith(("jaw", "mouth")) and "Smile" not in name and "Dimple" not in name for name in arkit.CHANNELS]
)


class LaughTalkCompact:
    """The built-in model's talk with a residual network.

    Args:
        base: hears and talks.
        arrays: weights of the residual network, as ``training/laughter/export.py`` writes them.
        config: dilations and thresholds; the metadata of the weights file.
        spec: of the base.

    Raises:
        EmoTalkError: a weight is missing or has the wrong shape.
    """

    model_id = MODEL_ID

    def __init__(self, base: EmoTalkCompact, arrays: Mapping[str, np.ndarray], config: dict, spec: ModelSpec) -> None:
        self.spec = spec
        self._base = base
        self._weights = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
        try:
            self._dilations: list[int] = config["dilations"]
            self._contacts: dict[str, list[float]] = config["contacts"]
            if self._network(np.zeros((1, len(self._weights["input.mean"])), np.float32)).shape != (1, OUTPUTS):
                raise ValueError("outputs")
            self._covered(np.zeros((1, len(CONTACTS)), np.float32))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise EmoTalkError(f"These weights do not fit LaughTalk Compact ({error}); install EmoTalk again") from None

    @classmethod
    def load(cls, path: str | Path, spec: ModelSpec) -> "LaughTalkCompact":
        """The model of a weights file. Raises EmoTalkError if it is damaged, or its base is not installed."""
        arrays, metadata = read_safetensors(path, as_float32=True)
        if metadata.get("model") != MODEL_ID:
            raise EmoTalkError(f"The weights in {Path(path).name} are not LaughTalk Compact's; choose another file")
        try:
            config = json.loads(metadata["config"])
        except (KeyError, ValueError):
            raise EmoTalkError(f"The weights in {Path(path).name} do not describe their network") from None
        return cls(_find_base(metadata.get(BASE, ""), Path(path).name), arrays, config, spec)

    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """The base's features, and ``residual`` (frames, 52), ``laughter`` (frames, 1) and ``covered`` (frames, 2).

        All three are exactly 0 where no laugh changes the face.
        """
        features = self._base.encode(speech, progress)
        rows = network_input(features.arrays)
        reach = sum(self._dilations)
        parts = []
        for start in range(0, max(features.frames, 1), _CHUNK):
            stop = min(start + _CHUNK, features.frames)
            first = max(start - reach, 0)
            parts.append(self._network(rows[first : stop + reach])[start - first : stop - first])
        found = np.concatenate(parts)
        channels = len(arkit.CHANNELS)
        share = laughing_share(*_sigmoid(found[:, channels : channels + 2]).T)
        added = {
            "residual": np.tanh(found[:, :channels]) * share[:, None],
            "laughter": _sigmoid(found[:, channels + 1 : channels + 2]) * share[:, None],
            "covered": share[:, None] * self._covered(_sigmoid(found[:, channels + 2 :])),
        }
        arrays = {**features.arrays, **{name: array.astype(np.float32) for name, array in added.items()}}
        return Features(MODEL_ID, features.frames, arrays, features.voice)

    def hear(self, features: Features) -> Heard:
        """The laughter that the residual network hears, and how sure the base is of the sounds."""
        return replace(self._base.hear(features), laughter=features.arrays["laughter"][:, 0])

    @property
    def hears_phones(self) -> bool:
        """See ``HearsPhones``."""
        return self._base.hears_phones

    def phone_posteriors(self, features: Features) -> np.ndarray:
        """See ``HearsPhones``. Raises EmoTalkError if the base hears none."""
        return self._base.phone_posteriors(features)

    def tell(self, features: Features, alignment: Alignment) -> Features:
        """See ``HearsPhones``; laughter is always heard. Raises EmoTalkError if the base cannot be told."""
        return self._base.tell(features, alignment)

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The talk plus as much of the residual as the control *laughter* says."""
        silent = Controls({**controls.changed(), "laughter": 0}, controls.emotions)
        talk = self._base.decode(replace(features, model=BASE_MODEL), silent)
        gain = controls.track("laughter", features.frames)
        residual = features.arrays["residual"]
        if not gain.any() or not residual.any():
            return talk
        speaking = _sigmoid(features.arrays["signals"][:, SIGNALS.index("speech")])
        held = np.minimum(lip_contact(talk.values) * speaking, 1)
        return talk.with_values(add_residual(talk.values, residual, features.arrays["covered"], held, gain))

    def _covered(self, chances: np.ndarray) -> np.ndarray:
        """(frames, 2) strengths of the contacts by their chances."""
        contacts = [decided(chances[:, i], *self._contacts[name]) for i, name in enumerate(CONTACTS)]
        return np.stack(contacts, axis=1)

    def _network(self, rows: np.ndarray) -> np.ndarray:
        """(frames, ``OUTPUTS``) of a stretch (frames, inputs); frames beyond its ends count as zeros in each block."""
        weights = self._weights
        hidden = self._linear("input", (rows - weights["input.mean"]) / weights["input.spread"])
        for number, dilation in enumerate(self._dilations):
            block = f"blocks.{number}"
            normed = np.pad(self._norm(f"{block}.norm", hidden), ((dilation, dilation), (0, 0)))
            kernel = weights[f"{block}.conv.weight"]
            work = sum(normed[tap * dilation :][: len(hidden)] @ kernel[tap] for tap in range(len(kernel)))
            hidden = hidden + self._linear(f"{block}.mix", np.maximum(work + weights[f"{block}.conv.bias"], 0))
        return self._linear("output", self._norm("norm", hidden))

    def _linear(self, name: str, rows: np.ndarray) -> np.ndarray:
        return rows @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _norm(self, name: str, rows: np.ndarray) -> np.ndarray:
        centred = rows - rows.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + _EPSILON)
        return centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


def add_residual(
    talk: np.ndarray, residual: np.ndarray, covered: np.ndarray, held: np.ndarray, gain: np.ndarray
) -> np.ndarray:
    """A talk with a laugh on it.

    Args:
        talk: (frames, 52).
        residual: (frames, 52) -1..1; added, but the jaw opens by soft union 1 - (1 - a)(1 - b), so that it never opens
            further than it can.
        covered: (frames, 2) lip contacts that the laugh covers, 0..1.
        held: (frames,) 0..1 lip contacts of the talk, in which the lips stay as they are.
        gain: (frames,) of the residual, 0 and up.

    Returns:
        (frames, 52) within 0..1 where the talk is; the talk itself where the gain or the residual is 0.
    """
    added = residual * gain[:, None]
    added[:, _OPENERS] *= (1 - held)[:, None]
    values = talk + added
    jaw = added[:, _JAW]
    values[:, _JAW] = np.where(jaw > 0, 1 - (1 - talk[:, _JAW]) * (1 - np.minimum(jaw, 1)), values[:, _JAW])
    share = np.minimum(gain, 1)
    contacts = covered * share[:, None]
    closed = apply_contacts(np.clip(values, 0, 1), contacts[:, 0], contacts[:, 1], np.ones(len(talk), np.float32))
    touched = (added != 0).any(axis=1) | (contacts > 0).any(axis=1)
    return np.where(touched[:, None], np.clip(closed, 0, 1), talk).astype(np.float32)


def network_input(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """(frames, inputs) features of the base side by side, and the calls: 1 at the loudest moment of each, 0 between."""
    calls = pulses(arrays["loudness"][:, 0], FPS) if len(arrays["loudness"]) else arrays["loudness"][:, 0]
    return np.concatenate([*(arrays[name] for name in INPUTS), calls[:, None]], axis=1).astype(np.float32)


def laughing_share(changed: np.ndarray, laughing: np.ndarray) -> np.ndarray:
    """(frames,) 0..1: where a laugh changes the face; exactly 0 elsewhere.

    Args:
        changed: (frames,) chance that the face is changed, a soft beginning and the afterglow included.
        laughing: (frames,) chance that somebody laughs.
    """
    edge = np.linspace(0, 1, _EDGE + 2)[1:-1]
    share = np.zeros(len(changed), np.float32)
    for first, last in join_laughs(changed, FPS, LEAST_SECONDS, laughing > _SURE, _SURE_SECONDS):
        share[first:last] = 1
        for offset, value in enumerate(edge):
            for place in (first + offset, last - 1 - offset):
                share[place] = min(share[place], value)
    return share


def encoders_hash(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of the weights that the base's features depend on; decoders may differ."""
    state = hashlib.sha256()
    for name in sorted(name for name in arrays if name.startswith(_ENCODERS)):
        state.update(name.encode() + b"\0" + np.ascontiguousarray(arrays[name], np.float16).tobytes())
    return state.hexdigest()


def _find_base(encoders: str, source: str) -> EmoTalkCompact:
    for weights in installed_weights():
        if weights.network != BASE_MODEL or weights.damage:
            continue
        if encoders_hash(read_safetensors(weights.path)[0]) == encoders:
            return EmoTalkCompact.load(weights.path, weights.spec)
    raise EmoTalkError(
        f"{source} laughs on weights of EmoTalk Compact that are not installed (SHA-256 {encoders[:12]}...); "
        "install EmoTalk again"
    )


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -30, 30)))
