"""Settings of a line from a script, an operator or the command; all are checked before any of them is set."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np

from ..face.controls import (
    CONTROL_BY_NAME,
    LINE_CONTROLS,
    SHAPES,
    Control,
    ControlError,
    Controls,
    check_value,
    emotion_control,
)
from ..face.emotions import ALIASES
from ..inference.contract import EmoTalkError
from . import alignments, desk, line_identity, model_choice
from .access import active_line, desk_of
from .actions import active_curves
from .lines import slider_of
from .properties import LineProperties, take_emotions_of_model
from .shape_table import set_shapes
from .sounds import sound_format
from .strips import find_sound_strip


@dataclass(frozen=True)
class LineSettings:
    """Settings of a line; None keeps the value in the scene.

    Attributes:
        audio: the sound file, after which the line is named; "//" begins at the .blend file.
        strip: the sound strip, instead of a file.
        line: the line's name; a line of this name is meant, whatever its sound was.
        character: the object that speaks, or its name.
        start_frame: the frame at which the sound starts.
        model: the id of the model; "" is the built-in one.
        controls: values of sliders by the names of the controls, one each.
        key_tolerance: largest error of the keys.
        own_track: whether the animator's action stays active and ours goes below it.
        settle_time: seconds in which the face comes out of rest and goes back to it.
        channel: of the sound, counted from 1; 0 mixes all of them.
        range_start: seconds of the sound before which nothing is performed.
        range_end: seconds at which the performance ends; 0 is the end of the sound.
        keys_on: "Whole frames" of the scene or "Subframes".
        hand_edits: what becomes of edited keys, one of the control's choices.
        text: what is said; "" forgets words and sounds, and leaves that to listening.
    """

    audio: str | Path | None = None
    strip: str | None = None
    line: str | None = None
    character: "str | bpy.types.Object | None" = None
    start_frame: int | None = None
    model: str | None = None
    controls: Mapping[str, Any] | None = None
    key_tolerance: float | None = None
    own_track: bool | None = None
    settle_time: float | None = None
    channel: int | None = None
    range_start: float | None = None
    range_end: float | None = None
    keys_on: str | None = None
    hand_edits: str | None = None
    text: str | None = None

    def apply(self, scene: bpy.types.Scene, line: LineProperties | None = None) -> LineProperties:
        """Set them on a line of a scene, which becomes the active one.

        Which line, if none is given: the one of the given name; else the one with the given sound; else the active one,
        unless it has another sound already. Where there is none, it is a new line with the settings of the active one.

        Returns:
            The line.

        Raises:
            EmoTalkError: there is no such sound, strip, object or model; nothing was set.
            ControlError: an unknown control or an invalid value; nothing was set.
        """
        audio = None if self.audio is None else _usable_audio(self.audio)
        if self.strip is not None:
            find_sound_strip(scene, self.strip)
        character = None if self.character is None else object_of(self.character, scene)
        own = {control: given for control in LINE_CONTROLS if (given := getattr(self, control.name)) is not None}
        for control, value in own.items():
            check_value(control, value)
        found = line if line is not None else self._find(scene, audio)
        settled = found or active_line(scene)
        sliders: dict[str, Any] = {}
        shapes: Mapping[str, tuple[float, float]] | None = None
        if self.model is not None or self.controls:
            weights = model_choice.usable(model_choice.model_of(settled) if self.model is None else self.model)
            given = Controls(self.controls, weights.spec.emotions)
            shapes = given.shapes if SHAPES in (self.controls or {}) else None
            weights.spec.check(given)
            sliders = _slider_values(self.controls or {}, given)
            if found is not None:
                _check_free_of_keys(found, scene, sliders)

        line = found or desk.copy_of_active_line(scene)
        desk_of(scene).active_index = desk.index_of(scene, line)
        if audio is not None and (audio != line.audio or line.strip):
            line.audio = audio
        if self.strip is not None and line.strip != self.strip:
            line.strip, line.name = self.strip, line_identity.free_name(line, self.strip)
        if self.line is not None and line.name != self.line:
            line.name = self.line
            if found is None:
                line_identity.take_by_name(line)
        if character is not None:
            line.character = character
        if self.start_frame is not None:
            line.start_frame = self.start_frame
        if self.model is not None:
            line.model = self.model
        if self.text is not None:
            line.text = " ".join(self.text.split())
            if not line.text:
                alignments.forget(line)
        for control, value in own.items():
            setattr(line, control.name, _as_property(control, value))
        if self.own_track is not None:
            line.existing_keys = "TRACK" if self.own_track else "KEEP"
        if sliders:
            take_emotions_of_model(line)
        for name, value in sliders.items():
            setattr(*slider_of(line, _control(name)), value)
        if shapes is not None:
            set_shapes(line, shapes)
        return line

    def _find(self, scene: bpy.types.Scene, audio: str | None) -> LineProperties | None:
        """The line that is meant; None for a new one."""
        lines = desk_of(scene).lines
        active = active_line(scene)
        by_preference = sorted(lines, key=lambda line: line != active)
        if self.line is not None:
            named = next((line for line in by_preference if line_identity.line_name(line) == self.line), None)
            if named is not None or active is None or active.audio or active.strip:
                return named
            return active
        if audio is None and self.strip is None:
            return active
        with_sound = (line for line in by_preference if _has_sound(line, audio, self.strip))
        without = active if active and not (active.audio or active.strip) else None
        return next(with_sound, without)


def controls_of(text: str) -> dict[str, Any]:
    """Controls from the JSON argument of an operator. Raises ControlError if it is not an object."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise ControlError(f'Controls are given as JSON, such as {{"anger": 0.5}}, not as {text!r}')
    return values


def object_of(character: "str | bpy.types.Object", scene: bpy.types.Scene) -> bpy.types.Object:
    """An object of the scene, given itself or by name. Raises EmoTalkError if the scene lacks it."""
    name = character if isinstance(character, str) else character.name
    found = scene.objects.get(name)
    if found is None or character not in (name, found):
        raise EmoTalkError(f"There is no object {name!r} in {scene.name!r}; give a face or its armature")
    return found


def _usable_audio(audio: str | Path) -> str:
    """The path to store. Raises EmoTalkError if there is no sound."""
    text = str(audio)
    if not text.startswith("//"):
        text = str(Path(text).absolute())
    sound_format(Path(bpy.path.abspath(text)))
    return text


def _slider_values(values: Mapping[str, Any], given: Controls) -> dict[str, Any]:
    """The new values of the sliders by the names of the controls."""
    sliders: dict[str, Any] = {}
    for alias in values:
        if alias == SHAPES:
            continue
        control = _control(alias if alias in given else ALIASES[alias])
        value = given[control.name]
        if np.ndim(value):
            raise ControlError(f"{control.label} takes one value here; keyframe its slider to change it over time")
        if control.choices:
            value = given.choice(control.name)
        sliders[control.name] = int(value) if control.kind == "whole" else value
    return sliders


def _has_sound(line: LineProperties, audio: str | None, strip: str | None) -> bool:
    if strip is not None:
        return line.strip == strip
    return not line.strip and bpy.path.abspath(line.audio) == bpy.path.abspath(audio or "")


def _as_property(control: Control, value: Any) -> Any:
    """A checked value as Blender's property takes it: a choice is the name that the table has for it."""
    return control.choices[int(cast(float, check_value(control, value)))] if control.choices else value


def _check_free_of_keys(line: LineProperties, scene: bpy.types.Scene, sliders: Mapping[str, Any]) -> None:
    """Raises ControlError for a keyframed slider, which would not keep a value."""
    keyed = {curve.data_path for curve in active_curves(scene) if not curve.mute}
    for control in map(_control, sliders):
        try:
            owner, name = slider_of(line, control)
        except KeyError:  # an emotion that the line has no slider for yet
            continue
        if owner.path_from_id(name) in keyed:
            raise ControlError(f"{control.label} is keyframed in this scene and cannot be set; remove its keys first")


def _control(name: str) -> Control:
    return CONTROL_BY_NAME[name] if name in CONTROL_BY_NAME else emotion_control(name)
