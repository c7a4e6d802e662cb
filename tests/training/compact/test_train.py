import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from emotalk.face.controls import Controls
from emotalk.face.styles import STYLE_NAMES
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors
from emotalk.inference.contract import SAMPLE_RATE, Speech
from emotalk.inference.models import compact
from emotalk.inference.models.compact import EmoTalkCompact, prosody
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.inference.sound.log_mel import BANDS, HOP, log_mel, spectral_offset, speech_level
from emotalk.training.compact import batches
from emotalk.training.compact.batches import draw_batch, sampling_weights
from emotalk.training.compact.corpus import long_term_average_spectrum, read_corpus, write_corpus
from emotalk.training.compact.export import inference_arrays, inference_config, load_inference_arrays, restore
from emotalk.training.compact.network import ChannelDropout, CompactNetwork, NetworkConfig
from emotalk.training.compact.phones import PHONE_INDEX, PhoneSegment, SpokenLine
from emotalk.training.compact.recipe import RECIPE, read_recipe
from emotalk.training.compact.train import train, training_corpora, training_sounds
from emotalk.training.sounds.nonverbal import SOUNDS, write_sounds

_FORMANTS = {"AA": (700, 1100), "IY": (280, 2300), "UW": (300, 850), "M": (250, 1000), "S": (5000, 6500)}


def buzz(name, seconds, rng):
    """Something that differs from phone to phone as speech does: a buzz through two resonances, or a hiss."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    if name == "SIL":
        return 1e-4 * rng.normal(0, 1, len(time))
    loud = 0.05 if name == "M" else 0.3
    harmonics = np.arange(120, 7000, 120)
    gains = sum(1 / (1 + ((harmonics - formant) / 150) ** 2) for formant in _FORMANTS[name])
    phases = rng.uniform(0, 6.28, len(harmonics)) if name == "S" else np.zeros(len(harmonics))
    return loud * (gains * np.sin(2 * np.pi * harmonics * time[:, None] + phases)).sum(axis=1) / 3


def spoken(number):
    rng = np.random.default_rng(number)
    names = ["SIL", *rng.choice(list(_FORMANTS), 18), "SIL"]
    lengths = [0.2, *rng.choice([0.08, 0.12, 0.16], 18), 0.2]
    ends = np.cumsum(lengths)
    phones = tuple(PhoneSegment(n, e - s, e) for n, s, e in zip(names, lengths, ends, strict=True))
    sound = np.concatenate([buzz(n, s, rng) for n, s in zip(names, lengths, strict=True)])
    return SpokenLine(f"line-{number}", "buzzer", np.clip(sound * 20000, -32768, 32767).astype(np.int16), phones)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    path = tmp_path_factory.mktemp("cache") / "buzz.npz"
    assert write_corpus(path, (spoken(i) for i in range(6))) == 6
    return read_corpus(path)


@pytest.fixture
def tiny():
    network = NetworkConfig(
        content_width=32, content_dilations=(1, 2, 4), emotion_width=8, emotion_dilations=(1,), decoder_width=32
    )
    recipe = read_recipe()
    return replace(
        recipe,
        steps=30,
        decay_from=21,
        decay_to=30,
        batch_size=6,
        warmup_steps=5,
        learning_rate=4e-3,
        ema_decay=0.8,
        network=network,
    )


def test_the_recipe_of_the_bundled_model_is_complete():
    recipe = read_recipe(RECIPE)
    assert recipe.held_out_speakers >= 0.1
    assert recipe.held_out_voices


def test_an_unknown_number_in_a_recipe_is_refused(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("speed = 3\n" + RECIPE.read_text())
    with pytest.raises(ValueError, match="speed"):
        read_recipe(path)


def test_a_corpus_keeps_names_phones_and_features(lines):
    line = spoken(0)
    assert lines[0].name == line.name
    assert [phone.name for phone in lines[0].phones] == [phone.name for phone in line.phones]
    samples = line.samples.astype(np.float32) / 32768
    expected = log_mel(samples, speech_level(samples), 0, len(samples) // HOP + 1)
    np.testing.assert_allclose(lines[0].mel.astype(np.float32), expected, atol=2e-3)


def test_a_batch_is_the_same_for_the_same_seed(lines):
    first, second = (draw_batch(lines, 4, np.random.default_rng(7)) for _ in range(2))
    for name, tensor in vars(first).items():
        assert torch.equal(tensor, getattr(second, name)), name
    assert torch.isfinite(first.mel).all()
    assert first.values.min() >= 0
    assert first.values.max() <= 1


def test_a_crop_with_a_sound_alone_rests_the_mouth(lines, monkeypatch):
    for share in ("_SOUND_SHARE", "_SOUND_ONLY_SHARE"):
        monkeypatch.setattr(batches, share, 1.0)
    batch = draw_batch(lines, 8, np.random.default_rng(1))
    assert (batch.phones == PHONE_INDEX["SIL"]).all()
    assert not batch.signals[..., compact.SIGNALS.index("speech")].any()
    assert batch.signals[..., compact.SIGNALS.index("laughter")].any()
    assert (batch.mel.mean(dim=2).amax(dim=1) > batch.mel.mean(dim=(1, 2))).all()


def test_phones_of_a_batch_are_in_sync_with_its_sound(lines):
    batch = draw_batch(lines, 8, np.random.default_rng(1), augment=False)
    loud = batch.mel[:, ::2].mean(dim=2)
    silent = batch.phones == PHONE_INDEX["SIL"]
    assert loud[silent].mean() < loud[~silent].mean() - 0.5


def test_the_mean_spectral_offset_of_a_corpus_is_zero(lines):
    usual = long_term_average_spectrum(lines)
    sounds = [spoken(i).samples.astype(np.float32) / 32768 for i in range(6)]
    mean = np.mean([spectral_offset(sound, speech_level(sound), usual) for sound in sounds], axis=0)
    assert usual.shape == (BANDS,)
    assert np.abs(mean).max() < 0.02


def test_dropout_leaves_out_whole_channels_in_training_alone():
    torch.manual_seed(0)
    dropout, hidden = ChannelDropout(0.5), torch.ones(3, 20, 400)
    kept = dropout(hidden)
    assert (kept == kept[:, :1]).all()
    assert kept.mean() == pytest.approx(1, abs=0.1)
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(dropout.eval()(hidden), hidden)


def test_training_lowers_the_loss_and_exports_a_model_that_works(lines, tiny, tmp_path):
    network = train(tiny, {"speechocean": lines}, tmp_path)
    log = [json.loads(row) for row in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert log[-1]["total"] < 0.7 * log[0]["total"]
    model = EmoTalkCompact.load(tmp_path / "emotalk-compact.safetensors", COMPACT_SPEC)
    samples = spoken(9).samples.astype(np.float32) / 32768
    values = model.decode(model.encode(Speech(samples)), Controls({"happy": 0.5})).values
    assert np.isfinite(values).all()
    assert restore(tmp_path / "checkpoint.pt", CompactNetwork(tiny.network)) == tiny.steps
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_training_goes_on_where_it_was_stopped(lines, tiny, tmp_path):
    short = replace(tiny, steps=4, decay_from=3, decay_to=4, mixed_precision=False)
    whole = train(short, {"speechocean": lines}, tmp_path / "whole")
    train(replace(short, steps=2), {"speechocean": lines}, tmp_path / "halves")
    assert restore(tmp_path / "halves" / "checkpoint.pt", CompactNetwork(short.network)) == 2
    resumed = train(short, {"speechocean": lines}, tmp_path / "halves")
    for first, second in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(first, second)


def test_inference_gives_the_numbers_of_the_training_network():
    torch.manual_seed(0)
    network = CompactNetwork(read_recipe().network).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
        network.content.usual.normal_()
    decide = read_recipe().decide
    model = EmoTalkCompact(inference_arrays(network), inference_config(network, decide), COMPACT_SPEC)
    assert_same_numbers(network, model, decide)


def test_the_bundled_weights_give_the_numbers_of_the_training_network():
    path = bundled_weights(compact.MODEL_ID)
    arrays, metadata = read_safetensors(path)
    network = CompactNetwork(read_recipe().network).eval()
    load_inference_arrays(network, arrays)
    assert_same_numbers(network, EmoTalkCompact.load(path, COMPACT_SPEC), json.loads(metadata["config"])["decide"])


def assert_same_numbers(network, model, decide):
    line = spoken(3)
    samples = line.samples.astype(np.float32) / 32768
    level = speech_level(samples)
    features = model.encode(Speech(samples))
    frames = features.frames
    margin = 4  # seconds of silence on both sides, more than the receptive field
    seconds = len(samples) / SAMPLE_RATE
    mel = log_mel(samples, level, -100 * margin, int(100 * (seconds + margin)) // 2 * 2)
    prosody_input = prosody(samples, level, -25 * margin, int(25 * (seconds + margin)))
    controls = Controls(
        {
            "happy": 0.7,
            "fear": np.linspace(0, 0.3, frames),
            "personal_style": "Stage actor",
            "second_style": "Lip talker",
            "style_blend": 0.3,
            "laughter": 0,
        }
    )
    with torch.no_grad():
        dense_content = network.content(torch.from_numpy(mel)[None])[:, 50 * margin :]
        dense_emotion = network.emotion(torch.from_numpy(prosody_input)[None])[:, 25 * margin :]
        times = torch.arange(frames, dtype=torch.float64) / 30
        heads = [part.float() for part in network.interpolate(dense_content, dense_emotion, times)]
        for name, part in zip(("content", "signals", "emotion"), heads, strict=True):
            np.testing.assert_allclose(features.arrays[name], part[0].numpy(), atol=1e-4)
        conditioning = [
            torch.from_numpy(np.asarray(track, np.float32))[None]
            for track in (
                controls.emotion_tracks(frames),
                controls.style_tracks(frames, STYLE_NAMES),
                controls.track("emotion_level", frames),
            )
        ]
        chances = torch.sigmoid(heads[1]).numpy()[0]
        bilabial, labiodental, speech_gate, _ = (
            torch.from_numpy(compact.decided(chances[:, i], *decide[compact.NAMES_IN_FILES[name]]))[None]
            for i, name in enumerate(compact.SIGNALS)
        )
        likely = chances[:, 0] > decide["press"][0]
        bilabial = torch.from_numpy(compact.as_one_gesture(bilabial[0].numpy(), likely))[None]
        values = network.decode(*heads, *conditioning, speech_gate)
        finished = network.add_contacts(values, bilabial, labiodental, conditioning[1])[0].numpy()
    np.testing.assert_allclose(model.decode(features, controls).values, finished, atol=1e-4)


def test_a_resumed_run_goes_on_with_realigned_phones(lines, tiny, tmp_path):
    short = replace(tiny, steps=4, realign_at=1, decay_from=3, decay_to=4, mixed_precision=False)
    whole = train(short, {"speechocean": lines}, tmp_path / "whole")
    train(replace(short, steps=2), {"speechocean": lines}, tmp_path / "halves")
    resumed = train(short, {"speechocean": lines}, tmp_path / "halves")
    for first, second in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(first, second)


def test_crops_are_drawn_by_the_shares_of_the_corpora(lines):
    chances = sampling_weights(
        {"flite": lines[:1], "espeak": lines[1:]}, {"flite": 0.1, "espeak": 0.3, "asterisk": 0.6}
    )
    assert chances[0] == pytest.approx(0.25)
    assert chances.sum() == pytest.approx(1)
    assert (chances > 0).all()


def test_a_finished_run_takes_on_new_thresholds(lines, tiny, tmp_path):
    short = replace(tiny, steps=2, decay_from=1, decay_to=2)
    train(short, {"speechocean": lines}, tmp_path)
    weights, _ = read_safetensors(tmp_path / "emotalk-compact.safetensors")
    train(replace(short, decide={**short.decide, "press": [0.1, 0.9]}), {"speechocean": lines}, tmp_path)
    again, metadata = read_safetensors(tmp_path / "emotalk-compact.safetensors")
    assert json.loads(metadata["config"])["decide"]["press"] == [0.1, 0.9]
    for name, array in weights.items():
        np.testing.assert_array_equal(again[name], array)


def test_nothing_that_is_held_out_is_trained_on(tmp_path):
    recipe = read_recipe()
    speakers = {"flite-unknown": False, **dict.fromkeys(recipe.held_out_voices[:2], True)}
    lines = [replace(spoken(i), name=f"{speaker}-{i}", speaker=speaker) for i, speaker in enumerate(speakers)]
    write_corpus(tmp_path / "flite-some.npz", lines)
    trained = [line.speaker for corpus in training_corpora(tmp_path, recipe).values() for line in corpus]
    assert trained == ["flite-unknown"]


def test_only_the_sounds_of_other_authors_than_the_held_out_ones_are_trained_on(tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    rng = np.random.default_rng(0)
    rows = ["file,source"]
    for author in ("anne", "bob", "cem", "dee"):
        soundfile.write(clips / f"laughing_{author}.wav", 0.3 * rng.normal(size=8000).clip(-3, 3) / 3, 16_000)
        rows.append(f"laughing_{author}.wav,clip by {author} [CC0]")
    (clips / "CREDITS.csv").write_text("\n".join(rows))
    assert training_sounds(tmp_path) == []
    assert write_sounds(tmp_path / SOUNDS, [clips]) == 4
    sounds = training_sounds(tmp_path)
    assert len(sounds) == 2
    assert not any(sound.held_out for sound in sounds)
