"""Places our actions beside the animator's, active or on NLA tracks, and removes them again."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

import bpy

from ..inference.contract import EmoTalkError
from . import values_before
from .actions import (
    Animated,
    active_curves,
    active_slot,
    add_strip,
    animation_data_of,
    assign,
    curves_of_slot,
    slot_for,
)
from .own_actions import fade_of, line_of

TRACK: Final = "EmoTalk"
KEPT_TRACK: Final = "Kept by EmoTalk"
_KEPT: Final = "emotalk_kept"
_BLEND: Final = "emotalk_blend"
"""How the animator's active action was blended before it was added to ours; stored on ours."""
_OTHER_SOLO: Final = "lie outside the NLA track that is soloed; switch the star off in the NLA Editor"


def check_tweak_mode(owner: Animated) -> None:
    """Refuse to change animation while one of its strips is edited.

    Raises:
        EmoTalkError: NLA tweak mode is on.
    """
    if owner.animation_data and owner.animation_data.use_tweak_mode:
        raise EmoTalkError(f"An NLA strip of {owner.name!r} is being edited; leave tweak mode (Tab in the NLA) first")


def lines_on(owner: Animated) -> dict[str, bpy.types.Action]:
    """Our actions on a data-block by the names of their lines."""
    data = owner.animation_data
    if data is None:
        return {}
    actions = [data.action, *(strip.action for _track, strip in _strips(data))]
    return {line: action for action in actions if action and (line := line_of(action)) is not None}


def has_other_action(owner: Animated) -> bool:
    """Whether the animator's own action is the active one."""
    data = owner.animation_data
    return data is not None and data.action is not None and line_of(data.action) is None


def played_paths(owner: Animated) -> set[str]:
    """Paths of a data-block that an action on it moves, active or on a track."""
    data = owner.animation_data
    if data is None:
        return set()
    curves = list(active_curves(owner))
    for track, strip in _strips(data) if data.use_nla else ():
        if strip.action is not None and not (track.mute or strip.mute):
            curves += curves_of_slot(strip.action, getattr(strip, "action_slot", None))
    return {curve.data_path for curve in curves if not curve.mute}


def moved_above(owner: Animated, line: str) -> set[str]:
    """Paths that the animator's own active action moves over one of our lines on a track below."""
    data = owner.animation_data
    if data is None or data.action is None or line_of(data.action) == line or not data.action_influence:
        return set()
    if data.action_blend_type != "REPLACE" or line_of(data.action) is not None:
        return set()
    return {curve.data_path for curve in active_curves(owner) if not curve.mute}


def why_not_played(owner: Animated, line: str) -> str:
    """Why Blender does not play one of our lines at all, as the end of a sentence; empty if it does."""
    data = owner.animation_data
    if data is None or (data.action is not None and line_of(data.action) == line):
        solo = data is not None and any(track.is_solo for track in data.nla_tracks)
        return _OTHER_SOLO if solo and data is not None and data.use_nla else ""
    ours = [(track, strip) for track, strip in _strips(data) if line_of(strip.action) == line]
    if ours and not data.use_nla:
        return "lie on an NLA track, and the NLA is off; switch the NLA on"
    if ours and all(track.mute or strip.mute for track, strip in ours):
        return "lie on a muted NLA track; unmute it in the NLA Editor"
    if any(track.is_solo for track in data.nla_tracks) and not any(track.is_solo for track, _strip in ours):
        return _OTHER_SOLO
    return ""


def place(owner: Animated, action: bpy.types.Action, own_track: bool) -> None:
    """Play one of our actions on a data-block; its earlier animation is kept.

    Normally our action becomes the active one, and the animator's action moves to a muted NLA track. With ``own_track``
    our action goes to an NLA track, the animator's stays active, and its keys win wherever both have keys. Several of
    our lines share one track.
    """
    values_before.remember(owner, action, list(lines_on(owner).values()))
    data = animation_data_of(owner)
    other_lines = bool(lines_on(owner))
    push_down(owner)
    if data.action is not None and not own_track:
        _keep(data, data.action)
    if own_track or other_lines:
        _add_to_track(owner, action)
    else:
        assign(owner, action)


def write_base(target: Any, faces: Iterable[bpy.types.Key], frame: float) -> None:
    """Key 0 where only the animator's active actions have keys: what is added to no value is added to the default, 1.

    Args:
        target: the result of ``actions.new_curves`` for our action, with its curves.
        faces: whose active actions will be added on top.
        frame: of the keys.
    """
    present = {curve.data_path for curve in target.fcurves}
    for face in faces:
        if not has_other_action(face):
            continue
        for curve in active_curves(face):
            if curve.data_path.endswith(".value") and curve.data_path not in present:
                present.add(curve.data_path)
                target.fcurves.new(curve.data_path).keyframe_points.insert(frame, 0.0)


def add_own(owner: Animated, action: bpy.types.Action) -> None:
    """Add the values of the animator's active action to those of ours, which is on a track below.

    Rotations are combined, because the components of quaternions cannot be added.
    """
    data = animation_data_of(owner)
    if not has_other_action(owner):
        return
    stored = (other[_BLEND] for other in lines_on(owner).values() if other.get(_BLEND))
    action[_BLEND] = next(stored, data.action_blend_type)
    data.action_blend_type = "ADD" if isinstance(owner, bpy.types.Key) else "COMBINE"


def push_down(owner: Animated) -> None:
    """Move our active action, if there is one, to an NLA track."""
    data = animation_data_of(owner)
    if data.action is not None and line_of(data.action) is not None:
        previous, data.action = data.action, None
        _add_to_track(owner, previous)


def remove(owner: Animated, line: str) -> None:
    """Remove one line's action from a data-block; with the last line, restore the earlier state."""
    action = lines_on(owner).get(line)
    if action is None:
        return
    data = animation_data_of(owner)
    if data.action == action:
        data.action = None
    for track, strip in list(_strips(data)):
        if strip.action == action:
            track.strips.remove(strip)
            if not track.strips and track.name.startswith(TRACK):
                data.nla_tracks.remove(track)
    if lines_on(owner):
        return
    if has_other_action(owner) and action.get(_BLEND):
        data.action_blend_type = action[_BLEND]
    _restore_kept(owner, data)
    values_before.restore(owner, action)
    if not (data.action or data.nla_tracks or data.drivers):
        owner.animation_data_clear()


def _strips(data: bpy.types.AnimData) -> Iterator[tuple[bpy.types.NlaTrack, bpy.types.NlaStrip]]:
    for track in data.nla_tracks:
        for strip in track.strips:
            yield track, strip


def _add_to_track(owner: Animated, action: bpy.types.Action) -> None:
    data = animation_data_of(owner)
    data.use_nla = True
    first, last = _extent(action)
    tracks = [track for track in data.nla_tracks if track.name.startswith(TRACK) and not track.mute]
    track = next((track for track in tracks if _has_room(track, first, last)), None)
    if track is None:
        track = data.nla_tracks.new()
        track.name = TRACK
    strip = add_strip(track, action, first, last, slot_for(action, owner))
    is_lowest = not tracks or track == tracks[0]
    if not is_lowest:
        # Two lines overlap while one face settles and the other one begins: the upper one is faded in and out.
        strip.blend_in = strip.blend_out = fade_of(action)
    _hold_between(track, is_lowest)


def _has_room(track: bpy.types.NlaTrack, first: float, last: float) -> bool:
    """Blender inserts strips at whole frames before they can be moved, so spare frames are needed."""
    return all(
        strip.frame_end <= math.floor(first) - 1 or strip.frame_start >= math.ceil(last) + 1 for strip in track.strips
    )


def _hold_between(track: bpy.types.NlaTrack, is_lowest: bool) -> None:
    """The face holds the end of a line until the next one; an upper track shows the lower one where it is empty."""
    for number, strip in enumerate(track.strips):
        strip.extrapolation = ("HOLD" if number == 0 else "HOLD_FORWARD") if is_lowest else "NOTHING"


def _extent(action: bpy.types.Action) -> tuple[float, float]:
    """The frame range of an action, at least one frame."""
    first, last = action.frame_range[0], action.frame_range[1]
    return first, max(last, first + 1)


def _keep(data: bpy.types.AnimData, action: bpy.types.Action) -> None:
    track = data.nla_tracks.new()
    track.name, track.mute = KEPT_TRACK, True
    if action.is_editable:
        action[_KEPT] = True
    strip = add_strip(track, action, *_extent(action), active_slot(data))
    strip.blend_type, strip.influence = data.action_blend_type, data.action_influence
    strip.extrapolation = data.action_extrapolation
    data.action = None
    data.action_blend_type, data.action_influence, data.action_extrapolation = "REPLACE", 1, "HOLD"


def _kept_track(data: bpy.types.AnimData) -> bpy.types.NlaTrack | None:
    """The track with the animator's action; the animator may have renamed it."""
    tracks = [track for track in data.nla_tracks if track.strips]
    marked = (track for track in tracks if (action := track.strips[0].action) and action.get(_KEPT) and track.mute)
    named = (track for track in tracks if track.name.startswith(KEPT_TRACK))
    return next(marked, None) or next(named, None)


def _restore_kept(owner: Animated, data: bpy.types.AnimData) -> None:
    track = _kept_track(data)
    if track is None or data.action:
        return
    strip = track.strips[0]
    if strip.action is not None:
        if strip.action.get(_KEPT) is not None:
            del strip.action[_KEPT]
        assign(owner, strip.action, getattr(strip, "action_slot", None))
    data.action_blend_type, data.action_influence = strip.blend_type, strip.influence
    data.action_extrapolation = strip.extrapolation
    data.nla_tracks.remove(track)
