"""The acting layer: what a network leaves still, the voice and the emotion move.

Every part has a gain in ``controls.py`` and is exactly off at 0. The parts scale and add to curves of any network and
any basis, by the names and regions that the basis has; lip contacts in speech never open, and nothing moves in time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..aperture import lip_contact
from ..controls import STILL_ACTING, Controls
from ..curves import FaceCurves
from ..emotions import MOUTH_EXPONENT
from ..shaping import within_limits
from .accents import accents, follow_mouth
from .afterglow import afterglow, glow_on
from .breath import breathing, inhale
from .lower_face import answers, captured_levels, hold_lips, keep_contacts
from .prosody import Prosody
from .strength import felt_weights, frozen_share, natural_strength
from .temperament import expressiveness, side_gains
from .voice import emotion_gain, open_by_effort, open_by_loudness
from .waves import mood_wave

REAL_SPEED: Final = 0.145
"""Mean speed of a captured speaker's upper face, in coefficient units a second."""
_UPPER: Final = ("brows", "lids", "cheeks")
_MOST_LOUDNESS: Final = 0.5
"""Share of the loudness in the jaw of a network that is sure of nothing."""
_OPEN_IN_SPEECH: Final = 0.25
"""Share of what a mood parts the lips by that stays while they speak; the rest would spoil the vowels."""
_ON_HEAD: Final = ("head_accents", "eye_variety")
ON_FACE: Final = tuple(name for name in STILL_ACTING if name not in _ON_HEAD)
"""The parts that act on the face; the others are ``liven``'s."""


@dataclass(frozen=True)
class Scene:
    """What the acting knows of a line.

    Attributes:
        prosody: of the voice.
        speaking: (frames,) 0 in a pause, 1 in speech.
        laughter: (frames,) strength of laughter in the sound, 0..1.
        certainty: how sure the network is of the sounds, 0..1.
        styles: of the model, in its order.
        posed: whether the model's emotions are posed expressions, twice as strong as felt ones.
        glows: whether a laugh gets its soft beginning and its afterglow here; else the model has them.
    """

    prosody: Prosody
    speaking: np.ndarray
    laughter: np.ndarray
    certainty: float = 1.0
    styles: Sequence[str] = ()
    posed: bool = False
    glows: bool = True


def act(curves: FaceCurves, neutral: FaceCurves | None, scene: Scene, controls: Controls) -> FaceCurves:
    """Let a face act.

    Args:
        curves: of a network, before shaping.
        neutral: the same line without emotion; None if no emotion is set.
        scene: what is known of the line, at the rate of the curves.
        controls: those of the group acting, the emotions, intensity, emotion_level, laughter, clamping, the styles
            and the seed are used.

    Returns:
        The same frames and channels; ``curves`` itself if all parts are off.
    """
    frames, basis, prosody = curves.frames, curves.basis, scene.prosody
    gains = {name: controls.track(name, frames) for name in ON_FACE}
    if frames == 0 or not any(gain.any() for gain in gains.values()):
        return curves
    seed = int(controls.constant("seed"))
    weights = felt_weights(controls, frames)
    room = standing_back(curves if neutral is None else neutral)
    values = curves.values.copy()
    if neutral is not None and any(gains[name].any() for name in ("mood_waves", "natural_strength", "arousal")):
        values = _paced(curves, neutral, scene, controls, gains, weights)
    paced = values.copy()
    contact = lip_contact(paced, basis)
    held = contact * scene.speaking
    lowers = bool(basis.lip_terms)
    if gains["captured_levels"].any() and lowers:
        captured_levels(values, basis, contact, gains["captured_levels"])
    share = _MOST_LOUDNESS * gains["loudness_jaw"] * (1 - scene.certainty)
    if share.any():
        open_by_loudness(values, basis, prosody, (1 - contact) * scene.speaking, share)
    if gains["arousal"].any():
        open_by_effort(values, basis, prosody, 1 - contact, gains["arousal"])
    if gains["accents"].any():
        accented = accents(prosody, basis, weights, controls.emotions, seed)
        if accented is not None:
            accented += follow_mouth(values, basis, curves.fps)
            temper = expressiveness(controls, scene.styles, frames) * gains["accents"]
            values += (room * temper)[:, None] * accented * (1 - np.clip(values, 0, 1))
    if gains["lower_face"].any() and lowers:
        values += gains["lower_face"][:, None] * answers(values, prosody, basis, held, seed)
    if scene.glows and gains["afterglow"].any() and scene.laughter.any():
        glow = afterglow(scene.laughter, prosody, seed) * gains["afterglow"] * controls.track("laughter", frames)
        glow_on(values, basis, glow, scene.speaking)
    if lowers:
        keep_contacts(values, paced, basis)
    if gains["breath"].any() and prosody.breaths:
        inhale(values, basis, breathing(prosody) * gains["breath"] * (1 - held))
    unequal = controls.constant("asymmetry")
    if unequal:
        person = str(controls["personal_style"]) or (scene.styles[0] if scene.styles else "")
        values *= np.maximum(1 + np.float32(unequal) * (side_gains(basis, person, seed) - 1), 0)
    if controls.choice("clamping") == "Off":
        return curves.with_values(values)
    return curves.with_values(within_limits(values, basis))


def standing_back(curves: FaceCurves) -> float:
    """0..1: how much of the upper face's motion a network leaves to the acting.

    1 if it does not move brows, lids and cheeks by itself, 0 if it moves them as quickly as a captured speaker.
    """
    columns = curves.basis.region(*_UPPER)
    if not columns or curves.frames < 2:
        return 1.0
    speed = np.abs(np.diff(curves.values[:, columns], axis=0)).mean() * curves.fps
    return float(np.clip(1 - speed / REAL_SPEED, 0, 1))


def _paced(
    curves: FaceCurves,
    neutral: FaceCurves,
    scene: Scene,
    controls: Controls,
    gains: Mapping[str, np.ndarray],
    weights: np.ndarray,
) -> np.ndarray:
    """(frames, channels) with the emotion scaled by its wave, its strength and the voice."""
    contact = lip_contact(curves.values, curves.basis)
    basis = curves.basis
    added = curves.values - neutral.values
    frozen = frozen_share(added, weights, basis.region(*_UPPER))
    factor, parting = natural_strength(controls, weights)
    natural = scene.posed * frozen * gains["natural_strength"]
    scale = 1 + natural * (factor - 1)
    if gains["mood_waves"].any():
        wave = mood_wave(scene.prosody, weights, controls.emotions, int(controls.constant("seed")))
        scale = scale * (1 + frozen * gains["mood_waves"] * (wave - 1))
    scale = np.maximum(scale * emotion_gain(scene.prosody, gains["arousal"]), 0).astype(np.float32)
    # Beyond what the network gave, a contact of the lips could part.
    on_lips = np.where(scale > 1, 1 + (scale - 1) * (1 - contact), scale**MOUTH_EXPONENT)
    values = neutral.values + scale[:, None] * added
    mouth = basis.region("jaw", "lips", "tongue")
    values[:, mouth] = neutral.values[:, mouth] + on_lips[:, None] * added[:, mouth]
    hold_lips(values, neutral.values, basis, natural * (1 - _OPEN_IN_SPEECH * scene.speaking), parting)
    return values
