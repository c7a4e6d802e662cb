"""The animator's presets: files in the extension's folder of the user, which updates of the extension keep."""

from pathlib import Path

from ..dialogue.presets import Preset, PresetError, PresetFile, place_of, presets_in, read_preset, write_preset
from ..face.atomic_file import TakenError
from .user_folder import user_folder

_seen: tuple[int, Path] | None = None
_presets: tuple[PresetFile, ...] = ()


def folder() -> Path:
    """Where presets are; it may not be there yet."""
    return user_folder("presets")


def presets() -> tuple[PresetFile, ...]:
    """All presets by name. The files are read again only if the folder has changed, so menus may ask."""
    global _seen, _presets
    place = folder()
    try:
        now = place.stat().st_mtime_ns, place
    except OSError:
        _seen, _presets = None, ()
        return ()
    if now != _seen:
        _seen, _presets = now, presets_in(place)
    return _presets


def save(preset: Preset, *, overwrite: bool = False) -> Path:
    """Keep a preset.

    Returns:
        Its file.

    Raises:
        PresetError: its name cannot be one, or there is a preset of that name and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    path = place_of(place, preset.name)
    try:
        write_preset(path, preset, overwrite=overwrite)
    except TakenError:
        raise PresetError(f"There is a preset named {preset.name!r} already; choose Replace, or another name") from None
    _forget()
    return path


def load(file: str) -> Preset:
    """The preset of a file in the folder. Raises PresetError if it is not there or damaged."""
    return read_preset(_path_of(file))


def remove(file: str) -> str:
    """Delete a preset; its name. Raises PresetError if it is not there, OSError if it cannot be deleted."""
    path = _path_of(file)
    name = next((preset.name for preset in presets() if preset.path.name == file), file)
    path.unlink()
    _forget()
    return name


def _path_of(file: str) -> Path:
    """The path of a file by its name, or of a preset by its name."""
    for preset in presets():
        if file in (preset.path.name, preset.name):
            return preset.path
    there = ", ".join(preset.name for preset in presets())
    raise PresetError(f"There is no preset {file!r}; {f'there are: {there}' if there else 'there is none yet'}")


def _forget() -> None:
    global _seen
    _seen = None
