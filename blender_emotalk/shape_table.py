"""The table of single shapes on a line: a multiplier and an offset for each channel that the animator added."""

from collections.abc import Mapping

from ..face.basis import Basis
from ..inference.contract import EmoTalkError
from . import model_choice
from .properties import LineProperties


def shape_values(line: LineProperties, basis: Basis) -> dict[str, list[float]]:
    """Channel -> multiplier and offset, for the worker; channels that another model has are left out."""
    return {row.name: [row.multiplier, row.offset] for row in line.shapes if row.name in basis.index}


def add_shape(line: LineProperties, channel: str) -> None:
    """Add a row that changes nothing yet, or select the one that is there.

    Raises:
        EmoTalkError: the line's model has no such channel.
    """
    basis = model_choice.spec_of(line).basis
    if channel not in basis.index:
        raise EmoTalkError(f"The model has no shape {channel!r}; its shapes are those of {basis.name}")
    if channel not in line.shapes:
        line.shapes.add().name = channel
    line.shape_index = line.shapes.find(channel)


def remove_shape(line: LineProperties, channel: str) -> None:
    """Remove a row, so that the shape is as performed. Raises EmoTalkError if there is none."""
    index = line.shapes.find(channel)
    if index < 0:
        raise EmoTalkError(f"The line has no row for the shape {channel!r}")
    line.shapes.remove(index)
    line.shape_index = max(min(line.shape_index, len(line.shapes) - 1), 0)


def set_shapes(line: LineProperties, shapes: Mapping[str, tuple[float, float]]) -> None:
    """Replace the table."""
    line.shapes.clear()
    for channel, (multiplier, offset) in shapes.items():
        row = line.shapes.add()
        row.name, row.multiplier, row.offset = channel, multiplier, offset
