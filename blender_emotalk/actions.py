"""Actions, slots and NLA strips with one interface for Blender 4.2 (no slots), 4.4 (slots) and 5.x (slots only)."""

from collections.abc import Iterator
from typing import Any, Final, Literal

import bpy

HAS_SLOTS: Final = bpy.app.version >= (4, 4, 0)

Animated = bpy.types.Key | bpy.types.Object
"""The data-block that a line is written to: the shape keys of a mesh, or the armature."""


def new_curves(action: bpy.types.Action, id_type: Literal["KEY", "OBJECT"], slot_name: str) -> Any:
    """The empty F-curve container for one kind of data-block, in its own slot if Blender has slots.

    Args:
        action: a new action; without slots it supports a single ``id_type``.
        id_type: "KEY" or "OBJECT".
        slot_name: the name that the animator sees.

    Returns:
        A ``bpy.types.ActionChannelbag``, or the action itself; both have ``fcurves`` and ``groups``.
    """
    if not HAS_SLOTS:
        any_action: Any = action
        any_action.id_root = id_type
        return action
    slot = action.slots.new(id_type=id_type, name=slot_name)
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip: Any = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(slot, ensure=True)


def curves_to_rewrite(action: bpy.types.Action, id_type: Literal["KEY", "OBJECT"]) -> Any:
    """The container of ``new_curves`` in an action that has one for this kind of data-block."""
    if not HAS_SLOTS:
        return action
    bags = (bag for strip in _strips_of(action) for bag in strip.channelbags)
    return next(bag for bag in bags if bag.slot.target_id_type == id_type)


def slot_for(action: bpy.types.Action, owner: Animated) -> Any:
    """The action's slot for this kind of data-block; None if there is none or Blender has no slots."""
    if not HAS_SLOTS:
        return None
    return next((slot for slot in action.slots if slot.target_id_type == owner.id_type), None)


def animation_data_of(owner: Animated) -> bpy.types.AnimData:
    """A data-block's animation data, created if it has none."""
    return owner.animation_data or owner.animation_data_create()


def assign(owner: Animated, action: bpy.types.Action, slot: Any = None) -> None:
    """Make this the active action, with its slot: Blender does not choose slots that a script has named."""
    data = animation_data_of(owner)
    data.action = action
    if HAS_SLOTS:
        data.action_slot = slot or slot_for(action, owner)


def active_slot(data: bpy.types.AnimData) -> Any:
    """The slot of the active action that animates a data-block; None without slots."""
    return data.action_slot if HAS_SLOTS else None


def active_curves(owner: bpy.types.ID) -> tuple[bpy.types.FCurve, ...]:
    """The F-curves of the active action that animate this data-block."""
    data: bpy.types.AnimData | None = getattr(owner, "animation_data", None)
    return curves_of_slot(data.action, active_slot(data)) if data and data.action else ()


def curves_of_slot(action: bpy.types.Action, slot: Any) -> tuple[bpy.types.FCurve, ...]:
    """The F-curves of one slot of an action; all of them without slots."""
    return tuple(curve for curves in curve_lists(action, slot) for curve in curves)


def curve_lists(action: bpy.types.Action, slot: Any) -> tuple[Any, ...]:
    """The ``fcurves`` of one slot of an action, from which curves can be removed; the action's own without slots."""
    if not HAS_SLOTS:
        any_action: Any = action
        return (any_action.fcurves,)
    bags = [strip.channelbag(slot) for strip in _strips_of(action)] if slot else []
    return tuple(bag.fcurves for bag in bags if bag)


def all_curves(action: bpy.types.Action) -> tuple[bpy.types.FCurve, ...]:
    """Every F-curve of an action, in all slots."""
    if not HAS_SLOTS:
        return _curves_before_slots(action)
    return tuple(curve for strip in _strips_of(action) for bag in strip.channelbags for curve in bag.fcurves)


def curves_by_owner(action: bpy.types.Action) -> Iterator[tuple[str, Any, bpy.types.FCurve]]:
    """(kind of data-block, container, F-curve) of every F-curve; the container is that of ``new_curves``."""
    if not HAS_SLOTS:
        any_action: Any = action
        yield from ((any_action.id_root, action, curve) for curve in _curves_before_slots(action))
        return
    for strip in _strips_of(action):
        for bag in strip.channelbags:
            yield from ((bag.slot.target_id_type, bag, curve) for curve in bag.fcurves)


def _curves_before_slots(action: Any) -> tuple[bpy.types.FCurve, ...]:
    return tuple(action.fcurves)


def _strips_of(action: bpy.types.Action) -> list[Any]:
    """The strips of an action; each is an ActionKeyframeStrip, but the stubs only have the base class."""
    return [strip for layer in action.layers for strip in layer.strips]


def add_strip(
    track: bpy.types.NlaTrack, action: bpy.types.Action, first: float, last: float, slot: Any = None
) -> bpy.types.NlaStrip:
    """Put an action on a track so that its keys stay at their frames.

    Args:
        track: has nothing between ``first`` and ``last``.
        action: of the strip.
        first: the frame of the action's first key; a fraction is kept.
        last: the frame of its last key.
        slot: the slot to play; None lets Blender choose.

    Raises:
        RuntimeError: the track has no room there.
    """
    strip = track.strips.new(action.name, int(first), action)
    if HAS_SLOTS and slot is not None:
        strip.action_slot = slot
    # Twice, because each end limits the other one until that has moved.
    for _ in range(2):
        strip.action_frame_end, strip.action_frame_start = last, first
        strip.scale = 1
        strip.frame_end, strip.frame_start = last, first
    return strip
