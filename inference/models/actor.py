"""A network with one more personal style: an actor's, whose low-rank weights apply as far as her style does.

Where none of it is chosen, the base network alone computes, and its curves are the same to the last bit. Where all of
it is, the network with merged weights does. Between the two, the curves of both are blended.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from ...face.controls import Controls
from ...face.curves import FaceCurves
from ..contract import Calculating, FaceModel, Features, Progress, Shrinkable, Speech

_OWN: Final = "actor."
"""Before the names of features that the actor's network hears itself."""


class ActorModel:
    """Two networks of one kind as one with all styles; the actor's comes first, and so is the default.

    Args:
        base: as it is without the actor.
        actor: its weights merged with the actor's; its only style is hers.
        hears: whether the actor's network has features of its own; otherwise it decodes the base's.
    """

    def __init__(self, base: FaceModel, actor: FaceModel, hears: bool) -> None:
        self._base, self._actor, self._hears = base, actor, hears
        self.model_id = base.model_id
        self.spec = replace(base.spec, styles=(*actor.spec.styles, *base.spec.styles))

    @property
    def arithmetic(self) -> str:
        """See ``Calculating``."""
        return self._base.arithmetic if isinstance(self._base, Calculating) else ""

    def shrink(self) -> bool:
        """See ``Shrinkable``."""
        shrunk = [model.shrink() for model in (self._base, self._actor) if isinstance(model, Shrinkable)]
        return any(shrunk)

    def encode(self, speech: Speech, progress: Progress | None = None) -> Features:
        """The base's features, and the actor's own under names of their own."""
        if not self._hears:
            return self._base.encode(speech, progress)
        report = progress or _ignore
        features = self._base.encode(speech, lambda share: report(share / 2))
        own = self._actor.encode(speech, lambda share: report((1 + share) / 2))
        return replace(features, arrays={**features.arrays, **{_OWN + name: own.arrays[name] for name in own.arrays}})

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The curves of both networks by the share of the actor's style in each frame."""
        share = controls.style_tracks(features.frames, self.spec.styles)[:, :1]
        if not share.any():
            return self._base.decode(self._features(features, own=False), self._of_others(controls))
        actor = self._actor.decode(self._features(features, own=self._hears), _with_styles(controls, "", "", 0.0))
        if (share == 1).all():
            return actor
        base = self._base.decode(self._features(features, own=False), self._of_others(controls))
        blended = base.values + share * (actor.values - base.values)
        return base.with_values(np.where(share == 0, base.values, blended))

    def _features(self, features: Features, own: bool) -> Features:
        """What one of the networks encoded."""
        arrays = {
            name.removeprefix(_OWN): array for name, array in features.arrays.items() if name.startswith(_OWN) == own
        }
        return replace(features, arrays=arrays)

    def _of_others(self, controls: Controls) -> Controls:
        """The controls with the styles that the base has; the one beside the actor's counts in full."""
        first, second = (controls.style(name, self.spec.styles) for name in ("personal_style", "second_style"))
        names = self.spec.styles
        if first and second:
            return _with_styles(controls, names[first], names[second], controls["style_blend"])
        other = names[first or second or 1]
        return _with_styles(controls, other, other, 0.0)


def _with_styles(controls: Controls, first: str, second: str, blend: object) -> Controls:
    styles = {"personal_style": first, "second_style": second, "style_blend": blend}
    return Controls({**controls.changed(), **styles}, controls.emotions)


def _ignore(_share: float) -> None:
    pass
