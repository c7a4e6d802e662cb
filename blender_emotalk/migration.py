"""Updates data in files of earlier versions."""

from typing import Any

import bpy

from . import model_choice
from .access import line_of_scene


def take_over(scene: bpy.types.Scene) -> None:
    """Update a scene's line; a line of this version is left as it is.

    Version 0.1.0 stored personal styles as numbers in the order of the model's list; now they are stored by name.
    """
    line = line_of_scene(scene)
    stored = _stored(line)
    for name in ("personal_style", "second_style"):
        number = stored.get(name)
        styles = model_choice.spec_of(line).styles
        if isinstance(number, int) and 0 <= number < len(styles):
            setattr(line, name, styles[number])


def _stored(line: Any) -> dict[str, Any]:
    """The line's stored values, whatever type the properties have today; read before Blender drops them."""
    if hasattr(line, "bl_system_properties_get"):  # from Blender 5.0 on
        properties = line.bl_system_properties_get()
        return dict(properties.items()) if properties is not None else {}
    return dict(line.items())
