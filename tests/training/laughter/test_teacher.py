import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.aperture import lip_aperture
from emotalk.face.phones import PhoneSegment
from emotalk.training.laughter.laughs import Laugh
from emotalk.training.laughter.teacher import DECRESCENDO, FPS, perform

SMILE = arkit.INDEX["mouthSmileLeft"]
CHEEK = arkit.INDEX["cheekSquintRight"]
JAW = arkit.INDEX["jawOpen"]


def syllables(count, start=0.3, consonant="M"):
    phones, now = [PhoneSegment("SIL", 0.0, start)], start
    for _ in range(count):
        phones += [PhoneSegment(consonant, now, now + 0.08), PhoneSegment("AA", now + 0.08, now + 0.25)]
        now += 0.25
    return (*phones, PhoneSegment("SIL", now, now + 4.0))


def a_laugh(start, count=5, spacing=0.21, strength=1.0):
    calls = tuple((start + 0.05 + spacing * k, strength) for k in range(count))
    return Laugh("x", np.zeros(1, np.float32), ((start, start + spacing * count),), calls)


def peaks(track):
    return np.flatnonzero((track[1:-1] > track[:-2]) & (track[1:-1] >= track[2:])) + 1


def test_without_a_laugh_it_is_the_phonetic_teacher():
    face = perform(syllables(4), (), 90)
    assert face.values == pytest.approx(face.talk, abs=1e-6)
    assert not face.touched.any()


def test_a_laugh_lifts_corners_and_cheeks_from_before_its_first_call_and_its_smile_stays_for_seconds():
    face = perform((PhoneSegment("SIL", 0.0, 8.0),), (a_laugh(2.0),), 240)
    added = face.values - face.talk
    assert not added[: int(1.8 * FPS)].any()
    assert added[2 * FPS, SMILE] > 0.1
    middle = int(2.5 * FPS)
    assert added[middle, SMILE] > 0.8
    assert added[middle, CHEEK] > 0.8
    end = int(3.05 * FPS)
    assert 0.1 < added[end + FPS, SMILE] < added[end, SMILE]
    assert not added[end + 3 * FPS :].any()


def test_the_jaw_follows_the_calls_and_every_call_is_narrower_than_the_last():
    face = perform((PhoneSegment("SIL", 0.0, 4.0),), (a_laugh(1.0, 6),), 120)
    jaw = face.values[:, JAW]
    times = np.array([call for call in peaks(jaw) if 1.0 <= call / FPS <= 2.3]) / FPS
    assert np.diff(times)[:4] == pytest.approx(0.21, abs=0.04)
    heights = [jaw[round(time * FPS)] for time in times[:4]]
    assert (np.diff(heights[1:]) < 0).all()
    assert 0 < DECRESCENDO < 1


def test_a_soft_laugh_is_a_smaller_one():
    soft, loud = (perform((PhoneSegment("SIL", 0.0, 4.0),), (a_laugh(1.0, 5, strength=s),), 120) for s in (0.2, 1.0))
    for channel in (SMILE, CHEEK, JAW):
        assert soft.values[:, channel].max() < loud.values[:, channel].max()


@pytest.mark.parametrize("consonant", ["M", "P", "B"])
def test_lips_close_in_speech_laughs(consonant):
    phones = syllables(6, consonant=consonant)
    laugh = Laugh("x", np.zeros(1, np.float32), ((0.2, 2.0),), tuple((0.3 + 0.21 * k, 1.0) for k in range(8)))
    face = perform(phones, (laugh,), 75)
    opening = lip_aperture(face.values)
    for phone in phones:
        around = slice(round((phone.start + 0.01) * FPS), round((phone.start + 0.07) * FPS) + 1)
        if phone.name == consonant:
            assert opening[around].min() < 0.03
            assert face.contacts[around, 0].max() > 0.9
    assert face.values[20:50, SMILE].min() > 0.5


def test_the_speaker_breathes_in_after_a_laugh():
    face = perform((PhoneSegment("SIL", 0.0, 6.0),), (a_laugh(1.0),), 180)
    end = int((1.0 + 5 * 0.21) * FPS)
    brows = face.values[:, arkit.INDEX["browInnerUp"]] - face.talk[:, arkit.INDEX["browInnerUp"]]
    assert brows[end + 5] > 0.09
    assert face.values[end + 5, JAW] > 0.14


@pytest.mark.parametrize("seed", range(5))
def test_everything_stays_within_its_limits(seed):
    rng = np.random.default_rng(seed)
    laughs = tuple(
        a_laugh(float(rng.uniform(0, 3)), int(rng.integers(1, 12)), float(rng.uniform(0.1, 0.3))) for _ in range(3)
    )
    face = perform(syllables(8), laughs, 200)
    for track in (face.values, face.talk, face.laughing, face.touched, face.contacts):
        assert track.min() >= 0
        assert track.max() <= 1
    assert (face.touched >= face.laughing).all()
