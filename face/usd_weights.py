"""The blend shapes of USD scenes: UsdSkel animations, read by Pixar's own module.

Official builds of Blender come with the module ``pxr``; outside Blender the package usd-core has it.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np

from .errors import CurveFileError
from .weight_tracks import Tracks, WeightTrack, linear

USD: Final = ("usd", "usda", "usdc", "usdz")
"""Suffixes."""


def read_usd(path: Path) -> Tracks:
    """The blend shapes of each skeleton animation with time samples, under the names that the animation gives them.

    Raises:
        CurveFileError: there is no module for USD, or it cannot open the file; the message is the end of a sentence
            about the file.
        OSError: it cannot be read.
    """
    try:
        from pxr import Tf, Usd, UsdSkel
    except ImportError:
        raise CurveFileError(
            "is USD, which this Python cannot read; use an official build of Blender, or pip install usd-core, "
            "or export glTF instead"
        ) from None
    path.open("rb").close()  # USD's own errors do not say why a file cannot be opened
    try:
        stage = Usd.Stage.Open(str(path.resolve()))
    except Tf.ErrorException:
        raise CurveFileError("is damaged or no USD file") from None
    rate = float(stage.GetTimeCodesPerSecond())
    tracks = []
    for prim in Usd.PrimRange.Stage(stage, Usd.TraverseInstanceProxies()):
        if prim.IsA(UsdSkel.Animation):
            track = _track(UsdSkel.Animation(prim), str(prim.GetPath()), rate)
            tracks += [track] if track is not None else []
    return Tracks(tuple(tracks), rate)


def _track(animation: Any, label: str, rate: float) -> WeightTrack | None:
    attribute = animation.GetBlendShapeWeightsAttr()
    codes = attribute.GetTimeSamples()
    names = tuple(str(name) for name in animation.GetBlendShapesAttr().Get() or ())
    if not codes or not names:
        return None
    rows = [np.asarray(attribute.Get(code), np.float64) for code in codes]
    if any(row.shape != (len(names),) for row in rows) or len(set(names)) != len(names):
        raise CurveFileError(f"has weights of {label} that do not fit its blend shapes")
    times = np.asarray(codes, np.float64) / rate
    return WeightTrack(label, names, times, linear(times, np.stack(rows)))
