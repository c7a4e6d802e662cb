"""The sliders of a line as values by name: read for presets, cue sheets and copies, and set again."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import bpy
import numpy as np

from ..dialogue.presets import Preset
from ..dialogue.single_precision import shortest
from ..face.controls import CONTROL_BY_NAME, CONTROLS, Control
from ..face.emotions import EMOTIONS
from . import model_choice
from .access import desk_of
from .line_settings import LineSettings
from .lines import has_style
from .properties import LineProperties

_STYLES: Final = ("personal_style", "second_style")


def preset_of(line: LineProperties, name: str) -> Preset:
    """All sliders of a line under a name."""
    return Preset(
        name, {control.name: shortest(getattr(line, control.name)) for control in CONTROLS}, own_weights(line)
    )


def own_weights(line: LineProperties) -> dict[str, float]:
    """The weights above 0 of emotions that only some models have."""
    return {emotion.name: float(shortest(emotion.weight)) for emotion in line.own_emotions if emotion.weight}


def changed_of(line: LineProperties, controls: Sequence[Control]) -> dict[str, float | str]:
    """Those of these sliders that are not at their defaults; choices and styles by name."""
    return {
        control.name: shortest(value)
        for control in controls
        if not _is_default(control, value := getattr(line, control.name))
    }


def set_sliders(scene: bpy.types.Scene, line: LineProperties, values: Mapping[str, Any]) -> list[str]:
    """Set sliders of a line; emotions and styles that its model lacks are left out.

    Args:
        scene: of the line; its active line stays active.
        line: whose sliders.
        values: by the names of controls and emotions.

    Returns:
        The emotions and styles that were left out.

    Raises:
        EmoTalkError: the model is not on this computer, or a slider is keyframed; nothing was set.
    """
    spec = model_choice.usable_weights(line).spec

    def is_known(name: str, value: Any) -> bool:
        if name in _STYLES:
            return has_style(spec, str(value))
        is_emotion = name in EMOTIONS or name not in CONTROL_BY_NAME
        return not is_emotion or name in spec.emotions

    known = {name: value for name, value in values.items() if is_known(name, value)}
    desk = desk_of(scene)
    active = desk.active_index
    LineSettings(controls=known).apply(scene, line)
    desk.active_index = active
    return [str(value) if name in _STYLES else name for name, value in values.items() if value and name not in known]


def _is_default(control: Control, value: Any) -> bool:
    if control.choices:
        return bool(value == control.choices[int(control.default)])
    return bool(
        value == control.default if control.kind == "name" else np.float32(value) == np.float32(control.default)
    )
