"""Places on a timeline as people write them: timecode, seconds or a frame, to frames of a scene and back."""

import math
import re
from dataclasses import dataclass
from typing import Final

from ..face.errors import EmoTalkError

FRAME_LIMIT: Final = 1_048_574
"""The highest frame of a scene in Blender (MAXFRAMEF); the lowest is its negative."""

_SECONDS: Final = re.compile(r"([+-]?\d*[.,]?\d+|[+-]?\d+[.,])\s*s?", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)")
_TIMECODE: Final = re.compile(r"(\d{1,2})[:;](\d{1,2})[:;](\d{1,2})([:;])(\d{1,3})")
_WHOLE_RATES_WITHIN: Final = 0.0015
"""How far a rate may lie from a whole number for timecode to count in it: 23.976 is 24 · 1000/1001."""
_DROP_RATES: Final = (30, 60)
"""SMPTE ST 12-1 drops labels at 29.97 and 59.94 frames per second only."""


class TimeError(EmoTalkError, ValueError):
    """A text is no place on the timeline; the message is a sentence."""


@dataclass(frozen=True)
class Clock:
    """The time of a scene.

    Attributes:
        fps: frames per second, can be fractional.
        first_frame: the frame of the scene at ``zero``.
        zero: the timecode or the seconds of ``first_frame``; programmes often begin at 01:00:00:00.
    """

    fps: float
    first_frame: int = 1
    zero: str = "0"

    def __post_init__(self) -> None:
        if not 0 < self.fps < math.inf:
            raise TimeError(f"A frame rate must be positive and finite, not {self.fps}")

    def frame_at(self, start: str | float) -> int:
        """The nearest frame of the scene.

        Args:
            start: seconds as a number or a text, ``HH:MM:SS:FF`` (``;`` before the frames: drop-frame),
                ``HH:MM:SS.mmm``, ``MM:SS``, or ``@frame``, which is a frame of the scene itself.

        Raises:
            TimeError: the text is none of these, or the frame lies beyond Blender's limits.
        """
        text = str(start).strip()
        if text.startswith("@"):
            return whole_frame(text[1:])
        frames = self._frames(start) - self._frames(self.zero)
        if not math.isfinite(frames):
            raise TimeError(_beyond(text))
        return _within_limits(self.first_frame + math.floor(frames + 0.5), text)

    def timecode_at(self, frame: int) -> str:
        """``HH:MM:SS:FF`` of a frame, without drops. Raises TimeError before 00:00:00:00."""
        per_second = self._frames_per_second()
        count = frame - self.first_frame + round(self._frames(self.zero))
        if count < 0:
            raise TimeError(f"Frame {frame} lies before 00:00:00:00 and has no timecode")
        seconds, frames = divmod(count, per_second)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}"

    def _frames(self, start: str | float) -> float:
        """Frames since 0 seconds or 00:00:00:00."""
        text = str(start).strip()
        if found := _TIMECODE.fullmatch(text):
            hours, minutes, seconds, frames = (int(found[group]) for group in (1, 2, 3, 5))
            return float(self._count(text, (hours, minutes, seconds, frames), is_drop=found[4] == ";"))
        if found := _CLOCK.fullmatch(text):
            hours, minutes = int(found[1] or 0), int(found[2])
            seconds_text = found[3].replace(",", ".")
            _check_sixty(text, minutes if found[1] else 0, float(seconds_text))
            return (hours * 3600 + minutes * 60 + float(seconds_text)) * self.fps
        if found := _SECONDS.fullmatch(text):
            return float(found[1].replace(",", ".")) * self.fps
        try:
            seconds_given = float(text)  # such as 1e-05, as JSON writes it
        except ValueError:
            seconds_given = math.nan
        if not math.isfinite(seconds_given):
            raise TimeError(
                f"{text!r} is no place on the timeline; write seconds, 00:01:02:12, 00:01:02.500, or @ and a frame"
            )
        return seconds_given * self.fps

    def _count(self, text: str, parts: tuple[int, int, int, int], *, is_drop: bool) -> int:
        """The frames before a timecode: labels that drop-frame leaves out are not counted."""
        per_second = self._frames_per_second()
        hours, minutes, seconds, frames = parts
        _check_sixty(text, minutes, seconds)
        if frames >= per_second:
            raise TimeError(f"{text} has frame {frames}, but a second of this scene has frames 0 to {per_second - 1}")
        total_minutes = hours * 60 + minutes
        count = (total_minutes * 60 + seconds) * per_second + frames
        if not is_drop:
            return count
        if per_second not in _DROP_RATES or math.isclose(self.fps, per_second, rel_tol=1e-6):
            raise TimeError(
                f"{text} is drop-frame timecode, which exists at 29.97 and 59.94 frames per second, "
                f"and this scene has {self.fps:.6g}; write it with a colon, or set the scene's rate"
            )
        dropped = per_second // 15
        if minutes % 10 and seconds == 0 and frames < dropped:
            raise TimeError(f"{text} does not exist: drop-frame timecode leaves it out")
        return count - dropped * (total_minutes - total_minutes // 10)

    def _frames_per_second(self) -> int:
        """The frames that timecode counts in a second."""
        nominal = round(self.fps)
        if nominal < 1 or abs(self.fps - nominal) > _WHOLE_RATES_WITHIN * nominal:
            raise TimeError(
                f"Timecode does not count at {self.fps:.6g} frames per second; write seconds, or @ and a frame"
            )
        return nominal


def whole_frame(text: str | float) -> int:
    """A frame number of the scene. Raises TimeError if it is no whole number within Blender's limits."""
    try:
        frame = float(text)
    except ValueError:
        frame = math.nan
    if not math.isfinite(frame) or frame != round(frame):
        raise TimeError(f"{str(text).strip()!r} is no frame; give a whole number")
    return _within_limits(round(frame), str(text))


def _check_sixty(text: str, minutes: int, seconds: float) -> None:
    if minutes > 59 or seconds >= 60:
        raise TimeError(f"{text} has more than 59 minutes or seconds")


def _within_limits(frame: int, text: str) -> int:
    if abs(frame) > FRAME_LIMIT:
        raise TimeError(_beyond(text))
    return frame


def _beyond(text: str) -> str:
    return f"{text[:40]} lies beyond frame {FRAME_LIMIT:,}, the last one that Blender has"
