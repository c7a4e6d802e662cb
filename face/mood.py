"""The emotion on the mouth while it speaks: users of other tools find that a strong mood spoils the visemes.

TalkingHead keeps about a third of a mood's mouth shapes during speech for that reason.
"""

import numpy as np

from .aperture import lip_contact
from .controls import Controls
from .curves import FaceCurves


def calm_mouth(curves: FaceCurves, neutral: FaceCurves, speaking: np.ndarray, controls: Controls) -> FaceCurves:
    """Take part of the emotion off the mouth where it speaks.

    This works on any network, whether it adds its emotion to the mouth or mixes it in: what a line looks like without
    emotion is subtracted, and the difference is scaled.

    Args:
        curves: with the emotion.
        neutral: of the same features and controls, without emotion.
        speaking: (frames,) 0 in a pause, 1 in speech.
        controls: mouth_emotion is used: 1 keeps the curves, 0 gives those of ``neutral`` to the speaking mouth.

    Returns:
        Curves in which jaw, lips and tongue are between the two; frames with a lip contact keep what they had.
    """
    contact = lip_contact(curves.values, curves.basis)
    taken = (1 - controls.track("mouth_emotion", curves.frames)) * speaking * (1 - contact)
    mouth = curves.basis.region("jaw", "lips", "tongue")
    values = curves.values.copy()
    values[:, mouth] += taken[:, None] * (neutral.values[:, mouth] - values[:, mouth])
    return curves.with_values(values)
