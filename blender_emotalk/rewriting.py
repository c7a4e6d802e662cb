"""Keys of a line that is performed again, while a slider is dragged for instance, are written to the curves it has.

New actions, their places in the NLA and the values from before are only needed where anything but the keys changes.
While a slider is still moving, the actions are drafts: not sealed yet, but no edits of the animator's either.
"""

from collections.abc import Iterable
from typing import Any

import bpy

from . import hand_edits, nla
from .actions import Animated

Layout = tuple[Any, ...]
"""Everything about keys that is not in the keys themselves; see ``baking``."""

_layouts: dict[str, tuple[Layout, frozenset[int]]] = {}
"""Identity of a line -> how it was written last in this session, and the ids of its actions."""


def remember(identity: str, layout: Layout, actions: Iterable[bpy.types.Action]) -> None:
    """These actions of a line were made with this layout."""
    _layouts[identity] = layout, frozenset(action.session_uid for action in actions)


def action_to_rewrite(owners: Iterable[Animated], identity: str, layout: Layout) -> tuple[bpy.types.Action, ...] | None:
    """The action of a line on each of its data-blocks, if new keys with this layout can be written to it.

    Returns:
        None if there is none, if the layout is another one, or if the animator has edited any of the keys.
    """
    known, uids = _layouts.get(identity, ((), frozenset()))
    found = [nla.lines_on(owner).get(identity) for owner in owners]
    actions = tuple(action for action in found if action is not None)
    if known != layout or len(actions) != len(found) or {action.session_uid for action in actions} != uids:
        return None
    if any(not action.is_editable or hand_edits.is_edited(action) for action in set(actions)):
        return None
    return actions
