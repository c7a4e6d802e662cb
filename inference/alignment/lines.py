"""What is said when in a line: from its text, a file of times, or listening alone, with sentences about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ...face.alignment import LEAST_FIT, Alignment, SpokenWord
from ..contract import PHONE_RATE, Speech
from ..engine import Engine
from ..models.loading import DEFAULT_CHOICE, ModelChoice
from .forced import align
from .heard import hear
from .language import foreign_language
from .pronunciation import Pronunciations
from .spoken_text import TextError, read_text
from .time_files.reading import read_times
from .timed_words import complete

_NAMED: Final = 8
"""Words that one sentence names."""
_OTHER_LINE: Final = 0.3
"""Share of words below which a text belongs to another line."""


@dataclass(frozen=True)
class LineTimes:
    """What is said when in a line.

    Attributes:
        alignment: its origin is "heard" where there was nothing to go by.
        remarks: a sentence for each thing that somebody should know.
    """

    alignment: Alignment
    remarks: tuple[str, ...] = ()

    @property
    def to_tell(self) -> Alignment | None:
        """What the network should be told; None where it has heard everything itself."""
        return None if self.alignment.origin == "heard" else self.alignment


@dataclass(frozen=True)
class Said:
    """What somebody knows of what is said.

    Attributes:
        text: the words, as they are written; "" if there are none.
        times: a file with the times of words and sounds, which goes before the text.
        pronunciations: how the words are said.
        complaint: why there is no text, where one was found that cannot be used; a sentence.
    """

    text: str = ""
    times: Path | None = None
    pronunciations: Pronunciations = field(default_factory=Pronunciations)
    complaint: str = ""


def align_line(engine: Engine, speech: Speech, said: Said, choice: ModelChoice = DEFAULT_CHOICE) -> LineTimes:
    """When the words and the sounds of a line are said.

    Args:
        engine: whose model hears.
        speech: the line; it is encoded if it is not known.
        said: what is known of it; nothing means listening.
        choice: the model.

    Raises:
        EmoTalkError: the model cannot tell sounds, the line cannot be processed, or the file of times cannot be used.
        OSError: the file of times cannot be read.
    """
    if said.times is not None:
        timed = read_times(said.times, speech.seconds)
        posteriors = None if timed.phones else engine.phone_posteriors(speech, choice)
        alignment = complete(timed, posteriors, PHONE_RATE, speech.seconds, said.pronunciations)
        return LineTimes(alignment, _remarks(alignment))
    posteriors = engine.phone_posteriors(speech, choice)
    if not said.text.strip():
        return LineTimes(hear(posteriors, PHONE_RATE, speech.seconds), tuple(filter(None, [said.complaint])))
    try:
        if language := foreign_language([word.text for word in read_text(said.text)]):
            raise TextError(
                f"The text seems to be {language}; EmoTalk knows how English is spoken, so this line was left to "
                "listening"
            )
        alignment = align(posteriors, PHONE_RATE, said.text, speech.seconds, said.pronunciations)
    except TextError as error:
        return LineTimes(hear(posteriors, PHONE_RATE, speech.seconds), (str(error),))
    return LineTimes(alignment, _remarks(alignment))


def _remarks(alignment: Alignment) -> tuple[str, ...]:
    """A sentence about the words that were not found."""
    words = [word for word in alignment.words if word.text]
    lost = [word for word in words if word.fit < LEAST_FIT]
    if not lost:
        return ()
    if len(words) > 2 and len(words) - len(lost) < _OTHER_LINE * len(words):
        return (
            f"Only {len(words) - len(lost)} of {len(words)} words of the text were found in the sound; it may be the "
            "text of another line",
        )
    were = "was" if len(lost) == 1 else "were"
    return (
        f"{len(lost)} of {len(words)} words {were} not found in the sound and {were} left to listening: {_names(lost)}",
    )


def _names(words: Sequence[SpokenWord]) -> str:
    named = ", ".join(f"{word.text} ({word.start:.1f} s)" for word in words[:_NAMED])
    more = len(words) - _NAMED
    return f"{named} and {more} more" if more > 0 else named
