"""Frames of a scene as pictures, and the whole scene as a film with its sound."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import bpy
from PIL import Image

from ..inference.contract import EmoTalkError

_SHORT_HEAD: Final = 8
_LONG_HEAD: Final = 16
"""Bytes before the content of a box of MP4; the long one is for boxes of more than 4 GB."""


def render_stills(scene: bpy.types.Scene, frames: Iterable[float], height: int) -> list[Image.Image]:
    """Pictures of the scene at the given frames, subframes included, scaled to a height in pixels.

    Raises:
        EmoTalkError: one could not be written, as on a full disk.
    """
    stills = []
    with tempfile.TemporaryDirectory() as folder:
        for number, frame in enumerate(frames):
            scene.frame_set(int(frame), subframe=frame - int(frame))
            _set_output(scene, "PNG", Path(folder) / f"{number}.png")
            done = _render(write_still=True, scene=scene.name)
            try:
                with Image.open(scene.render.filepath) as still:
                    size = round(still.width * height / still.height), height
                    stills.append(still.convert("RGB").resize(size, Image.Resampling.LANCZOS))
            except (OSError, SyntaxError):  # what Pillow raises for damaged pictures
                done = False
            if not done:
                raise EmoTalkError(f"A picture could not be written into {folder}; make room on the disk and try again")
    return stills


def render_film(scene: bpy.types.Scene, path: Path, on_frame: Callable[[int], None]) -> None:
    """Write the scene's frame range as H.264 with AAC sound.

    Args:
        scene: its 3D view is rendered, with the sound of its sequencer.
        path: the .mp4 to write.
        on_frame: called after each frame with the number of finished frames.

    Raises:
        EmoTalkError: the film did not become whole, as on a full disk.
    """
    _set_output(scene, "FFMPEG", path)
    scene.render.use_file_extension = False
    encoder: Any = scene.render.ffmpeg
    encoder.format, encoder.codec, encoder.constant_rate_factor = "MPEG4", "H264", "HIGH"
    encoder.audio_codec, encoder.audio_bitrate = "AAC", 192

    frames = scene.frame_end - scene.frame_start + 1
    raised: list[BaseException] = []
    finished = 0

    def count(current: bpy.types.Scene, *_: object) -> None:
        nonlocal finished
        finished = current.frame_current - current.frame_start + 1
        try:
            if not raised:
                on_frame(finished)
        except BaseException as error:  # Blender would print it and go on
            raised.append(error)

    bpy.app.handlers.render_write.append(count)
    try:
        done = _render(animation=True, scene=scene.name)
    finally:
        bpy.app.handlers.render_write.remove(count)
    if raised:
        raise raised[0]
    if not done or finished != frames or not is_whole_mp4(path) or _frames_of(path) != frames:
        raise EmoTalkError(f"The film {path.name} did not become whole; make room on the disk and try again")


def is_whole_mp4(path: Path) -> bool:
    """Whether a file is a row of complete boxes, as MP4 is, among them pictures and their table."""
    found = set()
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            place = 0
            while place < size:
                file.seek(place)
                head = file.read(_LONG_HEAD)
                length, kind = int.from_bytes(head[:4], "big"), head[4:8]
                if length == 1:
                    length = int.from_bytes(head[8:], "big")
                if length < _SHORT_HEAD:
                    return False
                if length > _SHORT_HEAD:
                    found.add(kind)
                place += length
    except OSError:
        return False
    return place == size and {b"ftyp", b"moov", b"mdat"} <= found


def _frames_of(path: Path) -> int:
    """The number of pictures that Blender finds in a film; 0 if it cannot be played."""
    try:
        clip = bpy.data.movieclips.load(str(path.resolve()))
    except RuntimeError:
        return 0
    try:
        return clip.frame_duration
    finally:
        bpy.data.movieclips.remove(clip)


def _render(**how: Any) -> bool:
    """Render; whether Blender says that it finished."""
    try:
        operator: Any = bpy.ops.render.render  # its stub says that it returns None
        return "FINISHED" in operator(**how)
    except RuntimeError:  # what the operator reports as an error
        return False


def _set_output(scene: bpy.types.Scene, file_format: str, path: Path) -> None:
    settings: Any = scene.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO" if file_format == "FFMPEG" else "IMAGE"
    settings.file_format = file_format
    scene.render.filepath = str(path)
