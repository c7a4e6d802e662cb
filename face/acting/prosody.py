"""What the acting reads from the voice; ``inference/sound/prosody_tracks.py`` measures it."""

from dataclasses import dataclass

import numpy as np

Span = tuple[float, float]
"""Start and end in seconds."""


@dataclass(frozen=True)
class Stress:
    """A stressed syllable.

    Attributes:
        second: its middle.
        strength: prominence against the speaker's other syllables, 0 (hardly) to 1 (the strongest).
    """

    second: float
    strength: float


@dataclass(frozen=True)
class Prosody:
    """The prosody of a line at a frame rate.

    Attributes:
        fps: frames per second of the arrays.
        loudness: (frames,) dB against the level of the speaker's loud speech, -45 to about 10.
        pitch: (frames,) octaves against the speaker's median F0, carried over unvoiced sounds.
        voicing: (frames,) 0..1 periodicity.
        arousal: (frames,) -1..1, slow: loudness, pitch, spectral tilt and rate against the speaker's own.
        phrases: stretches of speech, in order; pauses under a quarter of a second count as speech.
        stresses: stressed syllables, in order.
        breaths: audible inhalations before phrases.
    """

    fps: float
    loudness: np.ndarray
    pitch: np.ndarray
    voicing: np.ndarray
    arousal: np.ndarray
    phrases: tuple[Span, ...] = ()
    stresses: tuple[Stress, ...] = ()
    breaths: tuple[Span, ...] = ()

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return len(self.loudness)
