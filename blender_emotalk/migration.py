"""Updates data in files of earlier versions."""

import bpy

from . import line_identity, model_choice, slider_paths, stored_properties
from .access import active_line, desk_of
from .desk import add_line
from .properties import LineProperties


def take_over(scene: bpy.types.Scene) -> None:
    """Update a scene's lines; a scene of this version is left as it is.

    Version 0.1.0 knew one line for each scene, whose values were those of the scene itself: it becomes the first of the
    list, and the keys of its sliders go with it. It knew lines by their names alone, so the name is the identity. It
    stored personal styles as numbers in the order of the model's list; now they are stored by name.
    """
    desk = desk_of(scene)
    earlier = {
        name: value
        for name, value in stored_properties.stored(desk).items()
        if name in LineProperties.bl_rna.properties
    }
    if not earlier or active_line(scene) is not None:
        return
    line = add_line(scene)
    line.identity = ""
    stored_properties.store(line, earlier)
    stored_properties.forget(desk, earlier)
    line.identity = line_identity.identity_of(line)
    _name_styles(line, earlier)
    slider_paths.enter_list(scene, set(earlier) | set(LineProperties.bl_rna.properties.keys()))


def _name_styles(line: LineProperties, earlier: dict[str, object]) -> None:
    styles = model_choice.spec_of(line).styles
    for name in ("personal_style", "second_style"):
        number = earlier.get(name)
        if isinstance(number, int):
            setattr(line, name, styles[number] if 0 <= number < len(styles) else "")
