import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.aperture import lip_aperture
from emotalk.face.basis import ARKIT
from emotalk.face.controls import Controls
from emotalk.face.curves import FaceCurves
from emotalk.face.shaping import gaussian_filter, shape, shift_time
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.signal import savgol_filter


def speaking_curves(frames: int = 90) -> FaceCurves:
    """Vowels at 4 Hz with a sealed, pressed p every fifteen frames."""
    values = np.zeros((frames, 52), np.float32)
    vowel = np.abs(np.sin(np.arange(frames) * 2 * np.pi * 2 / 30)).astype(np.float32)
    values[:, arkit.INDEX["jawOpen"]] = 0.4 * vowel
    values[:, arkit.indices(arkit.sides("mouthLowerDown"))] = 0.2 * vowel[:, None]
    closed = np.arange(7, frames, 15)
    values[closed] = 0
    values[closed, arkit.INDEX["jawOpen"]] = 0.08
    values[closed, arkit.INDEX["mouthClose"]] = 0.08
    values[np.ix_(closed, arkit.indices(arkit.sides("mouthPress")))] = 0.4
    values[:, arkit.INDEX["browInnerUp"]] = 0.3
    return FaceCurves(values, ARKIT, 30.0)


def test_defaults_leave_the_model_alone():
    curves = speaking_curves()
    np.testing.assert_allclose(shape(curves, Controls()).values, curves.values, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 2), st.floats(0, 2), st.floats(0, 200))
def test_no_gain_and_no_smoothing_undoes_a_contact(jaw, lips, smoothing):
    curves = speaking_curves()
    shaped = shape(curves, Controls({"jaw_gain": jaw, "lip_gain": lips, "smoothing": smoothing}))
    sealed = lip_aperture(curves.values) <= 0.02
    assert sealed.sum() >= 5
    assert (lip_aperture(shaped.values)[sealed] <= 0.035).all()


def test_the_result_stays_within_limits_and_lips_never_cross():
    curves = speaking_curves()
    shaped = shape(curves, Controls({"jaw_gain": 2, "lip_gain": 2, "brow_gain": 2})).values
    assert shaped.min() >= 0
    assert shaped.max() <= 1
    assert (shaped[:, arkit.INDEX["mouthClose"]] <= shaped[:, arkit.INDEX["jawOpen"]]).all()


def test_smoothing_has_no_delay():
    values = np.zeros((61, 52), np.float32)
    values[:, arkit.INDEX["jawOpen"]] = np.maximum(0.2 + 0.6 * np.exp(-0.5 * ((np.arange(61) - 30) / 3) ** 2), 0)
    smooth = shape(FaceCurves(values, ARKIT, 30.0), Controls({"smoothing": 100})).channel("jawOpen")
    assert smooth.argmax() == 30
    np.testing.assert_allclose(smooth, smooth[::-1], atol=1e-5)


def test_jaw_lips_and_tongue_are_not_smoothed_in_a_contact():
    curves = speaking_curves()
    closed = np.arange(7, curves.frames, 15)
    curves.values[closed, arkit.INDEX["tongueOut"]] = 0.6
    smooth = shape(curves, Controls({"smoothing": 200})).values
    mouth = [arkit.INDEX[name] for region in ("jaw", "lips", "tongue") for name in arkit.REGIONS[region]]
    np.testing.assert_allclose(smooth[np.ix_(closed, mouth)], curves.values[np.ix_(closed, mouth)], atol=1e-6)
    assert (smooth[closed + 3, arkit.INDEX["tongueOut"]] > 0.01).all()  # but smoothed beside it


def test_gaussian_filter_agrees_with_scipy():
    values = np.random.default_rng(0).random((200, 3)).astype(np.float32)
    ours = gaussian_filter(values, 4.0)
    theirs = gaussian_filter1d(values, 4.0, axis=0, mode="mirror", radius=12)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(("milliseconds", "frames"), [(100, 3), (-100, -3)])
def test_time_offset_moves_the_face_against_the_sound(milliseconds, frames):
    curves = speaking_curves()
    shifted = shape(curves, Controls({"time_offset": milliseconds})).values
    inner = slice(5, -5)
    np.testing.assert_allclose(shifted[inner], np.roll(curves.values, frames, axis=0)[inner], atol=1e-5)


def test_shift_by_part_of_a_frame_interpolates():
    ramp = np.arange(5, dtype=np.float32)[:, None]
    np.testing.assert_allclose(shift_time(ramp, 0.25)[:, 0], [0, 0.75, 1.75, 2.75, 3.75])


def test_gains_can_change_over_time():
    curves = speaking_curves()
    gain = np.linspace(0, 1, curves.frames)
    brows = shape(curves, Controls({"brow_gain": gain})).channel("browInnerUp")
    np.testing.assert_allclose(brows, 0.3 * gain, atol=1e-6)


def test_nothing_to_shape_is_fine():
    empty = FaceCurves(np.zeros((0, 52), np.float32), ARKIT, 30.0)
    assert shape(empty, Controls({"smoothing": 50})).frames == 0


def test_a_small_lip_gain_keeps_the_press_and_a_large_one_does_not_open_a_contact():
    curves = speaking_curves()
    closed = np.arange(7, curves.frames, 15)
    curves.values[np.ix_(closed, arkit.indices(arkit.sides("mouthLowerDown")))] = 0.1
    weak, strong = (shape(curves, Controls({"lip_gain": gain})) for gain in (0.25, 2))
    np.testing.assert_allclose(weak.channel("mouthPressLeft")[closed], 0.4, atol=1e-6)
    np.testing.assert_allclose(weak.channel("mouthLowerDownLeft")[closed], 0.025, atol=1e-6)
    np.testing.assert_allclose(strong.channel("mouthPressLeft")[closed], 0.8, atol=1e-6)
    np.testing.assert_allclose(strong.channel("mouthLowerDownLeft")[closed], 0.1, atol=1e-6)


@pytest.mark.parametrize("fps", [24.0, 25.0, 60.0])
def test_milliseconds_are_those_of_the_models_own_rate(fps):
    curves = FaceCurves(np.random.default_rng(0).uniform(0.2, 0.8, (90, 52)).astype(np.float32), ARKIT, fps)
    shifted = shape(curves, Controls({"time_offset": 100})).channel("browInnerUp")
    np.testing.assert_allclose(shifted, shift_time(curves.values, 0.1 * fps)[:, arkit.INDEX["browInnerUp"]], atol=1e-5)
    smooth = shape(curves, Controls({"smoothing": 100})).channel("browInnerUp")
    np.testing.assert_allclose(
        smooth, gaussian_filter(curves.values, 0.1 * fps)[:, arkit.INDEX["browInnerUp"]], atol=1e-5
    )


@pytest.mark.parametrize(
    ("gain", "regions"),
    [
        ("jaw_gain", {"jaw"}),
        ("lip_gain", {"lips"}),
        ("brow_gain", {"brows"}),
        ("eye_gain", {"lids", "cheeks"}),
    ],
)
def test_each_gain_moves_its_own_regions(gain, regions):
    curves = FaceCurves(np.full((3, 52), 0.25, np.float32), ARKIT, 30.0)
    halved = shape(curves, Controls({gain: 0.5})).values
    moved = {arkit.CHANNELS[column] for column in np.flatnonzero((halved != curves.values).any(axis=0))}
    # The seal of the lips follows the jaw.
    expected = {name for region in regions for name in arkit.REGIONS[region]} - {"mouthClose"}
    assert moved - {"mouthClose"} == expected
    assert ("mouthClose" in moved) == (gain == "jaw_gain")


@pytest.mark.parametrize("jaw", [0.0, 0.5, 1.0])
def test_the_seal_of_the_lips_never_exceeds_the_jaw(jaw):
    values = np.zeros((4, 52), np.float32)
    values[:, arkit.INDEX["jawOpen"]], values[:, arkit.INDEX["mouthClose"]] = 0.3, 0.5
    shaped = shape(FaceCurves(values, ARKIT, 30.0), Controls({"jaw_gain": jaw}))
    np.testing.assert_allclose(shaped.channel("mouthClose"), 0.3 * jaw, atol=1e-6)


def test_smoothing_can_change_over_time():
    values = np.random.default_rng(0).uniform(0.2, 0.8, (90, 52)).astype(np.float32)
    milliseconds = np.repeat([0, 50, 100], 30)
    smooth = shape(FaceCurves(values, ARKIT, 30.0), Controls({"smoothing": milliseconds})).channel("browInnerUp")
    brow = values[:, arkit.INDEX["browInnerUp"]]
    strongest = gaussian_filter1d(brow, 3.0, mode="mirror", radius=9)
    np.testing.assert_allclose(smooth, brow + milliseconds / 100 * (strongest - brow), atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_all_controls_at_once_do_what_each_of_them_says(seed):
    """An open mouth without contacts, in which every control of the shape can be computed by hand."""
    rng = np.random.default_rng(seed)
    frames, fps = 80, 24.0
    values = rng.uniform(0.1, 0.9, (frames, 52)).astype(np.float32)
    for name in ("mouthRollLower", "mouthRollUpper", *arkit.sides("mouthPress")):
        values[:, arkit.INDEX[name]] = 0.1
    values[:, arkit.INDEX["mouthClose"]] = 0.05
    values[:, arkit.INDEX["jawOpen"]] = rng.uniform(0.4, 0.6, frames)
    gains = {name: rng.uniform(0.5, 2, frames) for name in ("jaw_gain", "lip_gain", "brow_gain", "eye_gain")}
    offset, sigma = rng.uniform(-180, 180), rng.uniform(20, 60)
    regions = {"jaw": "jaw_gain", "mouth": "lip_gain", "brow": "brow_gain", "cheek": "eye_gain", "nose": "eye_gain"}
    regions |= {"eyeBlink": "eye_gain", "eyeSquint": "eye_gain", "eyeWide": "eye_gain", "mouthClose": "jaw_gain"}
    expected = savgol_filter(values.astype(float), 5, 2, axis=0, mode="interp")
    for start, gain in regions.items():
        for name, column in arkit.INDEX.items():
            if name.startswith(start) and (name != "mouthClose" or start == "mouthClose"):
                expected[:, column] *= gains[gain]
    frames_wide = sigma / 1000 * fps
    expected = gaussian_filter1d(expected, frames_wide, axis=0, mode="mirror", radius=int(np.ceil(3 * frames_wide)))
    places = np.arange(frames) - offset / 1000 * fps
    expected = np.stack([np.interp(places, np.arange(frames), column) for column in expected.T], axis=1)
    controls = {**gains, "smoothing": sigma, "time_offset": offset, "savitzky_golay": "On"}
    for clamping in ("Off", "On"):
        shaped = shape(FaceCurves(values, ARKIT, fps), Controls({**controls, "clamping": clamping}))
        within = expected if clamping == "Off" else np.clip(expected, 0, 1)
        np.testing.assert_allclose(shaped.values, within, atol=2e-5)
        assert (shaped.basis, shaped.fps) == (ARKIT, fps)
    assert expected.max() > 1
