"""Networks that hear emotions, against transformers' own with random weights."""

import json

import numpy as np
import pytest
import torch
import transformers
from emotalk.inference.checkpoints.importing import import_weights, licence_notice
from emotalk.inference.checkpoints.library import check_weights_file, installed_weights
from emotalk.inference.contract import EmoTalkError, Speech
from emotalk.inference.engine import Engine
from emotalk.inference.heard_emotions import HeardEmotions
from emotalk.inference.models.loading import emotion_model_ids, load_model, model_ids
from emotalk.inference.models.speech_emotion import RATE, SpeechEmotion, windowed_means
from emotalk.inference.sound.audio import read_speech
from emotalk.inference.worker.jobs import answer

LABELS = ("neu", "hap", "ang", "sad")
EMOTIONS = ("neutral", "happy", "anger", "sad")


class DenseHead(torch.nn.Module):
    """What many published models have in place of transformers' projection and classifier."""

    def __init__(self, width, outputs):
        super().__init__()
        self.dense = torch.nn.Linear(width, width)
        self.output = torch.nn.Linear(width, outputs)


class WithDenseHead(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.wav2vec2 = transformers.Wav2Vec2Model(config)
        self.classifier = DenseHead(config.hidden_size, config.num_labels)

    def logits(self, samples):
        mean = self.wav2vec2(samples).last_hidden_state.mean(dim=1)
        return self.classifier.output(torch.tanh(self.classifier.dense(mean)))[0]


class Published(transformers.Wav2Vec2ForSequenceClassification):
    def logits(self, samples):
        if not (self.config.use_weighted_layer_sum and self.config.do_stable_layer_norm):
            return self(samples).logits[0]
        # transformers 4, with which such networks were published, sums the last layer after its norm; 5 before it.
        heard = self.wav2vec2(samples, output_hidden_states=True)
        layers = torch.stack([*heard.hidden_states[:-1], heard.last_hidden_state])
        summed = (torch.softmax(self.layer_weights, dim=0)[:, None, None, None] * layers).sum(dim=0)
        return self.classifier(self.projector(summed).mean(dim=1))[0]


def network_of(case):
    torch.manual_seed(0)
    is_pre = case == "xlsr"
    config = transformers.Wav2Vec2Config(
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=1,
        intermediate_size=96,
        conv_dim=(32,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4,
        classifier_proj_size=24,
        feat_extract_norm="layer" if is_pre else "group",
        do_stable_layer_norm=is_pre,
        conv_bias=is_pre,
        use_weighted_layer_sum=case in ("layer sum", "xlsr"),
        id2label=dict(enumerate(LABELS)),
    )
    network = (WithDenseHead if case == "dense" else Published)(config).eval()
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    return network, config


@pytest.fixture(scope="module", params=["projector", "layer sum", "xlsr", "dense"])
def network(request):
    return network_of(request.param)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTALK_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path


def save(network, config, folder, as_safetensors=False):
    config.save_pretrained(folder)
    if as_safetensors:
        from safetensors.torch import save_file

        path = folder / "model.safetensors"
        save_file(network.state_dict(), path, {"format": "pt"})
        return path
    path = folder / "pytorch_model.bin"
    torch.save(network.state_dict(), path)
    return path


def voice(seconds, seed=0):
    return np.random.default_rng(seed).normal(size=int(16_000 * seconds)).astype(np.float32) * 0.1


@pytest.mark.parametrize("as_safetensors", [False, True])
def test_emotions_are_the_published_ones(network, folder, as_safetensors):
    path = save(*network, folder, as_safetensors)
    assert "terms" in licence_notice(path)
    imported = import_weights(path, "ear")
    assert imported.unknown == ()
    samples = voice(2.3)
    heard = SpeechEmotion.load(imported.weights.path).hear(Speech(samples))
    theirs = transformers.Wav2Vec2FeatureExtractor(do_normalize=True)(samples, sampling_rate=16_000).input_values[0]
    with torch.no_grad():
        shares = torch.softmax(network[0].logits(torch.from_numpy(theirs)[None]), dim=0).numpy()
    assert heard.emotions == ("happy", "sad", "anger")
    expected = [shares[EMOTIONS.index(name)] for name in heard.emotions]
    np.testing.assert_allclose(heard.weights, [expected], atol=2e-4)


def test_windows_of_a_longer_line_are_its_means(network, folder):
    ear = SpeechEmotion.load(import_weights(save(*network, folder), "ear").weights.path)
    hidden = torch.randn(500, 8, generator=torch.Generator().manual_seed(1))
    means = windowed_means(hidden, 10.0)
    assert len(means) == int(10 * RATE) + 1
    torch.testing.assert_close(means[0], hidden[:150].mean(dim=0))
    torch.testing.assert_close(means[20], hidden[175:325].mean(dim=0))
    torch.testing.assert_close(means[-1], hidden[-150:].mean(dim=0))
    heard = ear.hear(Speech(voice(6)))
    assert heard.weights.shape == (25, 3)
    assert np.all(heard.weights.sum(axis=1) <= 1 + 1e-6)
    between = heard.at(np.array([-1.0, 0.125, 99.0]))
    np.testing.assert_allclose(between[0], heard.weights[0], atol=1e-6)
    np.testing.assert_allclose(between[1], heard.weights[:2].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(between[2], heard.weights[-1], atol=1e-6)


def test_a_long_line_is_heard_in_parts(network, folder):
    ear = SpeechEmotion.load(import_weights(save(*network, folder), "ear").weights.path)
    samples, done = voice(40), []
    heard = ear.hear(Speech(samples), done.append).weights
    assert len(heard) == 161
    assert done[-1] == 1.0
    samples[-16_000 * 4 :] = voice(4, seed=1)
    other = ear.hear(Speech(samples)).weights
    first, last = np.abs(heard - other)[:100].max(), np.abs(heard - other)[-8:].max()
    assert first < 0.2 * last


def test_the_worker_hears_it_and_says_so_in_its_message(folder, line_wav):
    weights = import_weights(save(*network_of("projector"), folder), "ear").weights
    replies = []
    request = {"id": 1, "verb": "hear_emotions", "audio": str(line_wav), "emotion_model": "ear", "device": "cpu"}
    answer(request, Engine(), replies.append)
    assert replies[-1]["kind"] == "result"
    assert replies[-2]["fraction"] == 1.0
    heard = SpeechEmotion.load(weights.path).hear(read_speech(line_wav))
    told = HeardEmotions.from_message(json.loads(json.dumps(replies[-1])))
    assert (told.emotions, told.rate) == (heard.emotions, heard.rate)
    np.testing.assert_allclose(told.weights, heard.weights, atol=1e-4)
    assert emotion_model_ids() == ("ear",)


def test_it_is_no_model_for_a_line(folder):
    import_weights(save(*network_of("projector"), folder), "ear")
    (installed,) = [weights for weights in installed_weights() if weights.model_id == "ear"]
    assert not installed.hears
    assert "ear" not in model_ids()
    check_weights_file(installed.path)
    with pytest.raises(EmoTalkError, match="moves no face"):
        load_model("ear").spec  # noqa: B018


def test_a_line_too_short_is_refused_in_a_sentence(folder):
    ear = SpeechEmotion.load(import_weights(save(*network_of("projector"), folder), "ear").weights.path)
    with pytest.raises(EmoTalkError, match="lasts only 6 ms"):
        ear.hear(Speech(voice(0.00625)))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda config: config.pop("id2label"), "Nothing says which 4 emotions"),
        (lambda config: config.update(id2label={"0": "a"}), "Nothing says which 4 emotions"),
        (lambda config: config.update(id2label=dict(enumerate("abcd"))), "names no emotion of the face"),
        (
            lambda config: config.update(id2label=dict(enumerate(["arousal", "valence", "dominance", "x"]))),
            "not emotions by name",
        ),
    ],
)
def test_labels_that_say_nothing_are_refused_in_a_sentence(folder, change, sentence):
    path = save(*network_of("projector"), folder)
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(EmoTalkError, match=sentence):
        import_weights(path, "ear")
    assert not any(weights.model_id == "ear" for weights in installed_weights())


def test_a_damaged_config_is_refused_in_a_sentence(folder):
    path = save(*network_of("projector"), folder)
    (folder / "config.json").write_text("[" * 100_000)
    with pytest.raises(EmoTalkError, match="cannot be read"):
        import_weights(path, "ear")


@pytest.mark.parametrize("name", ["projector.weight", "classifier.bias", "wav2vec2.encoder.layer_norm.weight"])
def test_a_weight_that_is_missing_or_crooked_is_named(folder, name):
    network, config = network_of("projector")
    path = save(network, config, folder)
    state = network.state_dict()
    torch.save({key: value for key, value in state.items() if key != name}, path)
    with pytest.raises(EmoTalkError, match=name):
        import_weights(path, "ear")
    torch.save(state | {name: torch.full_like(state[name], torch.nan)}, path)
    with pytest.raises(EmoTalkError, match=f"{name} that are not numbers"):
        import_weights(path, "ear")
