import numpy as np
import pytest
import soundfile
from emotalk.inference.contract import EmoTalkError
from emotalk.inference.sound.log_mel import log_mel, speech_level
from emotalk.training.sounds.nonverbal import find_bouts, read_clips, read_sounds, write_sounds
from emotalk.training.sounds.synthetic import SYNTHETIC_SOUNDS, synthesise_sound

CREDITS = {
    "laughing_a1": "anne", "laughing_a2": "anne", "laughing_a3": "anne", "laughing_b": "bob",
    "laughing_c": "cem", "laughing_d": "dee", "coughing_a": "anne", "coughing_b": "bob",
}  # fmt: skip


def calls(count, spacing=0.2, length=0.1):
    """Bursts of noise with silence before, between and after."""
    rng = np.random.default_rng(count)
    sound = np.zeros(int((count * spacing + 1) * 16_000))
    for i in range(count):
        start = int((0.5 + i * spacing) * 16_000)
        sound[start : start + int(length * 16_000)] = 0.3 * rng.normal(0, 1, int(length * 16_000))
    return sound


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "sounds"
    folder.mkdir()
    for number, name in enumerate(CREDITS):
        soundfile.write(folder / f"{name}.flac", calls(4 + number), 16_000)
    rows = [f"{name}.flac,kind,clip derived from x (http://y) by {by} [CC0]" for name, by in CREDITS.items()]
    (folder / "CREDITS.csv").write_text("\n".join(["file,category,source", *rows]))
    return folder


def test_half_of_every_kind_is_held_out_and_no_author_of_a_kind_is_on_both_sides(folder):
    clips = read_clips([folder])
    for kind, count in (("laughing", 3), ("coughing", 1)):
        held = {clip.name for clip in clips if clip.kind == kind and clip.held_out}
        trained = {clip.name for clip in clips if clip.kind == kind and not clip.held_out}
        assert len(held) == count
        assert not {CREDITS[name] for name in held} & {CREDITS[name] for name in trained}


def test_clips_without_an_author_are_trained_on(folder, tmp_path):
    more = tmp_path / "laughs"
    more.mkdir()
    soundfile.write(more / "goblin.wav", calls(5), 22_050)
    clip = next(clip for clip in read_clips([folder, more]) if clip.name == "goblin")
    assert clip.kind == "laughing"
    assert not clip.held_out


def test_silence_at_the_ends_of_a_clip_is_left_out(folder):
    clip = next(clip for clip in read_clips([folder]) if clip.name == "laughing_a1")
    assert len(clip.samples) / 16_000 == pytest.approx(3 * 0.2 + 0.1, abs=0.03)


def test_a_clip_of_unknown_kind_is_refused(tmp_path):
    soundfile.write(tmp_path / "birds.wav", calls(2), 16_000)
    with pytest.raises(EmoTalkError, match=r"birds\.wav"):
        read_clips([tmp_path])


def test_features_come_back_as_they_were_written(folder, tmp_path):
    path = tmp_path / "cache" / "sounds.npz"
    clips = read_clips([folder])
    assert write_sounds(path, [folder]) == len(clips)
    for clip, sound in zip(clips, read_sounds(path), strict=True):
        assert (sound.name, sound.kind, sound.held_out) == (clip.name, clip.kind, clip.held_out)
        expected = log_mel(clip.samples, speech_level(clip.samples), 0, len(sound.mel))
        assert np.abs(sound.mel - expected).max() < 2e-3
        assert len(sound.prosody_input) == len(clip.samples) // 640 + 1


def test_the_calls_of_a_laugh_are_its_bursts_and_a_cough_has_none(folder, tmp_path):
    write_sounds(tmp_path / "sounds.npz", [folder])
    sounds = {sound.name: sound for sound in read_sounds(tmp_path / "sounds.npz")}
    envelope = sounds["laughing_d"].calls
    starts = np.flatnonzero((envelope[1:] > 0.4) & (envelope[:-1] <= 0.4))
    assert np.diff(starts) == pytest.approx(20, abs=2)
    assert len(starts) >= 6
    assert envelope.max() == pytest.approx(1)
    assert sounds["laughing_d"].laughter().all()
    assert not sounds["coughing_b"].calls.any()


def test_a_laugh_goes_on_through_short_pauses_only():
    calls_of_laugh = np.zeros(300, np.float32)
    calls_of_laugh[[100, 150, 250]] = 1
    laughing = find_bouts(calls_of_laugh)
    assert laughing[100:151].all()
    assert not laughing[:100].any()
    assert not laughing[151:250].any()


@pytest.mark.parametrize("kind", SYNTHETIC_SOUNDS)
def test_synthetic_sounds_differ_are_finite_and_only_laughs_have_calls(kind):
    sounds = [synthesise_sound(np.random.default_rng(seed), kind) for seed in range(4)]
    assert len({sound.mel.tobytes() for sound in sounds}) == len(sounds)
    for sound in sounds:
        assert np.isfinite(sound.mel).all()
        assert np.isfinite(sound.prosody_input).all()
        assert len(sound.calls) == len(sound.mel)
        assert sound.calls.any() == (kind == "laughing")


def test_the_same_seed_gives_the_same_sound():
    first, second = (synthesise_sound(np.random.default_rng(7)) for _ in range(2))
    assert first.kind == second.kind
    assert first.mel.tobytes() == second.mel.tobytes()
    assert first.kind != "laughing"
