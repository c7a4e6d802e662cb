"""Writes a performance as keys on a character, and removes it again."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import bpy
import numpy as np

from ..face.basis import Basis
from ..face.controls import CONTROL_BY_NAME
from ..face.curves import Performance
from ..face.eyes import merge_eyes
from ..face.key_reduction import SparseKeys
from ..face.mapping import Mapping as CharacterMapping
from ..face.parts import left_out
from ..face.settling import settle
from ..face.whole_frames import on_whole_frames
from ..inference.contract import EmoTalkError
from . import flattening, hand_edits, nla, own_actions, rewriting, values_before
from .actions import HAS_SLOTS, Animated, all_curves, curves_by_owner, curves_to_rewrite, new_curves
from .characters import NOTHING_MORE, Character
from .curve_copies import keys_of
from .generated_curves import CurveName, name_of
from .keyframes import Timing, choose_face_keys, write_face, write_head
from .mapped_keys import MappedKeys, choose_mapped_keys, widen_sliders, write_objects, write_shape_keys
from .own_actions import LineMark


@dataclass(frozen=True)
class KeySettings:
    """Settings of the written keys.

    Attributes:
        tolerance: largest error of reduced curves in coefficient units; 0 keys every sample.
        own_track: put our action on an NLA track and leave the animator's action active.
        adds_own: with ``own_track``: the values of the animator's action are added to ours instead of winning.
        settle_time: seconds in which the face comes out of rest before the sound, and goes back to it afterwards.
        whole_frames: keys stand on whole frames of the scene; otherwise on those of the model, between them.
        reapply_edits: edits on an earlier run's keys are put on top of the new ones; otherwise its action is set aside.
        part: of the face; channels outside of it get no keys (``face.parts``).
    """

    tolerance: float
    own_track: bool = False
    adds_own: bool = False
    settle_time: float = 0.0
    whole_frames: bool = True
    reapply_edits: bool = True
    part: str = str(CONTROL_BY_NAME["face_part"].choices[0])


@dataclass(frozen=True)
class Baked:
    """What was written.

    Attributes:
        keys: how many.
        edited: the number of curves on which edits of the animator's were put again.
        set_aside: the names of edited actions of an earlier run that stay in the file, unused.
    """

    keys: int
    edited: int = 0
    set_aside: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences for the animator about the edits, without full stops."""
        sentences = []
        if self.edited:
            curves = "one curve" if self.edited == 1 else f"{self.edited} curves"
            sentences.append(f"Your edits of {curves} were re-applied")
        if self.set_aside:
            sentences.append(f"The keys that you edited before stay in the file as {', '.join(self.set_aside)}")
        return tuple(sentences)


@dataclass(frozen=True)
class Prepared:
    """A performance ready to be written.

    Attributes:
        start: the scene frame at which the sound starts.
        rate: frames per second of the scene.
        performance: settled, its eyes merged into the face if the face has channels for them, at the rate of its keys.
        timing: of its frames on the timeline.
        fade: scene frames before the sound and after it in which the face settles.
        face_keys: of each channel that is animated.
        mapped: what the character's mapping makes of it.
    """

    start: float
    rate: float
    performance: Performance
    timing: Timing
    fade: float
    face_keys: Mapping[str, SparseKeys]
    mapped: MappedKeys


def prepare(
    performance: Performance, timing: Timing, settings: KeySettings, mapping: CharacterMapping = NOTHING_MORE
) -> Prepared:
    """Choose the keys of a performance. Slow for long lines, but touches no Blender data: it may run in a thread.

    Args:
        performance: face and head.
        timing: of its frames on the timeline.
        settings: of the keys.
        mapping: of the character, ``Character.mapping``.
    """
    start, rate = timing.first, timing.step * performance.face.fps
    settled = merge_eyes(settle(performance, settings.settle_time))
    fade = (settled.face.frames - performance.face.frames) // 2 * timing.step
    timing = Timing(timing.first - fade, timing.step)
    if settings.whole_frames:
        settled, first = on_whole_frames(settled, timing.first, timing.step)
        timing = Timing(first, 1)
    skipped = left_out(settled.face.basis, settings.part)
    keys = choose_face_keys(settled.face, settings.tolerance)
    keys = {channel: keys[channel] for channel in keys if channel not in skipped}
    mapped = choose_mapped_keys(settled, mapping.without(skipped), settings.tolerance)
    return Prepared(start, rate, settled, timing, fade, keys, mapped)


def check_layers(character: Character) -> None:
    """Check beforehand that this character's keys can be changed. Raises EmoTalkError if not."""
    for owner in character.owners:
        nla.check_tweak_mode(owner)


def bake(
    performance: Performance,
    character: Character,
    line: LineMark | str,
    timing: Timing,
    settings: KeySettings,
    prepared: Prepared | None = None,
    is_draft: bool = False,
) -> Baked:
    """Write a performance to its own actions, which replace those of an earlier run for the same line.

    Where only the keys differ from the last run, they are written to the actions that are there. What the animator has
    edited on the earlier ones is put on top of the new ones. If that cannot be, or is not wanted, the edited action
    stays in the file, unused.

    Args:
        performance: face and head.
        character: to animate.
        line: which line it is; the action is called "EmoTalk <name>". A text is name and identity at once.
        timing: of the samples on the timeline.
        settings: of the keys.
        prepared: the result of ``prepare`` for this performance, if it was called already.
        is_draft: whether it will be written again at once, because a slider is still moving.

    Raises:
        EmoTalkError: a strip of this character is in NLA tweak mode.
    """
    check_layers(character)
    mark = LineMark(line, line) if isinstance(line, str) else line
    if prepared is None:
        prepared = prepare(performance, timing, settings, character.mapping)
    performance, face_keys, timing = prepared.performance, prepared.face_keys, prepared.timing
    mapped = _mapped_now(prepared, character, settings)
    mapping = mapped.mapping
    bone, objects = _bone_and_objects(performance, mapped, character)
    owners: tuple[Animated, ...] = (*character.faces, *objects)
    layout = (
        (settings.own_track, settings.adds_own, settings.whole_frames, timing, prepared.fade, performance.face.frames),
        tuple(face_keys),
        tuple(character.shape_keys.items()),
        tuple(row.target for row in mapping.rows),
        (bone and (bone.name, bone.rotation_mode), tuple(owner.session_uid for owner in owners)),
    )
    flattening.lift(character)
    _widen_sliders(performance.face.basis, face_keys, character)
    widen_sliders(mapped, character.faces)
    written = rewriting.action_to_rewrite(owners, mark.identity, layout)
    if written is not None:
        target = curves_to_rewrite(written[0], "KEY")
        keys = write_face(target, face_keys, performance.face.basis, character.shape_keys, timing)
        keys += write_shape_keys(target, mapped, timing)
        if objects:
            target = curves_to_rewrite(written[-1], "OBJECT")
            keys += write_objects(target, mapped, character.holders, timing)
        if bone is not None:
            keys += write_head(target, performance.head, bone, timing, settings.tolerance)
        actions = tuple(dict.fromkeys(written))
        if is_draft:
            for action in actions:
                own_actions.mark_draft(action)
            return Baked(keys)
        hand_edits.carry(None, _target(actions, prepared, settings))
        for action in actions:
            own_actions.seal(action)
        return Baked(keys)
    action, head_action = _write_actions(mark, prepared, mapped, bone, objects, character, settings)
    actions = tuple(dict.fromkeys(filter(None, (action, head_action))))
    earlier = actions_of(character, mark.identity)
    edits = hand_edits.collect(earlier) if settings.reapply_edits else None
    carried = hand_edits.carry(edits, _target(actions, prepared, settings))
    set_aside = _remove(character, mark.identity, None if edits is None else carried.lost > 0)
    own_actions.name_action(action)
    own_actions.seal(action)
    for face in character.faces:
        nla.place(face, action, settings.own_track)
        if settings.adds_own:
            nla.add_own(face, action)
    if head_action is not None:
        if head_action != action:
            own_actions.name_action(head_action, " Head")
            own_actions.seal(head_action)
        for owner in objects:
            nla.place(owner, head_action, settings.own_track or nla.has_other_action(owner))
            if settings.adds_own:
                nla.add_own(owner, head_action)
    rewriting.remember(mark.identity, layout, (action, head_action or action))
    keys = sum(len(curve.keyframe_points) for action in actions for curve in all_curves(action))
    return Baked(keys, carried.curves, set_aside)


def generate(prepared: Prepared, character: Character, settings: KeySettings) -> dict[CurveName, SparseKeys]:
    """The curves that ``bake`` would write, by name and in frames of the scene; nothing in the scene changes."""
    mapped = _mapped_now(prepared, character, settings)
    bone, objects = _bone_and_objects(prepared.performance, mapped, character)
    written = _write_actions(LineMark("", ""), prepared, mapped, bone, objects, character, settings)
    actions = list(dict.fromkeys(filter(None, written)))
    found = {
        name_of(owner, curve): keys_of(curve)
        for action in actions
        for owner, _container, curve in curves_by_owner(action)
    }
    for action in actions:
        bpy.data.actions.remove(action)
    return found


def _mapped_now(prepared: Prepared, character: Character, settings: KeySettings) -> MappedKeys:
    """The mapped keys; chosen again if somebody has changed the mapping since."""
    performance = prepared.performance
    mapping = character.mapping.without(left_out(performance.face.basis, settings.part))
    if prepared.mapped.mapping == mapping:
        return prepared.mapped
    return choose_mapped_keys(performance, mapping, settings.tolerance)


def _bone_and_objects(
    performance: Performance, mapped: MappedKeys, character: Character
) -> tuple[bpy.types.PoseBone | None, tuple[bpy.types.Object, ...]]:
    """The bone that turns the head, if it turns, and the objects that are animated."""
    armature, bone = character.armature, None
    if armature is not None and character.head_bone and performance.head.values.any():
        bone = cast(bpy.types.Pose, armature.pose).bones[character.head_bone]
    objects = mapped.objects(character.holders)
    if armature is not None and bone is not None:
        objects = tuple(dict.fromkeys((armature, *objects)))
    return bone, objects


def _write_actions(
    mark: LineMark,
    prepared: Prepared,
    mapped: MappedKeys,
    bone: bpy.types.PoseBone | None,
    objects: tuple[bpy.types.Object, ...],
    character: Character,
    settings: KeySettings,
) -> tuple[bpy.types.Action, bpy.types.Action | None]:
    """Write a performance to new actions, which nothing plays yet: the face's, and that of objects if there are any."""
    performance, timing = prepared.performance, prepared.timing
    action = own_actions.new_action(mark, prepared.fade)
    target = new_curves(action, "KEY", "Face")
    write_face(target, prepared.face_keys, performance.face.basis, character.shape_keys, timing)
    write_shape_keys(target, mapped, timing)
    if settings.adds_own:
        nla.write_base(target, character.faces, action.frame_range[0])
    head_action = None
    if objects:
        head_action = action if HAS_SLOTS else own_actions.new_action(mark, prepared.fade)
        target = new_curves(head_action, "OBJECT", "Head")
        write_objects(target, mapped, character.holders, timing)
    if bone is not None:
        write_head(target, performance.head, bone, timing, settings.tolerance)
    return action, head_action


def _target(actions: tuple[bpy.types.Action, ...], prepared: Prepared, settings: KeySettings) -> hand_edits.Target:
    return hand_edits.Target(
        actions, prepared.start, prepared.rate, prepared.timing, settings.whole_frames, settings.tolerance
    )


def _widen_sliders(basis: Basis, keys: Mapping[str, SparseKeys], character: Character) -> None:
    """Widen the sliders of channels without limits: Blender clamps values to a slider's range."""
    for channel, names in character.shape_keys.items():
        if channel not in keys or np.isfinite(basis.limits[basis.index[channel]]).all():
            continue
        lowest, highest = float(keys[channel].values.min()), float(keys[channel].values.max())
        for face in character.faces:
            for name in set(names) & set(face.key_blocks.keys()):
                block = face.key_blocks[name]
                block.slider_min = min(block.slider_min, math.floor(lowest))
                block.slider_max = max(block.slider_max, math.ceil(highest))


def clear(character: Character, line: str | None = None) -> int:
    """Remove our actions of one line, or of all lines, and restore the earlier state.

    Args:
        character: whose keys.
        line: the identity of the line; None for all.

    Returns:
        The number of lines removed.

    Raises:
        EmoTalkError: a strip of this character is in NLA tweak mode.
    """
    check_layers(character)
    flattening.lift(character)
    identities = {found for owner in character.owners for found in nla.lines_on(owner) if line in (None, found)}
    for identity in identities:
        _remove(character, identity)
    return len(identities)


def actions_of(character: Character, identity: str) -> tuple[bpy.types.Action, ...]:
    """The actions of a line on a character, the face's first."""
    found = (nla.lines_on(owner).get(identity) for owner in (*character.owners, *character.former))
    return tuple(dict.fromkeys(action for action in found if action is not None))


def _remove(character: Character, identity: str, is_edited: bool | None = None) -> tuple[str, ...]:
    """Remove the actions of a line from a character; edited ones are set aside.

    Args:
        character: whose line.
        identity: of the line.
        is_edited: whether they have edits that would be lost; None to look.

    Returns:
        The names of the actions that were set aside.
    """
    actions = actions_of(character, identity)
    edited = {action: hand_edits.is_edited(action) if is_edited is None else is_edited for action in actions}
    for owner in (*character.owners, *character.former):
        nla.remove(owner, identity)
    return tuple(filter(None, [own_actions.dispose(action, edited[action]) for action in actions]))


def has_lost_values(character: Character, line: str | None = None) -> bool:
    """Whether Clear cannot bring back the values from before a line, or from before all: they cannot be read."""
    return any(
        values_before.is_damaged(owner, action)
        for owner in character.owners
        for identity, action in nla.lines_on(owner).items()
        if line in (None, identity)
    )


def lines_of(character: Character) -> list[str]:
    """The names of the character's lines, sorted; where several have the same, with the numbers of their actions."""
    return sorted(_labels(character).values())


def performs(character: Character, identity: str) -> bool:
    """Whether the character has keys of the line of this identity."""
    return identity in _labels(character)


def identity_named(character: Character, name: str) -> str:
    """The identity of the character's line of this name; the name itself if the character has no such line.

    Raises:
        EmoTalkError: several lines have that name, and none is called so with its number.
    """
    labels = _labels(character)
    exact = [identity for identity, label in labels.items() if label == name]
    marks = {mark.identity: mark for mark in own_actions.marks() if mark.identity in labels}
    found = exact or [identity for identity in labels if marks[identity].name == name]
    if len(found) > 1:
        raise EmoTalkError(
            f"{character.name} performs several lines named {name!r}; give one of these names: "
            + ", ".join(sorted(labels[identity] for identity in found))
        )
    return found[0] if found else name


def _labels(character: Character) -> dict[str, str]:
    """The character's lines: identity -> what the animator calls it. The face's action comes before the head's."""
    labels: dict[str, str] = {}
    for owner in character.owners:
        for identity, action in nla.lines_on(owner).items():
            labels.setdefault(identity, own_actions.label_of(action))
    return labels
