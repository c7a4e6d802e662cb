"""LaughTalk against its plain arithmetic, on a small configuration with random weights."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from emotalk.face.basis import ARKIT, FLAME
from emotalk.face.controls import Controls
from emotalk.inference.checkpoints.importing import import_weights
from emotalk.inference.checkpoints.safetensors_file import write_safetensors
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.models import laughtalk
from emotalk.inference.models.laughtalk import LaughTalk, LaughTalkConfig, frame_count, together
from emotalk.inference.models.layers import LARGE_STEPS
from emotalk.inference.models.loading import load_model
from emotalk.inference.models.wav2vec2 import BASE
from emotalk.inference.registry import LAUGHTALK_SPEC, LAUGHTALK_TALK_SPEC, NETWORKS, spec_metadata

TOLERANCE = 2e-5
RATE = 16_000
ENCODER = replace(
    BASE,
    hidden_size=128,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=192,
    conv_dim=32,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=4,
)
CONFIG = LaughTalkConfig(ENCODER, ENCODER, features=32, heads=4, feed_forward=48)
JAW = ARKIT.index["jawOpen"]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def plain(plain_laughtalk, plain_emote):
    torch.manual_seed(0)
    network = plain_laughtalk.PlainLaughTalk(CONFIG).eval()
    plain_emote.randomise(network)
    return network


@pytest.fixture(scope="module")
def weights(plain_laughtalk, plain):
    return plain_laughtalk.weights_of(plain)


@pytest.fixture(scope="module")
def model(weights):
    return LaughTalk(weights, CONFIG, LAUGHTALK_SPEC)


@pytest.fixture(scope="module")
def expected(plain_emote, plain):
    """A function: talk and residual in plain arithmetic."""

    def expect(samples, frames):
        with plain_emote.plain_layers():
            return {name: track.numpy() for name, track in plain(samples, frames).items()}

    return expect


def write(path, weights, config=CONFIG, spec=LAUGHTALK_SPEC, model="laughtalk", **changes):
    values = json.loads(json.dumps(asdict(config))) | changes
    arrays = {name: weight.numpy() for name, weight in weights.items()}
    write_safetensors(path, arrays, {"model": model, "config": json.dumps(values), **spec_metadata(spec)})
    return path


def noise(samples, seed=0):
    generator = np.random.default_rng(seed)
    loudness = np.repeat(generator.random(samples // 800 + 1), 800)[:samples]
    return (0.2 * loudness * generator.normal(size=samples)).astype(np.float32)


def perform(model, samples, **controls):
    return model.decode(model.encode(Speech(samples)), Controls(controls)).values


@pytest.mark.parametrize("samples", [400, 533, 534, 1067, 8 * RATE, 50_001])
def test_the_numbers_are_those_of_the_naive_loop(model, expected, samples):
    sound = noise(samples)
    features = model.encode(Speech(sound))
    assert features.frames == -(-samples * 30 // RATE)
    for name, exact in expected(sound, features.frames).items():
        assert np.abs(features.arrays[name] - exact).max() < TOLERANCE * max(exact.std(), 1)


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (399, 1), (RATE // 30, 1), (RATE // 30 + 1, 2)])
def test_the_shortest_lines(model, samples, frames):
    values = perform(model, noise(samples))
    assert values.shape == (frames, 53)
    assert np.isfinite(values).all()


def test_no_sound_is_refused(model):
    with pytest.raises(EmoTalkError, match="LaughTalk needs at least one sample"):
        model.encode(Speech(np.zeros(0, np.float32)))


@pytest.mark.parametrize(
    ("samples", "fps", "frames"),
    [(16_000, 30.0, 30), (16_001, 30.0, 31), (16_000, 25.0, 25), (640, 25, 1), (641, 25, 2)],
)
def test_every_moment_of_the_sound_has_a_frame(samples, fps, frames):
    assert frame_count(samples, fps) == frames


def test_laughter_weighs_the_residual_in_each_frame(model):
    features = model.encode(Speech(noise(32_000)))
    talk, residual = features.arrays["talk"], features.arrays["laugh"]
    gain = np.linspace(0, 1.5, features.frames, dtype=np.float32)
    keyed = model.decode(features, Controls({"laughter": gain})).values
    np.testing.assert_allclose(keyed, talk + gain[:, None] * residual, atol=1e-6)
    assert np.abs(residual).mean() > 0.1
    assert (keyed[0] == talk[0]).all()


@pytest.mark.parametrize("basis", [FLAME(50), ARKIT], ids=lambda basis: basis.name)
def test_without_laughter_it_is_the_talk_alone_to_the_last_bit(weights, model, basis):
    sound = noise(20_000)
    channels = len(basis)
    fitting = {
        name: (w[:channels] if ".motion." in name else w[:, :channels] if ".motion_map.weight" in name else w)
        for name, w in weights.items()
    }
    both = LaughTalk(fitting, replace(CONFIG, channels=channels), replace(LAUGHTALK_SPEC, basis=basis))
    alone = LaughTalk(
        {name: weight for name, weight in fitting.items() if name.startswith("talk")},
        replace(CONFIG, channels=channels, laugh_encoder=None),
        replace(LAUGHTALK_TALK_SPEC, basis=basis),
    )
    assert alone.model_id == "laughtalk-talk"
    talk = perform(alone, sound)
    assert perform(both, sound, laughter=0).tobytes() == talk.tobytes()
    assert np.abs(perform(both, sound) - talk).max() > 0.1
    features = alone.encode(Speech(sound))
    assert set(features.arrays) == {"talk"}
    assert not alone.hear(features).laughter.any()


def test_a_laugh_opens_the_jaw_by_its_share_of_what_the_talk_has_left():
    rng = np.random.default_rng(0)
    talk, laugh = rng.uniform(0, 1, (200, 52)), rng.uniform(-1, 1, (200, 52))
    values = together(talk.astype(np.float32), laugh.astype(np.float32), np.ones(200), ARKIT)
    assert values.min() >= 0
    assert values.max() <= 1
    opens = laugh[:, JAW] > 0
    union = 1 - (1 - talk[:, JAW]) * (1 - laugh[:, JAW])
    np.testing.assert_allclose(values[opens, JAW], union[opens], atol=1e-6)
    np.testing.assert_allclose(values[~opens, JAW], (talk * (1 + laugh))[~opens, JAW], atol=1e-6)
    others = np.delete(np.arange(52), JAW)
    np.testing.assert_allclose(values[:, others], np.clip(talk + laugh, 0, 1)[:, others], atol=1e-6)
    half = together(np.full((1, 52), 0.5), np.full((1, 52), 0.5), np.ones(1), ARKIT)
    assert half[0, JAW] == 0.75
    assert half[0, JAW + 1] == 1


def test_flames_coefficients_add_up_without_limits():
    talk, laugh = np.full((3, 53), 2.0), np.full((3, 53), -5.0)
    np.testing.assert_allclose(together(talk, laugh, np.array([0, 1, 1.5]), FLAME(50))[:, 0], [2, -3, -5.5])


def test_laughter_is_heard_by_the_size_of_the_residual(weights, model):
    features = model.encode(Speech(noise(16_000)))
    size = np.sqrt(np.square(features.arrays["laugh"]).mean(axis=1))
    other = LaughTalk(weights, replace(CONFIG, laugh_size=2 * float(size.max())), LAUGHTALK_SPEC)
    heard = other.hear(features)
    np.testing.assert_allclose(heard.laughter, size / size.max() / 2, rtol=1e-5)
    assert model.hear(features).laughter.max() <= 1


def test_long_lines_are_heard_in_windows_that_fade(weights, model, monkeypatch):
    sound = noise(14 * RATE)
    exact = model.encode(Speech(sound)).arrays
    for name, seconds in {"_WHOLE_SECONDS": 10, "_WINDOW_SECONDS": 4, "_OVERLAP_SECONDS": 1}.items():
        monkeypatch.setattr(laughtalk, name, seconds)
    other = LaughTalk(weights, CONFIG, LAUGHTALK_SPEC)
    short = noise(9 * RATE)
    assert other.encode(Speech(short)).arrays["talk"].tobytes() == model.encode(Speech(short)).arrays["talk"].tobytes()
    values = other.encode(Speech(sound)).arrays
    for name, track in exact.items():
        assert values[name].shape == track.shape
        assert 0 < np.abs(values[name] - track).mean() < 0.5 * track.std()
        steps = np.abs(np.diff(values[name], axis=0)).max()
        assert steps < 1.3 * np.abs(np.diff(track, axis=0)).max()


def test_the_option_for_windows_begins_earlier(weights, monkeypatch):
    monkeypatch.setattr(laughtalk, "_WHOLE_SECONDS_WINDOWED", 3)
    monkeypatch.setattr(laughtalk, "_WINDOW_SECONDS", 2)
    monkeypatch.setattr(laughtalk, "_OVERLAP_SECONDS", 0.5)
    sound = noise(5 * RATE)
    whole, parts = (LaughTalk(weights, CONFIG, LAUGHTALK_SPEC, windowed=windowed) for windowed in (False, True))
    assert perform(whole, sound).tobytes() != perform(parts, sound).tobytes()


def test_encoders_with_other_convolutions_hear_for_themselves(plain_laughtalk, plain_emote):
    torch.manual_seed(3)
    config = replace(CONFIG, laugh_encoder=replace(ENCODER, conv_dim=48, num_hidden_layers=1))
    network = plain_laughtalk.PlainLaughTalk(config).eval()
    plain_emote.randomise(network)
    other = LaughTalk(plain_laughtalk.weights_of(network), config, LAUGHTALK_SPEC)
    sound = noise(12_000)
    with plain_emote.plain_layers():
        exact = network(sound, 23)
    for name, track in other.encode(Speech(sound)).arrays.items():
        assert np.abs(track - exact[name].numpy()).max() < TOLERANCE * max(float(exact[name].std()), 1)


def test_equal_convolutions_run_once(weights, model, monkeypatch):
    shared = weights | {
        name.replace("talk_", "laugh_"): weight
        for name, weight in weights.items()
        if name.startswith("talk_encoder.feature_extractor")
    }
    one = LaughTalk(shared, CONFIG, LAUGHTALK_SPEC)._halves
    assert one["talk"].encoder.feature_extractor is one["laugh"].encoder.feature_extractor
    two = model._halves
    assert two["talk"].encoder.feature_extractor is not two["laugh"].encoder.feature_extractor


def test_two_runs_give_the_same_bytes_and_progress_rises(model):
    sound, shares = noise(32_000), []
    assert perform(model, sound).tobytes() == perform(model, sound).tobytes()
    model.encode(Speech(sound), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_smaller_steps_change_nothing(weights, model):
    sound = noise(40_000)
    other = LaughTalk(weights, CONFIG, LAUGHTALK_SPEC)
    other._steps = LARGE_STEPS  # as on a GPU
    np.testing.assert_allclose(perform(other, sound), perform(model, sound), atol=1e-4)
    assert other.shrink()
    assert perform(other, sound).tobytes() == perform(model, sound).tobytes()
    assert not other.shrink()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"features": 0}, "says that it has 0 columns in a decoder"),
        ({"heads": 3}, "32 columns, which 3 heads cannot share"),
        ({"heads": 64}, "32 columns, which 64 heads cannot share"),
        ({"laugh_size": 0.0}, "residual has the size 0.0"),
        ({"laugh_size": "much"}, "residual has the size 'much'"),
        ({"laugh_encoder": None}, "does not say whether its network laughs"),
        ({"laugh_encoder": 3}, "says nothing usable of its dimensions"),
        ({"talk_encoder": {"conv_kernel": [10]}}, "has 1 convolutions"),
        ({"period": -1}, "says that it has -1 frames in a period"),
        ({"channels": 52}, "do not fit together"),
        ({"more": 1}, "says nothing usable of its dimensions"),
    ],
)
def test_a_bad_header_is_a_sentence(weights, tmp_path, changes, says):
    path = write(tmp_path / "bad.safetensors", weights, **changes)
    with pytest.raises(EmoTalkError, match=says):
        LaughTalk.load(path, LAUGHTALK_SPEC)


def test_other_files_are_refused(weights, tmp_path):
    with pytest.raises(EmoTalkError, match="are not LaughTalk's"):
        LaughTalk.load(write(tmp_path / "a.safetensors", weights, model="emote"), LAUGHTALK_SPEC)
    with pytest.raises(EmoTalkError, match="names 52 channels, and its network has 53"):
        LaughTalk.load(write(tmp_path / "b.safetensors", weights), replace(LAUGHTALK_SPEC, basis=ARKIT))
    fewer = {name: weight for name, weight in weights.items() if name != "laugh_decoder.start"}
    with pytest.raises(EmoTalkError, match=r"lack laugh_decoder\.start"):
        LaughTalk.load(write(tmp_path / "c.safetensors", fewer), LAUGHTALK_SPEC)


def test_weights_are_imported_and_performed_with_like_any_others(weights, model, tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "library"))
    imported = import_weights(write(tmp_path / "ours.safetensors", weights), "Ann laughs")
    assert imported.weights.label == "Ann laughs (LaughTalk)"
    assert "laughter" in {control.name for control in imported.weights.spec.heeded()}
    placed = load_model("Ann laughs", "cpu")
    sound = noise(16_000)
    assert perform(placed, sound, laughter=0.7).tobytes() == perform(model, sound, laughter=0.7).tobytes()
    talk = {name: weight for name, weight in weights.items() if name.startswith("talk")}
    path = write(tmp_path / "t.safetensors", talk, replace(CONFIG, laugh_encoder=None), model="laughtalk-talk")
    alone = import_weights(path, "Ann").weights
    assert not {"laughter", "afterglow"} & {control.name for control in alone.spec.heeded()}
    assert not alone.damage
    broken = dict(weights) | {"talk_decoder.start": torch.full((32,), float("nan"))}
    with pytest.raises(EmoTalkError, match=r"not numbers|no numbers"):
        import_weights(write(tmp_path / "nan.safetensors", broken), "Broken")


def test_the_row_says_that_it_needs_pytorch():
    assert NETWORKS["laughtalk"].needs_torch
    assert NETWORKS["laughtalk-talk"].needs_torch
