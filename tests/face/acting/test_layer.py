"""The acting layer on a real line: off means off, lips stay together, keys keep their times, any rate and basis."""

from pathlib import Path

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.acting.layer import ON_FACE, Scene, act, standing_back
from emotalk.face.acting.prosody import Prosody, Stress
from emotalk.face.aperture import CLOSED, lip_aperture
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import CONTROL_BY_NAME, STILL_ACTING, Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.emotions import EMOTIONS, PROTOTYPES
from emotalk.inference.engine import Engine
from emotalk.inference.sound.audio import read_speech
from hypothesis import given, settings
from hypothesis import strategies as st

SPEECH = read_speech(Path(__file__).parents[3] / "samples" / "line.wav")
UPPER = ARKIT.region("brows", "lids", "cheeks")


@pytest.fixture(scope="module")
def perform():
    engine = Engine()
    return lambda **values: engine.perform(SPEECH, Controls(values))


def scene(frames=240, fps=30.0, **others):
    """Two phrases with three stresses each and a pause between them; the second one is louder."""
    times = np.arange(frames) / fps
    loud = np.where((times > 1) & (times < 3), -6.0, np.where((times > 4.5) & (times < 7), 2.0, -45.0))
    prosody = Prosody(
        fps,
        loud.astype(np.float32),
        np.zeros(frames, np.float32),
        (loud > -20).astype(np.float32),
        np.where(times < 4, -0.5, 0.5).astype(np.float32),
        ((1.0, 3.0), (4.5, 7.0)),
        tuple(Stress(second, 0.3 + 0.1 * number) for number, second in enumerate((1.3, 2.0, 2.6, 4.9, 5.6, 6.3))),
        ((4.0, 4.4),),
    )
    given = {"laughter": np.zeros(frames, np.float32)} | others
    return Scene(prosody, (loud > -20).astype(np.float32), **given)


def rest(frames=240, fps=30.0):
    return FaceCurves(np.zeros((frames, 52), np.float32), ARKIT, fps)


def mask(emotion, frames=240, fps=30.0, weight=1.0):
    """What a network adds that holds a prototype over the whole line."""
    pose = PROTOTYPES[EMOTIONS.index(emotion)]
    return FaceCurves((np.ones((frames, 1)) * weight * pose).astype(np.float32), ARKIT, fps)


def only(part, value=1.0, **others):
    return Controls({**STILL_ACTING, part: value, **others})


def test_everything_off_gives_the_curves_themselves():
    curves = mask("happy")
    assert act(curves, rest(), scene(), Controls({**STILL_ACTING, "happy": 1})) is curves


@pytest.mark.parametrize("part", ON_FACE)
def test_each_part_changes_the_face_and_grows_with_its_gain(part):
    laughter = np.zeros(240, np.float32)
    laughter[150:180] = 1
    known = scene(laughter=laughter, certainty=0.2, styles=("Natural",), posed=True)
    values = 0.1 * mask("happy").values + np.float32(0.1)
    curves, neutral = FaceCurves(values, ARKIT, 30.0), FaceCurves(np.full((240, 52), 0.1, np.float32), ARKIT, 30.0)
    changes = []
    for gain in (0.5, 1.0):
        acted = act(curves, neutral, known, only(part, gain, happy=1))
        changes.append(np.abs(acted.values - curves.values).sum())
    assert 0 < changes[0] < changes[1]


def test_the_same_seed_acts_the_same_and_another_one_otherwise():
    first, again, other = (act(rest(), None, scene(), Controls({"seed": seed})).values for seed in (4, 4, 5))
    assert first.tobytes() == again.tobytes()
    assert np.abs(first - other)[:, UPPER].max() > 0.1


def test_a_mood_rises_with_phrases_and_relaxes_in_the_pause():
    acted = act(mask("sad"), rest(), scene(), only("mood_waves", sad=1)).channel("browInnerUp") / 0.75
    before, pause, after = acted[:15].mean(), acted[110:118].min(), acted[-1]
    for first, last in ((30, 90), (135, 210)):
        assert acted[first:last].max() > 0.9
    assert 0.4 < before < 0.6
    assert pause < 0.85
    assert after < 0.85
    assert (acted > 0.9 * acted.max()).mean() < 0.4


def test_a_keyed_emotion_keeps_its_own_zeros_and_never_changes_sign():
    weight = np.interp(np.arange(240), [60, 75, 150, 165], [0, 1, 1, 0]).astype(np.float32)
    curves = FaceCurves(weight[:, None] * mask("anger").values, ARKIT, 30.0)
    acted = act(curves, rest(), scene(posed=True), only("mood_waves", anger=weight)).values
    assert not acted[weight == 0].any()
    assert (acted[weight == 1, arkit.INDEX["browDownLeft"]] > 0.3).all()
    at_the_key = acted[75, arkit.INDEX["browDownLeft"]] / curves.values[75, arkit.INDEX["browDownLeft"]]
    assert at_the_key > 0.9  # an animator's own rise is a peak, also where nobody speaks


def test_strength_grows_with_level_and_intensity(perform):
    names = ("browDownLeft", "eyeSquintLeft", "noseSneerLeft")
    off = {name: 0 for name in STILL_ACTING if name not in ("natural_strength", "mood_waves")}
    sizes = np.array(
        [
            [
                sum(
                    perform(anger=1, emotion_level=level, intensity=intensity, **off).face.channel(name).mean()
                    for name in names
                )
                for intensity in (0.25, 0.5, 1, 1.25, 1.5)
            ]
            for level in (0, 0.25, 0.5, 0.75, 1)
        ]
    )
    assert (np.diff(sizes, axis=0) > 0).all()
    assert (np.diff(sizes, axis=1) > 0).all()


def test_a_felt_mood_is_half_as_strong_as_a_posed_one_and_a_theatrical_one_is_not(perform):
    def peak(**values):
        return np.percentile(perform(anger=1, accents=0, asymmetry=0, **values).face.channel("browDownLeft"), 98)

    assert 0.3 < peak() < 0.6
    assert peak(emotion_level=1, intensity=1.5) > 0.85
    assert peak(natural_strength=0) > 0.65


@pytest.mark.parametrize("emotion", [*EMOTIONS])
def test_a_contact_of_the_lips_is_kept_in_every_mood(perform, emotion):
    acted = perform(**{emotion: 1}).face.values
    # What only an emotion presses together is no contact of speech.
    moods = [perform(**STILL_ACTING | values).face.values for values in ({}, {emotion: 1})]
    closed = np.all([lip_aperture(values) <= CLOSED for values in moods], axis=0)
    on_teeth = np.all([values[:, arkit.INDEX["mouthRollLower"]] >= 0.30 for values in moods], axis=0)
    speaking = slice(20, 180)
    assert closed[speaking].sum() > 10
    assert on_teeth[speaking].sum() > 2
    assert lip_aperture(acted)[speaking][closed[speaking]].max() <= CLOSED + 1e-5
    assert acted[speaking, arkit.INDEX["mouthRollLower"]][on_teeth[speaking]].min() >= 0.30 - 1e-5


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99),
    gains=st.fixed_dictionaries({name: st.floats(0, CONTROL_BY_NAME[name].maximum, width=16) for name in ON_FACE}),
    mood=st.sampled_from(EMOTIONS[1:]),
)
def test_no_gain_parts_closed_lips_or_leaves_the_limits(seed, gains, mood):
    rng = np.random.default_rng(seed)
    neutral = FaceCurves(rng.uniform(0, 0.6, (240, 52)).astype(np.float32), ARKIT, 30.0)
    neutral.values[::3, ARKIT.columns(ARKIT.opens_lips)] *= 0.02
    neutral.values[:, arkit.INDEX["mouthClose"]] = 0.95 * neutral.values[:, arkit.INDEX["jawOpen"]]
    added = rng.uniform(0, 0.3) * PROTOTYPES[EMOTIONS.index(mood)]
    curves = neutral.with_values(np.clip(neutral.values + added, 0, 1))
    known = scene(styles=("Natural",), posed=True, certainty=rng.random())
    controls = Controls({"seed": seed, mood: 1, **gains, "breath": 0})
    acted = act(curves, neutral, known, controls).values
    assert acted.min() >= 0
    assert acted.max() <= 1
    both = (lip_aperture(curves.values) <= CLOSED) & (lip_aperture(neutral.values) <= CLOSED)
    assert lip_aperture(acted)[both & (known.speaking == 1)].max(initial=-1) <= CLOSED + 1e-5


def test_a_happy_pause_is_a_closed_smile_unless_it_is_strong():
    known = scene(posed=True)
    pauses = known.speaking == 0
    controls = {"happy": 1, "mood_waves": 1, "natural_strength": 1}
    felt = act(mask("happy"), rest(), known, Controls({**STILL_ACTING, **controls})).values
    strong = {"emotion_level": 1, "intensity": 1.5}
    broad = act(mask("happy"), rest(), known, Controls({**STILL_ACTING, **controls, **strong})).values
    assert lip_aperture(felt)[pauses].max() < 0.04
    assert felt[pauses, arkit.INDEX["mouthSmileLeft"]].min() > 0.1
    assert lip_aperture(broad)[pauses].max() > 0.08


def test_it_stands_back_from_a_network_that_acts_itself():
    times = np.arange(240) / 30
    lively = rest().values.copy()
    lively[:, UPPER] = (0.3 + 0.2 * np.sin(2 * np.pi * times))[:, None]
    assert standing_back(rest()) == 1
    assert standing_back(FaceCurves(lively, ARKIT, 30.0)) == 0
    moving = FaceCurves(lively, ARKIT, 30.0)
    np.testing.assert_allclose(act(moving, None, scene(), only("accents")).values, lively, atol=1e-6)


def test_it_leaves_an_emotion_alone_that_comes_and_goes_by_itself():
    swell = (0.5 + 0.5 * np.sin(np.arange(240) / 20))[:, None].astype(np.float32)
    curves = FaceCurves(swell * mask("sad").values, ARKIT, 30.0)
    waves = {**STILL_ACTING, "mood_waves": 1, "natural_strength": 1, "sad": 1}
    np.testing.assert_allclose(act(curves, rest(), scene(posed=True), Controls(waves)).values, curves.values, atol=1e-6)


@pytest.mark.parametrize("fps", [24.0, 25.0, 59.94, 120.0])
def test_any_rate_acts_alike(fps):
    frames = int(8 * fps)
    at = {rate: act(rest(int(8 * rate), rate), None, scene(int(8 * rate), rate), Controls()) for rate in (30.0, fps)}
    assert at[fps].frames == frames
    usual = np.interp(np.arange(frames) / fps, at[30.0].times[:240], at[30.0].channel("browInnerUp"))
    np.testing.assert_allclose(at[fps].channel("browInnerUp")[:-1], usual[:-1], atol=0.05)


def test_a_face_without_regions_keeps_its_shape_and_takes_part_in_the_waves():
    basis = FLAME(10)
    neutral = FaceCurves(np.zeros((240, 13), np.float32), basis, 30.0)
    curves = neutral.with_values(np.full((240, 13), -1.5, np.float32))
    acted = act(curves, neutral, scene(), Controls({"sad": 1})).values
    assert acted[:, 0].min() < -1.2
    assert acted[:15, 0].mean() > -0.9
    assert act(neutral, None, scene(), Controls()).values.any() == np.False_


def test_styles_stay_distinct(perform):
    brows = [
        perform(personal_style=name).face.channel("browInnerUp")
        for name in ("Poker face", "Natural", "Expressive brows")
    ]
    spread = [track.std() for track in brows]
    assert spread[0] < 0.3 * spread[1]
    assert spread[1] < 0.85 * spread[2]


def test_each_person_has_other_sides_and_symmetry_takes_them_out(perform):
    one, two = (perform(personal_style=name).face for name in ("Natural", "Crisp"))
    sides = [face.channel("mouthSmileLeft").mean() / face.channel("mouthSmileRight").mean() for face in (one, two)]
    assert abs(sides[0] - sides[1]) > 0.01
    even = perform(symmetry=1).face
    np.testing.assert_allclose(even.channel("browDownLeft"), even.channel("browDownRight"), atol=1e-6)


def test_gains_may_change_over_time(perform):
    gain = np.zeros(193, np.float32)
    gain[100:] = 1
    keyed, on, off = (perform(accents=value).face.channel("browInnerUp") for value in (gain, 1, 0))
    np.testing.assert_array_equal(keyed[:100], off[:100])
    np.testing.assert_array_equal(keyed[100:], on[100:])


def test_an_emotion_that_is_keyed_later_is_not_seen_before():
    weight = np.where(np.arange(240) >= 60, 1, 0).astype(np.float32)
    curves = FaceCurves(weight[:, None] * mask("anger").values, ARKIT, 30.0)
    for seed in range(5):
        plain = act(rest(), None, scene(), Controls({"seed": seed})).values
        keyed = act(curves, rest(), scene(posed=True), Controls({"seed": seed, "anger": weight})).values
        np.testing.assert_allclose(keyed[:50], plain[:50], atol=1e-6)
