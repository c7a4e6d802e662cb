"""A run in which a network of the animator's own hears the emotions of a line, which then become keys."""

import bpy

from ..inference.contract import EmoTalkError
from ..inference.heard_emotions import HeardEmotions
from ..inference.worker.client import Message
from . import emotion_track, model_choice, torch_environment, worker_runs
from .access import scene_of
from .keyframes import Timing
from .lines import performed_part
from .properties import LineProperties
from .sounds import PreparedSound
from .worker_runs import WorkerRun, find


class HearingEmotions(WorkerRun):
    """One line in whose sound the worker hears emotions.

    Args:
        context: its scene has the line.
        line: with a sound.
        emotion_model: the id of the network that hears.

    Raises:
        EmoTalkError: the line has no usable sound, or PyTorch is missing; nothing was started.
    """

    def __init__(self, context: bpy.types.Context, line: LineProperties, emotion_model: str) -> None:
        super().__init__(context, line)
        self._emotion_model = emotion_model
        self._heard: HeardEmotions
        self._seconds = 0.0
        self._start(context, line, torch_environment.torch_python(context), model_choice.model_of(line))
        self._submit_if_ready(scene_of(context))

    def write(self) -> str:
        """Key the sliders.

        Returns:
            A sentence about the result.

        Raises:
            EmoTalkError: the worker failed, the line was removed, or its model has none of these emotions; nothing was
                changed.
        """
        try:
            if self._failure:
                raise EmoTalkError(self._failure)
            scene = find(bpy.data.scenes, *self._scene)
            line = self._line_in(scene)
            timing = Timing.of(scene, performed_part(line, scene)[2], self._heard.rate)
            keys = emotion_track.key_heard(line, self._heard, self._seconds, timing)
        except EmoTalkError as error:
            self._end(str(error), failed=True)
            raise
        sentence = f"Mostly {self._heard.strongest} is heard in {self._line.name!r}: {keys} keys on the emotions"
        self._end(sentence)
        return sentence

    def _submit(self, scene: bpy.types.Scene, sound: PreparedSound) -> None:
        fields = {"verb": "hear_emotions", "emotion_model": self._emotion_model, **self._fields, **sound.request}
        self._request = worker_runs.client.submit(fields)

    def _take_result(self, message: Message) -> None:
        self._heard, self._seconds = HeardEmotions.from_message(message), message["seconds"]
        self._is_done = True


def start(context: bpy.types.Context, line: LineProperties, emotion_model: str) -> HearingEmotions:
    """Begin to hear a line; see ``HearingEmotions``. Raises EmoTalkError if that is not possible."""
    return worker_runs.start(lambda: HearingEmotions(context, line, emotion_model))
