import json

import numpy as np
import pytest
import soundfile
from emotalk.face import arkit
from emotalk.face.emotions import EMOTIONS
from emotalk.face.phones import PhoneSegment
from emotalk.inference.checkpoints.safetensors_file import bundled_weights
from emotalk.inference.contract import SAMPLE_RATE, EmoTalkError
from emotalk.inference.models.compact import MODEL_ID, EmoTalkCompact
from emotalk.inference.registry import COMPACT_SPEC
from emotalk.training.compact.spoken_line import SpokenLine
from emotalk.training.evaluation import labelled
from emotalk.training.evaluation.captures import best_correlation, capture_tables, correlation, read_jaw
from emotalk.training.evaluation.conditions import CHANNEL_CONDITIONS, VOICE_CONDITIONS
from emotalk.training.evaluation.cost import cost_tables
from emotalk.training.evaluation.emotions import emotion_tables
from emotalk.training.evaluation.head import distance
from emotalk.training.evaluation.life import blinks_of, life_tables
from emotalk.training.evaluation.lips import hard_tables, lip_tables, sample_evenly
from emotalk.training.evaluation.report import Table, write_json
from emotalk.training.evaluation.stillness import motion, nonspeech_sounds, stillness_tables
from emotalk.training.evaluation.styles import style_tables
from emotalk.training.recordings.aligner import Aligner
from emotalk.training.sounds.nonverbal import SoundClip


@pytest.fixture(scope="module")
def model():
    return EmoTalkCompact.load(bundled_weights(MODEL_ID), COMPACT_SPEC)


@pytest.fixture(scope="module")
def lines():
    """Syllables of a hummed vowel with closed lips between them."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(3):
        phones, parts, now = [PhoneSegment("SIL", 0.0, 0.3)], [1e-4 * rng.normal(0, 1, 4800)], 0.3
        for _ in range(5):
            for name, seconds, loud in (("M", 0.08, 0.05), ("AA", 0.16, 0.4)):
                time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
                parts.append(loud * sum(np.sin(2 * np.pi * 130 * k * time) / k for k in range(1, 25)))
                phones.append(PhoneSegment(name, now, now + seconds))
                now += seconds
        parts.append(1e-4 * rng.normal(0, 1, 4800))
        phones.append(PhoneSegment("SIL", now, now + 0.3))
        samples = (8000 * np.concatenate(parts)).astype(np.int16)
        made.append(SpokenLine(f"line-{number}", "hummer", samples, tuple(phones)))
    return made


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(1)
    burst = np.concatenate([rng.normal(0, 0.3, 2000), np.zeros(1200)]).astype(np.float32)
    return [
        SoundClip(f"{kind}_{number}", kind, np.tile(burst, 8), bool(number))
        for kind in ("laughing", "coughing")
        for number in (0, 1)
    ]


def column(table, name):
    return [record[name] for record in table.records()]


def test_a_table_aligns_its_columns_and_writes_numbers_shortly():
    table = Table("Things", ("what", "figure"), (("first", 1.23456), ("second", 1e-9), ("third", True)))
    assert table.text().splitlines() == [
        "Things",
        "what    figure",
        "first     1.23",
        "second       0",
        "third      yes",
    ]


def test_tables_are_written_as_json_that_others_read(tmp_path):
    path = tmp_path / "figures.json"
    write_json(path, {"lips": [Table("T", ("set", "r"), (("a", 0.5), ("b", float("nan"))))]})
    assert json.loads(path.read_text()) == {"lips": {"T": [{"set": "a", "r": 0.5}, {"set": "b", "r": None}]}}


def test_lines_are_drawn_from_all_over_a_set():
    assert sample_evenly(list(range(100)), 3) == [0, 50, 99] or sample_evenly(list(range(100)), 3) == [0, 49, 99]
    assert sample_evenly([1, 2], 5) == [1, 2]


def test_lips_are_judged_on_every_set_and_every_loss_is_against_the_clean_sound(model, lines):
    (clean,) = lip_tables(model, {"one": lines, "two": lines[:1]})
    assert column(clean, "lines") == [3, 1]
    channels, voice_effects = hard_tables(model, {"one": lines}, 2)
    assert len(channels.rows) == len(voice_effects.rows) == 6
    quieter = next(record for record in channels.records() if record["condition"] == "-20 dB")
    assert quieter["lost"] == pytest.approx(0, abs=1)


def test_silence_is_still_and_speech_is_the_measure_of_motion(model, lines, clips):
    (table,) = stillness_tables(model, lines, clips)
    names = column(table, "sound")
    assert names[: len(nonspeech_sounds())] == list(nonspeech_sounds())
    assert "coughing, held out" in names
    assert not any("laughing" in name for name in names)
    silence = table.records()[0]
    assert silence["mouth %"] < 1


def test_motion_counts_what_changes_and_not_what_is_held():
    held = np.tile(np.random.default_rng(0).random(len(arkit.CHANNELS)), (30, 1))
    assert motion(held) == pytest.approx((0, 0), abs=1e-12)
    held[::2, arkit.INDEX["jawOpen"]] += 0.1
    aperture, mouth = motion(held)
    assert aperture == pytest.approx(0.1)
    assert mouth > 0


def test_emotions_are_recognised_and_grow_and_neutral_changes_nothing(model, lines):
    total, table = emotion_tables(model, lines[:1])
    assert column(total, "recognised") == column(total, "of") == [len(EMOTIONS)]
    assert column(table, "emotion") == list(EMOTIONS)
    assert min(column(table, "recognised %")) == 100
    assert all(column(table, "grows steadily"))
    neutral, *others = table.records()
    assert neutral["F1 lost"] == 0
    assert neutral["level mm"] < min(record["level mm"] for record in others)


def test_every_style_has_a_nearest_that_is_no_further_than_the_first(model, lines):
    nearest, table = style_tables(model, lines[:1])
    assert column(nearest, "mm")[0] == min(column(table, "from nearest"))
    for record in table.records()[1:]:
        assert 0 < record["from nearest"] <= record["from Natural"]
        assert record["which is"] != record["style"]


def test_the_distance_on_the_head_is_what_the_jaw_moves():
    closed, open_ = np.zeros((10, len(arkit.CHANNELS))), np.zeros((10, len(arkit.CHANNELS)))
    open_[:, arkit.INDEX["jawOpen"]] = 1
    assert distance(closed, closed) == 0
    assert 25 < distance(closed, open_) < 60
    assert distance(closed, 0.5 * open_) == pytest.approx(distance(closed, open_) / 2)


def test_liveliness_is_switched_off_and_blinks_as_people_do(lines):
    (table,) = life_tables(lines, 30.0)
    figures = {record["what"]: record["here"] for record in table.records()}
    assert figures["all gains at 0 move nothing"] is True
    assert 10 < figures["blinks a minute"] < 33
    assert figures["blink seconds, mean"] < 0.5


def test_a_blink_is_counted_from_closing_to_opening():
    lids = np.array([0, 0.4, 1, 0.6, 0.2, 0, 0, 0.5, 0])
    assert blinks_of(lids) == [(1, 5), (7, 8)]


def test_a_late_copy_of_a_capture_correlates_fully_at_its_lag():
    captured = np.random.default_rng(0).random(200)
    best, lag = best_correlation(captured, np.roll(captured, 3))
    assert best == pytest.approx(1)
    assert lag == 3


def test_the_jaw_of_a_capture_is_compared_take_by_take(model, lines, tmp_path):
    sound = lines[0].samples
    frames = len(sound) * 30 // SAMPLE_RATE
    soundfile.write(tmp_path / "take_1.flac", sound, SAMPLE_RATE)
    jaw = np.sin(np.arange(frames)) ** 2
    rows = [f"{i},{value:.4f},0" for i, value in enumerate(jaw)]
    (tmp_path / "take_1.csv").write_text("\n".join(["frame,mouth_stretch_c,mouth_oh_c", *rows]))
    (table,) = capture_tables(model, tmp_path)
    (record,) = table.records()
    assert record["take"] == "take_1"
    assert -1 <= record["jaw r0"] <= record["jaw r best"] <= 1


def test_a_folder_without_takes_is_refused(model, tmp_path):
    with pytest.raises(EmoTalkError, match="take_"):
        capture_tables(model, tmp_path)


def test_cost_is_positive_and_weights_have_their_size(model, lines):
    (table,) = cost_tables(model, bundled_weights(MODEL_ID), lines)
    figures = {record["what"]: record["here"] for record in table.records()}
    assert all(figure > 0 for figure in figures.values())
    assert figures["weights, MB"] == pytest.approx(bundled_weights(MODEL_ID).stat().st_size / 1e6)


def test_timit_labels_join_closures_with_bursts():
    text = "0 1600 h#\n1600 2400 pcl\n2400 2720 p\n2720 4800 ix\n4800 5600 bcl\n5600 8000 ao\n"
    phones = labelled.read_labels(text, SAMPLE_RATE, 0.5)
    assert [phone.name for phone in phones] == ["SIL", "P", "IH", "B", "AO"]
    assert phones[1].end == pytest.approx(2720 / SAMPLE_RATE)


def test_labelled_recordings_are_read_in_every_format(tmp_path):
    for name in ("timit", "arpabet", "silent"):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(8000), SAMPLE_RATE)
    (tmp_path / "timit.phn").write_text("0 4000 h#\n4000 8000 aa\n")
    (tmp_path / "arpabet.lab").write_text("0.1 0.3 EY1\n0.3 0.5 SIL\n")
    lines = list(labelled.read_lines(tmp_path, Aligner()))
    assert [line.name for line in lines] == ["arpabet", "timit"]
    assert [(phone.name, phone.start) for phone in lines[0].phones] == [("SIL", 0.0), ("EY", 0.1), ("SIL", 0.3)]


def test_recordings_without_labels_are_refused(tmp_path):
    soundfile.write(tmp_path / "silent.wav", np.zeros(8000), SAMPLE_RATE)
    with pytest.raises(EmoTalkError, match="transcription"):
        list(labelled.read_lines(tmp_path, Aligner()))


def test_the_jaw_of_a_capture_is_its_stretch_and_a_part_of_its_roundness(tmp_path):
    (tmp_path / "take_1.csv").write_text("mouth_oh_c,frame,mouth_stretch_c\n0.5,0,0.25\n1,1,0\n")
    np.testing.assert_allclose(read_jaw(tmp_path / "take_1.csv"), [0.4, 0.3])


@pytest.mark.parametrize("lag", [-5, 0, 2])
def test_a_curve_is_late_by_its_lag(lag):
    captured = np.random.default_rng(0).random(80)
    assert correlation(captured, np.roll(captured, lag), lag) == pytest.approx(1)
    assert best_correlation(captured[:70], np.roll(captured, lag))[1] == lag
    assert correlation(captured, np.zeros(80), 0) == 0


def conditioned(name, sound):
    condition = next(each for each in (*CHANNEL_CONDITIONS, *VOICE_CONDITIONS) if each.name == name)
    return condition.apply(sound.astype(np.float32), np.random.default_rng(0))


def test_each_channel_does_to_the_sound_what_its_name_says():
    time = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    low, middle, high = (0.1 * np.sin(2 * np.pi * hertz * time) for hertz in (200, 1000, 4000))
    sound = low + middle + high
    for name, decibels in (("noise 20 dB", 20), ("noise 10 dB", 10)):
        noise = conditioned(name, sound) - sound
        assert 20 * np.log10(sound.std() / noise.std()) == pytest.approx(decibels, abs=0.3)
    np.testing.assert_allclose(conditioned("-20 dB", sound), 0.1 * sound, atol=1e-6)
    np.testing.assert_allclose(conditioned("+12 dB", sound), np.clip(3.981 * sound, -1, 1), atol=1e-3)
    np.testing.assert_allclose(conditioned("telephone", sound)[500:-500], middle[500:-500], atol=1e-3)
    click = np.zeros(SAMPLE_RATE)
    click[1000] = 1
    room = conditioned("reverb", click)
    assert room[1000] == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(room[:1000], 0, atol=1e-6)
    early, late = room[1001:2601].std(), room[5801:7401].std()
    decay = 10 ** (-7.5 * np.arange(1600) / SAMPLE_RATE)
    assert early == pytest.approx(0.05 * np.sqrt(np.mean(decay**2)), rel=0.1)
    assert 20 * np.log10(early / late) == pytest.approx(60 * 0.3 / 0.4, abs=3)


def test_a_faster_voice_has_its_phones_sooner():
    phones = (PhoneSegment("SIL", 0, 0.7), PhoneSegment("AA", 0.7, 1.4))
    for condition in VOICE_CONDITIONS:
        rate = {"rate x0.7": 0.7, "rate x1.4": 1.4}.get(condition.name, 1)
        ends = [phone.end for phone in condition.scale_times(phones)]
        assert ends == pytest.approx([0.7 / rate, 1.4 / rate])
        sound = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE)
        assert len(conditioned(condition.name, sound)) == pytest.approx(SAMPLE_RATE / rate, rel=0.03)


LIFE = {
    "blinks a minute": 21.9,
    "blink seconds, mean": 0.168,
    "between blinks, median s": 2.5333,
    "between blinks, sigma of log": 0.5647,
    "double blinks %": 8.8785,
    "blinks in pauses %": 63.4703,
    "blinks within 0.2 s of a phrase's end %": 26.0274,
    "gaze shifts a minute": 31.4,
    "gaze degrees, mean": 2.0785,
    "head pitch, sd of degrees": 1.1309,
    "head yaw, sd of degrees": 1.3848,
    "head roll, sd of degrees": 0.62,
    "head degrees a second, rms": 7.4075,
    "head degrees a second, fastest": 30.3316,
    "nodding and loudness, r": 0.2071,
    "all gains at 0 move nothing": True,
}


def test_liveliness_has_the_figures_that_it_had(lines):
    (table,) = life_tables(lines, 30.0)
    figures = {record["what"]: record["here"] for record in table.records()}
    assert figures == pytest.approx(LIFE, rel=2e-3, abs=2e-4)
