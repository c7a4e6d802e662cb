"""Updates data in files of earlier versions."""

from typing import Any

import bpy

from . import line_identity, model_choice, own_actions
from .access import line_of_scene


def take_over(scene: bpy.types.Scene) -> None:
    """Update a scene's line; a line of this version is left as it is.

    Version 0.1.0 stored personal styles as numbers in the order of the model's list; now they are stored by name.
    It also knew lines by their names alone: the actions of this line are told its sound, by which it is found again.
    """
    line = line_of_scene(scene)
    if not line.identity and (line.audio or line.strip):
        own_actions.tell_sound(line_identity.line_name(line), line_identity.sound_key(line))
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
