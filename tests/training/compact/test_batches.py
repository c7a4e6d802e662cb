"""What is in a crop belongs together: its sound, its phones, its targets, and the sounds that interrupt it."""

from dataclasses import replace

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.emotions import EMOTIONS
from emotalk.face.phones import PHONE_INDEX, PhoneSegment
from emotalk.inference.models.compact import FPS, SIGNALS
from emotalk.inference.sound.log_mel import PITCH_BINS
from emotalk.training.compact import batches
from emotalk.training.compact.batches import CROP_FRAMES, draw_batch
from emotalk.training.compact.corpus import make_line
from emotalk.training.compact.prosody import RATE
from emotalk.training.compact.teacher import Conditioning
from emotalk.training.sounds.nonverbal import LAUGHING, SoundFeatures

SPEECH, LAUGHTER = SIGNALS.index("speech"), SIGNALS.index("laughter")
SECONDS = 12


@pytest.fixture(scope="module")
def line():
    """Half a second each of AA and M in turns, with an accent on every AA."""
    phones = tuple(PhoneSegment(("AA", "M")[i % 2], i / 2, (i + 1) / 2) for i in range(2 * SECONDS))
    rng = np.random.default_rng(0)
    mel = rng.normal(size=(100 * SECONDS, 64)).astype(np.float16)
    line = make_line("line", "speaker", mel, np.zeros((int(RATE) * SECONDS, 40), np.float16), phones)
    accents = (np.arange(int(RATE) * SECONDS) / RATE % 1 < 0.5).astype(np.float32)
    return replace(line, accents=accents)


@pytest.fixture
def plain(monkeypatch):
    """One style without emotion, and no change of the sound but its pace."""
    monkeypatch.setattr(
        batches, "draw_conditioning", lambda frames, accents, _rng: replace(Conditioning.plain(frames), accents=accents)
    )
    monkeypatch.setattr(batches, "augment_mel", lambda mel, _rng: mel)
    monkeypatch.setattr(batches, "_ROOM_TONE_SHARE", 0.0)
    monkeypatch.setattr(batches, "_SOUND_SHARE", 0.0)


def test_the_coarse_bands_of_a_crop_are_those_of_its_changed_sound(line):
    batch = draw_batch([line], 8, np.random.default_rng(0))
    mel, coarse = batch.mel.numpy(), batch.prosody_input.numpy()[:, :, PITCH_BINS:]
    for frame in (1, 40, coarse.shape[1] - 1):
        around = mel[:, 4 * frame - 2 : 4 * frame + 2].reshape(8, 4, 16, 4)
        np.testing.assert_allclose(coarse[:, frame], around.mean(axis=(1, 3)), atol=1e-4)


@pytest.fixture
def interrupted(plain, monkeypatch):
    """A function that gives 16 crops that a sound of some frames interrupts."""

    def draw(line, frames, kind="coughing"):
        calls = np.full(frames, float(kind == LAUGHING), np.float32)
        mel, prosody_input = np.zeros((frames, 64), np.float16), np.zeros((frames // 4, 40), np.float16)
        sound = SoundFeatures("sound", kind, False, mel, prosody_input, calls)
        monkeypatch.setattr(batches, "pick_sound", lambda _sounds, _rng: sound)
        monkeypatch.setattr(batches, "_SOUND_SHARE", 1.0)
        monkeypatch.setattr(batches, "_SOUND_ONLY_SHARE", 0.0)
        return draw_batch([line], 16, np.random.default_rng(0))

    return draw


def phones_of(batch):
    """(B, 120) phone of each video frame."""
    return batch.phones.numpy()[:, (np.arange(CROP_FRAMES) * 50 / FPS).astype(int)]


def test_targets_and_brows_are_in_sync_with_the_phones_at_any_pace(line, plain):
    batch = draw_batch([line], 40, np.random.default_rng(1))
    phones, values = phones_of(batch), batch.values.numpy()
    closed = batch.signals.numpy()[..., SIGNALS.index("bilabial")]
    assert closed[phones == PHONE_INDEX["M"]].mean() > 0.85
    assert closed[phones == PHONE_INDEX["AA"]].mean() < 0.15
    brows = values[..., arkit.INDEX["browInnerUp"]]
    assert brows[phones == PHONE_INDEX["AA"]].mean() > 8 * brows[phones == PHONE_INDEX["M"]].mean()


def test_the_mouth_rests_while_a_sound_interrupts_the_line(line, interrupted):
    batch = interrupted(line, 4000)
    assert (batch.phones == PHONE_INDEX["SIL"]).all()
    assert not batch.signals.any()
    opened = batch.values.numpy()[..., arkit.INDEX["jawOpen"]]
    assert opened.max() < 0.05
    whole = draw_batch([line], 16, np.random.default_rng(0), augment=False)
    assert whole.values.numpy()[..., arkit.INDEX["jawOpen"]].max() > 0.3


def test_the_line_goes_on_around_a_short_sound(line, interrupted):
    batch = interrupted(line, 120)
    silent = phones_of(batch) == PHONE_INDEX["SIL"]
    speech = batch.signals.numpy()[..., SPEECH]
    assert 0.1 < silent.mean() < 0.5
    assert (speech[~silent] > 0.5).mean() > 0.9
    assert (speech[silent] < 0.5).mean() > 0.9


def test_a_laugh_that_interrupts_a_line_is_trained_as_one(line, interrupted):
    assert (interrupted(line, 4000, LAUGHING).signals[..., LAUGHTER] == 1).all()
    assert not interrupted(line, 4000).signals[..., LAUGHTER].any()


def test_conditionings_are_drawn_over_all_styles_and_emotions():
    rng = np.random.default_rng(0)
    drawn = [batches.draw_conditioning(CROP_FRAMES, np.zeros(CROP_FRAMES), rng) for _ in range(400)]
    styles, emotions = (np.stack([getattr(each, name) for each in drawn]) for name in ("styles", "emotions"))
    np.testing.assert_allclose(styles.sum(axis=2), 1, atol=1e-6)
    assert (styles.max(axis=(0, 1)) > 0.9).all()
    assert emotions.max(axis=(0, 1)).min() > 1
    assert emotions.shape[2] == len(EMOTIONS)
    assert (emotions == 0).all(axis=(1, 2)).mean() == pytest.approx(0.4, abs=0.1)
