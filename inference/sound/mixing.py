"""Channels to mono: by their places where these are known, and by what they hold where that would lose the voice."""

from typing import Final

import numpy as np

_CENTRE, _SUBWOOFER = 0x4, 0x8
_SURROUND_51: Final = (0x1, 0x2, _CENTRE, _SUBWOOFER, 0x10, 0x20)
_SURROUND_71: Final = (*_SURROUND_51, 0x200, 0x400)
_LAYOUTS: Final = {6: _SURROUND_51, 8: _SURROUND_71}
"""The channels of files that do not name them (the order of WAVE_FORMAT_EXTENSIBLE)."""

_SUBWOOFER_HZ: Final = 250.0
_AUDIBLE: Final = 1e-3
"""A channel with less than this share of the power counts for nothing."""
_CANCELLED: Final = 0.3
"""A mix with less than this share of the power of unrelated channels lets them cancel each other."""
_LOST: Final = 0.05
"""A mix with less than this share of an average's power of the loudest channel has lost it."""
_ALIKE: Final = 0.3
"""From this correlation on, two channels hold the same sound."""


class Held:
    """What the channels of a sound hold, summed up block by block.

    The differences of neighbouring samples count: an offset, hum and rumble are small in them, speech is not.

    Args:
        channels: their number.
    """

    def __init__(self, channels: int) -> None:
        self._powers = np.zeros((channels, channels))
        self._squares = np.zeros(channels)
        self._sums = np.zeros(channels)
        self._samples = 0

    def add(self, block: np.ndarray) -> None:
        """Count (n, channels) float32."""
        steps = np.diff(block, axis=0)
        self._powers += steps.T @ steps
        self._squares += np.einsum("ij,ij->j", block, block)
        self._sums += block.sum(axis=0, dtype=np.float64)
        self._samples += len(block)

    def better_weights(self, weights: np.ndarray, speakers: int, rate: int) -> np.ndarray | None:
        """Gains that keep what the given ones lose: a voice in anti-phase, or on a track taken for a subwoofer.

        Args:
            weights: (channels,) float32, from ``mono_weights``.
            speakers: WAVE_FORMAT_EXTENSIBLE's speaker bits, 0 if unknown.
            rate: Hz.

        Returns:
            (channels,) float32, or None where the given ones lose nothing.
        """
        channels = len(weights)
        power = np.diag(self._powers)
        if not power.any():
            return None
        average = np.full(channels, 1 / channels, np.float32)
        better = weights
        if not speakers and self._has_no_subwoofer(channels, rate):
            better = average
        if self._of(better) < _LOST * power.max() / channels**2 and not self._cancels(better):
            better = average
        if self._cancels(better):
            better = better * self._signs(better)
        if self._cancels(better):
            better = np.eye(channels, dtype=np.float32)[int(np.argmax(power))]
        return None if better is weights else better.astype(np.float32)

    def _of(self, weights: np.ndarray) -> float:
        return float(weights @ self._powers @ weights)

    def _cancels(self, weights: np.ndarray) -> bool:
        return self._of(weights) < _CANCELLED * float(weights**2 @ np.diag(self._powers))

    def _signs(self, weights: np.ndarray) -> np.ndarray:
        power = np.diag(self._powers)
        loudest = int(np.argmax(weights**2 * power))
        alike = self._powers[loudest] / np.sqrt(np.maximum(power * power[loudest], 1e-30))
        return np.where(alike < -_ALIKE, -1, 1)

    def _has_no_subwoofer(self, channels: int, rate: int) -> bool:
        """Whether what could be surround sound has something else than low tones where its subwoofer would be."""
        if channels not in _LAYOUTS:
            return False
        place = _LAYOUTS[channels].index(_SUBWOOFER)
        power = np.diag(self._powers)
        variance = self._squares[place] - self._sums[place] ** 2 / max(self._samples, 1)
        highest = (2 * np.sin(np.pi * _SUBWOOFER_HZ / rate)) ** 2
        return bool(power[place] > _AUDIBLE * power.sum() and power[place] > highest * variance)


def mono_weights(channels: int, speakers: int) -> np.ndarray:
    """(channels,) gains of a mixdown that keeps the level of dialogue.

    In surround sound, dialogue is in the centre, or in left and right alike. Both keep their full level; the surround
    channels are reduced to a quarter and the subwoofer is dropped. Channels without a known position are averaged.
    """
    places = tuple(1 << bit for bit in range(32) if speakers >> bit & 1) or _LAYOUTS.get(channels, ())
    if len(places) != channels or _CENTRE not in places or channels < 3:
        return np.full(channels, 1 / channels, np.float32)
    gains = {_CENTRE: 1.0, _SUBWOOFER: 0.0, 0x1: 0.5, 0x2: 0.5}
    return np.array([gains.get(place, 0.25) for place in places], np.float32)
