"""The available networks, by the name in their weights, and the specifications in the headers of weights.

A network's row has everything that the rest of the program needs. Its module is imported when it is loaded.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ..face.basis import ARKIT, FLAME, Basis, basis_of
from ..face.controls import CONTROL_BY_NAME
from ..face.emotions import EMOTIONS
from ..face.styles import STYLE_NAMES
from .checkpoints.conversion import Conversion, Converter
from .contract import EmoTalkError, FaceModel, ModelSpec
from .devices import import_torch

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT_MODEL: Final = "emotalk-compact"

MOST_NAMES: Final = 200
"""Maximum number of styles or of emotions in weights; a file with more counts as damaged."""

LONGEST_NAME: Final = 63
"""Characters; Blender truncates longer names."""

FLAME_TEMPLATE: Final = "flame_template_sha256"
"""The name of ``ModelSpec.flame_template`` in headers of weights."""

_FPS_RANGE: Final = (1.0, 240.0)


@dataclass(frozen=True)
class Network:
    """A kind of network.

    Attributes:
        label: its name for people.
        needs_torch: whether it runs in PyTorch; otherwise in NumPy, on the CPU, in float32.
        spec: its inputs and outputs, unless its weights say otherwise.
        load: returns the network of a weights file with its spec on a device at a precision, encoding the whole line
            or windows of it; raises EmoTalkError if it cannot.
        converter: for published checkpoints; None if there are none.
        check: for a network that hears no sound, and so is no model by itself: takes a weights file and raises
            EmoTalkError if it is not complete; None for a model.
    """

    label: str
    needs_torch: bool
    spec: ModelSpec
    load: Callable[[Path, ModelSpec, str, str, bool], FaceModel]
    converter: Converter | None = None
    check: Callable[[Path], object] | None = None

    @property
    def hears(self) -> bool:
        """Whether it is a model, which turns sound into a face."""
        return self.check is None


COMPACT_SPEC: Final = ModelSpec(
    basis=ARKIT,
    fps=30.0,
    emotions=EMOTIONS,
    styles=STYLE_NAMES,
    controls=frozenset(
        (
            *("intensity", "emotion_level", "laughter", "personal_style", "second_style", "style_blend"),
            *("natural_strength", "loudness_jaw", "afterglow"),
        ),
    ),
)


def _load_compact(path: Path, spec: ModelSpec, _device: str, _precision: str, _windowed: bool) -> FaceModel:
    from .models.compact import EmoTalkCompact

    return EmoTalkCompact.load(path, spec)


def _load_compact_actor(path: Path, spec: ModelSpec, _device: str, _precision: str, _windowed: bool) -> FaceModel:
    from .models.compact_actor import load

    return load(path, spec)


LAUGHTALK_COMPACT_SPEC: Final = replace(COMPACT_SPEC, controls=COMPACT_SPEC.controls - {"afterglow"})


def _load_laughtalk_compact(path: Path, spec: ModelSpec, _device: str, _precision: str, _windowed: bool) -> FaceModel:
    from .models.laughtalk_compact import LaughTalkCompact

    return LaughTalkCompact.load(path, spec)


EMOTALK_SPEC: Final = ModelSpec(
    basis=ARKIT,
    fps=30.0,
    emotions=EMOTIONS,
    # The styles of the released network are the actors of its training set RAVDESS, by their numbers there.
    styles=tuple(f"Actor {number:02}" for number in range(1, 25)),
    controls=frozenset(("intensity", "emotion_level", "personal_style", "second_style", "style_blend")),
)


def _load_emotalk(path: Path, spec: ModelSpec, device: str, precision: str, windowed: bool) -> FaceModel:
    import_torch("EmoTalk")
    from .models.emotalk import EmoTalk
    from .models.matrix_products import Precision

    return EmoTalk.load(path, spec, device, cast(Precision, precision), windowed)  # load_model has checked it


def _load_emotalk_actor(path: Path, spec: ModelSpec, device: str, precision: str, windowed: bool) -> FaceModel:
    import_torch("EmoTalk")
    from .models.emotalk_actor import load
    from .models.matrix_products import Precision

    return load(path, spec, device, cast(Precision, precision), windowed)


def _convert_emotalk(state: "Mapping[str, Tensor]", checkpoint: Path, spec: ModelSpec) -> Conversion:
    from .checkpoints.emotalk_converter import convert

    return convert(state, checkpoint.name, spec)


EMOTALK_CONVERTER: Final = Converter(
    marks=("audio_encoder_cont.", "audio_encoder_emo.", "obj_vector_person.", "bs_map_r."),
    convert=_convert_emotalk,
    licence="CC BY-NC 4.0",
    notice=(
        "The released EmoTalk weights are licensed CC BY-NC 4.0: not for commercial use. "
        "Weights of your own training are yours."
    ),
)

KARRAS_SPEC: Final = ModelSpec(basis=ARKIT, fps=30.0, controls=frozenset(("intensity",)))
"""Its emotions are mined from the takes that it was trained on; the header of the weights names them."""


def _load_karras(path: Path, spec: ModelSpec, _device: str, _precision: str, _windowed: bool) -> FaceModel:
    from .models.karras import Karras

    return Karras.load(path, spec)


EMOTE_SPEC: Final = ModelSpec(
    basis=FLAME(100),
    fps=25.0,
    emotions=EMOTIONS,
    # The subjects of MEAD that the released network was trained on, in the order of its condition.
    styles=tuple(
        "M003 M005 M007 M009 M011 M012 M013 M019 M022 M023 M024 M025 M026 M027 M028 M029 M030 M031 "
        "W009 W011 W014 W015 W016 W018 W019 W021 W023 W024 W025 W026 W028 W029".split()
    ),
    controls=frozenset(("intensity", "personal_style", "second_style", "style_blend")),
)


def _load_emote(path: Path, spec: ModelSpec, device: str, precision: str, windowed: bool) -> FaceModel:
    import_torch("EMOTE")
    from .models.emote import Emote
    from .models.matrix_products import Precision

    return Emote.load(path, spec, device, cast(Precision, precision), windowed)  # load_model has checked it


def _convert_emote(state: "Mapping[str, Tensor]", checkpoint: Path, spec: ModelSpec) -> Conversion:
    from .checkpoints.emote_converter import convert_emote
    from .checkpoints.training_options import read_options

    return convert_emote(state, checkpoint.name, spec, read_options(checkpoint))


EMOTE_CONVERTER: Final = Converter(
    marks=("sequence_decoder.motion_prior.", "sequence_decoder.bert_decoder."),
    convert=_convert_emote,
    licence="MPI, non-commercial",
    notice=(
        "The released EMOTE weights are licensed by the Max Planck Society for non-commercial research, education and "
        "art only, and may not be passed on. Weights of your own training are yours."
    ),
)

FLINT_SPEC: Final = ModelSpec(basis=FLAME(100), fps=25.0)


def _load_flint(path: Path, _spec: ModelSpec, _device: str, _precision: str, _windowed: bool) -> FaceModel:
    raise EmoTalkError(
        f"{path.stem} is FLINT, which EMOTE is trained with and which hears no sound; choose another model for a line"
    )


def _check_flint(path: Path) -> object:
    import_torch("FLINT")
    from .models.flint import Flint

    return Flint.load(path)


def _convert_flint(state: "Mapping[str, Tensor]", checkpoint: Path, spec: ModelSpec) -> Conversion:
    from .checkpoints.emote_converter import convert_flint

    return convert_flint(state, checkpoint.name, spec)


FLINT_CONVERTER: Final = replace(
    EMOTE_CONVERTER,
    marks=("motion_encoder.squasher.", "motion_decoder.expander."),
    convert=_convert_flint,
    notice=EMOTE_CONVERTER.notice.replace("EMOTE", "FLINT"),
)

SPEECH_EMOTION: Final = "speech-emotion"
SPEECH_EMOTION_SPEC: Final = ModelSpec(basis=ARKIT, fps=30.0)


def _load_speech_emotion(path: Path, _spec: ModelSpec, _device: str, _precision: str, _windowed: bool) -> FaceModel:
    raise EmoTalkError(
        f"{path.stem} names the emotion of a voice and moves no face; choose another model for a line, and this one "
        "where an emotion is heard"
    )


def _check_speech_emotion(path: Path) -> object:
    import_torch("Hearing emotions")
    from .models.speech_emotion import SpeechEmotion

    return SpeechEmotion.load(path)


def _convert_speech_emotion(state: "Mapping[str, Tensor]", checkpoint: Path, spec: ModelSpec) -> Conversion:
    from .checkpoints.speech_emotion_converter import convert_speech_emotion

    return convert_speech_emotion(state, checkpoint, spec)


SPEECH_EMOTION_CONVERTER: Final = Converter(
    marks=("classifier.",),
    convert=_convert_speech_emotion,
    licence="of whoever published them, often non-commercial",
    notice=(
        "Networks that hear emotions are mostly trained on acted recordings with terms of their own, often not for "
        "commercial use; read those of this one."
    ),
)

LAUGHTALK_SPEC: Final = ModelSpec(basis=FLAME(50), fps=30.0, controls=frozenset(("laughter",)))
LAUGHTALK_TALK_SPEC: Final = replace(LAUGHTALK_SPEC, controls=frozenset())
"""Of weights of the first stage alone, which know no laughter."""


def _load_laughtalk(path: Path, spec: ModelSpec, device: str, precision: str, windowed: bool) -> FaceModel:
    import_torch("LaughTalk")
    from .models.laughtalk import LaughTalk
    from .models.matrix_products import Precision

    return LaughTalk.load(path, spec, device, cast(Precision, precision), windowed)  # load_model has checked it


NETWORKS: Final[dict[str, Network]] = {
    "emotalk-compact": Network("EmoTalk Compact", False, COMPACT_SPEC, _load_compact),
    "laughtalk-compact": Network("LaughTalk Compact", False, LAUGHTALK_COMPACT_SPEC, _load_laughtalk_compact),
    "karras": Network("Karras 2017", False, KARRAS_SPEC, _load_karras),
    "emotalk-compact-actor": Network("EmoTalk Compact", False, COMPACT_SPEC, _load_compact_actor),
    "emotalk": Network("EmoTalk", True, EMOTALK_SPEC, _load_emotalk, EMOTALK_CONVERTER),
    "emote": Network("EMOTE", True, EMOTE_SPEC, _load_emote, EMOTE_CONVERTER),
    "flint": Network("FLINT", True, FLINT_SPEC, _load_flint, FLINT_CONVERTER, _check_flint),
    "emotalk-actor": Network("EmoTalk", True, EMOTALK_SPEC, _load_emotalk_actor),
    SPEECH_EMOTION: Network(
        "Speech Emotion",
        True,
        SPEECH_EMOTION_SPEC,
        _load_speech_emotion,
        SPEECH_EMOTION_CONVERTER,
        _check_speech_emotion,
    ),
    "laughtalk": Network("LaughTalk", True, LAUGHTALK_SPEC, _load_laughtalk),
    "laughtalk-talk": Network("LaughTalk, Talk Alone", True, LAUGHTALK_TALK_SPEC, _load_laughtalk),
}


def recognise(names: Iterable[str]) -> str | None:
    """The name of the network whose published checkpoints have such names; None if there is none."""
    names = tuple(names)
    for name, network in NETWORKS.items():
        if network.converter is not None and network.converter.recognises(names):
            return name
    return None


def read_spec(network: Network, metadata: Mapping[str, str]) -> ModelSpec:
    """The specification of weights: the network's row, changed by the header of the weights.

    Args:
        network: of the weights.
        metadata: of the weights file; ``channels``, ``styles`` and ``emotions`` are JSON lists of names, ``fps`` is a
            number.

    Raises:
        EmoTalkError: the header is invalid.
    """
    spec = network.spec
    if "channels" in metadata:
        spec = replace(spec, basis=_basis(metadata["channels"]))
    if "fps" in metadata:
        spec = replace(spec, fps=_rate(metadata["fps"]))
    if "styles" in metadata:
        spec = replace(spec, styles=_names(metadata["styles"], "styles"))
    if "emotions" in metadata:
        spec = replace(spec, emotions=_emotions(metadata["emotions"]))
    return replace(spec, flame_template=metadata.get(FLAME_TEMPLATE, ""))


def spec_metadata(spec: ModelSpec) -> dict[str, str]:
    """The metadata that ``read_spec`` reads, for every writer of weights."""
    return {
        "channels": json.dumps(spec.basis.channels),
        "fps": f"{spec.fps:g}",
        "styles": json.dumps(spec.styles),
        "emotions": json.dumps(spec.emotions),
    }


def _basis(text: str) -> Basis:
    try:
        return basis_of(_names(text, "channels"))
    except ValueError as error:
        raise EmoTalkError(f"The weights name invalid channels: {error}; get them again") from None


def _rate(text: str) -> float:
    try:
        fps = float(text)
    except ValueError:
        fps = 0.0
    if not _FPS_RANGE[0] <= fps <= _FPS_RANGE[1]:
        raise EmoTalkError(f"The weights say that they have {text!r} frames per second; get them again")
    return fps


def _emotions(text: str) -> tuple[str, ...]:
    names = _names(text, "emotions")
    taken = [name for name in names if name in CONTROL_BY_NAME and name not in EMOTIONS]
    if taken:
        raise EmoTalkError(f"The weights call an emotion {taken[0]!r}, which is the name of a control; rename it")
    return names


def _names(text: str, what: str) -> tuple[str, ...]:
    try:
        names: Any = json.loads(text)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or len(names) > MOST_NAMES or not all(map(_is_name, names)):
        raise EmoTalkError(f"The weights do not name their {what} as a list of short, different names; get them again")
    if len({name.casefold() for name in names}) != len(names):
        raise EmoTalkError(f"The weights name one of their {what} twice; get them again")
    return tuple(names)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()
