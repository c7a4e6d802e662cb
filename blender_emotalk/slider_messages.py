"""Blender's messages about sliders that the animator moves."""

from collections.abc import Callable
from typing import Any

import bpy

from ..face.controls import CONTROLS, LINE_CONTROLS
from .properties import LineProperties, OwnEmotion, ShapeAdjustment


def subscribe(owner: object, notify: Callable[[], None]) -> None:
    """Be told of every slider and of the model, in this file and in those opened later.

    Args:
        owner: unsubscribes with ``bpy.msgbus.clear_by_owner``.
        notify: called once for each change, soon after it.
    """
    keys: list[Any] = [(LineProperties, control.name) for control in (*CONTROLS, *LINE_CONTROLS)]
    # The stubs know the classes as instances only.
    keys += [(LineProperties, "model"), (OwnEmotion, "weight")]
    keys += [(ShapeAdjustment, "multiplier"), (ShapeAdjustment, "offset")]
    for key in keys:
        bpy.msgbus.subscribe_rna(key=key, owner=owner, args=(), notify=notify, options={"PERSISTENT"})
