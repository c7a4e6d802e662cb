"""A network with one more personal style: an actor's, whose low-rank weights apply as far as her style does.

Where none of it is chosen, the base network alone computes, and its curves are the same to the last bit. Where all of
it is, the network with merged weights does. Between the two, the curves of both are blended.
"""

from dataclasses import replace

import numpy as np

from ...face.alignment import Alignment
from ...face.controls import Controls
from ...face.curves import FaceCurves
from ..contract import (
    Calculating,
    EmoTalkError,
    FaceModel,
    Features,
    Heard,
    HearsPhones,
    Progress,
    Shrinkable,
    Speech,
    heard_by,
)


class ActorModel:
    """Two networks of one kind as one with all styles; the actor's comes first, and so is the default.

    Args:
        base: as it is without the actor.
        actor: its weights merged with the actor's; its only style is hers. It decodes what the base encodes.
    """

    def __init__(self, base: FaceModel, actor: FaceModel) -> None:
        self._base, self._actor = base, actor
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
        """The slow half, which no style changes."""
        return self._base.encode(speech, progress)

    def hear(self, features: Features) -> Heard:
        """See ``Hearing``."""
        return heard_by(self._base, features)

    @property
    def hears_phones(self) -> bool:
        """See ``HearsPhones``."""
        return isinstance(self._base, HearsPhones) and self._base.hears_phones

    def phone_posteriors(self, features: Features) -> np.ndarray:
        """See ``HearsPhones``. Raises EmoTalkError if the base hears none."""
        return self._hearing_phones().phone_posteriors(features)

    def tell(self, features: Features, alignment: Alignment) -> Features:
        """See ``HearsPhones``; the actor decodes what the base was told. Raises EmoTalkError if it cannot be."""
        return self._hearing_phones().tell(features, alignment)

    def _hearing_phones(self) -> HearsPhones:
        if not isinstance(self._base, HearsPhones):
            raise EmoTalkError(f"The base of {self.spec.styles[0]} cannot be told what is said; choose EmoTalk Compact")
        return self._base

    def decode(self, features: Features, controls: Controls) -> FaceCurves:
        """The curves of both networks by the share of the actor's style in each frame."""
        share = controls.style_tracks(features.frames, self.spec.styles)[:, :1]
        if not share.any():
            return self._base.decode(features, self._of_others(controls))
        actor = self._actor.decode(features, _with_styles(controls, "", "", 0.0))
        if (share == 1).all():
            return actor
        base = self._base.decode(features, self._of_others(controls))
        blended = base.values + share * (actor.values - base.values)
        return base.with_values(np.where(share == 0, base.values, blended))

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
