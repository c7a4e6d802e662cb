"""FaceFormer's decoder (Fan et al., CVPR 2022), autoregressive, in NumPy: a frame costs the same however long the line.

One post-norm transformer layer. Its input is the motion of the frame before, its self-attention is causal and fades by
whole periods, its cross-modal attention sees the sound of its own frame alone. Shapes: T frames, F columns, C channels.

What is computed differently from the authors' code, which runs the whole past again for every frame:

- Keys and values of earlier frames are kept, those of the last ``MOST_KEYS`` frames.
- Attention to a single frame has a softmax of 1, so the cross-modal attention is two linear maps of the sound's
  features, computed for all frames at once; queries and keys of it are dead weights, and not in the file.
- NumPy multiplies: for products this small, PyTorch takes longer to begin than to compute.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from ..contract import Progress

MOST_KEYS: Final = 1800
"""Frames that self-attention looks back on, itself included: a minute at 30 per second; three times the longest line
of the authors' code."""
LAYER_NORM_EPS: Final = 1e-5

_REPORTED: Final = 64
"""Frames between two reports of progress."""


def decoder_shapes(memory: int, features: int, feed_forward: int, channels: int) -> dict[str, tuple[int, ...]]:
    """Every weight's name and shape.

    Args:
        memory: columns of what the sound's encoder gives.
        features: F.
        feed_forward: the width inside the feed-forward layer.
        channels: C.
    """
    biased: dict[str, tuple[int, ...]] = {
        "memory_map": (features, memory),
        "motion_map": (features, channels),
        "self_attention.qkv_proj": (3 * features, features),
        "self_attention.out_proj": (features, features),
        "cross_attention.v_proj": (features, features),
        "cross_attention.out_proj": (features, features),
        "feed_forward.intermediate_dense": (feed_forward, features),
        "feed_forward.output_dense": (features, feed_forward),
        **{f"norms.{i}": (features,) for i in range(3)},
        "motion": (channels, features),
    }
    shapes: dict[str, tuple[int, ...]] = {"start": (features,)}
    for name, shape in biased.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


def head_slopes(heads: int) -> np.ndarray:
    """(heads,) what each head loses for a period: those of ALiBi (Press et al., ICLR 2022), heads a power of two."""
    return np.array([2.0 ** (-8 * (head + 1) / heads) for head in range(heads)], np.float32)


def periodic_encoding(period: int, features: int) -> np.ndarray:
    """(period, F) float32 sines and cosines of a frame's place in its period; equation 3 of FaceFormer."""
    rates = np.exp(np.arange(0, features, 2) * (-math.log(10_000.0) / features))
    encoding = np.empty((period, features), np.float32)
    places = np.arange(period)[:, None] * rates
    encoding[:, 0::2], encoding[:, 1::2] = np.sin(places), np.cos(places)
    return encoding


class FaceFormerDecoder:
    """The decoder behind its ``memory_map``, which the caller applies where the encoder runs.

    Args:
        weights: those of ``decoder_shapes`` without ``memory_map``, float32.
        heads: of the self-attention, a power of two that divides F.
        period: frames after which its bias grows, and after which positions repeat.
        most_keys: frames that it looks back on.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], heads: int, period: int, most_keys: int = MOST_KEYS) -> None:
        self._heads, self._most_keys = heads, most_keys
        self._start = weights["start"]
        self._positions = periodic_encoding(period, len(self._start))
        self._motion_map = _linear(weights, "motion_map")
        self._qkv_proj = _linear(weights, "self_attention.qkv_proj")
        self._out_proj = _linear(weights, "self_attention.out_proj")
        self._guide = _linear(weights, "cross_attention.v_proj"), _linear(weights, "cross_attention.out_proj")
        self._intermediate_dense = _linear(weights, "feed_forward.intermediate_dense")
        self._output_dense = _linear(weights, "feed_forward.output_dense")
        self._norms = [(weights[f"norms.{i}.weight"], weights[f"norms.{i}.bias"]) for i in range(3)]
        self._motion = _linear(weights, "motion")
        behind = np.arange(most_keys - 1, -1, -1) // period
        self._fading = -head_slopes(heads)[:, None] * behind.astype(np.float32)

    def perform(self, memory: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """Motion from sound, frame after frame.

        Args:
            memory: (T, F) float32, what ``memory_map`` gives.
            progress: called with the share (0..1) of the frames that is done.

        Returns:
            (T, C) float32.
        """
        frames = len(memory)
        guidance = _apply(self._guide[1], _apply(self._guide[0], memory))
        motion = np.empty((frames, len(self._motion[1])), np.float32)
        past = _Past(self._heads, len(self._start) // self._heads, self._most_keys, frames)
        seen = self._start
        for frame in range(frames):
            row = seen + self._positions[frame % len(self._positions)]
            row = self._norm(0, row + _apply(self._out_proj, self._attend(row, past)))
            row = self._norm(1, row + guidance[frame])
            inner = np.maximum(_apply(self._intermediate_dense, row), 0)
            row = self._norm(2, row + _apply(self._output_dense, inner))
            motion[frame] = _apply(self._motion, row)
            seen = _apply(self._motion_map, motion[frame])
            if progress is not None and (frame + 1 == frames or frame % _REPORTED == 0):
                progress((frame + 1) / frames)
        return motion

    def _attend(self, row: np.ndarray, past: "_Past") -> np.ndarray:
        queries, keys, values = _apply(self._qkv_proj, row).reshape(3, self._heads, -1)
        all_keys, all_values = past.extended(keys, values)
        scores = (all_keys @ queries[:, :, None])[:, :, 0] * np.float32(queries.shape[1] ** -0.5)
        scores += self._fading[:, -scores.shape[1] :]
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        attended = (scores[:, None] @ all_values)[:, 0] / scores.sum(axis=1, keepdims=True)
        return np.asarray(attended.reshape(-1))

    def _norm(self, number: int, row: np.ndarray) -> np.ndarray:
        weight, bias = self._norms[number]
        row = row - row.sum() / len(row)
        return np.asarray(row * (weight / np.sqrt(row @ row / len(row) + np.float32(LAYER_NORM_EPS))) + bias)


class _Past:
    """Keys and values of the last frames, in memory that does not grow."""

    def __init__(self, heads: int, width: int, most: int, frames: int) -> None:
        self._most, self._end = most, 0
        # Twice as long as what is looked at, so that rows are moved once in ``most`` frames and lie in one piece.
        self._rows = np.empty((2, heads, min(2 * most, frames), width), np.float32)

    def extended(self, keys: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Those of the past and of one more frame, (heads, n, width) each, the newest last."""
        if self._end == self._rows.shape[2]:
            kept = self._most - 1
            self._rows[:, :, :kept] = self._rows[:, :, self._end - kept :]
            self._end = kept
        self._rows[0, :, self._end], self._rows[1, :, self._end] = keys, values
        self._end += 1
        seen = self._rows[:, :, max(self._end - self._most, 0) : self._end]
        return seen[0], seen[1]


def _linear(weights: Mapping[str, np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    """A matrix (in, out) and a bias."""
    return np.ascontiguousarray(weights[f"{name}.weight"].T), weights[f"{name}.bias"]


def _apply(linear: tuple[np.ndarray, np.ndarray], rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows @ linear[0] + linear[1])
