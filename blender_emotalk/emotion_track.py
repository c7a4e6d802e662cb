"""Keys on the emotion sliders of a line: its emotion over time, in the Dope Sheet and the Graph Editor of the scene."""

from collections.abc import Iterator
from typing import Any, Final, cast

import bpy
import numpy as np

from ..face.controls import CONTROL_BY_NAME, Control, emotion_control
from ..face.emotions import NEUTRAL
from ..face.key_reduction import SparseKeys, reduce_curves
from ..inference.contract import EmoTalkError
from ..inference.heard_emotions import HeardEmotions
from . import model_choice
from .actions import active_curves
from .keyframes import Timing
from .line_identity import line_name
from .lines import slider_of
from .properties import LineProperties

_HEARD_TOLERANCE: Final = 0.03
"""Of a weight: closer than anybody sees."""
_ABSENT: Final = SparseKeys(np.zeros(1, int), np.zeros(1), np.zeros(1))
_SAME_FRAME: Final = 0.01


def key_emotion(line: LineProperties, frame: float) -> int:
    """Key all emotion sliders and the intensity with their present values.

    Args:
        line: whose sliders.
        frame: of the scene.

    Returns:
        The number of sliders.

    Raises:
        EmoTalkError: the line's model has no emotions.
    """
    sliders = list(_sliders(line))
    for owner, name, _control in sliders:
        _insert(line, owner, name, frame)
    return len(sliders)


def apply_between(line: LineProperties, first: float, last: float, transition: float) -> int:
    """Give the line its present emotion between two frames, and what it had there before outside of them.

    A slider with keys has its curve's values before and after, one without keys its default. Keys of the sliders within
    the stretch and its transitions are replaced.

    Args:
        line: whose sliders.
        first: the frame at which the emotion is there.
        last: the frame until which it stays.
        transition: frames in which it comes before ``first``, and goes after ``last``.

    Returns:
        The number of sliders.

    Raises:
        EmoTalkError: the line's model has no emotions, or the last frame is before the first; nothing was changed.
    """
    if last < first:
        raise EmoTalkError(f"The emotion ends at frame {last:g}, before it begins at {first:g}; exchange the two")
    sliders = list(_sliders(line))
    around = (first - transition, last + transition) if transition > 0 else (first - 1, last + 1)
    for owner, name, control in sliders:
        value = getattr(owner, name)
        curve = _curve_of(line, owner, name)
        outside = [float(control.default) if curve is None else curve.evaluate(frame) for frame in around]
        if curve is not None:
            _remove_between(curve, *around)
        for frame, wanted in ((around[0], outside[0]), (first, value), (last, value), (around[1], outside[1])):
            setattr(owner, name, wanted)
            _insert(line, owner, name, frame)
        setattr(owner, name, value)
    return len(sliders)


def key_heard(line: LineProperties, heard: HeardEmotions, seconds: float, timing: Timing) -> int:
    """Key the emotions that a network heard, with few keys; those that it does not name are keyed as absent.

    Keys of the emotion sliders within the line are replaced; the intensity keeps its own.

    Args:
        line: whose sliders.
        heard: over the line's sound.
        seconds: of that sound.
        timing: from rows of ``heard`` to frames of the scene.

    Returns:
        The number of keys.

    Raises:
        EmoTalkError: the line's model has none of these emotions; nothing was changed.
    """
    sliders = {c.name: (owner, name) for owner, name, c in _sliders(line) if c.name not in ("intensity", NEUTRAL)}
    if not sliders.keys() & set(heard.emotions):
        raise EmoTalkError(f"This model has none of the emotions {', '.join(heard.emotions)}; choose another model")
    curves = dict(zip(heard.emotions, reduce_curves(heard.weights, _HEARD_TOLERANCE), strict=True))
    first, last = timing.frames(np.array([0.0, seconds * heard.rate]))
    count = 0
    for emotion, (owner, name) in sliders.items():
        keys = curves.get(emotion, _ABSENT).moved(timing.step, timing.first)
        curve = _curve_of(line, owner, name)
        if curve is not None:
            _remove_between(curve, first, last)
        before = getattr(owner, name)
        for frame, value in zip(keys.frames, keys.values, strict=True):
            setattr(owner, name, float(np.clip(value, 0, 1)))
            _insert(line, owner, name, frame)
        setattr(owner, name, before)
        _set_slopes(cast(bpy.types.FCurve, _curve_of(line, owner, name)), keys)
        count += len(keys.frames)
    return count


def _sliders(line: LineProperties) -> Iterator[tuple[Any, str, Control]]:
    emotions = model_choice.spec_of(line).emotions
    if not emotions:
        raise EmoTalkError("This model has no emotions; choose another one in Model")
    for control in (*map(emotion_control, emotions), CONTROL_BY_NAME["intensity"]):
        yield (*slider_of(line, control), control)


def _insert(line: LineProperties, owner: Any, name: str, frame: float) -> None:
    owner.keyframe_insert(name, frame=frame, group=f"Emotion of {line_name(line)}")


def _curve_of(line: LineProperties, owner: Any, name: str) -> bpy.types.FCurve | None:
    path = owner.path_from_id(name)
    return next((curve for curve in active_curves(cast(bpy.types.ID, line.id_data)) if curve.data_path == path), None)


def _set_slopes(curve: bpy.types.FCurve, keys: SparseKeys) -> None:
    """Handles that draw what the keys were chosen for."""
    thirds = np.diff(keys.frames, append=keys.frames[-1:] + 1, prepend=keys.frames[:1] - 1) / 3
    for point in curve.keyframe_points:
        number = int(np.argmin(np.abs(keys.frames - point.co.x)))
        if keys.slopes is None or abs(keys.frames[number] - point.co.x) > _SAME_FRAME:
            continue
        frame, value, slope = point.co.x, point.co.y, keys.slopes[number]
        point.interpolation, point.handle_left_type, point.handle_right_type = "BEZIER", "ALIGNED", "ALIGNED"
        point.handle_left = (frame - thirds[number], value - slope * thirds[number])
        point.handle_right = (frame + thirds[number + 1], value + slope * thirds[number + 1])
    curve.update()


def _remove_between(curve: bpy.types.FCurve, first: float, last: float) -> None:
    for point in reversed([point for point in curve.keyframe_points if first <= point.co.x <= last]):
        curve.keyframe_points.remove(point, fast=True)
    curve.update()
