"""What the networks in PyTorch share of reading their dimensions from the header of a weights file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from ..contract import EmoTalkError
from .wav2vec2 import Wav2Vec2Config


class Configuration(Protocol):
    """Dimensions of a network."""

    def problem(self) -> str:
        """Why there cannot be such a network, as the second half of a sentence; "" if it can."""
        ...


C = TypeVar("C", bound=Configuration)


def checked(make: Callable[[], C]) -> C:
    """A configuration that ``make`` takes from a header.

    Raises:
        ValueError: it is none, or no network can be so; the message is the second half of a sentence.
    """
    try:
        config = make()
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise ValueError("says nothing usable of its dimensions") from None
    if problem := config.problem():
        raise ValueError(problem)
    return config


def encoder_of(values: Mapping[str, Any], base: Wav2Vec2Config) -> Wav2Vec2Config:
    """The speech encoder of a header: what it does not say is as in ``base``; JSON has no tuples."""
    encoder: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return replace(base, **encoder)


def config_in(
    read: Callable[[str], C], metadata: Mapping[str, str], name: str, advice: str = "import the checkpoint again"
) -> C:
    """The configuration in a file's header.

    Args:
        read: ``from_json`` of the configuration.
        metadata: the header.
        name: of the file, for the message.
        advice: what to do about a bad one.

    Raises:
        EmoTalkError: it is none, or no network can be so.
    """
    try:
        return read(metadata.get("config", ""))
    except ValueError as error:
        raise EmoTalkError(f"The network in {name} {error}; {advice}") from None
