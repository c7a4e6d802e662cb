"""What a known name stands for in the readers of pickles that execute nothing."""

from collections.abc import Callable
from typing import Any


class PickledCall:
    """A function of ours in the place of a name in a file. It has no attributes that a file could change."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *arguments: Any) -> Any:
        """What the function makes of the file's arguments."""
        return self._make(*arguments)
