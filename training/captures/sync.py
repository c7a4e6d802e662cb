"""Whether sound and curves belong together: how far the mouth opens against how loud the sound is.

Measured on the five takes of a real actress (``captures/mandarin_actor``, 48 to 112 s). A take correlates with its own
sound with .71 to .86, at a lag of 10 to 20 ms, and with the sound of another take with at most .29 at the best of all
lags within 2 s. ``LEAST_CORRELATION`` lies between the two, below the .44 of our own performance of the sample line,
which may be learnt from too. Speech of the same rhythm fits by chance, the better the shorter a take is, so a take must
also beat its own chance: the best correlation with its own sound moved on by more than a second. In pieces of 20 s both
together refuse 0 of 22 good ones, and let 6 of 380 pass in time that have another sound; in 10 s 1 of 47, and 63 of
1,730. In 5 s, one in five with another sound passes: most of these takes read syllables at a steady pace.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ...face.aperture import lip_aperture
from ...face.basis import JAW_CHANNELS
from ...face.curves import FaceCurves
from ...inference.contract import Speech
from ...inference.sound.rms import frame_rms

LEAST_CORRELATION: Final = 0.35
"""With less, the sound is that of another take, or the capture is lost."""
RATE: Final = 100.0
"""Hz, at which both are compared."""
LONGEST_LAG: Final = 2.0
"""Seconds to both sides within which an offset is looked for."""
NEAR: Final = 0.1
"""Seconds. A take whose best lag is further away is out of sync."""
_CLEARLY: Final = 0.1
"""A lag further away counts if its correlation is so much higher than the best one near by."""
_USUAL_LAG: Final = 0.01
"""Seconds, the median of the five takes: the jaw opens that much later than the sound becomes loud."""
_FAR: Final = 1.0
_LEAST_SECONDS_FOR_CHANCE: Final = 10.0
"""In shorter takes so few lags are left that some of them fit as well."""
_WINDOW: Final = (8.0, 20.0)
"""Seconds, the shortest and the longest window; in between, a fifth of the take. They overlap by half."""
_WINDOW_LAG: Final = 0.3
"""Seconds around the lag of the whole take within which those of the windows are looked for."""
_LEAST_WINDOWS: Final = 4
_SMOOTH: Final = np.hanning(9) / np.hanning(9).sum()


@dataclass(frozen=True)
class Sync:
    """How sound and curves fit in time.

    Attributes:
        correlation: of opening and loudness, the best at a lag within ``NEAR``.
        chance: the best correlation at lags that cannot be right; 0 in takes too short for one.
        lag_seconds: how much later than usual the curves are than the sound; 0 if nothing correlates.
        lag_correlation: at that lag.
        drift: seconds that the lag grows in each second; 0 if the take is too short to say.
        start_lag: seconds that the curves are late at the beginning, by the same fit.
        windows: (windows, 3) middle of each window in seconds, its lag in seconds, its correlation.
        correlations: (lags, 2) lag in seconds and the correlation of the whole take there, within ``LONGEST_LAG``.
    """

    correlation: float
    chance: float
    lag_seconds: float
    lag_correlation: float
    drift: float
    start_lag: float
    windows: np.ndarray
    correlations: np.ndarray

    @property
    def belongs(self) -> bool:
        """Whether the sound is that of the curves, at whatever lag."""
        return self.lag_correlation >= max(LEAST_CORRELATION, self.chance)

    @property
    def is_in_time(self) -> bool:
        """Whether the best lag is near by."""
        return abs(self.lag_seconds) <= NEAR


def opening(curves: FaceCurves) -> np.ndarray:
    """(frames,) how far the mouth is open, in any unit that grows with it.

    The lips of a basis that knows them, FLAME's jaw, else how far the face is from its most frequent pose.
    """
    if curves.basis.lip_terms:
        return np.maximum(lip_aperture(curves.values, curves.basis), 0).astype(np.float64)
    if curves.basis.has(JAW_CHANNELS):
        return curves.channel(JAW_CHANNELS[0]).astype(np.float64)
    values = curves.values.astype(np.float64)
    return np.linalg.norm(values - np.median(values, axis=0), axis=1)


def loudness(speech: Speech, rate: float) -> np.ndarray:
    """(frames,) square root of the RMS within half a frame, smoothed over 80 ms at 100 Hz; between linear and dB."""
    return np.convolve(np.sqrt(frame_rms(speech, max(int(speech.seconds * rate), 1), rate)), _SMOOTH, "same")


def opening_track(curves: FaceCurves) -> np.ndarray:
    """(n,) the opening at ``RATE``."""
    times = np.arange(max(int(curves.frames / curves.fps * RATE), 1)) / RATE
    return np.interp(times, curves.times, opening(curves))


def near_correlation(mouth: np.ndarray, sound: np.ndarray) -> float:
    """The best correlation of an opening and a loudness at ``RATE`` at a lag within ``NEAR``, as ``Sync`` has it."""
    length = min(len(mouth), len(sound))
    longest = round((NEAR + _USUAL_LAG) * RATE)
    return float(_correlations(mouth[:length], sound[:length], longest)[round(2 * _USUAL_LAG * RATE) :].max())


def measure_sync(speech: Speech, curves: FaceCurves) -> Sync:
    """Lag, drift and correlation of a take; all zeros if one of the two never changes."""
    mouth, sound = opening_track(curves), loudness(speech, RATE)
    length = min(len(mouth), len(sound))
    mouth, sound = mouth[:length], sound[:length]
    correlations = _correlations(mouth, sound, min(round(LONGEST_LAG * RATE), length // 2))
    lags = (np.arange(len(correlations)) - len(correlations) // 2) / RATE
    near = np.abs(lags - _USUAL_LAG) <= NEAR + 1e-9
    nearest, best = int(np.argmax(np.where(near, correlations, -2))), int(np.argmax(correlations))
    if correlations[best] < correlations[nearest] + _CLEARLY:
        best = nearest
    windows = _window_lags(mouth, sound, lags[best])
    lag = float(lags[best]) - _USUAL_LAG if correlations[best] > 0 else 0.0
    drift, start_lag = _line(windows, lag)
    return Sync(
        float(correlations[nearest]),
        _chance(mouth, sound, lags[best]) if length >= _LEAST_SECONDS_FOR_CHANCE * RATE else 0.0,
        lag,
        float(correlations[best]),
        drift,
        start_lag,
        windows,
        np.stack([lags, correlations], axis=1),
    )


def _correlations(mouth: np.ndarray, sound: np.ndarray, longest: int) -> np.ndarray:
    """(2 longest + 1,) correlations at each lag of the mouth behind the sound, from -longest on."""
    mouth, sound = mouth - mouth.mean(), sound - sound.mean()
    power = np.sqrt((mouth @ mouth) * (sound @ sound))
    if power < 1e-12:
        return np.zeros(2 * longest + 1)
    size = 2 ** int(np.ceil(np.log2(2 * len(mouth))))
    product = np.fft.irfft(np.fft.rfft(mouth, size) * np.conj(np.fft.rfft(sound, size)), size)
    return product[np.arange(-longest, longest + 1)] / power


def _chance(mouth: np.ndarray, sound: np.ndarray, lag: float) -> float:
    """The best correlation when the sound is moved round to more than ``_FAR`` away from this lag in seconds."""
    mouth, sound = mouth - mouth.mean(), sound - sound.mean()
    power = np.sqrt((mouth @ mouth) * (sound @ sound))
    if power < 1e-12:
        return 0.0
    product = np.fft.irfft(np.fft.rfft(mouth) * np.conj(np.fft.rfft(sound)), len(mouth)) / power
    product, far = np.roll(product, -round(lag * RATE)), round(_FAR * RATE)
    return float(product[far : len(mouth) - far].max())


def _window_lags(mouth: np.ndarray, sound: np.ndarray, middle: float) -> np.ndarray:
    """(windows, 3) see ``Sync.windows``; windows in which nothing correlates are left out."""
    length = round(min(max(len(mouth) / 5, _WINDOW[0] * RATE), _WINDOW[1] * RATE))
    longest = round(_WINDOW_LAG * RATE)
    shift = round(middle * RATE)
    mouth, sound = (mouth[shift:], sound[: len(sound) - shift]) if shift >= 0 else (mouth[:shift], sound[-shift:])
    rows = []
    for start in range(0, len(mouth) - length + 1, length // 2):
        correlations = _correlations(mouth[start : start + length], sound[start : start + length], longest)
        best = int(np.argmax(correlations))
        if correlations[best] >= LEAST_CORRELATION:
            lag = middle + (best - longest) / RATE - _USUAL_LAG
            rows.append(((start + length / 2) / RATE, lag, correlations[best]))
    return np.array(rows, np.float64).reshape(-1, 3)


def _line(windows: np.ndarray, lag: float) -> tuple[float, float]:
    """Slope and beginning of the lags' linear fit, each window weighing as much as it correlates."""
    if len(windows) < _LEAST_WINDOWS:
        return 0.0, lag
    slope, start = np.polyfit(windows[:, 0], windows[:, 1], 1, w=windows[:, 2])
    return float(slope), float(start)
