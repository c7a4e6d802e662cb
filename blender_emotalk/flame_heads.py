"""FLAME heads as Blender data: expressions and correctives as shape keys, FLAME's joints as bones."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

import bpy
import numpy as np

from ..face.curves import FaceCurves
from ..face.errors import EmoTalkError
from ..face.flame.arkit_shapes import ArkitShapes, solve_arkit_shapes
from ..face.flame.files import import_model
from ..face.flame.head import JAW_SLIDERS, FlameHead, build_head, identity_name
from ..face.flame.model import JOINTS, FlameModel, load_model, template_sha256
from .access import view_layer_of
from .heads import add_head
from .user_folder import user_folder

SLIDER_LIMIT: Final = 10.0
"""Blender's own limit of a shape key's slider; the value of an expression is its coefficient in standard deviations."""

_FOLDER: Final = "flame"
_MODEL: Final = "emotalk_flame_model"
_IDENTITY: Final = "emotalk_flame_identity"
"""Custom properties of the armature: the name of the converted file, and the identity that is baked in."""

_ENTRIES: Final = (
    # (R - I) of a unit quaternion, row after row
    "-2*(y*y+z*z)",
    "2*(x*y-w*z)",
    "2*(x*z+w*y)",
    "2*(x*y+w*z)",
    "-2*(x*x+z*z)",
    "2*(y*z-w*x)",
    "2*(x*z-w*y)",
    "2*(y*z+w*x)",
    "-2*(x*x+y*y)",
)


def import_flame_head(
    path: Path, collection: bpy.types.Collection, identity_sliders: int
) -> tuple[bpy.types.Object, FlameModel]:
    """Read the user's FLAME file and add its head.

    Args:
        path: FLAME's .pkl file, or the same arrays as .npz.
        collection: where the objects are linked to.
        identity_sliders: how many identities become sliders.

    Returns:
        The armature, and the model, whose variant has the terms.

    Raises:
        EmoTalkError: the file is no FLAME model; nothing in it was run and nothing was added.
        OSError: a file cannot be read or written.
    """
    model, converted = import_model(path, user_folder(_FOLDER))
    return add_flame_head(model, converted, collection, identity_sliders), model


def add_flame_head(
    model: FlameModel, converted: Path, collection: bpy.types.Collection, identity_sliders: int = 0
) -> bpy.types.Object:
    """Put a FLAME head into a collection of the open file, with its root at FLAME's origin, looking along -Y.

    Args:
        model: FLAME.
        converted: its .npz file in the user's own folder, which baking an identity reads again.
        collection: where the objects are linked to.
        identity_sliders: how many identities become sliders.

    Returns:
        The armature. Its child has the shape keys: ARKit's channels, ``Exp000`` and on, the jaw's three angles,
        the driven correctives ``Pose000`` and on, and the identities ``Shape000`` and on.
    """
    head = build_head(model, None, identity_sliders)
    armature = add_head(collection, "FLAME Head", (head.part,), head.bones)
    armature[_MODEL], armature[_IDENTITY] = converted.name, []
    key = keys_of(armature)
    for block in key.key_blocks[1:]:
        if block.name not in head.solved.moves:
            block.slider_min, block.slider_max = -SLIDER_LIMIT, SLIDER_LIMIT
    _drive_jaw(armature, key)
    _drive_correctives(armature, key, head)
    return armature


def is_flame_head(armature: bpy.types.Object | None) -> bool:
    """Whether an object is the armature of a head that ``add_flame_head`` made."""
    return (
        armature is not None
        and armature.type == "ARMATURE"
        and armature.get(_MODEL) is not None
        and bool(armature.children)
    )


def keys_of(armature: bpy.types.Object) -> bpy.types.Key:
    """The shape keys of a FLAME head."""
    mesh = cast(bpy.types.Mesh, armature.children[0].data)
    return cast(bpy.types.Key, mesh.shape_keys)


def bake_identity(armature: bpy.types.Object) -> None:
    """Make the identity that the sliders show the neutral head: joints, bones and all shapes move to it.

    The sliders go to 0 and are counted from the new head. Keys of the animator stay.

    Args:
        armature: of a FLAME head, editable, in Object Mode.

    Raises:
        EmoTalkError: the converted model is not there any more.
    """
    key = keys_of(armature)
    path = model_of(armature)
    if not path.is_file():
        raise EmoTalkError("The model of this head is not on this computer any more; import FLAME's file again first")
    model = load_model(path)
    count = sum(identity_name(k) in key.key_blocks for k in range(model.identities.shape[2]))
    identity = np.zeros(max(count, len(armature[_IDENTITY])))
    identity[: len(armature[_IDENTITY])] = armature[_IDENTITY]
    identity[:count] += [key.key_blocks[identity_name(k)].value for k in range(count)]
    head = build_head(model, identity, count)
    _reshape(armature, key, head)
    for k in range(count):
        key.key_blocks[identity_name(k)].value = 0
    armature[_IDENTITY] = identity.tolist()


def model_of(armature: bpy.types.Object) -> Path:
    """The converted FLAME file that a FLAME head was made from; it may not be there any more."""
    return user_folder(_FOLDER) / Path(str(armature[_MODEL])).name


def template_of(path: Path) -> str:
    """The hash of the mean head in a converted FLAME file, as weights note it; "" if there is no such file.

    Raises:
        EmoTalkError: the file is damaged.
    """
    return _template_of(path, path.stat().st_mtime_ns) if path.is_file() else ""


def newest_model() -> Path | None:
    """The FLAME file that was imported last on this computer, as it was converted; None if there is none."""
    files = user_folder(_FOLDER).glob("*.npz")
    return max(files, key=lambda path: (path.stat().st_mtime, path.name), default=None)


def to_arkit(face: FaceCurves, path: Path | None) -> tuple[FaceCurves, str]:
    """FLAME's curves as the 52 coefficients. Uses no Blender data.

    Args:
        face: the curves.
        path: of ``newest_model``.

    Returns:
        The curves, and the name of FLAME's release.

    Raises:
        EmoTalkError: there is no file, it is damaged, or its model has fewer expressions.
    """
    if path is None:
        raise EmoTalkError(
            "These are FLAME's expressions, and the character has no shape keys for them; add a head from FLAME's own "
            "file once (Add > Mesh > EmoTalk > FLAME Head), so that they can be turned into the 52 coefficients"
        )
    shapes, release = _shapes_of(path, path.stat().st_mtime_ns)
    return shapes.to_arkit(face), release


@lru_cache(maxsize=4)
def _template_of(path: Path, _changed: int) -> str:
    return template_sha256(load_model(path).template)


@lru_cache(maxsize=1)
def _shapes_of(path: Path, _changed: int) -> tuple[ArkitShapes, str]:
    """Solved once, and the name of the release: it takes seconds."""
    model = load_model(path)
    return solve_arkit_shapes(model), model.variant.name


def _reshape(armature: bpy.types.Object, key: bpy.types.Key, head: FlameHead) -> None:
    mesh = cast(bpy.types.Mesh, armature.children[0].data)
    mesh.vertices.foreach_set("co", head.part.vertices.ravel())
    key.key_blocks[0].data.foreach_set("co", head.part.vertices.ravel())
    for name, moves in head.part.shapes.items():
        if name in key.key_blocks:
            key.key_blocks[name].data.foreach_set("co", (head.part.vertices + moves).ravel())
    mesh.update()
    layer = view_layer_of(bpy.context)
    before = layer.objects.active
    layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for bone in head.bones:
        edit_bone = cast(bpy.types.Armature, armature.data).edit_bones[bone.name]
        edit_bone.head, edit_bone.tail = bone.start, bone.end
    bpy.ops.object.mode_set(mode="OBJECT")
    layer.objects.active = before


def _drive_jaw(armature: bpy.types.Object, key: bpy.types.Key) -> None:
    """The jaw bone turns about the axis-angle that the three sliders give."""
    jaw = cast(bpy.types.Pose, armature.pose).bones["jaw"]
    jaw.rotation_mode = "AXIS_ANGLE"
    jaw.lock_rotation = jaw.lock_location = (True, True, True)
    jaw.lock_rotation_w = True
    for index, expression in enumerate(("sqrt(x*x+y*y+z*z)", "x", "y", "z")):
        driver: Any = jaw.driver_add("rotation_axis_angle", index)
        driver = driver.driver
        for axis in sorted(set(expression) & set("xyz")):
            variable = driver.variables.new()
            variable.name, variable.type = axis, "SINGLE_PROP"
            target = variable.targets[0]
            target.id_type, target.id = "KEY", key
            target.data_path = f'key_blocks["{JAW_SLIDERS["xyz".index(axis)]}"].value'
        driver.expression = expression


def _drive_correctives(armature: bpy.types.Object, key: bpy.types.Key, head: FlameHead) -> None:
    for number, name in enumerate(head.correctives):
        joint, entry = divmod(number, len(_ENTRIES))
        driver: Any = key.key_blocks[name].driver_add("value")
        driver = driver.driver
        expression = _ENTRIES[entry]
        for part in sorted(set(expression) & set("wxyz")):
            variable = driver.variables.new()
            variable.name, variable.type = part, "TRANSFORMS"
            target = variable.targets[0]
            target.id, target.bone_target = armature, JOINTS[joint + 1]
            target.transform_type, target.transform_space = f"ROT_{part.upper()}", "LOCAL_SPACE"
            target.rotation_mode = "QUATERNION"
        driver.expression = expression
