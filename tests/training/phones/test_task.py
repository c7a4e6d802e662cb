"""The training of the phones: what it draws, what it learns, and what its weights do in the built-in model."""

import json

import numpy as np
import pytest
import torch
from emotalk.command_line.main import main
from emotalk.face import arkit
from emotalk.face.alignment import Alignment
from emotalk.face.phones import PHONE_INDEX, PHONES, PhoneSegment
from emotalk.inference.checkpoints.safetensors_file import bundled_weights, read_safetensors
from emotalk.inference.contract import PHONE_RATE, SAMPLE_RATE, EmoTalkError, Speech
from emotalk.inference.models.compact import MODEL_ID, EmoTalkCompact, read_config
from emotalk.inference.models.compact_phones import BASE, TRACKS, CompactPhones, encoder_digest
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.training.compact.corpus import read_corpus, write_corpus
from emotalk.training.compact.export import read_network
from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.phones import batches
from emotalk.training.phones.batches import CROP_FRAMES, Telling, draw_batch, phone_classes, told_phones
from emotalk.training.phones.encoded import encode_lines
from emotalk.training.phones.preset import read_prepared, refuse
from emotalk.training.phones.recipe import RECIPE, PhonesRecipe
from emotalk.training.presets import find_preset
from emotalk.training.recipe import read_recipe
from hypothesis import given
from hypothesis import strategies as st

_FORMANTS = {"AA": (700, 1100), "IY": (280, 2300), "UW": (300, 850), "M": (250, 1000), "S": (5000, 6500)}


def spoken(number, voice):
    """A line in which every phone sounds different: a buzz through two resonances, or a hiss."""
    rng = np.random.default_rng(number)
    names = ["SIL", *rng.choice(list(_FORMANTS), 18), "SIL"]
    ends = np.round(np.cumsum([0.2, *rng.choice([0.08, 0.12, 0.16], 18), 0.2]), 2)
    starts = np.concatenate([[0], ends[:-1]])
    sounds = []
    for name, start, end in zip(names, starts, ends, strict=True):
        time = np.arange(round((end - start) * SAMPLE_RATE)) / SAMPLE_RATE
        if name == "SIL":
            sounds.append(1e-4 * rng.normal(size=len(time)))
            continue
        pitch = np.arange(120, 7000, 120)
        gains = sum(1 / (1 + ((pitch - formant) / 150) ** 2) for formant in _FORMANTS[name])
        phases = rng.uniform(0, 6.28, len(pitch)) if name == "S" else np.zeros(len(pitch))
        loud = 0.02 if name == "M" else 0.1
        sounds.append(loud * (gains * np.sin(2 * np.pi * pitch * time[:, None] + phases)).sum(axis=1))
    samples = np.clip(np.concatenate(sounds) * 20000, -32768, 32767).astype(np.int16)
    phones = tuple(PhoneSegment(str(n), float(s), float(e)) for n, s, e in zip(names, starts, ends, strict=True))
    return SpokenLine(f"{voice}-{number}", voice, samples, phones)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    write_corpus(folder / "flite-slt.npz", (spoken(i, "flite-slt") for i in range(6)))
    write_corpus(folder / "flite-kal16.npz", (spoken(50 + i, "flite-kal16") for i in range(3)))
    write_corpus(folder / "festival.npz", (spoken(90 + i, "festival-ked") for i in range(1)))
    return folder


@pytest.fixture(scope="module")
def base():
    return read_network(bundled_weights(MODEL_ID))[0]


@pytest.fixture(scope="module")
def encoded(cache, base):
    return encode_lines(read_corpus(cache / "flite-slt.npz"), base, 1, np.random.default_rng(0))


def test_lines_are_encoded_as_the_built_in_model_encodes_them(encoded, cache):
    line = spoken(0, "flite-slt")
    features = EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC).encode(Speech(line.samples / 32768.0))
    plain = encoded[0]
    inner = slice(25, plain.frames - 25)
    np.testing.assert_allclose(plain.content[inner], features.arrays["content"][: plain.frames][inner], atol=0.15)
    np.testing.assert_allclose(plain.loudness[inner], features.arrays["loudness"][: plain.frames][inner], atol=0.02)
    assert plain.activations.shape[1] == 384
    assert len(encoded) == 12
    assert encoded[1].phones == plain.phones
    assert not np.array_equal(encoded[1].activations, plain.activations)


def test_a_batch_has_what_is_said_at_each_moment(encoded):
    batch = draw_batch(encoded, 8, np.random.default_rng(1), Telling())
    again = draw_batch(encoded, 8, np.random.default_rng(1), Telling())
    assert all(torch.equal(getattr(batch, name), getattr(again, name)) for name in vars(batch))
    assert batch.tracks.shape == (8, CROP_FRAMES, TRACKS)
    # What is told at a frame of video is what is labelled at the same moment, except at boundaries.
    told = batch.tracks[:, ::3, : len(PHONES)].argmax(dim=-1)
    assert (told == batch.phones[:, ::5]).float().mean() > 0.9
    mute = draw_batch(encoded, 8, np.random.default_rng(1), Telling(deaf=1.0))
    assert not mute.heard.any()
    assert batch.heard.any()


def test_the_teacher_animates_what_is_told(encoded, monkeypatch):
    """Where every phone is exchanged, the jaw of the targets is that of the told ones."""
    monkeypatch.setattr(batches, "_EXACT_SHARE", 0.0)
    batch = draw_batch(encoded, 48, np.random.default_rng(2), Telling(swaps=1.0))
    told = batch.tracks[..., : len(PHONES)].argmax(dim=-1)
    jaw = batch.values[..., arkit.INDEX["jawOpen"]]

    def opened(names):
        return jaw[torch.isin(told, torch.tensor([PHONE_INDEX[name] for name in names]))].mean()

    assert opened(("AA", "AE", "AW", "AY")) > 1.5 * opened(("M", "B", "P", "S", "Z"))


def test_classes_are_those_of_the_phones_at_each_row():
    phones = (PhoneSegment("SIL", 0, 0.05), PhoneSegment("M", 0.05, 0.1), PhoneSegment("AA", 0.1, 0.2))
    names = ["SIL", "SIL", "SIL", "M", "M", "AA", "AA", "AA", "AA", "AA", "SIL", "SIL"]
    assert phone_classes(phones, 0, 12).tolist() == [PHONE_INDEX[name] for name in names]
    assert phone_classes(phones, 3, 2).tolist() == [PHONE_INDEX["M"]] * 2


@given(st.integers(0, 10_000), st.floats(0, 0.1), st.floats(0, 1))
def test_told_phones_are_a_line_whatever_is_changed(seed, jitter, swaps):
    phones = spoken(3, "any").phones
    told = told_phones(phones, np.random.default_rng(seed), Telling(jitter, swaps))
    Alignment(told).checked()
    assert len(told) == len(phones)
    assert [p.name == "SIL" for p in told] == [p.name == "SIL" for p in phones]


def test_held_out_voices_are_not_trained_on_and_others_corpora_are_left_alone(cache):
    recipe = read_recipe(PhonesRecipe, RECIPE)
    material = read_prepared(cache, recipe, False)
    assert [path.name for path in material.files] == ["flite-kal16.npz", "flite-slt.npz"]
    task = material.make_task()
    assert {line.speaker for line in task._lines} == {"flite-slt"}
    assert {line.speaker for line in task._held_out} == {"flite-kal16"}
    with pytest.raises(EmoTalkError, match="no prepared speech"):
        read_prepared(cache / "nowhere", recipe, False)
    with pytest.raises(EmoTalkError, match="perform nothing"):
        refuse(cache)


def test_training_learns_and_its_weights_serve_the_built_in_model(cache, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = ["steps=60", "decay_from=40", "decay_to=60", "batch_size=8", "warmup_steps=5", "validate_every=20"]
    settings += ["ema_decay=0.8", "copies=0", "save_every=30", "every.flite=1", "head_dropout=0.1"]
    options = [word for setting in settings for word in ("--set", setting)]
    assert main(["train", str(cache), "--preset", "phones", "--cpu", "--threads", "1", *options]) == 0
    (run,) = (tmp_path / "runs").glob("*/phones/*")
    rows = [json.loads(row) for row in (run / "metrics.jsonl").read_text().splitlines()]
    first, *_, last = (row["figures"] for row in rows if "figures" in row)
    assert last["values"] < 0.8 * first["values"]
    assert last["phones"] < 0.9 * first["phones"]
    assert last["phones heard"] > 0.8
    weights = run / "export" / find_preset("phones").weights
    arrays, metadata = read_safetensors(weights)
    base, header = read_safetensors(bundled_weights(MODEL_ID))
    assert metadata[BASE] == encoder_digest(base)
    assert "flite" in metadata["trained_on"]
    assert all(array.dtype == np.float16 for array in arrays.values())
    model = EmoTalkCompact(base, read_config(header, weights), COMPACT_SPEC, CompactPhones.load(weights))
    line = spoken(50, "flite-kal16")
    features = model.encode(Speech(line.samples / np.float32(32768)))
    heard = model.phone_posteriors(features).argmax(axis=1)
    true = phone_classes(line.phones, 0, len(heard))
    assert (heard == true).mean() > 0.5
    times = [round((p.start + p.end) / 2 * PHONE_RATE) for p in line.phones if p.name == "S"]
    assert np.mean(heard[times] == PHONE_INDEX["S"]) > 0.6
