import numpy as np
import pytest
from emotalk.face import arkit, emotions


def weights_of(emotion: str, value: float, frames: int = 1) -> np.ndarray:
    weights = np.zeros((frames, len(emotions.EMOTIONS)), np.float32)
    weights[:, emotions.EMOTIONS.index(emotion)] = value
    return weights


def test_full_weight_at_rest_is_the_prototype():
    for row, emotion in enumerate(emotions.EMOTIONS):
        offsets = emotions.emotion_offsets(weights_of(emotion, 1), np.zeros(1))
        np.testing.assert_allclose(offsets[0], emotions.PROTOTYPES[row], atol=1e-6)


def test_neutral_adds_nothing():
    assert not emotions.emotion_offsets(weights_of("neutral", 1, 4), np.linspace(0, 1, 4)).any()


@pytest.mark.parametrize("emotion", emotions.EMOTIONS[1:])
def test_more_of_an_emotion_moves_every_shape_further(emotion):
    steps = [emotions.emotion_offsets(weights_of(emotion, w), np.full(1, 0.5))[0] for w in np.linspace(0, 1.5, 16)]
    assert (np.diff(steps, axis=0) >= 0).all()
    assert (steps[-1] > steps[0]).any()


def test_speech_keeps_the_jaw_but_not_the_brows_for_itself():
    resting = emotions.emotion_offsets(weights_of("surprise", 1), np.zeros(1))[0]
    speaking = emotions.emotion_offsets(weights_of("surprise", 1), np.ones(1))[0]
    jaw, brow = arkit.INDEX["jawOpen"], arkit.INDEX["browInnerUp"]
    assert speaking[jaw] == pytest.approx(0.3 * resting[jaw])
    assert speaking[brow] == resting[brow]


def test_only_contempt_is_one_sided():
    for row, emotion in enumerate(emotions.EMOTIONS):
        mirrored = emotions.PROTOTYPES[row][[arkit.INDEX[arkit.mirrored(name)] for name in arkit.CHANNELS]]
        assert (mirrored == emotions.PROTOTYPES[row]).all() == (emotion != "contempt")


def test_every_alias_names_an_emotion():
    assert set(emotions.ALIASES.values()) <= set(emotions.EMOTIONS)
    assert not set(emotions.ALIASES) & set(emotions.EMOTIONS)


def test_a_weak_emotion_shows_more_at_the_mouth_than_at_the_brows():
    happy, surprised = (
        emotions.emotion_offsets(weights_of(name, 0.2), np.zeros(1))[0] for name in ("happy", "surprise")
    )
    smile, brow = arkit.INDEX["mouthSmileLeft"], arkit.INDEX["browInnerUp"]
    assert happy[smile] > 1.3 * 0.2 * emotions.PROTOTYPES[1, smile]
    assert surprised[brow] == pytest.approx(0.2 * emotions.PROTOTYPES[3, brow])


@pytest.mark.parametrize(
    ("emotion", "shapes"),
    [
        ("happy", {"mouthSmile", "cheekSquint", "eyeSquint"}),
        ("sad", {"browInnerUp", "mouthFrown", "browDown"}),
        ("surprise", {"browInnerUp", "browOuterUp", "eyeWide", "jawOpen"}),
        ("fear", {"browInnerUp", "eyeWide", "mouthStretch", "browOuterUp"}),
        ("disgust", {"noseSneer", "mouthUpperUp", "browDown"}),
        ("anger", {"browDown", "mouthPress", "eyeSquint"}),
        ("contempt", {"mouthDimpleRight", "mouthSmileRight"}),
    ],
)
def test_each_emotion_is_mostly_made_of_its_action_units(emotion, shapes):
    """EMFACS: 6 + 12; 1 + 4 + 15; 1 + 2 + 5 + 26; 1 + 2 + 4 + 5 + 20; 9 + 10; 4 + 7 + 23; one-sided 12 + 14."""
    row = emotions.PROTOTYPES[emotions.EMOTIONS.index(emotion)]
    strongest = {name for stem in shapes for name in arkit.sides(stem)}
    least = min(row[arkit.INDEX[name]] for name in strongest)
    assert {name for name in arkit.CHANNELS if row[arkit.INDEX[name]] >= least} >= strongest
    assert sum(row >= least) <= len(strongest) + 1


def test_speech_takes_its_share_of_each_shape():
    weights = np.full((1, 8), 0.5)
    resting, speaking, half = (emotions.emotion_offsets(weights, np.full(1, share))[0] for share in (0, 1, 0.5))
    for name, column in arkit.INDEX.items():
        corner = name.startswith(("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch"))
        own = name.startswith(("mouthUpperUp", "mouthLowerDown", "mouthPress", "mouthRoll", "mouthShrug", "jawOpen"))
        share = 0.6 if corner else 0.3 if own else 1
        assert speaking[column] == pytest.approx(share * resting[column], abs=1e-6)
        assert half[column] == pytest.approx((resting[column] + speaking[column]) / 2, abs=1e-6)
