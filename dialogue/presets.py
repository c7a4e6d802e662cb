"""Presets: the sliders of a line under a name, as JSON files that animators keep, rename and share."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..face.atomic_file import replacing
from ..face.controls import CONTROL_BY_NAME, CONTROLS, Control, check_value, emotion_control
from ..face.errors import EmoTalkError
from .single_precision import shortest

VERSION: Final = 1
SUFFIX: Final = ".json"
SIZE_LIMIT: Final = 2**20
"""Bytes of a file."""
NAME_LIMIT: Final = 200
"""Characters of a name."""

_MARK: Final = "emotalk_preset"
_STEM_LENGTH: Final = 60
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _+-]*(?<! )")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that Windows keeps for devices."""

Values = Mapping[str, float | str]


class PresetError(EmoTalkError, ValueError):
    """A file is no preset, or a name cannot be one's; the message is a sentence."""


@dataclass(frozen=True)
class Preset:
    """Sliders under a name.

    Attributes:
        name: what the animator calls it.
        controls: values of sliders of ``controls.CONTROLS``; choices and styles by name. Those that are not there
            stay as they are when it is loaded.
        own_emotions: weights of emotions that only some models have.
    """

    name: str
    controls: Values
    own_emotions: Mapping[str, float] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, float | str]:
        """All of them by name, as ``Controls`` takes them."""
        return {**self.controls, **self.own_emotions}


@dataclass(frozen=True)
class PresetFile:
    """A file in the folder of presets.

    Attributes:
        path: of the file.
        name: of the preset; of the file if it is damaged.
        damage: why it cannot be loaded, as a sentence; "" if it can.
    """

    path: Path
    name: str
    damage: str = ""


def write_preset(path: Path, preset: Preset, *, overwrite: bool = False) -> None:
    """Write a preset.

    Raises:
        PresetError: its name is empty or too long, or it holds an unknown control or an invalid value.
        PlaceError: something other than a file is there; or a file is (TakenError), and ``overwrite`` is off.
        OSError: the folder cannot be written to.
    """
    name = checked_name(preset.name)
    controls, own_emotions = _checked(preset.controls), _checked_emotions(preset.own_emotions)
    fields: dict[str, Any] = {_MARK: VERSION, "name": name}
    fields["controls"] = {
        control.name: shortest(controls[control.name]) for control in CONTROLS if control.name in controls
    }
    if own_emotions:
        fields["own_emotions"] = {name: shortest(own_emotions[name]) for name in sorted(own_emotions)}
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(json.dumps(fields, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_preset(path: Path) -> Preset:
    """Read a preset.

    Raises:
        PresetError: the file is no preset, comes from a later version, or names what is no control.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(SIZE_LIMIT + 1)
    try:
        fields = json.loads(data.decode("utf-8-sig")) if len(data) <= SIZE_LIMIT else None
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not isinstance(fields.get(_MARK), int) or isinstance(fields[_MARK], bool):
        raise PresetError(f"{path.name} is no preset of EmoTalk")
    if fields[_MARK] != VERSION:
        raise PresetError(f"{path.name} was saved by a later version of EmoTalk; update the extension to load it")
    parts = [fields.get("controls", {}), fields.get("own_emotions", {})]
    if not all(isinstance(part, dict) for part in parts):
        raise PresetError(f"{path.name} is no preset of EmoTalk")
    try:
        name = checked_name(fields.get("name"))
        return Preset(name, _checked(parts[0]), _checked_emotions(parts[1]))
    except EmoTalkError as error:
        raise PresetError(f"{path.name}: {error}") from None


def presets_in(folder: Path) -> tuple[PresetFile, ...]:
    """The presets of a folder by name, damaged files with their damage; none if there is no folder."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == SUFFIX and path.is_file())
    except OSError:
        return ()
    return tuple(sorted((_look_at(path) for path in paths), key=lambda file: (file.name.casefold(), file.path.name)))


def place_of(folder: Path, name: str) -> Path:
    """The file of a name: that of the preset that is called so already, else one whose name every system allows.

    Raises:
        PresetError: the name is empty or too long.
    """
    name = checked_name(name)
    there = (file.path for file in presets_in(folder) if file.name == name and not file.damage)
    return next(there, folder / (_stem(name) + SUFFIX))


def checked_name(name: Any) -> str:
    """The name without surrounding spaces. Raises PresetError if it cannot be one."""
    text = name.strip() if isinstance(name, str) else ""
    if not text:
        raise PresetError("A preset needs a name")
    if len(text) > NAME_LIMIT or not text.isprintable():
        raise PresetError(f"The name of a preset has at most {NAME_LIMIT} characters, in one line")
    return text


def _stem(name: str) -> str:
    """The name itself where it is plain, else what is plain of it and a hash, so that no two names share a file."""
    if _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name) and len(name) <= _STEM_LENGTH:
        return name
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name)[:_STEM_LENGTH].strip("_") or "preset"
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _look_at(path: Path) -> PresetFile:
    try:
        return PresetFile(path, read_preset(path).name)
    except EmoTalkError as error:
        return PresetFile(path, path.stem, str(error))
    except OSError as error:
        return PresetFile(path, path.stem, f"{path.name} cannot be read ({error.strerror or error})")


def _checked(values: Mapping[str, Any]) -> dict[str, float | str]:
    unknown = [name for name in values if name not in CONTROL_BY_NAME]
    if unknown:
        raise PresetError(f"There is no control named {', '.join(map(repr, unknown[:5]))}; nothing was loaded")
    return {name: _checked_value(CONTROL_BY_NAME[name], value) for name, value in values.items()}


def _checked_emotions(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(_checked_value(emotion_control(name), value)) for name, value in values.items()}


def _checked_value(control: Control, value: Any) -> float | str:
    """One value that a slider can have. Raises EmoTalkError if it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PresetError(f"{control.label} takes one value, not {str(value)[:40]}")
    checked = check_value(control, value)
    if control.kind == "choice":
        return control.choices[int(float(checked))]
    return checked if isinstance(checked, str) else float(checked)
