import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.emotions import EMOTIONS
from emotalk.face.metrics import APERTURE, PROTRUSION, judge
from emotalk.face.phones import PHONES, PhoneSegment
from emotalk.face.styles import STYLE_NAMES, STYLES
from emotalk.training.compact import teacher
from emotalk.training.compact.teacher import Conditioning, build_score, targets_for


def line(names, length=0.1):
    """Phones of equal length between two silences."""
    names = ["SIL", "SIL", *names.split(), "SIL", "SIL"]
    return tuple(PhoneSegment(name, i * length, (i + 1) * length) for i, name in enumerate(names))


def face_of(phones, style=0, level=0.5, emotions=None, loudness=None):
    frames = int(np.ceil(phones[-1].end * 30))
    conditioning = Conditioning.plain(frames, style, level)
    if emotions is not None:
        conditioning.emotions[:] = emotions
    return targets_for(build_score(phones, loudness), np.arange(frames) / 30, conditioning)


def during(values, phone):
    return values[round(phone.start * 30) : max(round(phone.end * 30), round(phone.start * 30) + 1)]


@pytest.mark.parametrize("style", range(len(STYLES)), ids=STYLE_NAMES)
@pytest.mark.parametrize("emotion", range(len(EMOTIONS)), ids=EMOTIONS)
def test_contacts_are_kept_in_every_style_and_emotion(style, emotion):
    phones = line("AA M AA P AE B AO F AA V IY")
    values = face_of(phones, style, 1.0, np.eye(len(EMOTIONS))[emotion]).with_contacts()
    for phone in phones:
        middle = values[round((phone.start + 0.35 * (phone.end - phone.start)) * 30)]
        if phone.name in "PBM":
            assert middle @ APERTURE < 0.0
            assert middle[arkit.INDEX["mouthClose"]] >= arkit.SEAL_FACTOR * middle[arkit.INDEX["jawOpen"]]
        elif phone.name in "FV":
            assert middle[arkit.INDEX["mouthRollLower"]] >= 0.4
            assert middle[arkit.INDEX["jawOpen"]] <= 0.1


def test_open_vowels_open_wider_than_close_ones():
    opening = {
        name: during(face_of(phones := line(f"T {name} T")).values @ APERTURE, phones[3]).max()
        for name in ("AA", "AE", "EH", "IH", "UW")
    }
    assert list(opening.values()) == sorted(opening.values(), reverse=True)
    assert opening["AA"] > 0.3
    assert opening["UW"] < 0.15


def test_rounded_sounds_protrude_and_begin_early():
    phones = line("T T UW T T")
    protrusion = face_of(phones).values @ PROTRUSION
    assert during(protrusion, phones[4]).mean() > 0.4
    assert protrusion[round(phones[4].start * 30) - 1] > protrusion[round(phones[4].start * 30) - 4] + 0.1


def test_sibilants_narrow_the_jaw_between_open_vowels():
    phones = line("AA S AA")
    assert during(face_of(phones).values, phones[3])[1, arkit.INDEX["jawOpen"]] <= 0.1


def test_silence_rests_the_mouth():
    values = face_of((PhoneSegment("SIL", 0, 2),)).with_contacts()
    assert (values @ APERTURE).max() < 0.01
    assert np.ptp(values, axis=0).max() < 1e-6


def test_fast_vowels_are_undershot():
    slow, fast = (face_of(line("T AA T AA T AA T", length)).values @ APERTURE for length in (0.15, 0.05))
    assert fast.max() < 0.9 * slow.max()


def test_a_slower_score_gives_the_targets_of_slower_phones():
    phones = line("AA M AA F AA S")
    slower = tuple(PhoneSegment(phone.name, 1.5 * phone.start, 1.5 * phone.end) for phone in phones)
    times = np.arange(40) / 30
    scaled, expected = (
        targets_for(score, times, Conditioning.plain(40))
        for score in (build_score(phones).scaled(1.5), build_score(slower))
    )
    for name in ("values", "bilabial", "labiodental", "speech"):
        np.testing.assert_allclose(getattr(scaled, name), getattr(expected, name), atol=1e-6)


def test_loud_vowels_open_the_jaw_further():
    phones = line("T AA T AA T")
    loudness = np.array([-40, -40, -20, -5, -20, -25, -20, -40, -40.0])
    jaw = face_of(phones, loudness=loudness).values[:, arkit.INDEX["jawOpen"]]
    assert during(jaw, phones[3]).max() > 1.1 * during(jaw, phones[5]).max()


def test_the_jaw_is_never_faster_than_a_jaw():
    rng = np.random.default_rng(0)
    phones = line(" ".join(rng.choice(PHONES[1:], 60)), 0.06)
    jaw = face_of(phones, style=STYLE_NAMES.index("Stage actor"), level=1.0).values[:, arkit.INDEX["jawOpen"]]
    assert np.abs(np.diff(jaw)).max() <= 0.21


def test_a_stretch_has_the_targets_of_the_whole_line():
    phones = line("DH AX B OY M EY P UW SH F AY V AW T S")
    score = build_score(phones)
    times = np.arange(50) / 30
    whole = targets_for(score, times, Conditioning.plain(50)).with_contacts()
    part = targets_for(score, times[20:35], Conditioning.plain(15)).with_contacts()
    np.testing.assert_allclose(part[4:-4], whole[24:31], atol=0.01)


def test_styles_are_distinct():
    phones = line("DH AX B OY M EY P UW SH F AY V AW T S")
    rows = [face_of(phones, i).with_contacts() for i in range(len(STYLES))]
    for i, first in enumerate(rows):
        for second in rows[:i]:
            assert np.sqrt(np.mean((first - second) ** 2)) > 0.005


def test_the_teacher_itself_is_in_sync_with_random_speech():
    rng = np.random.default_rng(5)
    items = []
    for _ in range(6):
        lengths = rng.uniform(0.06, 0.14, 44)
        ends = np.cumsum([0.4, *lengths, 0.4])
        names = ["SIL", *rng.choice(PHONES[1:], 44), "SIL"]
        phones = tuple(PhoneSegment(n, a, b) for n, a, b in zip(names, [0, *ends[:-1]], ends, strict=True))
        items.append((face_of(phones).with_contacts(), [(p.start, p.end, p.name) for p in phones]))
    figures = judge(items)
    assert figures.composite > 88
    assert figures.closure_f1 > 0.97
    assert abs(figures.lag_ms) < 12


def test_a_quick_style_moves_faster_between_targets(monkeypatch):
    numbers = teacher.STYLE_NUMBERS.copy()
    numbers[1:] = numbers[0]
    numbers[1, teacher.STYLE_FIELDS.index("tempo")] = 1.5
    numbers[2, teacher.STYLE_FIELDS.index("tempo")] = 0.65
    monkeypatch.setattr(teacher, "STYLE_NUMBERS", numbers)
    phones = line("IY UW IY UW IY")
    quick, slow = (np.abs(np.diff(face_of(phones, style).values @ PROTRUSION)).max() for style in (1, 2))
    assert quick > 1.15 * slow


def test_a_strong_level_opens_the_mouth_further_than_a_weak_one():
    phones = line("T AA T IY T AA")
    strong, weak = (face_of(phones, level=level).values @ APERTURE for level in (1, 0))
    assert strong.max() > 1.15 * weak.max()


@pytest.mark.parametrize(("style", "speaks", "rests"), [("Left", "Left", "Right"), ("Right", "Right", "Left")])
def test_one_sided_speakers_speak_with_their_side(style, speaks, rests):
    phones = line("EH IY AE EH")
    values = face_of(phones, STYLE_NAMES.index(f"{style}-sided")).values
    for stem in ("mouthLowerDown", "mouthUpperUp", "mouthStretch"):
        louder, softer = (values[:, arkit.INDEX[stem + side]].max() for side in (speaks, rests))
        assert louder > 1.5 * softer
    assert values[:, arkit.INDEX[f"mouth{speaks}"]].max() > 0.05
    assert values[:, arkit.INDEX[f"mouth{rests}"]].max() == 0


def test_sleepy_lids_droop_and_wide_eyes_are_wide():
    phones = line("AA M AA")
    sleepy, wide = (face_of(phones, STYLE_NAMES.index(name)).values.mean(axis=0) for name in ("Sleepy", "Wide-eyed"))
    blink, opened = arkit.INDEX["eyeBlinkLeft"], arkit.INDEX["eyeWideLeft"]
    assert (sleepy[blink], sleepy[opened]) == pytest.approx((0.3, 0), abs=1e-6)
    assert (wide[blink], wide[opened]) == pytest.approx((0, 0.35), abs=1e-6)
