"""The API's functions in Blender; ``api.py`` documents their arguments, results and errors."""

from collections.abc import Mapping
from typing import Any

import bpy

from ..face.basis import Basis
from ..face.controls import KEYS_ON, check_value
from ..face.curves import Performance, ReadCurves
from ..inference.contract import EmoTalkError, StageProgress
from . import baking, batch, played_curves, runs
from .access import active_line, scene_of
from .characters import find_character
from .keyframes import Timing
from .line_settings import LineSettings, object_of
from .lines import anchor_of
from .own_actions import LineMark
from .property_definitions import PROPERTY
from .scene_context import context_in


def animate(
    scene: bpy.types.Scene | None,
    settings: LineSettings,
    placement: Mapping[str, Any],
    progress: StageProgress | None,
) -> int:
    """Animate the line of a scene and wait for it; see ``api.animate``."""
    _need_extension()
    with context_in(scene) as context:
        if batch.is_busy():
            raise EmoTalkError(runs.BUSY)
        line = settings.apply(scene_of(context))
        given = {name: value for name, value in placement.items() if value is not None}
        run = runs.start(context, line, placement=given)
        run.wait(progress)
        if run.cancelled:
            raise EmoTalkError(runs.CANCELLED)
        run.write()
        return run.keys


def write_keys(
    performance: Performance,
    line: str,
    character: "str | bpy.types.Object | None",
    start_frame: float,
    key_tolerance: float,
    own_track: bool,
    keys_on: str,
    scene: bpy.types.Scene | None,
) -> int:
    """Write curves as keys; see ``api.write_keys``."""
    if not performance.face.frames:
        raise EmoTalkError("The curves have no frames, so there is nothing to write")
    _need_extension()
    with context_in(scene) as context:
        scene = scene_of(context)
        anchor = anchor_of(active_line(scene), context) if character is None else object_of(character, scene)
        found = find_character(anchor, scene, performance.face.basis)
        mark = LineMark(line, baking.identity_named(found, line))
        timing = Timing.of(scene, start_frame, performance.face.fps)
        whole_frames = check_value(KEYS_ON, keys_on) == KEYS_ON.default
        settings = baking.KeySettings(key_tolerance, own_track, whole_frames=whole_frames)
        return baking.bake(performance, found, mark, timing, settings).keys


def read_performance(
    character: "str | bpy.types.Object | None",
    start: float | None,
    end: float | None,
    fps: float | None,
    basis: Basis,
    scene: bpy.types.Scene | None,
    progress: StageProgress | None,
) -> ReadCurves:
    """Read what a character plays; see ``api.read_performance``."""
    _need_extension()
    with context_in(scene) as context:
        scene = scene_of(context)
        anchor = anchor_of(active_line(scene), context) if character is None else object_of(character, scene)
        first = scene.frame_start if start is None else start
        last = scene.frame_end if end is None else end
        return played_curves.read_performance(anchor, scene, first, last, fps, basis, progress)


def _need_extension() -> None:
    """Raises EmoTalkError if the extension is not enabled."""
    if not hasattr(bpy.types.Scene, PROPERTY):
        raise EmoTalkError("EmoTalk is not enabled in this Blender; enable it in the preferences, or call register()")
