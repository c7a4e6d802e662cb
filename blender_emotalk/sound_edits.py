"""An edit of a line's sounds: stored with the line, and performed at once for the stretch that it changes."""

import bpy

from ..face.alignment import Alignment
from ..face.alignment_edits import changed_stretch
from ..inference.contract import EmoTalkError
from . import alignments, baking, batch, desk, flattening, line_states, model_choice, runs
from .characters import Character, find_character
from .line_identity import identity_of
from .lines import anchor_of
from .properties import LineProperties
from .scene_context import context_in
from .stretches import Stretch
from .worker_runs import BUSY, find

UNHEARD = "The sounds were changed; this line's model only listens, so the face stays as it is"
NOT_ANIMATED = "The sounds were changed; press Animate to see it"


class SoundEdit:
    """An edit that may be changed until it is kept: while a boundary is dragged, the mouth follows.

    Args:
        context: its scene has the line.
        line: whose sounds are edited.

    Attributes:
        before: the sounds before the edit.

    Raises:
        EmoTalkError: the line has no sounds, or a line is being animated.
    """

    def __init__(self, context: bpy.types.Context, line: LineProperties) -> None:
        scene = line.id_data
        if not isinstance(scene, bpy.types.Scene):
            raise EmoTalkError(desk.NO_LINE)
        if batch.is_busy():
            raise EmoTalkError(BUSY)
        self.before = alignments.alignment_of(line, scene)
        self._scene = scene.session_uid, scene.name
        self._identity = identity_of(line)
        self._stored = line.alignment, line.aligned
        self._is_fresh = not line_states.is_behind(line, scene)
        self._after = self.before
        self._performed: Alignment | None = None
        self._run: runs.Run | None = None
        self._stretch: Stretch | None = None
        self._why_still = NOT_ANIMATED if model_choice.can_be_told(line) else UNHEARD
        with context_in(scene) as own_context:
            character = _character_of(line, own_context)
        if character is not None and self._why_still != UNHEARD:
            self._stretch = Stretch(character, self._identity)

    def set(self, after: Alignment) -> None:
        """Change the sounds, but not yet for good; ``look`` performs them."""
        line, scene = self._find()
        self._after = after
        line.alignment, line.aligned = self._stored
        alignments.edit(line, scene, after)

    def look(self) -> bool:
        """Go on with the performance; True when the face does what the sounds say.

        Raises:
            EmoTalkError: it could not be performed.
        """
        if self._stretch is None:
            return True
        if self._run is not None and self._run.look():
            run, self._run = self._run, None
            self._write(run, is_draft=True)
        if self._run is None and self._performed != self._after:
            self._run = self._start()
        return self._run is None

    def keep(self) -> str:
        """End the edit: perform it to the end.

        Returns:
            A sentence about the result.

        Raises:
            EmoTalkError: it could not be performed; the sounds and the keys are those from before.
        """
        line, scene = self._find()
        if self._stretch is None:
            line_states.refresh_line(line, scene)
            return self._why_still
        try:
            if self._run is not None:
                self._run.wait()
                self._run.discard()
            self._run = self._start()
            self._run.wait()
            run, self._run = self._run, None
            if run.cancelled:
                raise EmoTalkError(runs.CANCELLED)
            return self._write(run, is_draft=False)
        except EmoTalkError:
            self.cancel()
            raise

    def cancel(self) -> None:
        """Bring sounds and keys back as they were."""
        if self._run is not None:
            self._run.wait()
            self._run.discard()
            self._run = None
        if self._stretch is not None:
            self._stretch.restore()
        line, scene = self._find()
        line.alignment, line.aligned = self._stored
        line_states.refresh_line(line, scene)

    def _start(self) -> runs.Run:
        line, scene = self._find()
        self._performed = self._after
        with context_in(scene) as context:
            return runs.start(context, line, quiet=True)

    def _write(self, run: runs.Run, is_draft: bool) -> str:
        if self._stretch is None or self._performed is None:
            return ""
        first, last = changed_stretch(self.before, self._performed) or (0.0, 0.0)
        return run.write_stretch(self._stretch, first, last, is_draft, self._is_fresh)

    def _find(self) -> tuple[LineProperties, bpy.types.Scene]:
        scene = find(bpy.data.scenes, *self._scene)
        line = desk.line_of_identity(scene, self._identity)
        if line is None:
            raise EmoTalkError("The line was removed from the list")
        return line, scene


def _character_of(line: LineProperties, context: bpy.types.Context) -> Character | None:
    """Who performs the line; None if nobody has keys of it that can be changed for a stretch."""
    anchor = anchor_of(line, context)
    scene = line.id_data
    if anchor is None or not isinstance(scene, bpy.types.Scene):
        return None
    try:
        character = find_character(anchor, scene, model_choice.spec_of(line).basis)
    except EmoTalkError:
        return None
    if flattening.is_flattened(character) or not baking.performs(character, identity_of(line)):
        return None
    return character
