"""The published network against its plain arithmetic, on a small configuration and once at full size."""

import copy
import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from emotalk.face import arkit
from emotalk.face.controls import Controls
from emotalk.face.emotions import EMOTIONS
from emotalk.inference.checkpoints.emotalk_converter import check_checkpoint, translate_state
from emotalk.inference.checkpoints.importing import convert_checkpoint
from emotalk.inference.checkpoints.pytorch_state import read_state
from emotalk.inference.checkpoints.safetensors_file import read_safetensors, write_safetensors
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.models import emotalk
from emotalk.inference.models.emotalk import EmoTalk, EmoTalkConfig
from emotalk.inference.models.layers import LARGE_STEPS
from emotalk.inference.models.wav2vec2 import XLSR_53
from emotalk.inference.registry import EMOTALK_SPEC
from torch.nn import functional

SMALL = EmoTalkConfig(
    encoder=replace(
        XLSR_53,
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=192,
        conv_dim=32,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
    ),
    content=40,
    emotion=24,
    condition=8,
    decoder_feed_forward=48,
)
TOLERANCE = 5e-5
STYLES = EMOTALK_SPEC.styles


def released_network(config):
    path = Path(__file__).parents[3] / "benchmarks" / "released_network.py"
    spec = importlib.util.spec_from_file_location("released_network", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    torch.manual_seed(0)
    network = module.ReleasedNetwork(config).eval()
    # The initial weights of transformers are so small that a wrong layer would hardly show.
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.5)
    return network


@pytest.fixture(scope="module")
def reference():
    return released_network(SMALL)


@pytest.fixture(scope="module")
def weights_file(reference, tmp_path_factory):
    folder = tmp_path_factory.mktemp("emotalk")
    torch.save(reference.state_dict(), folder / "EmoTalk.pth")
    convert_checkpoint(folder / "EmoTalk.pth", folder / "emotalk.safetensors")
    return folder / "emotalk.safetensors"


@pytest.fixture(scope="module")
def model(weights_file):
    return EmoTalk.load(weights_file, EMOTALK_SPEC)


def noise(samples, seed=0):
    generator = np.random.default_rng(seed)
    loudness = np.repeat(generator.random(samples // 800 + 1), 800)[:samples]
    return (loudness * generator.normal(size=samples)).astype(np.float32)


def perform(model, samples, **controls):
    return model.decode(model.encode(Speech(samples)), Controls({"emotion_level": 1.0, **controls})).values


def expected(reference, samples, level=(0.0, 1.0), person=0):
    person = torch.eye(24)[person] if isinstance(person, int) else torch.tensor(person)
    return reference(samples, torch.tensor(level), person).numpy()


def deviation(values, exact):
    assert values.shape == exact.shape
    return np.abs(values - exact).max() / exact.std()


@pytest.mark.parametrize("samples", [720, 721, 16_000, 50_001, 66_000, 132_800, 170_000])
def test_the_numbers_are_the_released_ones(model, reference, samples):
    sound = noise(samples)
    assert deviation(perform(model, sound), expected(reference, sound)) < TOLERANCE


def test_the_encoders_give_the_same_numbers_at_the_same_time(model, reference):
    torch.set_num_threads(2)
    sound = noise(50_001)
    assert deviation(perform(model, sound), expected(reference, sound)) < TOLERANCE
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(("level", "person"), [(0.0, 0), (1.0, 23), (0.0, 11), (0.3, 5)])
def test_level_and_style_enter_as_in_the_released_code(model, reference, level, person):
    sound = noise(24_000)
    values = perform(model, sound, emotion_level=level, personal_style=STYLES[person])
    assert deviation(values, expected(reference, sound, (1 - level, level), person)) < TOLERANCE


def test_styles_blend(model, reference):
    sound = noise(24_000)
    blend = [0.0] * 24
    blend[2], blend[7] = 0.75, 0.25
    values = perform(model, sound, personal_style=STYLES[2], second_style=STYLES[7], style_blend=np.full(45, 0.25))
    assert deviation(values, expected(reference, sound, person=blend)) < TOLERANCE


def test_a_control_that_changes_leaves_the_past_alone(model):
    sound = noise(32_000)
    level = np.where(np.arange(60) < 30, 0.0, 1.0)
    changing, low = perform(model, sound, emotion_level=level), perform(model, sound, emotion_level=0.0)
    np.testing.assert_allclose(changing[:30], low[:30], atol=1e-4)
    assert np.abs(changing[30:] - low[30:]).max() > 1e-2


def test_encoders_with_different_feature_extractors(reference, tmp_path):
    other = released_network(SMALL)
    with torch.no_grad():
        weight = other.audio_encoder_emo.wav2vec2.feature_extractor.conv_layers[3].conv.weight
        weight.copy_(weight.flip(0))
    torch.save(other.state_dict(), tmp_path / "other.pth")
    model = EmoTalk(
        check_checkpoint(read_state(tmp_path / "other.pth"), "other.pth", EMOTALK_SPEC).weights, SMALL, EMOTALK_SPEC
    )
    sound = noise(40_000)
    assert deviation(perform(model, sound), expected(other, sound)) < TOLERANCE
    assert deviation(perform(model, sound), expected(reference, sound)) > 1e-3


def test_the_papers_positional_encoding_is_an_option(reference, model, tmp_path):
    config = replace(SMALL, periodic_encoding=True)
    other = released_network(config)
    torch.save(other.state_dict(), tmp_path / "paper.pth")
    weights = check_checkpoint(read_state(tmp_path / "paper.pth"), "paper.pth", EMOTALK_SPEC).weights
    sound = noise(48_000)
    assert deviation(perform(EmoTalk(weights, config, EMOTALK_SPEC), sound), expected(other, sound)) < TOLERANCE
    assert deviation(perform(model, sound), expected(other, sound)) > 1e-3


def test_intensity_is_a_straight_line_through_the_released_result(model):
    sound = noise(40_000)
    calm, half, full, more = (perform(model, sound, intensity=i) for i in (0.0, 0.5, 1.0, 1.5))
    assert np.abs(full - calm).max() > 1e-3
    np.testing.assert_allclose(half, (calm + full) / 2, atol=1e-5)
    np.testing.assert_allclose(more, calm + 1.5 * (full - calm), atol=1e-5)


def test_no_intensity_means_that_only_the_content_counts(model):
    sound = noise(40_000)
    features = model.encode(Speech(sound))
    other = model.encode(Speech(noise(40_000, seed=1)))
    content = SMALL.content
    mixed = {name: array.copy() for name, array in features.arrays.items()}
    mixed["fused"][:, content:] = other.arrays["fused"][:, content:]
    mixed["guidance"] = other.arrays["guidance"]
    calm = Controls({"intensity": 0.0})
    np.testing.assert_allclose(
        model.decode(replace(features, arrays=mixed), calm).values, model.decode(features, calm).values, atol=1e-6
    )


def expected_calm(reference, samples):
    """Written down from docs/models/emotalk.md: the same content, and on average what the emotion encoder, its own
    convolutions included, makes of a second of silence.
    """
    network = copy.deepcopy(reference)
    with torch.no_grad():
        encoder, silence = network.audio_encoder_emo.wav2vec2, torch.zeros(1, 16_000)
        rows = encoder.feature_extractor(silence).transpose(1, 2)
        rows = functional.interpolate(rows.transpose(1, 2), size=30, mode="linear", align_corners=True).transpose(1, 2)
        hidden = encoder.encoder(encoder.feature_projection(rows)[0]).last_hidden_state
        memory = network.audio_feature_map_emo(hidden).sum(dim=1) / 30
    # Whatever the encoder says, the next layer answers with the silence.
    network.audio_feature_map_emo.forward = lambda emotion: memory[:, None].expand(1, emotion.shape[1], -1)
    return network(samples, torch.tensor((0.0, 1.0)), torch.eye(24)[0]).numpy()


def with_its_own_convolutions(tmp_path):
    """A network whose encoders have different convolutions, and the model made from it."""
    other = released_network(SMALL)
    with torch.no_grad():
        for layer in other.audio_encoder_emo.wav2vec2.feature_extractor.conv_layers:
            layer.conv.weight.copy_(layer.conv.weight.flip(0))
            layer.conv.bias.normal_(generator=torch.Generator().manual_seed(1))
    torch.save(other.state_dict(), tmp_path / "other.pth")
    state = check_checkpoint(read_state(tmp_path / "other.pth"), "other.pth", EMOTALK_SPEC)
    return other, EmoTalk(state.weights, SMALL, EMOTALK_SPEC)


def test_no_intensity_is_the_emotion_encoders_mean_of_silence(model, reference, tmp_path):
    sound = noise(40_000)
    for network, ours in ((reference, model), with_its_own_convolutions(tmp_path)):
        exact = expected_calm(network, sound)
        assert deviation(perform(ours, sound, intensity=0.0), exact) < TOLERANCE
        assert deviation(perform(ours, sound), exact) > 1e-2


@pytest.mark.parametrize("emotion", EMOTIONS[1:])
def test_emotion_sliders_add_and_never_open_closed_lips(emotion):
    values = np.zeros((2, 52), np.float32)
    values[0, arkit.INDEX["jawOpen"]] = 0.3
    weights = np.zeros((2, 8), np.float32)
    assert emotalk.layer_emotions(values, weights) is values
    weights[:, EMOTIONS.index(emotion)] = 1
    added = emotalk.layer_emotions(values, weights) - values
    assert np.abs(added).max() > 0.1
    assert not added[1, arkit.indices(arkit.REGIONS["jaw"] + arkit.REGIONS["lips"])].any()


EARLIER_NAMES = [
    (r"(content|emotion)_encoder\.feature_extractor\.conv_layers\.(\d)\.conv\.", r"\1.convolutions.\2."),
    (r"(content|emotion)_encoder\.feature_extractor\.conv_layers\.(\d)\.layer_norm\.", r"\1.convolutions.\2.norm."),
    (r"(content|emotion)_encoder\.feature_projection\.layer_norm\.", r"\1.projection.norm."),
    (r"(content|emotion)_encoder\.feature_projection\.projection\.", r"\1.projection."),
    (r"(content|emotion)_encoder\.encoder\.pos_conv_embed\.conv\.", r"\1.position."),
    (r"(content|emotion)_encoder\.encoder\.layers\.(\d)\.attention\.qkv_proj\.", r"\1.layers.\2.attention."),
    (r"(content|emotion)_encoder\.encoder\.layers\.(\d)\.attention\.out_proj\.", r"\1.layers.\2.out."),
    (r"(content|emotion)_encoder\.encoder\.layers\.(\d)\.layer_norm\.", r"\1.layers.\2.attention_norm."),
    (r"(content|emotion)_encoder\.encoder\.layers\.(\d)\.final_layer_norm\.", r"\1.layers.\2.feed_norm."),
    (r"(content|emotion)_encoder\.encoder\.layers\.(\d)\.\w+\.intermediate_dense\.", r"\1.layers.\2.widen."),
    (r"(content|emotion)_encoder\.encoder\.layers\.(\d)\.\w+\.output_dense\.", r"\1.layers.\2.narrow."),
    (r"(content|emotion)_encoder\.encoder\.layer_norm\.", r"\1.norm."),
    (r"decoder\.self_attention\.qkv_proj\.", "decoder.attention."),
    (r"decoder\.self_attention\.out_proj\.", "decoder.out."),
    (r"decoder\.emotion_guided_attention\.v_proj\.", "decoder.guide_values."),
    (r"decoder\.emotion_guided_attention\.out_proj\.", "decoder.guide_out."),
    (r"decoder\.feed_forward\.intermediate_dense\.", "decoder.widen."),
    (r"decoder\.feed_forward\.output_dense\.", "decoder.narrow."),
    (r"((content|memory|emotion)_map|level|style|blendshapes)\.", r"\1."),
    (r"decoder\.norms\.(\d)\.", r"decoder.norms.\1."),
]
"""Names of today, and what stood in weights files at first."""
EARLIER_CONFIG = {
    "hidden": 128,
    "layers": 2,
    "heads": 2,
    "feed_forward": 192,
    "convolution": 32,
    "kernels": [10, 3, 3, 3, 3, 2, 2],
    "strides": [5, 2, 2, 2, 2, 2, 2],
    "position_kernel": 16,
    "position_groups": 4,
    "content": 40,
    "emotion": 24,
    "condition": 8,
    "levels": 2,
    "styles": 24,
    "decoder_heads": 4,
    "decoder_feed_forward": 48,
    "period": 30,
    "channels": 52,
    "periodic_encoding": False,
}


def earlier_name(name):
    (pattern, replacement) = next(pair for pair in EARLIER_NAMES if re.match(pair[0], name))
    return re.sub(f"^{pattern}", replacement, name)


def test_a_file_that_was_imported_before_the_names_changed(weights_file, model, tmp_path):
    arrays, metadata = read_safetensors(weights_file)
    earlier = {earlier_name(name): array for name, array in arrays.items()}
    assert len(earlier) == len(arrays)
    assert {"content.convolutions.0.weight", "emotion.layers.1.attention.weight"} < earlier.keys()
    path = tmp_path / "earlier.safetensors"
    write_safetensors(path, earlier, metadata | {"config": json.dumps(EARLIER_CONFIG)})
    sound = noise(24_000)
    loaded = EmoTalk.load(path, EMOTALK_SPEC)
    assert loaded.config == SMALL
    assert perform(loaded, sound).tobytes() == perform(model, sound).tobytes()


def test_windows_change_nothing_until_the_line_is_longer_than_one(weights_file, model):
    windowed = EmoTalk.load(weights_file, EMOTALK_SPEC, windowed=True)
    short, long = noise(150_000), noise(500_000)
    np.testing.assert_allclose(perform(windowed, short), perform(model, short), atol=1e-5)
    exact = perform(model, long)
    assert 0 < np.abs(perform(windowed, long) - exact).mean() < exact.std()


def test_a_window_sees_two_seconds_around_it_and_no_more(weights_file):
    windowed = EmoTalk.load(weights_file, EMOTALK_SPEC, windowed=True)

    def fused(samples):
        return windowed.encode(Speech(samples)).arrays["fused"]

    sound = noise(16_000 * 26)
    before = fused(sound)

    def changed_windows(second):
        # Turned round in time, so that the mean and the variance of the whole sound stay what they are.
        other = sound.copy()
        part = slice(int(second * 16_000), int(second * 16_000) + 4_000)
        other[part] = other[part][::-1]
        change = np.abs(fused(other) - before).max(axis=1)
        # Emotion has a frame less or more and is resized, so the first and last frames of a window are mixed.
        return [bool(change[first + 5 : first + 175].max() > 1e-3) for first in (0, 300, 600)]

    assert changed_windows(5.0) == [True, False, False]
    assert changed_windows(8.5) == [True, True, False]
    assert changed_windows(11.0) == [True, True, False]
    assert changed_windows(13.0) == [False, True, False]
    assert changed_windows(18.5) == [False, True, True]


def test_smaller_steps_change_nothing(weights_file, model):
    sound = noise(150_000)  # more frames than a step of self-attention
    other = EmoTalk.load(weights_file, EMOTALK_SPEC)
    other._steps = LARGE_STEPS  # as on a GPU
    np.testing.assert_allclose(perform(other, sound), perform(model, sound), atol=1e-5)
    assert other.shrink()
    assert perform(other, sound).tobytes() == perform(model, sound).tobytes()
    assert not other.shrink()


@pytest.mark.parametrize(("precision", "most"), [("bfloat16", 0.2), ("int8", 0.4)])
def test_fewer_bits_stay_near(weights_file, model, precision, most):
    sound = noise(40_000)
    values = perform(EmoTalk.load(weights_file, EMOTALK_SPEC, precision=precision), sound)
    assert 1e-5 < deviation(values, perform(model, sound)) < most


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_rises_to_one(model, threads):
    torch.set_num_threads(threads)
    shares = []
    model.encode(Speech(noise(16_000)), shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_two_runs_give_the_same_bytes(model):
    sound = noise(32_000)
    assert perform(model, sound).tobytes() == perform(model, sound).tobytes()


def test_a_line_that_is_too_short_is_refused(model):
    with pytest.raises(EmoTalkError, match="at least 45 ms"):
        model.encode(Speech(noise(719)))


def test_another_models_weights_are_refused(tmp_path):
    write_safetensors(tmp_path / "x.safetensors", {"a": np.zeros(1, np.float32)}, {"model": "other"})
    with pytest.raises(EmoTalkError, match="not EmoTalk's"):
        EmoTalk.load(tmp_path / "x.safetensors", EMOTALK_SPEC)
    write_safetensors(tmp_path / "y.safetensors", {"a": np.zeros(1, np.float32)}, {"model": "emotalk", "config": "{}"})
    with pytest.raises(EmoTalkError, match="lack"):
        EmoTalk.load(tmp_path / "y.safetensors", EMOTALK_SPEC)


@pytest.mark.slow
def test_beyond_the_released_codes_limit_of_5000_frames(model, reference):
    sound = noise(16_000 * 167)
    values = perform(model, sound)
    assert len(values) > 5000
    assert deviation(values, expected(reference, sound)) < TOLERANCE


@pytest.mark.slow
def test_full_size():
    config = EmoTalkConfig()
    reference = released_network(config)
    model = EmoTalk(translate_state(reference.state_dict(), config), config, EMOTALK_SPEC)
    sound = noise(32_000)
    assert deviation(perform(model, sound), expected(reference, sound)) < TOLERANCE
