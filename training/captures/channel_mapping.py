"""How the columns of a capture make the channels of our face: a small table in TOML or JSON.

``[channels]`` has one line for each of our channels: ``jawOpen = { mouth_stretch_c = 1.0, mouth_oh_c = 0.3 }``. The
weighted columns are added up. ``columns = [...]`` names the columns of files that have no names themselves (.npy);
``optional = [...]`` are columns that a file may lack, all others must be there.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...face.basis import Basis
from ...face.curves import FaceCurves
from ...face.errors import EmoTalkError
from .curve_table import CurveTable

PRESETS: Final = Path(__file__).parent / "mappings"
_MAY_LACK: Final = ("tongueOut",)
"""Early captures of ARKit have 51 coefficients."""
_FARTHEST_OUTSIDE: Final = 1.0
"""Of a channel's range beyond its limits. Rigs are pushed past 1 now and then; percent and degrees go further."""


@dataclass(frozen=True)
class ChannelMapping:
    """Which columns make which channel.

    Attributes:
        title: for people.
        channels: our channel -> their column -> weight.
        columns: names for files without names, in their order; empty if files name their columns.
        optional: columns that a file may lack.
    """

    title: str
    channels: Mapping[str, Mapping[str, float]]
    columns: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that every file must have."""
        names = dict.fromkeys(name for terms in self.channels.values() for name in terms)
        return tuple(name for name in names if name not in self.optional)


def preset_names() -> tuple[str, ...]:
    """The mappings that come with EmoTalk."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.toml")))


def read_mapping(name: str, folder: Path) -> ChannelMapping:
    """A mapping by the name of a preset, or a file (.toml, .json) by its path from ``folder``.

    Raises:
        EmoTalkError: there is no such mapping, or it does not say what a mapping must say.
    """
    path = PRESETS / f"{name}.toml" if name in preset_names() else folder / name
    try:
        text = path.read_text("utf-8")
        fields = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
        return _mapping_of(fields, path.stem)
    except (OSError, UnicodeDecodeError):
        known = ", ".join(preset_names())
        raise EmoTalkError(f"There is no mapping {name}; give a file beside the project, or one of: {known}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        example = "[channels] with lines such as jawOpen = { their_jaw = 1.0 }"
        raise EmoTalkError(f"{path.name} is not a mapping of channels: it needs {example}") from None


def map_channels(table: CurveTable, basis: Basis, mapping: ChannelMapping | None, fps: float) -> FaceCurves:
    """The curves of a table in our basis, kept within its limits.

    Args:
        table: as the file has it.
        basis: wanted.
        mapping: None if the table has our channels by name, in any case of letters, or unnamed in our order.
        fps: frames per second.

    Raises:
        EmoTalkError: columns are missing, values are far outside the limits, or the mapping names channels that the
            basis lacks.
    """
    values = mixed_channels(table, basis, mapping)
    span = np.where(np.isfinite(basis.highest - basis.lowest), basis.highest - basis.lowest, np.inf)
    outside = np.maximum(basis.lowest - values, values - basis.highest).max(axis=0, initial=0) / span
    if (worst := int(np.argmax(outside))) >= 0 and outside[worst] > _FARTHEST_OUTSIDE:
        farthest = values[:, worst][np.argmax(np.abs(values[:, worst]))]
        low, high = basis.limits[worst]
        raise EmoTalkError(
            f"moves {basis.channels[worst]} to {farthest:.3g}, which goes from {low:g} to {high:g}; "
            "give a mapping whose weights bring it there (0.01 for percent)"
        )
    return FaceCurves(np.clip(values, basis.lowest, basis.highest).astype(np.float32), basis, fps)


def mixed_channels(table: CurveTable, basis: Basis, mapping: ChannelMapping | None) -> np.ndarray:
    """(frames, channels) float64 of our basis before they are kept within its limits; see ``map_channels``."""
    values = np.zeros((len(table.values), len(basis)))
    if mapping is None:
        for target, source in _columns_by_name(table, basis).items():
            values[:, basis.index[target]] = table.values[:, source]
        return values
    column = _their_columns(table, mapping)
    for target, terms in mapping.channels.items():
        if target not in basis.index:
            raise EmoTalkError(
                f"has the mapping {mapping.title}, which names {target}; {basis.name} has no such channel"
            )
        for name, weight in terms.items():
            if name in column:
                values[:, basis.index[target]] += weight * table.values[:, column[name]]
    return values


def _mapping_of(fields: Mapping[str, Any], stem: str) -> ChannelMapping:
    if unknown := set(fields) - {"title", "channels", "columns", "optional"}:
        raise ValueError(f"unknown: {unknown}")
    channels = {str(ours): {str(k): float(v) for k, v in terms.items()} for ours, terms in fields["channels"].items()}
    if not channels or not np.isfinite([weight for terms in channels.values() for weight in terms.values()]).all():
        raise ValueError("no channels, or a weight that is no number")
    columns = tuple(str(name) for name in fields.get("columns", ()))
    optional = frozenset(str(name) for name in fields.get("optional", ()))
    return ChannelMapping(str(fields.get("title", stem)), channels, columns, optional)


def _columns_by_name(table: CurveTable, basis: Basis) -> dict[str, int]:
    """Our channel -> the table's column."""
    if not table.names:
        if table.values.shape[1] != len(basis):
            raise EmoTalkError(
                f"has {table.values.shape[1]} columns without names where {basis.name} has {len(basis)} channels; "
                "export all of them, or give a mapping with the names of its columns"
            )
        return {name: column for column, name in enumerate(basis.channels)}
    place = {name.lower(): column for column, name in enumerate(table.names)}
    found = {name: place[name.lower()] for name in basis.channels if name.lower() in place}
    missing = [name for name in basis.channels if name not in found and name not in _MAY_LACK]
    if missing:
        raise EmoTalkError(
            f"has {len(found)} of the {len(basis)} channels of {basis.name} ({missing[0]} is missing); "
            "export all of them, or give a mapping that says what its columns are"
        )
    return found


def _their_columns(table: CurveTable, mapping: ChannelMapping) -> dict[str, int]:
    """Their column's name -> the table's column."""
    names = table.names or mapping.columns
    if len(names) != table.values.shape[1]:
        wanted = f"its mapping names {len(names)}" if names else "its mapping names none"
        raise EmoTalkError(f"has {table.values.shape[1]} columns without names, and {wanted}")
    missing = [name for name in mapping.needed if name not in names]
    if missing:
        raise EmoTalkError(
            f"lacks {len(missing)} of the {len(mapping.needed)} columns that the mapping {mapping.title} needs "
            f"({missing[0]} for one); export all of them"
        )
    return {name: column for column, name in enumerate(names)}
