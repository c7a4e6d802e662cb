"""FLAME's motion as the 52 coefficients, by the user's own FLAME file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .complaints import UsageError

if TYPE_CHECKING:
    from ..face.curves import Performance
    from ..inference.contract import ModelSpec


def conversion_by(path: Path, model: str, spec: "ModelSpec") -> tuple[Callable[["Performance"], "Performance"], str]:
    """A function from FLAME's performances to ARKit's, and what should be known about it; solving takes seconds.

    Args:
        path: FLAME's .pkl file, or the same arrays as .npz.
        model: the network's name, for messages.
        spec: of the network.

    Raises:
        UsageError: the network's motion is not FLAME's.
        EmoTalkError: the file is no FLAME model, or has fewer expressions; nothing in it was run.
        OSError: it cannot be read.
    """
    from ..face.basis import JAW_CHANNELS
    from ..face.errors import EmoTalkError
    from ..face.flame.arkit_shapes import solve_arkit_shapes
    from ..face.flame.files import read_file
    from ..face.flame.model import template_sha256

    if not spec.basis.has(JAW_CHANNELS):
        raise UsageError(f"{model} gives {spec.basis.name}, not FLAME's expression and jaw; leave --to-arkit out")
    flame = read_file(path)
    given, there = len(spec.basis) - len(JAW_CHANNELS), flame.expressions.shape[2]
    if given > there:
        raise EmoTalkError(f"{model} gives {given} expressions, but {path.name} has {there}; choose its own FLAME file")
    shapes = solve_arkit_shapes(flame)
    remark = ""
    if spec.flame_template and spec.flame_template != template_sha256(flame.template):
        remark = (
            f"{model} was trained for another FLAME than {path.name} ({flame.variant.name}), so its expressions mean "
            "something else; choose the FLAME file that it was trained for"
        )
    return lambda performance: replace(performance, face=shapes.to_arkit(performance.face)), remark
