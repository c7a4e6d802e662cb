"""What holds for every file of this animator: where networks run, and how exactly they compute."""

from pathlib import Path
from typing import Final, cast

import bpy

from ..inference.devices import DEVICES, PRECISIONS
from ..inference.torch_environment.accelerators import accelerators
from .access import preferences_of_blender
from .property_definitions import properties

EXTENSION: Final = __package__.rpartition(".")[0]
"""The package that Blender knows the extension by."""

_DEVICE_LABELS: Final = {
    "auto": ("Automatic", "The GPU where there is one"),
    "cpu": ("Processor", "The CPU, whatever else there is"),
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
        description="What PyTorch shall compute on",
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
        description="What networks in PyTorch compute on",
        items=[(name, *_DEVICE_LABELS[name]) for name in DEVICES],
    ),
    precision=bpy.props.EnumProperty(
        name="Precision",
        description="How exactly networks in PyTorch compute",
        items=[(name, *_PRECISION_LABELS[name]) for name in PRECISIONS],
    ),
    windowed=bpy.props.BoolProperty(
        name="Windows",
        description="Let networks in PyTorch hear long lines ten seconds at a time: quicker beyond three minutes",
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


class UnsetPreferences:
    """The defaults, where Blender enabled the extension for one session and keeps no preferences for it."""

    torch_python = package_index = wheels = ""
    accelerator = accelerators()[0].name
    device = DEVICES[0]
    precision = PRECISIONS[0]
    windowed = False


def preferences_of(context: bpy.types.Context) -> PreferenceProperties | UnsetPreferences:
    """The animator's preferences."""
    addon = preferences_of_blender(context).addons.get(EXTENSION)
    if addon is None or addon.preferences is None:
        return UnsetPreferences()
    return cast(PreferenceProperties, addon.preferences)


def chosen_path(path: str) -> Path | None:
    """A file or folder as the animator chose it; None where none is chosen."""
    return Path(bpy.path.abspath(path)) if path else None
