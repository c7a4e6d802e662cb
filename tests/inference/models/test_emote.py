"""EMOTE against its plain arithmetic, on a small configuration with random weights and once at full size."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from emotalk.face.basis import FLAME
from emotalk.face.controls import Controls
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.checkpoints.emote_converter import convert_emote
from emotalk.inference.checkpoints.safetensors_file import read_safetensors, write_safetensors
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.models import emote
from emotalk.inference.models.emote import Emote, EmoteConfig, conditions_of
from emotalk.inference.models.layers import LARGE_STEPS
from emotalk.inference.models.windows import cross_faded
from emotalk.inference.registry import EMOTE_SPEC, spec_metadata

TOLERANCE = 2e-5
STYLES = EMOTE_SPEC.styles
FRAME = 640
HAPPY = Controls({"happy": 1, "intensity": 1.5})


def condition_row(emotion, level, identity):
    row = np.zeros((1, 43), np.float32)
    row[0, [EMOTIONS.index(emotion), 8 + level, 11 + identity]] = 1
    return torch.from_numpy(row)


STRONG_HAPPY = condition_row("happy", 2, 0)


def converted(network):
    return convert_emote(network.state_dict(), "last.ckpt", EMOTE_SPEC)


def write(path, conversion, **changes):
    metadata = {"model": "emote", "config": json.dumps(conversion.config | changes), **spec_metadata(conversion.spec)}
    write_safetensors(path, conversion.arrays, metadata)
    return path


@pytest.fixture(scope="module")
def conversion(emote_network):
    return converted(emote_network)


@pytest.fixture(scope="module")
def weights_file(conversion, tmp_path_factory):
    return write(tmp_path_factory.mktemp("emote") / "EMOTE.safetensors", conversion)


@pytest.fixture(scope="module")
def model(weights_file, conversion):
    return Emote.load(weights_file, conversion.spec)


@pytest.fixture(scope="module")
def expected(plain_emote, emote_network):
    """A function: what the plain arithmetic gives."""

    def expect(samples, condition=STRONG_HAPPY, network=emote_network):
        with plain_emote.plain_layers():
            return network(samples, condition).numpy()

    return expect


def noise(samples, seed=0):
    generator = np.random.default_rng(seed)
    loudness = np.repeat(generator.random(samples // 800 + 1), 800)[:samples]
    return (0.2 * loudness * generator.normal(size=samples)).astype(np.float32)


def perform(model, samples, controls=HAPPY):
    return model.decode(model.encode(Speech(samples)), controls).values


def deviation(values, exact):
    assert values.shape == exact.shape
    return np.abs(values - exact).max() / exact.std()


@pytest.mark.parametrize(
    "samples",
    [FRAME, FRAME + 1, 2 * FRAME - 1, 7 * FRAME, 8 * FRAME, 9 * FRAME, 63 * FRAME, 65 * FRAME, 50_001, 22 * 16_000],
)
def test_the_numbers_are_the_released_ones(model, expected, samples):
    sound = noise(samples)
    values = perform(model, sound)
    assert values.shape == (samples // FRAME, 53)
    assert deviation(values, expected(sound)) < TOLERANCE


def test_beyond_the_released_codes_limit_of_48_seconds(model, expected):
    sound = noise(16_000 * 50)
    values = perform(model, sound)
    assert len(values) > 1200
    assert deviation(values, expected(sound)) < TOLERANCE


def test_pytorchs_fused_layer_would_give_other_numbers(model, emote_network, expected):
    """The jitter of the released code under PyTorch 2: the same network, its layers fused, loses the bias."""
    sound = noise(64_000)
    fused = emote_network(sound, STRONG_HAPPY).numpy()
    assert torch.backends.mha.get_fastpath_enabled()
    assert deviation(fused, expected(sound)) > 0.5
    assert deviation(perform(model, sound), fused) > 0.5


@pytest.mark.parametrize("expressions", [50, 100])
def test_the_number_of_expressions_is_the_networks(make_emote, emote_config, expected, expressions):
    config = replace(emote_config, prior=replace(emote_config.prior, expressions=expressions))
    network = make_emote(config)
    conversion = converted(network)
    assert conversion.spec.basis is FLAME(expressions)
    weights = {name: torch.from_numpy(array) for name, array in conversion.arrays.items()}
    sound = noise(20_000)
    values = perform(Emote(weights, config, conversion.spec), sound)
    assert deviation(values, expected(sound, network=network)) < TOLERANCE


@pytest.mark.parametrize(("emotion", "level", "identity"), [("sad", 0, 31), ("contempt", 1, 17), ("fear", 2, 18)])
def test_conditions_enter_as_in_the_released_code(model, expected, emotion, level, identity):
    sound = noise(24_000)
    controls = Controls({emotion: 1, "intensity": (level + 1) / 2, "personal_style": STYLES[identity]})
    exact = expected(sound, condition_row(emotion, level, identity))
    assert deviation(perform(model, sound, controls), exact) < TOLERANCE


def test_without_an_emotion_it_is_neutral_at_its_only_level(model, expected):
    sound = noise(24_000)
    exact = expected(sound, condition_row("neutral", 0, 0))
    for controls in ({}, {"intensity": 1.5}, {"neutral": 1}, {"happy": 1, "intensity": 0}):
        assert deviation(perform(model, sound, Controls(controls)), exact) < TOLERANCE


def test_emotions_intensities_and_persons_blend_in_each_frame(model, expected):
    sound = noise(64_000)
    share = np.linspace(0, 1, 100, dtype=np.float32)
    rows = (1 - share)[:, None] * condition_row("sad", 0, 2).numpy() + share[:, None] * STRONG_HAPPY.numpy()
    rows[:, 11:] = 0
    rows[:, 11 + 2], rows[:, 11 + 5] = 1 - share, share
    rows[:, 8:11] = np.maximum(1 - np.abs(2 * share[:, None] - np.arange(3)), 0)
    controls = Controls(
        {
            "sad": 1 - share,
            "happy": share,
            "intensity": 0.5 + share,
            "personal_style": STYLES[2],
            "second_style": STYLES[5],
            "style_blend": share,
        }
    )
    assert deviation(perform(model, sound, controls), expected(sound, torch.from_numpy(rows))) < TOLERANCE


def test_a_condition_always_sums_to_one_for_emotion_intensity_and_identity():
    frames = 40
    rng = np.random.default_rng(0)
    tracks = {name: rng.random(frames) for name in EMOTIONS}
    controls = Controls({**tracks, "intensity": np.linspace(0, 1.5, frames), "style_blend": 0.3})
    rows = conditions_of(controls, frames, STYLES)
    assert rows.shape == (frames, 43)
    assert rows.min() >= 0
    for part in (slice(0, 8), slice(8, 11), slice(11, 43)):
        np.testing.assert_allclose(rows[:, part].sum(axis=1), 1, atol=1e-6)
    assert conditions_of(Controls({"happy": 0.4}), frames, STYLES).shape == (1, 43)


def test_the_intensity_has_no_jump():
    intensity = np.linspace(0, 1.5, 301)
    rows = conditions_of(Controls({"anger": 0.6, "sad": 0.4, "intensity": intensity}), 301, STYLES)
    assert np.abs(np.diff(rows, axis=0)).max() < 0.011
    np.testing.assert_allclose(rows[[100, 200, 300], 6], 0.6, atol=1e-6)
    np.testing.assert_allclose(rows[[0, 50, 100], 0], [1, 0.5, 0], atol=1e-6)
    levels = [[1, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]]
    np.testing.assert_allclose(rows[[0, 100, 150, 200, 300], 8:11], levels, atol=1e-6)


def test_the_demos_mistake_with_the_sound_is_an_option(model, conversion, make_emote, emote_config, expected, tmp_path):
    config = replace(emote_config, demo_audio=True)
    other = Emote.load(write(tmp_path / "demo.safetensors", conversion, demo_audio=True), conversion.spec)
    sound = noise(40_000)
    values = perform(other, sound)
    assert len(values) == 40_000 // FRAME + 1
    assert deviation(values, expected(sound, network=make_emote(config))) < TOLERANCE
    assert deviation(values[:-1], perform(model, sound)) > 1e-2


def test_a_network_that_was_trained_around_its_transformer(conversion, make_emote, emote_config, expected, tmp_path):
    config = replace(emote_config, skips_transformer=True)
    model = Emote.load(write(tmp_path / "old.safetensors", conversion, skips_transformer=True), conversion.spec)
    sound = noise(40_000)
    exact = expected(sound, network=make_emote(config))
    assert deviation(perform(model, sound), exact) < TOLERANCE
    assert deviation(exact, expected(sound)) > 1e-2


def test_full_scale_does_not_turn_over(model):
    sound = noise(12_800)
    sound[5_000:5_010] = 1.0
    almost = sound.copy()
    almost[5_000:5_010] = 32767 / 32768
    assert perform(model, sound).tobytes() == perform(model, almost).tobytes()


def test_silence_is_a_performance(model):
    assert np.isfinite(perform(model, np.zeros(20_000, np.float32))).all()


def test_a_line_is_heard_by_itself(model):
    """In the released code, lines of one batch are normalised together."""
    short, loud = noise(20_000), 5 * noise(30_000, seed=1)
    alone = perform(model, short)
    perform(model, loud)
    assert perform(model, short).tobytes() == alone.tobytes()


@pytest.mark.parametrize("samples", [0, 1, FRAME - 1])
def test_what_is_shorter_than_a_frame_is_refused(model, samples):
    with pytest.raises(EmoTalkError, match="EMOTE needs at least 40 ms"):
        model.encode(Speech(noise(FRAME)[:samples]))


def test_windows_begin_beyond_three_minutes(weights_file, conversion, model, monkeypatch):
    windowed = Emote.load(weights_file, conversion.spec, windowed=True)
    sound = noise(16_000 * 6)
    assert perform(windowed, sound).tobytes() == perform(model, sound).tobytes()
    monkeypatch.setattr(emote, "_WHOLE", 149)
    monkeypatch.setattr(emote, "_WINDOW", 80)
    monkeypatch.setattr(emote, "_OVERLAP", 16)
    values, exact = perform(windowed, sound), perform(model, sound)
    difference = np.abs(values - exact)
    assert values.shape == exact.shape
    assert difference.max() > 1e-4
    assert difference.mean() < 0.3 * exact.std()
    # Nothing jumps where a window ends: motion from frame to frame is no larger than without windows.
    assert np.abs(np.diff(values, axis=0)).max() < 1.3 * np.abs(np.diff(exact, axis=0)).max()


@pytest.mark.parametrize("frames", [1000, 1001, 1903, 1904, 1905, 4501])
def test_windows_fade_into_each_other(frames):
    """What does not depend on the window comes out as it is, and where it does, in a straight line."""
    shares = []
    rows = cross_faded(
        lambda part: torch.arange(part.start, part.stop)[:, None].float(), frames, 1000, 96, shares.append
    )
    torch.testing.assert_close(rows[:, 0], torch.arange(frames).float())
    assert shares == sorted(shares)
    assert shares[-1] == 1
    starts = cross_faded(
        lambda part: torch.full((part.stop - part.start, 1), float(part.start)), frames, 1000, 96, shares.append
    )
    assert starts[:904].unique().tolist() == [0.0]
    if frames > 1000:
        np.testing.assert_allclose(starts[904 : 904 + 96, 0], 904 * np.arange(1, 97) / 97, rtol=1e-5)


def test_decoding_again_needs_no_sound(model):
    features = model.encode(Speech(noise(32_000)))
    assert features.arrays["audio"].shape == (50, 32)
    happy, sad = (model.decode(features, Controls({name: 1})).values for name in ("happy", "sad"))
    assert np.abs(happy - sad).max() > 0.1


def test_smaller_steps_change_nothing(weights_file, conversion, model):
    sound = noise(60_000)
    other = Emote.load(weights_file, conversion.spec)
    other._steps = LARGE_STEPS  # as on a GPU
    np.testing.assert_allclose(perform(other, sound), perform(model, sound), atol=1e-5)
    assert other.shrink()
    assert perform(other, sound).tobytes() == perform(model, sound).tobytes()
    assert not other.shrink()


@pytest.mark.parametrize(("precision", "most"), [("bfloat16", 0.3), ("int8", 0.6)])
def test_fewer_bits_stay_near(weights_file, conversion, model, precision, most):
    sound = noise(40_000)
    values = perform(Emote.load(weights_file, conversion.spec, precision=precision), sound)
    assert 1e-5 < deviation(values, perform(model, sound)) < most


def test_two_runs_give_the_same_bytes_and_progress_rises(model):
    sound = noise(32_000)
    assert perform(model, sound).tobytes() == perform(model, sound).tobytes()
    shares = []
    model.encode(Speech(sound), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"features": 0}, "says that it has 0 columns of features"),
        ({"heads": 7}, "64 columns, which 7 heads cannot share"),
        ({"identities": 201}, "knows 201 persons"),
        ({"identities": 31}, "do not fit together"),
        ({"prior": {"expressions": 101}}, "gives 101 expressions; FLAME has 100"),
        ({"prior": {"stages": 9}}, "9 stages"),
        ({"prior": {"stages": 2}}, "do not fit together|lack"),
        ({"prior": 3}, "says nothing usable of its dimensions"),
        ({"demo_audio": 1}, "says nothing usable of how it was trained"),
        ({"unknown": 1}, "says nothing usable of its dimensions"),
        ({"period": "30"}, "frames in a period"),
    ],
)
def test_a_header_that_cannot_be_is_refused(conversion, tmp_path, changes, says):
    if isinstance(changes.get("prior"), dict):
        changes = {"prior": conversion.config["prior"] | changes["prior"]}
    with pytest.raises(EmoTalkError, match=says):
        Emote.load(write(tmp_path / "x.safetensors", conversion, **changes), conversion.spec)


def test_other_weights_and_other_headers_are_refused(conversion, weights_file, tmp_path):
    write_safetensors(tmp_path / "x.safetensors", {"a": np.zeros(1, np.float32)}, {"model": "other"})
    with pytest.raises(EmoTalkError, match="not EMOTE's"):
        Emote.load(tmp_path / "x.safetensors", EMOTE_SPEC)
    with pytest.raises(EmoTalkError, match=r"those of FLAME 50, 32 and 8"):
        Emote.load(weights_file, EMOTE_SPEC)
    arrays, metadata = read_safetensors(weights_file)
    del arrays["squasher.bias"]
    write_safetensors(tmp_path / "y.safetensors", arrays, metadata)
    with pytest.raises(EmoTalkError, match=r"lack squasher\.bias"):
        Emote.load(tmp_path / "y.safetensors", conversion.spec)


def test_a_configuration_survives_its_text(emote_config):
    for config in (emote_config, EmoteConfig(), replace(emote_config, skips_transformer=True, period=25)):
        assert EmoteConfig.from_json(json.dumps(asdict(config))) == config


@pytest.mark.slow
def test_full_size(make_emote, expected):
    network = make_emote(EmoteConfig())
    conversion = converted(network)
    weights = {name: torch.from_numpy(array) for name, array in conversion.arrays.items()}
    sound = noise(48_000)
    exact = expected(sound, network=network)
    assert np.abs(perform(Emote(weights, EmoteConfig(), conversion.spec), sound) - exact).max() < 1e-4
