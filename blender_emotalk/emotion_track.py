"""Keys on the emotion sliders of a line: its emotion over time, in the Dope Sheet and the Graph Editor of the scene."""

from collections.abc import Iterator
from typing import Any, cast

import bpy

from ..face.controls import CONTROL_BY_NAME, Control, emotion_control
from ..inference.contract import EmoTalkError
from . import model_choice
from .actions import active_curves
from .line_identity import line_name
from .lines import slider_of
from .properties import LineProperties


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


def _remove_between(curve: bpy.types.FCurve, first: float, last: float) -> None:
    for point in reversed([point for point in curve.keyframe_points if first <= point.co.x <= last]):
        curve.keyframe_points.remove(point, fast=True)
    curve.update()
