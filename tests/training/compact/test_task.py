import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from emotalk.face.controls import Controls
from emotalk.face.phones import PHONE_INDEX, PhoneSegment
from emotalk.face.styles import STYLE_NAMES
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError, Speech
from emotalk.inference.models import compact
from emotalk.inference.models.compact import EmoTalkCompact, prosody
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.inference.sound.log_mel import BANDS, HOP, log_mel, spectral_offset, speech_level
from emotalk.training.compact import batches
from emotalk.training.compact.batches import draw_batch, sampling_weights
from emotalk.training.compact.corpus import long_term_average_spectrum, read_corpus, write_corpus
from emotalk.training.compact.export import inference_arrays, inference_config, load_inference_arrays
from emotalk.training.compact.losses import losses
from emotalk.training.compact.network import ChannelDropout, CompactNetwork, NetworkConfig, PhoneHead
from emotalk.training.compact.realignment import realign_lines
from emotalk.training.compact.recipe import RECIPE, is_held_out, read_recipe
from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.compact.task import CompactTask, read_corpora, training_sounds
from emotalk.training.metrics_log import read_metrics
from emotalk.training.run_folder import RunFolder
from emotalk.training.sounds.nonverbal import SOUNDS, write_sounds
from emotalk.training.trainer import new_accelerator, train

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
    with pytest.raises(EmoTalkError, match=r"recipe\.toml: unknown settings: speed"):
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


def trained(recipe, lines, folder, steps=None):
    """A training in a folder, from its newest checkpoint on, to a number of steps; its task and its result."""
    folder.mkdir(exist_ok=True)
    recipe = replace(recipe, steps=steps or recipe.steps)
    task = CompactTask(recipe, {"speechocean": lines}, held_out={"speechocean": lines[:2]})
    return task, train(task, recipe, RunFolder(folder), "compact", new_accelerator(recipe, cpu=True))


def test_training_lowers_the_loss_and_exports_a_model_that_works(lines, tiny, tmp_path):
    task, result = trained(replace(tiny, log_every=10, validate_every=10), lines, tmp_path)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    totals = [row["total"] for row in rows if "total" in row]
    scores = [row["figures"]["score"] for row in rows if "figures" in row]
    assert totals[-1] < 0.7 * totals[0]
    assert scores[-1] < 0.7 * scores[0]
    assert scores[-1] == pytest.approx(sum(tiny.losses[name] * result.figures[name] for name in tiny.losses), rel=1e-4)
    weights = tmp_path / "emotalk-compact.safetensors"
    task.export(result.network, weights, {"trained_for": "fun"})
    model = EmoTalkCompact.load(weights, COMPACT_SPEC)
    samples = spoken(9).samples.astype(np.float32) / 32768
    values = model.decode(model.encode(Speech(samples)), Controls({"happy": 0.5})).values
    assert np.isfinite(values).all()
    metadata = read_safetensors(weights)[1]
    assert metadata["trained_on"] == "6 lines of 1 in speechocean"
    assert metadata["trained_for"] == "fun"


def test_a_resumed_run_goes_on_with_realigned_phones(lines, tiny, tmp_path):
    short = replace(tiny, steps=4, realign_at=1, decay_from=3, decay_to=4, mixed_precision=False)
    whole = trained(short, lines, tmp_path / "whole")[1]
    trained(short, lines, tmp_path / "halves", steps=2)
    resumed = trained(short, lines, tmp_path / "halves")[1]
    for first, second in zip(whole.network.parameters(), resumed.network.parameters(), strict=True):
        assert torch.equal(first, second)
    plain = trained(replace(short, realign_at=99), lines, tmp_path / "plain")[1]
    assert not torch.equal(plain.network.compact.face.weight, whole.network.compact.face.weight)


def test_a_run_takes_on_new_thresholds_and_no_other_settings(tiny):
    assert replace(tiny, decide={**tiny.decide, "press": [0.1, 0.9]}).identity() == tiny.identity()
    assert replace(tiny, realign_at=5).identity() != tiny.identity()
    assert replace(tiny, network=NetworkConfig()).identity() != tiny.identity()


def test_the_share_of_held_out_names_is_the_one_asked_for():
    names = [f"speaker {number}" for number in range(4000)]
    for share in (0, 0.1, 0.6, 1):
        assert np.mean([is_held_out(name, share) for name in names]) == pytest.approx(share, abs=0.03)


def old_training(recipe, lines):
    """What trained this model before there was a trainer, as one plain loop; returns the averaged weights."""
    torch.manual_seed(recipe.seed)
    network, head = CompactNetwork(recipe.network), PhoneHead(recipe.network)
    network.content.usual.copy_(torch.from_numpy(long_term_average_spectrum(lines)))
    average = copy.deepcopy(network).requires_grad_(False)
    matrices = [p for name, p in network.named_parameters() if ".blocks." in name and p.ndim == 2]
    others = [p for p in (*network.parameters(), *head.parameters()) if not any(p is matrix for matrix in matrices)]
    rate, decay = recipe.learning_rate, recipe.weight_decay
    optimisers = [
        torch.optim.Muon(matrices, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, weight_decay=decay, betas=(0.9, 0.98)),
    ]
    weights = (30, 30, 30, 2, 1.5, 0.3, 0.5, 0.8, 0.1)
    times = torch.arange(batches.CROP_FRAMES) / 30
    for step in range(recipe.steps):
        torch.manual_seed(recipe.seed + step)
        rng = np.random.default_rng((recipe.seed, step))
        if step == recipe.realign_at:
            lines = realign_lines(lines, network, head, lambda _: True)
        batch = draw_batch(lines, recipe.batch_size, rng)
        terms = losses(network, head, batch, times, recipe.mixed_precision)
        left = (recipe.decay_to - step) / (recipe.decay_to - recipe.decay_from)
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = rate * min((step + 1) / recipe.warmup_steps, 1, max(left, 0))
            optimiser.zero_grad()
        sum(weight * term for weight, term in zip(weights, terms.values(), strict=True)).backward()
        torch.nn.utils.clip_grad_norm_([*network.parameters(), *head.parameters()], 1.0)
        for optimiser in optimisers:
            optimiser.step()
        share = 1 - min(recipe.ema_decay, (step + 1) / (step + 10))
        with torch.no_grad():
            for kept, current in zip(average.parameters(), network.parameters(), strict=True):
                kept.lerp_(current, share)
    return average.state_dict()


def test_the_recipe_gives_the_weights_that_it_gave_before_there_was_a_trainer(lines, tiny, tmp_path):
    recipe = replace(tiny, steps=50, decay_from=35, decay_to=55, realign_at=20)
    now = trained(recipe, lines, tmp_path)[1].network.compact.state_dict()
    before = old_training(recipe, lines)
    assert now.keys() == before.keys()
    for name, tensor in before.items():
        torch.testing.assert_close(now[name], tensor, rtol=0, atol=1e-6, msg=name)


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


def test_crops_are_drawn_by_the_shares_of_the_corpora(lines):
    chances = sampling_weights(
        {"flite": lines[:1], "espeak": lines[1:]}, {"flite": 0.1, "espeak": 0.3, "asterisk": 0.6}
    )
    assert chances[0] == pytest.approx(0.25)
    assert chances.sum() == pytest.approx(1)
    assert (chances > 0).all()


def test_nothing_that_is_held_out_is_trained_on(tmp_path):
    recipe = read_recipe()
    speakers = {"flite-unknown": False, **dict.fromkeys(recipe.held_out_voices[:2], True)}
    lines = [replace(spoken(i), name=f"{speaker}-{i}", speaker=speaker) for i, speaker in enumerate(speakers)]
    write_corpus(tmp_path / "flite-some.npz", lines)
    trained = [line.speaker for corpus in read_corpora(tmp_path, recipe).values() for line in corpus]
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
