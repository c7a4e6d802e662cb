"""Both families of wav2vec 2.0 against Hugging Face's, on small configurations with random weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers
from emotalk.inference.checkpoints.checkpoint_state import CheckpointState
from emotalk.inference.checkpoints.wav2vec2_converter import check_wav2vec2, convert_wav2vec2, read_wav2vec2_config
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.models.layers import LARGE_STEPS, SMALL_STEPS, Layers, Steps
from emotalk.inference.models.matrix_products import Plain, arithmetic_for
from emotalk.inference.models.wav2vec2 import (
    BASE,
    XLSR_53,
    Wav2Vec2Model,
    Windows,
    resize,
    weight_shapes,
    window_moments,
    zero_mean_unit_variance,
)

CPU = torch.device("cpu")
SMALLER = {
    "hidden_size": 128,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 192,
    "conv_dim": 32,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
CONFIGS = {
    "base": replace(BASE, **SMALLER),
    "XLSR-53": replace(XLSR_53, **SMALLER),
    # No release has these two; they tell apart what always comes together above.
    "base with biases": replace(BASE, **SMALLER, conv_bias=True),
    "group norm, pre-norm": replace(BASE, **SMALLER, encoder_norm="pre"),
}
TOLERANCE = 1e-5
"""Of a number and of the standard deviation of all: sums in float32, in whatever order, come within half of it."""


class Case:
    """A reference with random weights, which computes in float64, and our model of the same weights."""

    def __init__(self, config):
        torch.manual_seed(0)
        self.config = config
        self.reference = published(config)
        # The initial weights of transformers leave much at 0 or 1, where a mistake would not show.
        with torch.no_grad():
            for name, parameter in self.reference.named_parameters():
                if "norm" in name or "bias" in name:
                    parameter.add_(0.3 * torch.randn_like(parameter))
                elif "conv_layers" not in name:
                    parameter.mul_(1.5)
        self.state = {name: tensor.clone() for name, tensor in self.reference.state_dict().items()}
        self.reference.double()
        self.weights = dict(convert_wav2vec2(self.state))
        self.model = self.make()

    def make(self, precision="float32", **changes):
        layers = Layers(self.weights, CPU, arithmetic_for(CPU, "float32"))
        return Wav2Vec2Model(layers, replace(self.config, **changes), precision)

    @torch.inference_mode()
    def extract_features(self, samples):
        return self.reference.feature_extractor(samples.double()[None])[0].t()

    @torch.inference_mode()
    def forward(self, features):
        hidden_states, _ = self.reference.feature_projection(features.double()[None])
        return self.reference.encoder(hidden_states).last_hidden_state[0]


def published(config):
    return transformers.Wav2Vec2Model(
        transformers.Wav2Vec2Config(
            hidden_size=config.hidden_size,
            num_hidden_layers=config.num_hidden_layers,
            num_attention_heads=config.num_attention_heads,
            intermediate_size=config.intermediate_size,
            conv_dim=(config.conv_dim,) * 7,
            conv_bias=config.conv_bias,
            feat_extract_norm=config.feature_extractor_norm,
            do_stable_layer_norm=config.encoder_norm == "pre",
            num_conv_pos_embeddings=config.num_conv_pos_embeddings,
            num_conv_pos_embedding_groups=config.num_conv_pos_embedding_groups,
            attn_implementation="eager",
        )
    ).eval()


@pytest.fixture(scope="module", params=CONFIGS)
def case(request):
    return Case(CONFIGS[request.param])


@pytest.fixture(scope="module")
def base():
    return Case(CONFIGS["base"])


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.inference_mode():
        yield


def sound(samples, seed=0):
    """Noise whose loudness and colour change, so that statistics over the whole differ from those of a part."""
    generator = np.random.default_rng(seed)
    loudness = np.repeat(generator.random(samples // 800 + 1), 800)[:samples]
    noise = loudness * generator.normal(size=samples) + 0.2 * np.sin(np.arange(samples) ** 1.2 / 30)
    return torch.from_numpy(zero_mean_unit_variance(noise.astype(np.float32)))


def error_of(values, exact):
    """Largest error, in units of the number itself plus the standard deviation of all."""
    assert values.shape == exact.shape
    assert values.dtype == torch.float32
    return ((values - exact).abs() / (exact.abs() + exact.std())).max().item()


def features_of(config, rows, seed=1):
    return torch.randn(rows, config.conv_dim, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("samples", [400, 401, 719, 720, 16_000, 50_001])
def test_features_are_transformers(case, samples):
    values = sound(samples)
    features = case.model.extract_features(values, SMALL_STEPS)
    assert len(features) == case.config.feature_count(samples)
    assert error_of(features, case.extract_features(values)) < TOLERANCE


@pytest.mark.parametrize("samples", [400, 720, 16_000, 50_001])
def test_hidden_states_are_transformers(case, samples):
    values = sound(samples)
    exact = case.reference(values.double()[None]).last_hidden_state[0]
    hidden_states = case.model.forward(case.model.extract_features(values, SMALL_STEPS), SMALL_STEPS)
    assert error_of(hidden_states, exact) < TOLERANCE


@pytest.mark.parametrize(("samples", "frames"), [(16_000, 30), (16_000, 25), (51_200, 80), (51_200, 200), (720, 2)])
def test_hidden_states_of_resampled_features_are_transformers(case, samples, frames):
    values = sound(samples)
    # Interpolated in float32, as the released face networks do it: its places between rows are no exact ones.
    columns = case.reference.feature_extractor(values.double()[None]).float()
    rows = torch.nn.functional.interpolate(columns, size=frames, mode="linear", align_corners=True)[0].t()
    features = resize(case.model.extract_features(values, SMALL_STEPS), frames)
    assert error_of(features, rows) < TOLERANCE
    assert error_of(case.model.forward(features, SMALL_STEPS), case.forward(rows)) < TOLERANCE


@pytest.mark.parametrize("config", [BASE, XLSR_53])
def test_names_and_shapes_are_those_of_the_full_size(config):
    with torch.device("meta"):
        state = published(config).state_dict()
    converted = {name: tuple(tensor.shape) for name, tensor in convert_wav2vec2(state)}
    assert converted == weight_shapes(config)
    assert read_wav2vec2_config(state, "", config.encoder_norm) == config
    assert (config.receptive_field, config.hop) == (400, 320)


def test_a_step_s_size_changes_nothing(case):
    values = sound(30_000)
    features = case.model.extract_features(values, SMALL_STEPS)
    hidden_states = case.model.forward(features, SMALL_STEPS)
    for steps in (Steps(1, 1, 1), Steps(7, 13, 1), LARGE_STEPS):
        assert error_of(case.model.extract_features(values, steps), features) < TOLERANCE
        assert error_of(case.model.forward(features, steps), hidden_states) < TOLERANCE


def test_features_that_are_given_stay_as_they_are(case):
    features = features_of(case.config, 40)
    given = features.clone()
    case.model.forward(features, SMALL_STEPS)
    assert torch.equal(features, given)


def test_windows_are_parts_with_margins(case):
    features = features_of(case.config, 100)
    windows = Windows(rows=40, margin=15)
    hidden_states = case.model.forward(features, SMALL_STEPS, windows=windows)
    parts = [(0, 55, 0, 40), (25, 95, 15, 40), (65, 100, 15, 20)]
    exact = torch.cat([case.forward(features[a:b])[skip : skip + rows] for a, b, skip, rows in parts])
    assert error_of(hidden_states, exact) < TOLERANCE
    assert error_of(hidden_states, case.forward(features)) > 0.01
    assert torch.equal(
        case.model.forward(features, SMALL_STEPS, windows=Windows(100, 15)), case.model.forward(features, SMALL_STEPS)
    )


@pytest.mark.parametrize(("windows", "shares"), [(None, [1 / 3, 2 / 3, 1]), (Windows(30, 5), [0.3, 0.6, 0.9, 1])])
def test_progress_rises_to_one(base, windows, shares):
    reported = []
    base.model.forward(features_of(base.config, 100), SMALL_STEPS, reported.append, windows)
    assert reported == pytest.approx(shares)


@pytest.mark.parametrize("samples", [0, 9, 399])
def test_too_short_a_sound_has_no_features(case, samples):
    assert case.config.feature_count(samples) == 0
    with pytest.raises(ValueError, match=f"at least 400 samples, not {samples}"):
        case.model.extract_features(torch.zeros(samples), SMALL_STEPS)


def test_silence_has_features(case):
    silence = torch.zeros(2000)
    features = case.model.extract_features(silence, SMALL_STEPS)
    assert error_of(features, case.extract_features(silence)) < TOLERANCE


def test_a_model_that_shares_a_feature_extractor(base):
    layers = Layers(base.weights, CPU, Plain())
    other = Wav2Vec2Model(layers, base.config, "float32", base.model.feature_extractor)
    assert other.feature_extractor is base.model.feature_extractor
    features = base.model.extract_features(sound(8000), SMALL_STEPS)
    assert torch.equal(other.extract_features(sound(8000), SMALL_STEPS), features)
    assert layers.of("feature_extractor").equal(Layers(dict(base.weights), CPU, Plain(), "feature_extractor."))
    changed = {**base.weights, "feature_extractor.conv_layers.6.conv.weight": torch.zeros(32, 64)}
    assert not layers.of("feature_extractor").equal(Layers(changed, CPU, Plain(), "feature_extractor."))


@pytest.mark.parametrize(("precision", "most"), [("bfloat16", 0.1), ("int8", 0.2)])
def test_fewer_bits_stay_near(case, precision, most):
    values = sound(16_000)
    features = case.model.extract_features(values, SMALL_STEPS)
    fewer = case.make(precision)
    rounded = fewer.extract_features(values, SMALL_STEPS)
    assert 1e-4 < error_of(rounded, features) < most
    hidden_states = case.model.forward(features, SMALL_STEPS)
    assert 1e-4 < error_of(fewer.forward(features, SMALL_STEPS), hidden_states) < most


def test_a_missing_weight_is_named(case):
    with pytest.raises(EmoTalkError, match=r"lack encoder\.layers\.3\.layer_norm\.weight"):
        case.make(num_hidden_layers=4)


def test_a_convolution_without_the_bias_that_it_should_have_is_refused(base):
    with pytest.raises(EmoTalkError, match=r"lack feature_extractor\.conv_layers\.1\.conv\.bias"):
        base.make(conv_bias=True)


def test_moments_are_those_of_the_windows():
    samples = sound(700_001)
    mean, covariance = window_moments(samples, 10, 5)
    windows = samples.numpy().astype(float)[: 5 * 139_999 + 10]
    windows = np.lib.stride_tricks.sliding_window_view(windows, 10)[::5]
    assert len(windows) == (700_001 - 10) // 5 + 1
    np.testing.assert_allclose(mean, windows.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(windows.T, bias=True), atol=1e-12)


def test_samples_are_normalised_as_by_transformers():
    samples = np.random.default_rng(0).normal(3, 0.2, 5000).astype(np.float32)
    theirs = transformers.Wav2Vec2FeatureExtractor(do_normalize=True)(samples, sampling_rate=16_000).input_values[0]
    np.testing.assert_allclose(zero_mean_unit_variance(samples), theirs, atol=1e-5)
    assert not zero_mean_unit_variance(np.zeros(500, np.float32)).any()


# Conversion


def test_both_spellings_of_weight_norm_give_the_same_weights(case):
    length, direction = (
        case.state[f"encoder.pos_conv_embed.conv.parametrizations.weight.original{i}"].double() for i in (0, 1)
    )
    exact = length * direction / direction.pow(2).sum(dim=(0, 1), keepdim=True).sqrt()
    torch.testing.assert_close(case.weights["encoder.pos_conv_embed.conv.weight"].double(), exact, atol=1e-6, rtol=1e-5)
    older_state = {
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): value
        for name, value in case.state.items()
    }
    older = dict(convert_wav2vec2(older_state))
    assert older.keys() == case.weights.keys()
    assert all(torch.equal(older[name], case.weights[name]) for name in older)


def test_a_prefix_is_taken_off_and_what_is_beside_it_is_left(case):
    state = {f"audio_model.model.{name}": value.half() for name, value in case.state.items()}
    converted = dict(convert_wav2vec2({**state, "encoder.layers.9.else": torch.zeros(1)}, "audio_model.model."))
    assert {name: tuple(tensor.shape) for name, tensor in converted.items()} == weight_shapes(case.config)
    assert all(tensor.dtype == torch.float32 for tensor in converted.values())
    assert read_wav2vec2_config(state, "audio_model.model.", case.config.encoder_norm) == case.config


def test_weights_that_are_missing_or_of_another_shape_are_named(base):
    name = "encoder.layers.1.attention.k_proj.bias"
    fewer = {key: value for key, value in base.state.items() if key != name}
    with pytest.raises(KeyError, match=name):
        dict(convert_wav2vec2(fewer))
    with pytest.raises(EmoTalkError, match=f"last.ckpt is no EMOTE checkpoint, or not all of one: it lacks {name}"):
        dict(convert_wav2vec2(CheckpointState(fewer, "last.ckpt", "EMOTE")))
    check_wav2vec2(base.weights, base.config, "last.ckpt")
    for changes, found in (({"intermediate_size": 200}, r"\(192,\)"), ({"conv_bias": True}, "None")):
        with pytest.raises(EmoTalkError, match=rf"weights in last.ckpt do not fit together \(.*{found}, where"):
            check_wav2vec2(base.weights, replace(base.config, **changes), "last.ckpt")
