"""Blinks, glances and head motion: seeded, switchable, and placed by speech activity and loudness.

Rates, phases and amplitudes follow Bentivoglio 1997 (blink rates, log-normal gaps), Sforza 2008 (phases),
Nakano & Kitazawa 2010 (blinks at phrase ends), Kuratate, Munhall and Busso (head motion with prosody); the
combination is the project's own.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from .acting.head import head_accents
from .acting.layer import Scene
from .basis import EYES, HEAD
from .controls import Controls
from .curves import FaceCurves, Performance
from .emotions import HEAD_ENERGY, HEAD_POSES
from .eyes import BLINKS, WIDE
from .intervals import intervals_of
from .released_postprocessing import released_blinks
from .shaping import gaussian_filter, shift_time

BLINK_CLOSING: Final = 0.08
BLINK_HOLD: Final = 0.03
BLINK_OPENING: Final = 0.17
"""Seconds of a blink without variety."""

_DEPTHS: Final = (0.50, 0.92)
_CLOSINGS: Final = (0.055, 0.085)
_HOLDS: Final = (0.0, 0.02)
_OPENINGS: Final = (0.10, 0.20)
"""Ranges of captured blinks: their median peak is 0.6 to 0.8, and they are above 0.4 for 50 to 110 ms."""
_NEAR_GLANCE: Final = 0.5
_WITH_GLANCE: Final = 0.55
_LEAST_SHIFT: Final = 0.12
"""Seconds from a glance that draws a blink to it, its chance, and the size of such a glance in look units."""

_AROUND_SPEECH: Final = 1 / 6
"""Seconds."""
_MEAN_OVER_MEDIAN: Final = float(np.exp(0.6**2 / 2))
_LIMIT_DEGREES: Final = 12.0


def liven(curves: FaceCurves, loudness: np.ndarray, controls: Controls, scene: Scene | None = None) -> Performance:
    """Add blinks, glances and head motion to a face.

    Args:
        curves: of any basis, already shaped.
        loudness: (frames,) root mean square of the sound at each frame, any scale.
        controls: blink_rate, blink_strength, blink_kind, gaze_gain, head_gain, eye_variety, head_accents, seed,
            time_offset, clamping and the emotion mix are used.
        scene: what is known of the line; without it the head has no accents.

    Returns:
        The face, the head's rotation, and the eyes' blinks and gaze, which ``eyes.merge_eyes`` adds to the face if it
        has channels for them; equal input gives equal output.
    """
    later = controls.constant("time_offset") / 1000 * curves.fps
    loudness = shift_time(np.asarray(loudness, np.float32)[:, None], later)[:, 0]
    speaking = find_speech(loudness, curves.fps)
    seed = int(controls.constant("seed"))
    eyes = np.zeros((curves.frames, len(EYES)), np.float32)
    is_released = controls.choice("blink_kind") == "Released demo"
    if is_released:
        lids = released_blinks(curves.frames, curves.fps, seed)
    else:
        variety = controls.constant("eye_variety")
        lids = blink(speaking, curves.fps, controls.constant("blink_rate"), seed, variety)
    lids = np.minimum(lids * controls.track("blink_strength", curves.frames), 1)
    values = _without_blinks(curves) if is_released else _less_wide(curves, lids)
    eyes[:, EYES.columns(BLINKS.values())] = lids[:, None]
    eyes[:, EYES.columns(("lookLeft", "lookUp"))] = glance(speaking, curves.fps, controls.constant("gaze_gain"), seed)
    head = move_head(loudness, speaking, curves.fps, controls)
    if scene is not None and controls.constant("head_gain") and np.any(controls["head_accents"]):
        added = shift_time(head_accents(scene.prosody, scene.laughter, seed), later)
        added *= controls.track("head_accents", curves.frames)[:, None] * controls.constant("head_gain")
        energy = 1 + controls.emotion_tracks(curves.frames) @ (HEAD_ENERGY - 1)
        head = np.clip(head + added * energy[:, None], -_LIMIT_DEGREES, _LIMIT_DEGREES).astype(np.float32)
    return Performance(
        curves.with_values(values),
        FaceCurves(head, HEAD, curves.fps),
        FaceCurves(eyes, EYES, curves.fps),
        clamped=controls.choice("clamping") == "On",
    )


def find_speech(loudness: np.ndarray, fps: float) -> np.ndarray:
    """(frames,) bool: voice activity; pauses under 150 ms count as speech."""
    if len(loudness) == 0:
        return np.zeros(0, bool)
    threshold = max(0.1 * float(np.percentile(loudness, 95)), 1e-4)
    speaking = loudness > threshold
    for start, end in intervals_of(~speaking):
        if start > 0 and end < len(speaking) and end - start < 0.15 * fps:
            speaking[start:end] = True
    return speaking


def speech_presence(loudness: np.ndarray, fps: float) -> np.ndarray:
    """(frames,) 0 in a pause, 1 in speech and a sixth of a second around it, where a *p* may still be silent."""
    speaking = find_speech(loudness, fps).astype(np.float32)
    reach = round(_AROUND_SPEECH * fps)
    padded = np.pad(speaking, reach)
    wide = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1) if len(speaking) else speaking
    return gaussian_filter(wide, _AROUND_SPEECH / 4 * fps)


def blink_times(
    speaking: np.ndarray, fps: float, rate: float, seed: int, variety: float = 0
) -> list[tuple[float, float]]:
    """When the eyes blink: (second of full closure, amplitude), in order.

    Args:
        speaking: (frames,) bool.
        fps: frames per second.
        rate: blinks per minute on average; speakers blink more than listeners.
        seed: whole number.
        variety: 0..1; how often a blink goes with a glance nearby.
    """
    if rate <= 0 or len(speaking) == 0:
        return []
    rng = np.random.default_rng([seed, 1])
    with_glance = np.random.default_rng([seed, 4])
    shifts = _glance_shifts(speaking, fps, seed) if variety > 0 else np.zeros(0)
    phrase_ends = np.array([end / fps for _, end in intervals_of(speaking)])
    length = len(speaking) / fps
    mean_gap = 60 / rate
    blinks: list[tuple[float, float]] = []
    now = -mean_gap * rng.random()
    while True:
        busy = speaking[int(np.clip(now * fps, 0, len(speaking) - 1))]
        median = mean_gap / _MEAN_OVER_MEDIAN * (0.85 if busy else 1.25)
        now += float(np.clip(median * np.exp(0.6 * _normal(rng)), 0.4, 4 * mean_gap))
        if now >= length:
            return blinks
        near = phrase_ends[np.abs(phrase_ends - now) < 0.5]
        time = float(near[0]) + 0.05 if len(near) and rng.random() < 0.6 else now
        amplitude = 0.8 + 0.2 * rng.random()
        close = shifts[np.abs(shifts - time) < _NEAR_GLANCE]
        if len(close) and with_glance.random() < _WITH_GLANCE * variety:
            time = float(close[np.argmin(np.abs(close - time))]) + 0.03
        if 0 <= time < length and (not blinks or time - blinks[-1][0] > 0.3):
            blinks.append((time, amplitude))
            if rng.random() < 0.1 and time + 0.38 < length:
                blinks.append((time + 0.38, amplitude))
                now = time + 0.38


def move_head(loudness: np.ndarray, speaking: np.ndarray, fps: float, controls: Controls) -> np.ndarray:
    """(frames, 3) head pitch, yaw and roll in degrees: slow drift, nods on prominent syllables, emotional pose."""
    frames = len(loudness)
    gain = controls.constant("head_gain")
    head = np.zeros((frames, 3), np.float32)
    if gain == 0 or frames == 0:
        return head
    rng = np.random.default_rng([int(controls.constant("seed")), 3])
    emotion = controls.emotion_tracks(frames)
    drift = _drift(frames, fps, rng) * np.array([1.2, 1.8, 0.8], np.float32)
    nods = np.zeros(frames, np.float32)
    for second, strength in _prominent_syllables(loudness, speaking, fps):
        if rng.random() < 0.5:
            _add_nod(nods, fps, second + 0.03, 0.25 + 0.2 * rng.random(), 1 + 3 * strength)
    head += drift * (0.6 + 0.4 * gaussian_filter(speaking.astype(np.float32), 0.3 * fps))[:, None]
    head[:, 0] += nods
    energy = 1 + emotion @ (HEAD_ENERGY - 1)
    pose = gaussian_filter((emotion @ HEAD_POSES).astype(np.float32), 0.25 * fps)
    return np.clip(gain * (head * energy[:, None] + pose), -_LIMIT_DEGREES, _LIMIT_DEGREES).astype(np.float32)


def blink(speaking: np.ndarray, fps: float, rate: float, seed: int, variety: float = 0) -> np.ndarray:
    """(frames,) lid closure of both eyes, 0 to 1; see ``blink_times``. Variety is that of depth and length."""
    lids = np.zeros(len(speaking), np.float32)
    rng = np.random.default_rng([seed, 5])
    for second, full in blink_times(speaking, fps, rate, seed, variety):
        depth, shutting, held, opened = (
            low + (high - low) * float(rng.random()) for low, high in (_DEPTHS, _CLOSINGS, _HOLDS, _OPENINGS)
        )
        amplitude = full + variety * (depth - full)
        closing = BLINK_CLOSING + variety * (shutting - BLINK_CLOSING)
        hold = BLINK_HOLD + variety * (held - BLINK_HOLD)
        opening = BLINK_OPENING + variety * (opened - BLINK_OPENING)
        # The full closure must be on a frame, or its peak would be lost between two frames.
        closed = min(round(second * fps), len(lids) - 1)
        frames = np.arange(
            max(closed - int(closing * fps), 0),
            min(closed + int((hold + opening) * fps) + 1, len(lids)),
        )
        since = (frames - closed) / fps
        falling = np.clip(1 + since / closing, 0, 1) ** 2
        rising = np.clip(1 - (since - hold) / opening, 0, 1) ** 1.5
        lids[frames] = np.maximum(lids[frames], amplitude * np.where(since < 0, falling, rising))
    return lids


def glance(speaking: np.ndarray, fps: float, gain: float, seed: int) -> np.ndarray:
    """(frames, 2) gaze of both eyes, to the actor's left and up, in units of ``arkit.LOOK_DEGREES``."""
    target = np.zeros((len(speaking), 2), np.float32)
    if gain == 0:
        return target
    for start, end, direction in _glances(speaking, fps, seed):
        target[start:end] = direction
    return gain * gaussian_filter(target, 0.025 * fps)


def _glances(speaking: np.ndarray, fps: float, seed: int) -> list[tuple[int, int, np.ndarray]]:
    """First frame, frame after the last one, and direction of each glance."""
    rng = np.random.default_rng([seed, 2])
    now = 0.0
    found = []
    while now < len(speaking) / fps:
        start = int(now * fps)
        # Speakers look away while they plan a phrase and back at the listener as they speak it.
        away = not speaking[start] or rng.random() < 0.25
        direction = np.array([_normal(rng), 0.6 * _normal(rng)]) * (0.22 if away else 0.05)
        hold = (0.5 if away else 1.0) + 1.2 * rng.random()
        found.append((start, int((now + hold) * fps) + 1, np.clip(direction, -0.5, 0.5)))
        now += hold
    return found


def _glance_shifts(speaking: np.ndarray, fps: float, seed: int) -> np.ndarray:
    """(shifts,) seconds at which the gaze moves far enough for a blink to go with it."""
    glances = _glances(speaking, fps, seed)
    return np.array(
        [later[0] / fps for before, later in pairwise(glances) if np.linalg.norm(later[2] - before[2]) > _LEAST_SHIFT]
    )


def _without_blinks(curves: FaceCurves) -> np.ndarray:
    """The face without the network's own blinks, if it has channels for them."""
    values = curves.values.copy()
    values[:, curves.basis.columns(name for name in BLINKS if name in curves.basis.index)] = 0
    return values


def _less_wide(curves: FaceCurves, lids: np.ndarray) -> np.ndarray:
    """The face with eyeWide reduced while a lid is closed, if it has channels for it."""
    values = curves.values.copy()
    values[:, curves.basis.columns(name for name in WIDE if name in curves.basis.index)] *= 1 - lids[:, None]
    return values


def _drift(frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """(frames, 3) slow noise of standard deviation 1, mostly between 0.1 and 0.4 Hz."""
    white = np.array([[_normal(rng) for _ in range(3)] for _ in range(int(frames / fps * 2) + 3)])
    knots = np.arange(len(white)) / 2
    smooth = gaussian_filter(white, 1.5)
    smooth = (smooth - smooth.mean(axis=0)) / np.maximum(smooth.std(axis=0), 1e-6)
    times = np.arange(frames) / fps
    columns = [np.interp(times, knots, column) for column in smooth.T]
    return gaussian_filter(np.stack(columns, axis=1).astype(np.float32), 0.25 * fps)


def _prominent_syllables(loudness: np.ndarray, speaking: np.ndarray, fps: float) -> list[tuple[float, float]]:
    """(second, strength 0..1) of loudness peaks above the speaker's mean, at least 350 ms apart."""
    if not speaking.any():
        return []
    level = gaussian_filter(loudness.astype(np.float32), 0.04 * fps)
    mean, deviation = float(level[speaking].mean()), float(level[speaking].std()) + 1e-9
    prominence = (level - mean) / deviation
    rising = prominence[1:-1] > prominence[:-2]
    peaks = np.flatnonzero(rising & (prominence[1:-1] >= prominence[2:]) & (prominence[1:-1] > 0)) + 1
    found: list[tuple[float, float]] = []
    for peak in peaks:
        if not found or peak / fps - found[-1][0] >= 0.35:
            found.append((peak / fps, float(min(prominence[peak] / 2.5, 1))))
    return found


def _add_nod(pitch: np.ndarray, fps: float, centre: float, width: float, degrees: float) -> None:
    """One raised cosine; centre and width in seconds."""
    first = max(int((centre - width / 2) * fps), 0)
    last = min(int((centre + width / 2) * fps) + 1, len(pitch) - 1)
    phase = (np.arange(first, last + 1) / fps - centre) / width
    pitch[first : last + 1] += degrees * (0.5 + 0.5 * np.cos(2 * np.pi * np.clip(phase, -0.5, 0.5)))


def _normal(rng: np.random.Generator) -> float:
    """A standard normal number from two uniform ones (Box-Muller): NumPy keeps the stream of uniform numbers stable."""
    return float(np.sqrt(-2 * np.log(1 - rng.random())) * np.cos(2 * np.pi * rng.random()))
