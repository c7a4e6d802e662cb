"""The one table of controls: every slider with its default, limits, unit and sentence.

Blender properties, command-line options, the worker's messages, presets and the documentation page are
generated from ``CONTROLS``; no other file states a default or a limit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from .emotions import ALIASES, EMOTIONS
from .errors import EmoTalkError

Kind = Literal["number", "whole", "choice", "name"]


class ControlError(EmoTalkError, ValueError):
    """A control has an unknown name or an invalid value; the message is a sentence for the animator."""


@dataclass(frozen=True)
class Control:
    """One slider.

    Attributes:
        name: identifier in Python, in presets and, with dashes, on the command line.
        label: what the panel shows.
        group: its box in the panel.
        kind: number (float), whole (int), choice (one of ``choices``, stored as its index) or name (one of the model's
            names, stored as text).
        default, minimum, maximum: in ``unit``; a name's default is the model's first one, stored as "".
        unit: "" if it has none.
        sentence: tooltip and help text, without a full stop.
        animatable: whether it may change over time.
        choices: the names of a choice.
        regions: the regions of a face that it acts on; empty if it acts on any face.
    """

    name: str
    label: str
    group: str
    kind: Kind
    default: float | str
    minimum: float
    maximum: float
    unit: str
    sentence: str
    animatable: bool = True
    choices: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


def emotion_control(name: str) -> Control:
    """The slider of an emotion: one of the eight, or one that only some models have."""
    sentence = "Reduces the mix towards no emotion" if name == "neutral" else f"Weight of {name} in the mix of emotions"
    return Control(name, name.capitalize(), "emotion", "number", 0.0, 0.0, 1.0, "", sentence)


def _switch(
    name: str, label: str, group: str, choices: tuple[str, ...], sentence: str, regions: tuple[str, ...] = ()
) -> Control:
    last = len(choices) - 1
    return Control(name, label, group, "choice", 0, 0, last, "", sentence, False, choices=choices, regions=regions)


def _style(name: str, label: str, sentence: str) -> Control:
    return Control(name, label, "style", "name", "", 0, 0, "", sentence, animatable=False)


def _gain(name: str, label: str, regions: tuple[str, ...], sentence: str) -> Control:
    return Control(name, label, "shape", "number", 1, 0, 2, "", sentence, regions=regions)


def _acting(
    name: str, label: str, maximum: float, sentence: str, regions: tuple[str, ...] = (), animatable: bool = True
) -> Control:
    return Control(name, label, "acting", "number", 1, 0, maximum, "", sentence, animatable, regions=regions)


CONTROLS: Final[tuple[Control, ...]] = (
    *(emotion_control(name) for name in EMOTIONS),
    Control("intensity", "Intensity", "emotion", "number", 1, 0, 1.5, "", "Gain on the whole emotion mix"),
    Control(
        "emotion_level",
        "Emotion Level",
        "emotion",
        "number",
        0.5,
        0,
        1,
        "",
        "Blends EmoTalk's two levels: 0 is a restrained emotion, 1 a strong one",
    ),
    Control(
        "mouth_emotion",
        "On Mouth",
        "emotion",
        "number",
        1,
        0,
        1,
        "",
        "How much of the emotion the mouth shows while it speaks; brows, eyes, pauses and lip contacts stay",
        regions=("lips",),
    ),
    Control("laughter", "Laughter", "emotion", "number", 1, 0, 1.5, "", "Gain on laughs in the sound; 0 ignores them"),
    _style("personal_style", "Personal Style", "The style of articulation and expression"),
    _style("second_style", "Second Style", "The personal style to blend towards"),
    Control("style_blend", "Style Blend", "style", "number", 0, 0, 1, "", "0 is the personal style, 1 the second one"),
    _gain("jaw_gain", "Jaw", ("jaw",), "How far the jaw opens"),
    _gain("lip_gain", "Lips", ("lips",), "How far the lips move; lip contacts are kept at any value"),
    _gain("brow_gain", "Brows", ("brows",), "How far the brows move"),
    _gain("eye_gain", "Lids and Cheeks", ("lids", "cheeks"), "How far lids, cheeks and nose move"),
    Control(
        "lip_close",
        "Lip Close",
        "shape",
        "number",
        0,
        -1,
        1,
        "",
        "Above 0 the lips open less and close more firmly, below 0 they part at rest; contacts in speech are kept",
        regions=("lips",),
    ),
    Control(
        "lid_open",
        "Lid Open",
        "shape",
        "number",
        0,
        -1,
        1,
        "",
        "Above 0 the eyelids are wider open, below 0 more closed; -1 shuts them",
        regions=("lids",),
    ),
    Control(
        "symmetry",
        "Symmetry",
        "shape",
        "number",
        0,
        0,
        1,
        "",
        "0 is as performed; at 1 both sides of the face do the same, except for the gaze",
        regions=("lips",),
    ),
    _switch(
        "face_part",
        "Animate",
        "shape",
        ("Full face", "Mouth", "Upper face"),
        "Mouth leaves brows, eyes, cheeks and head to your own keys, Upper face leaves jaw, lips and tongue to them",
        regions=("lips",),
    ),
    Control("smoothing", "Smoothing", "shape", "number", 0, 0, 200, "ms", "Zero-phase smoothing; lip contacts stay"),
    Control("time_offset", "Time Offset", "shape", "number", 0, -200, 200, "ms", "Later (+) or earlier (-)", False),
    _switch(
        "savitzky_golay",
        "Savitzky-Golay",
        "shape",
        ("Off", "On"),
        "The released demo's smoothing of the network's curves, applied first: zero-phase, window 5, order 2",
    ),
    _switch(
        "clamping",
        "Clamping",
        "shape",
        ("On", "Off"),
        "Keeps curves within their limits and the lips from crossing; off keeps the network's values, as released",
    ),
    Control(
        "blink_rate", "Blinks", "life", "number", 20, 0, 60, "/min", "Blinks per minute; 0 switches them off", False
    ),
    Control("blink_strength", "Blink Strength", "life", "number", 1, 0, 2, "", "How far the lids close in a blink"),
    _switch(
        "blink_kind",
        "Blink Kind",
        "life",
        ("Lifelike", "Released demo"),
        "Lifelike follows rate and voice; the released demo's blinks replace the network's own, every 2 to 6 s",
    ),
    Control("gaze_gain", "Gaze", "life", "number", 0.5, 0, 2, "", "Small glances between phrases; 0 is off", False),
    Control("head_gain", "Head Motion", "life", "number", 1, 0, 2, "", "Nods and drift of the head; 0 is off", False),
    Control(
        "seed", "Seed", "life", "whole", 0, 0, 99999, "", "Each seed gives different blinks, glances and nods", False
    ),
    _acting(
        "mood_waves",
        "Mood Waves",
        1,
        "The emotion rises with phrases and stressed words and relaxes in pauses; 0 holds it",
    ),
    _acting(
        "natural_strength",
        "Natural Strength",
        1,
        "1 is as strong as people feel at an Emotion Level of 0.5 and theatrical at 1; 0 is the network's own strength",
    ),
    _acting(
        "arousal", "Voice Arousal", 2, "A loud, high voice strengthens emotion and jaw, a soft, low one calms them"
    ),
    _acting(
        "accents",
        "Accents",
        2,
        "Brows, lids and cheeks mark stressed syllables and hold through phrases",
        ("brows", "lids", "cheeks"),
    ),
    _acting(
        "lower_face",
        "Chin and Corners",
        2,
        "Chin and mouth corners answer closures, stresses and phrase ends",
        ("lips",),
    ),
    _acting(
        "captured_levels",
        "Captured Levels",
        1,
        "Lips press and roll less, and smile, part and round more, as captured faces do; lip contacts are kept",
        ("lips",),
    ),
    _acting(
        "asymmetry",
        "Asymmetry",
        2,
        "How unequal the two sides of the face are; each style and seed has its own",
        ("lips",),
        animatable=False,
    ),
    _acting("breath", "Breath", 2, "Audible breaths part the lips and lift the brows", ("lips",)),
    _acting(
        "afterglow",
        "Laugh Afterglow",
        2,
        "The soft beginning of a laugh shows, and its smile fades over seconds",
        ("lips",),
    ),
    _acting(
        "loudness_jaw",
        "Jaw by Loudness",
        1,
        "Where the network is unsure of the sounds, as in other languages, the jaw follows the loudness",
        ("jaw",),
    ),
    _acting("head_accents", "Head Accents", 2, "Quick turns and tilts of the head with the voice"),
    _acting(
        "eye_variety", "Eye Variety", 1, "Blinks differ in depth and length, and go with glances", animatable=False
    ),
)
CONTROL_BY_NAME: Final[dict[str, Control]] = {control.name: control for control in CONTROLS}

STILL_ACTING: Final[dict[str, float]] = {control.name: 0.0 for control in CONTROLS if control.group == "acting"}
"""All of the acting switched off: the curves are those of the network and of liveliness alone."""

KEY_TOLERANCE: Final = Control(
    "key_tolerance",
    "Key Tolerance",
    "keys",
    "number",
    0.01,
    0,
    0.1,
    "",
    "Largest error when curves are reduced to editable keys; 0 writes a key on every frame",
    animatable=False,
)
SETTLE_TIME: Final = Control(
    "settle_time",
    "Settle Time",
    "keys",
    "number",
    0.5,
    0,
    2,
    "s",
    "Time in which the face comes out of rest before the sound, and goes back to rest after it; 0 keeps its last pose",
    animatable=False,
)
KEYS_ON: Final = _switch(
    "keys_on",
    "Keys On",
    "keys",
    ("Whole frames", "Subframes"),
    "Whole frames of the scene, where keys are easy to edit, or the model's own frames, which lie between them",
)
HAND_EDITS: Final = _switch(
    "hand_edits",
    "Hand Edits",
    "keys",
    ("Re-apply", "Set aside"),
    "What becomes of keys of EmoTalk's that you have edited: they stay when the line is animated again, "
    "or the edited action stays in the file, unused",
)
CHANNEL: Final = Control(
    "channel",
    "Channel",
    "sound",
    "whole",
    0,
    0,
    1000,
    "",
    "The channel of the sound with the voice, counted from 1; 0 mixes all of them so that no voice is lost",
    animatable=False,
)
RANGE_START: Final = Control(
    "range_start",
    "Range Start",
    "sound",
    "number",
    0,
    0,
    21600,
    "s",
    "Where in the sound the performance begins; what is before it gets no keys",
    animatable=False,
)
RANGE_END: Final = Control(
    "range_end",
    "Range End",
    "sound",
    "number",
    0,
    0,
    21600,
    "s",
    "Where in the sound the performance ends; 0 is the end of the sound",
    animatable=False,
)
LINE_CONTROLS: Final = (KEY_TOLERANCE, SETTLE_TIME, KEYS_ON, HAND_EDITS, CHANNEL, RANGE_START, RANGE_END)
"""Used when a sound is read and when keys are written, not by the performance; here because all defaults are."""

FEATURE_CACHE: Final = Control(
    "feature_cache",
    "Keep Encoded Lines",
    "files",
    "number",
    1,
    0,
    100,
    "GB",
    "Disk space for encoded lines, so that opening a scene again does not encode them again; those that were not used "
    "for longest go first, and 0 keeps none",
    animatable=False,
)
"""A preference, for all scenes."""

EMOTION_TRANSITION: Final = Control(
    "transition",
    "Transition",
    "emotion",
    "number",
    0.5,
    0,
    5,
    "s",
    "Time in which an emotion between two frames comes and goes",
    animatable=False,
)
"""Of the button From-To; real moods rise within 0.3 to 0.8 s."""

SHAPE_MULTIPLIER: Final = Control(
    "multiplier",
    "Multiplier",
    "shapes",
    "number",
    1,
    0,
    3,
    "",
    "Gain on this shape alone; lip contacts are kept",
    False,
)
SHAPE_OFFSET: Final = Control(
    "offset", "Offset", "shapes", "number", 0, -1, 1, "", "Added to this shape alone; lip contacts are kept", False
)
SHAPES: Final = "shapes"
"""The key of the table of single shapes among a line's controls: channel -> (multiplier, offset)."""

Value = float | str | np.ndarray


class Controls(Mapping[str, Value]):
    """Values of all controls: one number each, or an array with one number per frame of the model; styles by name.

    Args:
        values: those that differ from the defaults; choices may be given as names, emotions also as "angry" etc.;
            ``shapes`` is an object of channels with a multiplier and an offset each.
        emotions: the names of the model's emotions, if they are not the eight of ``emotions.EMOTIONS``.

    Raises:
        ControlError: an unknown name, a value outside its limits, not finite, or an array for a constant control.
    """

    def __init__(self, values: Mapping[str, Any] | None = None, emotions: Sequence[str] = EMOTIONS) -> None:
        self.emotions = tuple(emotions)
        self._table = {**CONTROL_BY_NAME, **{name: emotion_control(name) for name in emotions if name not in EMOTIONS}}
        self._values: dict[str, Value] = {name: control.default for name, control in self._table.items()}
        self.shapes: dict[str, tuple[float, float]] = {}
        """Channel -> multiplier and offset, of the channels where they differ from 1 and 0."""
        for given, value in (values or {}).items():
            if given == SHAPES:
                self.shapes = _check_shapes(value)
                continue
            name = given if given in self._table else ALIASES.get(given, given)
            if name not in self._table:
                raise ControlError(f"There is no control named {given!r}; 'emotalk controls' lists them")
            self._values[name] = check_value(self._table[name], value)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Controls) and self.shapes == other.shapes and super().__eq__(other)

    def without_emotions(self) -> "Controls":
        """The same controls with every emotion at 0."""
        kept = {name: value for name, value in self.changed().items() if name not in self.emotions}
        return Controls(kept, self.emotions)

    def constant(self, name: str) -> float:
        """The value of a constant control; the first value of one that changes over time."""
        return float(np.ravel(self._values[name])[0])

    def choice(self, name: str) -> str:
        """The chosen name of a control with choices."""
        return self._table[name].choices[int(self.constant(name))]

    def track(self, name: str, frames: int) -> np.ndarray:
        """(frames,) float32 values of a control; a shorter array is extended with its last value."""
        value = np.ravel(np.asarray(self._values[name], np.float32))
        return value[np.minimum(np.arange(frames), len(value) - 1)]

    def emotion_mix(self, frames: int, names: Sequence[str] = EMOTIONS) -> np.ndarray:
        """(frames, names) weights of these emotions in the mix, at most 1 in sum, whatever the intensity.

        The mix includes all emotions of the controls; an emotion that they lack has weight 0.
        """
        if not self.emotions:
            return np.zeros((frames, len(names)), np.float32)
        mix = np.stack([self.track(name, frames) for name in self.emotions], axis=1)
        mix = mix / np.maximum(mix.sum(axis=1, keepdims=True), 1)
        weights = np.zeros((frames, len(names)), np.float32)
        for column, name in enumerate(names):
            if name in self.emotions:
                weights[:, column] = mix[:, self.emotions.index(name)]
        return weights

    def emotion_tracks(self, frames: int, names: Sequence[str] = EMOTIONS) -> np.ndarray:
        """(frames, names) effective weights of these emotions: the mix, times the intensity."""
        return self.emotion_mix(frames, names) * self.track("intensity", frames)[:, None]

    def style_tracks(self, frames: int, names: Sequence[str]) -> np.ndarray:
        """(frames, names) weights of the personal styles of a model, summing to 1 in each frame.

        Raises:
            ControlError: the model has no style of that name.
        """
        blend = self.track("style_blend", frames)
        weights = np.zeros((frames, len(names)), np.float32)
        weights[:, self.style("personal_style", names)] += 1 - blend
        weights[:, self.style("second_style", names)] += blend
        return weights

    def style(self, name: str, names: Sequence[str]) -> int:
        """Index in ``names`` of the style that ``personal_style`` or ``second_style`` selects.

        Raises:
            ControlError: the model has no style of that name.
        """
        wanted = str(self._values[name])
        if not wanted:
            return 0
        known = [known.casefold() for known in names]
        if wanted.casefold() not in known:
            label = self._table[name].label
            there = f"there are: {', '.join(names)}" if names else "it has none"
            raise ControlError(f"{label}: the model has no style {wanted!r}; {there}")
        return known.index(wanted.casefold())

    def changed(self) -> dict[str, Any]:
        """The values that differ from the defaults, ready for JSON."""
        changed: dict[str, Any] = {
            name: value if isinstance(value, str) else np.asarray(value, float).tolist()
            for name, value in self._values.items()
            if np.ndim(value) or value != self._table[name].default
        }
        if self.shapes:
            changed[SHAPES] = {channel: list(pair) for channel, pair in self.shapes.items()}
        return changed


def check_value(control: Control, value: Any) -> Value:
    """A control's value as it is stored. Raises ControlError if it is invalid."""
    if control.kind == "name":
        if not isinstance(value, str):
            raise ControlError(f"{control.label} must be a name, not {value!r}")
        return value
    if control.kind == "choice" and isinstance(value, str):
        names = [choice.lower() for choice in control.choices]
        if value.lower() not in names:
            raise ControlError(f"{control.label} has no choice {value!r}; there are: {', '.join(control.choices)}")
        return float(names.index(value.lower()))
    try:
        numbers = np.asarray(value, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ControlError(f"{control.label} must be a number, not {value!r}") from None
    if numbers.ndim > 1 or numbers.size == 0:
        raise ControlError(
            f"{control.label} must be one number or one per frame, not an array of shape {numbers.shape}"
        )
    if numbers.ndim and not control.animatable:
        raise ControlError(f"{control.label} cannot change over time; give one number")
    if not np.isfinite(numbers).all():
        raise ControlError(f"{control.label} must be a finite number")
    if numbers.min() < control.minimum or numbers.max() > control.maximum:
        raise ControlError(f"{control.label} must lie between {control.minimum:g} and {control.maximum:g}")
    if control.kind != "number" and (numbers != np.round(numbers)).any():
        raise ControlError(f"{control.label} must be a whole number")
    return numbers.astype(np.float32) if numbers.ndim else float(numbers)


def _check_shapes(table: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(table, Mapping):
        raise ControlError(f'Shapes are given as {{"jawOpen": [multiplier, offset]}}, not as {table!r}')
    shapes = {}
    for channel, pair in table.items():
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise ControlError(f"The shape {channel!r} needs a multiplier and an offset, not {pair!r}")
        try:
            multiplier, offset = (
                check_value(*item) for item in zip((SHAPE_MULTIPLIER, SHAPE_OFFSET), pair, strict=True)
            )
        except ControlError as error:
            raise ControlError(f"The shape {channel!r}: {error}") from None
        if (multiplier, offset) != (SHAPE_MULTIPLIER.default, SHAPE_OFFSET.default):
            shapes[str(channel)] = float(np.asarray(multiplier)), float(np.asarray(offset))
    return shapes


def parse_control(control: Control, text: str) -> float | str:
    """A control's value from typed text. Raises ControlError with a sentence."""
    if control.kind == "name":
        return text
    try:
        value: float | str = float(text)
    except ValueError:
        value = text
    if isinstance(value, str) and control.kind != "choice":
        raise ControlError(f"{control.label} must be a number, not {text!r}")
    return float(np.asarray(check_value(control, value)))
