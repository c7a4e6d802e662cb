"""The steps from a line of dialogue to a performance, and a cache of features."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from ..face.acting.layer import Scene, act
from ..face.acting.prosody import Prosody
from ..face.adjustments import adjust
from ..face.alignment import Alignment
from ..face.controls import CONTROL_BY_NAME, STILL_ACTING, Controls
from ..face.curves import FaceCurves, Performance
from ..face.liveliness import liven, speech_presence
from ..face.mood import calm_mouth
from ..face.parts import keep_part
from ..face.shaping import shape, shift_time
from .contract import EmoTalkError, Features, Speech, StageProgress, heard_by
from .feature_cache import FeatureCache, key_of
from .models.loading import DEFAULT_CHOICE, ModelChoice, identity_of, load_model
from .models.placement import PlacedModel
from .sound.checks import NO_VOICE, check_sound
from .sound.log_mel import QUIETEST_LEVEL, speech_level
from .sound.prosody_tracks import prosody_tracks
from .sound.rms import frame_rms

LEAST_VOICE: Final = 0.3
"""Hum, hiss and tones reach 0.05; a voice in noise of its own level reaches 0.9."""

REMEMBERED_LINES: Final = 8
_REMEMBERED_BYTES: Final = 256 * 1024 * 1024


class Engine:
    """Turns speech and controls into performances; a line is encoded once for each model.

    One model is kept in memory at a time, because some take gigabytes.

    Args:
        load: returns a model by id, device, precision and whether it encodes in windows, or raises EmoTalkError.

    Attributes:
        cache: where features are kept on disk; None keeps them in memory only. May be set at any time.
    """

    def __init__(self, load: Callable[[str, str, str, bool], PlacedModel] = load_model) -> None:
        self.cache: FeatureCache | None = None
        self._load = load
        self._loaded: tuple[ModelChoice, PlacedModel] | None = None
        self._known: OrderedDict[tuple[ModelChoice, bytes], Features] = OrderedDict()
        self._fingerprint: tuple[Speech, bytes] | None = None
        self._looked_at: tuple[Speech, tuple[str, ...]] | None = None
        self._prosody: OrderedDict[tuple[bytes, int, float], Prosody] = OrderedDict()
        self._neutral: tuple[tuple[Features, str], FaceCurves] | None = None
        self._told: tuple[tuple[Features, Alignment], Features] | None = None

    def perform(
        self,
        speech: Speech,
        controls: Controls,
        choice: ModelChoice = DEFAULT_CHOICE,
        progress: StageProgress | None = None,
        alignment: Alignment | None = None,
    ) -> Performance:
        """The performance of a line with these controls.

        Args:
            speech: the line.
            controls: constant or one value per frame of the model; created with the model's emotions, see
                ``Engine.model(choice).spec``.
            choice: the model, its device and precision.
            progress: called in this thread.
            alignment: what is said when, if somebody knows; without it, the model listens.

        Returns:
            Face and head at the model's frame rate; the same arguments give the same bytes if NumPy has the same
            number of threads.

        Raises:
            EmoTalkError: the model cannot be loaded, cannot process the line, cannot be told what is said, or gives
                values that are not numbers.
            ControlError: the controls name a style or an emotion that the model lacks.
        """
        report = progress or _ignore
        report(0.0, "Loading the model")
        model = self.model(choice)
        model.spec.check(controls)
        report(0.05, "Encoding")
        features = self._features(choice, speech, lambda share: report(0.05 + 0.7 * share, "Encoding"))
        if alignment is not None:
            features = self._told_features(model, features, alignment)
        report(0.75, "Performing")
        curves = model.decode(features, controls)
        report(0.9, "Shaping")
        if not curves.is_finite:
            raise EmoTalkError(
                f"The model {choice.model_id} gives values that are not numbers, so nothing was kept; "
                "its weights are damaged: import them again"
            )
        performance = self._finish(curves, features, speech, controls, model)
        report(1.0, "Done")
        return performance

    def phone_posteriors(self, speech: Speech, choice: ModelChoice = DEFAULT_CHOICE) -> np.ndarray:
        """The phones that a model hears in a line.

        Args:
            speech: the line; it is encoded if it is not known.
            choice: the model.

        Returns:
            (n, 41) float32 log posteriors of ``phones.PHONES`` at ``contract.PHONE_RATE``.

        Raises:
            EmoTalkError: the model cannot be loaded, cannot process the line, or does not tell phones.
        """
        return self.model(choice).phone_posteriors(self._features(choice, speech, lambda _share: None))

    def remarks(self, speech: Speech, choice: ModelChoice = DEFAULT_CHOICE) -> tuple[str, ...]:
        """What somebody should know about a sound before they use its performance, one sentence each.

        Args:
            speech: the line; it is encoded if it is not known.
            choice: the model.
        """
        voice = self._features(choice, speech, lambda _share: None).voice
        if voice is None or voice >= LEAST_VOICE or speech_level(speech.samples) <= QUIETEST_LEVEL:
            return (*speech.remarks, *self._look_at(speech))
        name = Path(speech.source).name or "the sound"
        return (
            *speech.remarks,
            f"{NO_VOICE} {name}; choose another sound or channel if somebody speaks there",
        )

    def _look_at(self, speech: Speech) -> tuple[str, ...]:
        """What the sound itself tells; kept, because no slider changes it."""
        if self._looked_at is None or self._looked_at[0] is not speech:
            self._looked_at = speech, check_sound(speech)
        return self._looked_at[1]

    def model(self, choice: ModelChoice = DEFAULT_CHOICE) -> PlacedModel:
        """The chosen model, loaded if it is not in memory. Raises EmoTalkError if that fails."""
        if self._loaded is None or self._loaded[0] != choice:
            self._loaded = None  # free its memory for the new one
            self._loaded = choice, self._load(choice.model_id, choice.device, choice.precision, choice.windowed)
        return self._loaded[1]

    def _finish(
        self, curves: FaceCurves, features: Features, speech: Speech, controls: Controls, model: PlacedModel
    ) -> Performance:
        """Everything after the network."""
        loudness = frame_rms(speech, curves.frames, curves.fps)
        speaking = speech_presence(loudness, curves.fps)
        acting = any(np.any(controls[name]) for name in STILL_ACTING)
        neutral = None
        if _has_emotion(controls) and (acting or np.any(np.not_equal(controls["mouth_emotion"], 1))):
            neutral = self._without_emotion(features, controls, model)
            curves = calm_mouth(curves, neutral, speaking, controls)
        scene = None
        if acting:
            heard = heard_by(model, features)
            prosody = self._prosody_of(speech, curves.frames, curves.fps)
            posed = "natural_strength" in model.spec.controls
            glows = "afterglow" in model.spec.controls
            scene = Scene(prosody, speaking, heard.laughter, heard.certainty, model.spec.styles, posed, glows)
            curves = act(curves, neutral, scene, controls)
        curves = shape(curves, controls)
        later = controls.constant("time_offset") / 1000 * curves.fps
        curves = adjust(curves, shift_time(speaking[:, None], later)[:, 0], controls)
        return keep_part(liven(curves, loudness, controls, scene), controls.choice("face_part"))

    def _told_features(self, model: PlacedModel, features: Features, alignment: Alignment) -> Features:
        """The features with what is said; the last ones are kept, because no slider changes them."""
        if self._told is None or self._told[0][0] is not features or self._told[0][1] != alignment:
            self._told = (features, alignment), model.tell(features, alignment)
        return self._told[1]

    def _prosody_of(self, speech: Speech, frames: int, fps: float) -> Prosody:
        """The prosody of a line; kept, because no slider changes it."""
        key = (self._hash_of(speech), frames, fps)
        if key not in self._prosody:
            self._prosody[key] = prosody_tracks(speech, frames, fps)
            if len(self._prosody) > REMEMBERED_LINES:
                self._prosody.popitem(last=False)
        return self._prosody[key]

    def _without_emotion(self, features: Features, controls: Controls, model: PlacedModel) -> FaceCurves:
        """The curves of the same line without emotion; kept, because a slider of an emotion does not change them."""
        neutral = controls.without_emotions()
        decoded = {
            name: value
            for name, value in neutral.changed().items()
            if name in CONTROL_BY_NAME and CONTROL_BY_NAME[name].group in ("emotion", "style")
        }
        described = json.dumps(decoded | {"intensity": 1, "mouth_emotion": 1})
        if self._neutral is None or self._neutral[0][0] is not features or self._neutral[0][1] != described:
            self._neutral = (features, described), model.decode(features, neutral)
        return self._neutral[1]

    def _features(self, choice: ModelChoice, speech: Speech, progress: Callable[[float], None]) -> Features:
        key = (choice, self._hash_of(speech))
        if key not in self._known:
            self._known[key] = self._stored_or_encoded(choice, speech, key[1], progress)
            self._forget()
        self._known.move_to_end(key)
        return self._known[key]

    def _hash_of(self, speech: Speech) -> bytes:
        if self._fingerprint is None or self._fingerprint[0] is not speech:
            self._fingerprint = speech, fingerprint(speech)
        return self._fingerprint[1]

    def _stored_or_encoded(
        self, choice: ModelChoice, speech: Speech, sound: bytes, progress: Callable[[float], None]
    ) -> Features:
        model = self.model(choice)
        if self.cache is None or not self.cache.limit:
            return model.encode(speech, progress)
        stored = self.cache.load(key_of(identity_of(model), sound))
        if stored is not None and stored.model == model.model_id:
            return stored
        features = model.encode(speech, progress)
        # Only now it is certain where the model ran: it may have left a GPU that was too small.
        self.cache.store(key_of(identity_of(model), sound), features)
        return features

    def _forget(self) -> None:
        """Drop the least recently used lines; the newest one always stays."""
        while len(self._known) > 1 and (
            len(self._known) > REMEMBERED_LINES or sum(map(_size, self._known.values())) > _REMEMBERED_BYTES
        ):
            self._known.popitem(last=False)


def fingerprint(speech: Speech) -> bytes:
    """A key of the cache: equal for equal samples, from any file."""
    return hashlib.blake2b(np.ascontiguousarray(speech.samples).data, digest_size=16).digest()


def _has_emotion(controls: Controls) -> bool:
    return any(np.any(controls[name]) for name in controls.emotions if name != "neutral")


def _size(features: Features) -> int:
    return sum(array.nbytes for array in features.arrays.values())


def _ignore(_done: float, _what: str) -> None:
    pass
