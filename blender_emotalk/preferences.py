"""The preferences for all files: where networks run, and at which precision."""

from pathlib import Path
from typing import Final, cast

import bpy

from ..face.controls import FEATURE_CACHE
from ..inference.devices import DEVICES, PRECISIONS
from ..inference.torch_environment.accelerators import accelerators
from .access import preferences_of_blender
from .property_definitions import properties

EXTENSION: Final = __package__.rpartition(".")[0]
"""The name of the extension's package in Blender."""

_DEVICE_LABELS: Final = {
    "auto": ("Automatic", "The GPU if there is one"),
    "cpu": ("Processor", "Always the CPU"),
    "cuda": ("NVIDIA or AMD GPU", "CUDA or ROCm"),
    "mps": ("Apple GPU", "Metal"),
}
_PRECISION_LABELS: Final = {
    "float32": ("Exact", "32-bit numbers, as the network was published"),
    "bfloat16": ("Quick", "16-bit numbers: the curves deviate slightly"),
    "int8": ("Quickest", "8-bit weights on the processor: the curves deviate visibly in places"),
}


@properties(
    torch_python=bpy.props.StringProperty(
        name="Python with PyTorch",
        description="A Python of your own that has PyTorch and NumPy; empty for the one that Set Up makes",
        subtype="FILE_PATH",
    ),
    accelerator=bpy.props.EnumProperty(
        name="For",
        description="The hardware that PyTorch is installed for",
        items=[(each.name, each.label, each.sentence) for each in accelerators()],
    ),
    package_index=bpy.props.StringProperty(
        name="Package Index",
        description="Where pip finds this build of PyTorch, as its installation page says; empty for pip's own index",
    ),
    wheels=bpy.props.StringProperty(
        name="Folder of Wheels",
        description="Install from the .whl files in this folder, without a network; empty to download",
        subtype="DIR_PATH",
    ),
    device=bpy.props.EnumProperty(
        name="Device",
        description="The device for networks in PyTorch",
        items=[(name, *_DEVICE_LABELS[name]) for name in DEVICES],
    ),
    precision=bpy.props.EnumProperty(
        name="Precision",
        description="The number format for networks in PyTorch",
        items=[(name, *_PRECISION_LABELS[name]) for name in PRECISIONS],
    ),
    windowed=bpy.props.BoolProperty(
        name="Windows",
        description="Networks in PyTorch encode long lines ten seconds at a time: faster beyond three minutes",
    ),
    feature_cache=bpy.props.FloatProperty(
        name=f"{FEATURE_CACHE.label} ({FEATURE_CACHE.unit})",
        description=FEATURE_CACHE.sentence,
        min=FEATURE_CACHE.minimum,
        max=FEATURE_CACHE.maximum,
        default=float(FEATURE_CACHE.default),
        precision=1,
        step=10,
    ),
)
class PreferenceProperties:
    """The properties of the preferences; ``panels`` draws them."""

    torch_python: str
    accelerator: str
    package_index: str
    wheels: str
    device: str
    precision: str
    windowed: bool
    feature_cache: float


class UnsetPreferences:
    """The defaults, used if Blender enabled the extension for one session and has no preferences for it."""

    torch_python = package_index = wheels = ""
    accelerator = accelerators()[0].name
    device = DEVICES[0]
    precision = PRECISIONS[0]
    windowed = False
    feature_cache = float(FEATURE_CACHE.default)


def preferences_of(context: bpy.types.Context) -> PreferenceProperties | UnsetPreferences:
    """The animator's preferences."""
    addon = preferences_of_blender(context).addons.get(EXTENSION)
    if addon is None or addon.preferences is None:
        return UnsetPreferences()
    return cast(PreferenceProperties, addon.preferences)


def chosen_path(path: str) -> Path | None:
    """The file or folder that the animator chose; None if none is chosen."""
    return Path(bpy.path.abspath(path)) if path else None
