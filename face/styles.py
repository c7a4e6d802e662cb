"""The 24 personal styles: distinct, described ways of articulating and of moving brows, lids and mouth corners.

EmoTalk learnt its 24 styles from the actors of RAVDESS. We have no such captures, so ours are designed: each is a set
of parameters of the phonetic teacher, and the network learns to reproduce and blend them.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class PersonalStyle:
    """How one speaker moves the face; gains are 1 on average, biases 0.

    Attributes:
        name: what the animator picks.
        sentence: what it looks like.
        jaw: gain of the jaw.
        lips: gain of lip raising, lowering and stretching.
        rounding: gain of pucker and funnel.
        spread: added mouthStretch while front vowels and sibilants are spoken, in coefficient units.
        upper_lip: gain of raising the upper lip, which shows the upper teeth.
        corners: resting mouth corners, + smile, - frown, in coefficient units.
        press: firmness of the bilabial contacts (gain).
        brows: gain of the brows' response to energy and pitch.
        brow_rest: resting brows, + raised, - lowered.
        lids: resting lids, + wide, - drooping.
        squint: added eyeSquint while speaking.
        asymmetry: -1 speaks with the left side, +1 with the right side of the mouth.
        tempo: how fast the mouth moves between targets; below 1 is slow and blended, above 1 crisp.
    """

    name: str
    sentence: str
    jaw: float = 1.0
    lips: float = 1.0
    rounding: float = 1.0
    spread: float = 0.0
    upper_lip: float = 1.0
    corners: float = 0.0
    press: float = 1.0
    brows: float = 1.0
    brow_rest: float = 0.0
    lids: float = 0.0
    squint: float = 0.0
    asymmetry: float = 0.0
    tempo: float = 1.0


STYLES: Final[tuple[PersonalStyle, ...]] = (
    PersonalStyle("Natural", "Even, everyday speech"),
    PersonalStyle("Crisp", "A newsreader: clear contacts, quick transitions", 1.22, 1.45, press=1.4, tempo=1.5),
    PersonalStyle("Mumbler", "Hardly opens the mouth", jaw=0.4, lips=0.6, rounding=0.7, tempo=0.75, brows=0.5),
    PersonalStyle("Stage actor", "Large movements, to be seen from the last row", 1.5, 1.35, 1.3, brows=1.6, press=1.2),
    PersonalStyle("Jaw talker", "The jaw does the work, lips follow", jaw=1.5, lips=0.6, rounding=0.75),
    PersonalStyle("Lip talker", "Busy lips, still jaw", jaw=0.6, lips=1.5, rounding=1.2),
    PersonalStyle("Pouter", "Lips forward in every word", rounding=1.6, spread=-0.04, jaw=0.85),
    PersonalStyle("Wide mouth", "Spreads the mouth, rounds little", rounding=0.6, spread=0.18, lips=1.15),
    PersonalStyle("Toothy", "Upper lip high, teeth on show", upper_lip=3.2, lips=1.15, corners=0.10),
    PersonalStyle(
        "Stiff upper lip",
        "Upper lip and brows stay put",
        0.9,
        0.85,
        upper_lip=0.1,
        brows=0.2,
        brow_rest=-0.12,
        press=1.3,
    ),
    PersonalStyle("Sunny", "Always slightly smiling", corners=0.16, spread=0.04, brow_rest=0.06, squint=0.08),
    PersonalStyle("Dour", "Corners down, brows low", corners=-0.24, brow_rest=-0.16, jaw=0.8),
    PersonalStyle("Expressive brows", "Brows move with the speech", brows=5.0, brow_rest=0.05),
    PersonalStyle("Poker face", "Only the mouth moves", brows=0.0, lips=0.65, jaw=0.77, rounding=0.8),
    PersonalStyle("Wide-eyed", "Open eyes, raised brows", lids=0.35, brow_rest=0.35, brows=1.2),
    PersonalStyle("Sleepy", "Heavy lids, lazy mouth", lids=-0.3, jaw=0.8, lips=0.8, tempo=0.8, brows=0.6),
    PersonalStyle("Squinter", "Narrowed, appraising eyes", squint=0.42, brow_rest=-0.14),
    PersonalStyle("Left-sided", "Speaks with the left side of the mouth", asymmetry=-0.8),
    PersonalStyle("Right-sided", "Speaks with the right side of the mouth", asymmetry=0.8),
    PersonalStyle("Smirker", "One corner raised in a smirk", asymmetry=0.5, corners=0.12, lids=-0.08, squint=0.08),
    PersonalStyle("Tight-lipped", "Pressed lips, small openings", 0.58, 0.8, 0.8, press=1.6, corners=-0.14),
    PersonalStyle("Drawl", "Slow, open, rounded", jaw=1.2, rounding=1.25, tempo=0.65, lids=-0.1),
    PersonalStyle(
        "Nervous", "Small, quick, worried", 0.75, 1.2, tempo=1.35, brow_rest=0.25, lids=0.2, spread=0.05, brows=1.5
    ),
    PersonalStyle(
        "Commanding", "Firm jaw, low brows, hard consonants", 1.25, 1.1, brow_rest=-0.2, press=1.4, tempo=1.2
    ),
)
STYLE_NAMES: Final[tuple[str, ...]] = tuple(style.name for style in STYLES)
