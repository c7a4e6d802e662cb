"""Takes as both stages draw from them: motion at the model's rate, feature rows, and for the second stage the talk."""

from dataclasses import dataclass

from ...inference.models.laughtalk import as_heard, frame_count
from ..arrays import FloatArray
from ..captures.take import Take
from ..emote.audio_encoder import Convolutions
from .laughing_takes import find_laughing


@dataclass(frozen=True)
class PreparedTake:
    """A take.

    Attributes:
        name: of the take.
        motion: (T, C) float32 captured.
        features: (T, columns) float32 rows of the encoder's convolutions.
        talk: (T, C) float32 what the first stage performs, by itself; None in its own training.
        laughs: (first, last) frames of each laugh, the last one exclusive; none in the first stage.
    """

    name: str
    motion: FloatArray
    features: FloatArray
    talk: FloatArray | None = None
    laughs: tuple[tuple[int, int], ...] = ()


def prepare_take(take: Take, convolutions: Convolutions, fps: float, talk: FloatArray | None = None) -> PreparedTake:
    """A take ready to be drawn from; sound and motion end together.

    Args:
        take: of any rate.
        convolutions: of the speech encoder; they hear the whole line, as in inference.
        fps: of the model.
        talk: (frames, C) what the first stage performs; laughs are looked for then.
    """
    motion = take.curves.resampled(fps).values
    count = frame_count(len(take.speech.samples), fps)
    features = convolutions.rows_of(as_heard(take.speech.samples), count)
    frames = min(len(motion), count)
    if talk is None:
        return PreparedTake(take.name, motion[:frames], features[:frames])
    laughs = tuple((round(fps * laugh.start), min(round(fps * laugh.end), frames)) for laugh in find_laughing(take))
    return PreparedTake(take.name, motion[:frames], features[:frames], talk[:frames], laughs)
