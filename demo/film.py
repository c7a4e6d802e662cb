"""Frames of a scene as pictures, and the whole scene as a film with its sound."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import bpy
from PIL import Image


def render_stills(scene: bpy.types.Scene, frames: Iterable[float], size: int) -> list[Image.Image]:
    """Pictures of the scene at the given frames, subframes included, scaled down to ``size`` pixels square."""
    stills = []
    with tempfile.TemporaryDirectory() as folder:
        for number, frame in enumerate(frames):
            scene.frame_set(int(frame), subframe=frame - int(frame))
            _set_output(scene, "PNG", Path(folder) / f"{number}.png")
            bpy.ops.render.render(write_still=True, scene=scene.name)
            with Image.open(scene.render.filepath) as still:
                stills.append(still.convert("RGB").resize((size, size), Image.Resampling.LANCZOS))
    return stills


def render_film(scene: bpy.types.Scene, path: Path, on_frame: Callable[[int], None]) -> None:
    """Write the scene's frame range as H.264 with AAC sound.

    Args:
        scene: its 3D view is rendered, with the sound of its sequencer.
        path: the .mp4 to write.
        on_frame: called after each frame with the number of finished frames.
    """
    _set_output(scene, "FFMPEG", path)
    scene.render.use_file_extension = False
    encoder: Any = scene.render.ffmpeg
    encoder.format, encoder.codec, encoder.constant_rate_factor = "MPEG4", "H264", "HIGH"
    encoder.audio_codec, encoder.audio_bitrate = "AAC", 192

    def count(current: bpy.types.Scene, *_: object) -> None:
        on_frame(current.frame_current - current.frame_start + 1)

    bpy.app.handlers.render_write.append(count)
    try:
        bpy.ops.render.render(animation=True, scene=scene.name)
    finally:
        bpy.app.handlers.render_write.remove(count)


def _set_output(scene: bpy.types.Scene, file_format: str, path: Path) -> None:
    settings: Any = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO" if file_format == "FFMPEG" else "IMAGE"
    settings.file_format = file_format
    scene.render.filepath = str(path)
