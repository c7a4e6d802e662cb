"""Places on the timeline, against timecode counted label by label."""

import itertools

import pytest
from emotalk.dialogue.timecode import FRAME_LIMIT, Clock, TimeError
from hypothesis import given
from hypothesis import strategies as st

NTSC = 30000 / 1001


@pytest.mark.parametrize(
    ("start", "frame"),
    [
        (0, 1),
        (1.5, 37),
        ("1.5", 37),
        ("1,5", 37),
        ("1.5 s", 37),
        (".5", 13),
        ("-1", -23),
        (1e-05, 1),
        ("00:00:01:12", 37),
        ("0:01:00:00", 1441),
        ("00:00:01.500", 37),
        ("00:00:01,500", 37),
        ("00:01:00", 1441),
        ("1:30", 2161),
        ("90:00", 129601),
        ("@100", 100),
        ("@-5", -5),
        (" 2 ", 49),
    ],
)
def test_every_way_to_write_a_start(start, frame):
    assert Clock(24).frame_at(start) == frame


def test_the_programme_may_begin_at_an_hour():
    clock = Clock(25, first_frame=1001, zero="01:00:00:00")
    assert clock.frame_at("01:00:02:05") == 1001 + 55
    assert clock.frame_at("01:00:02.200") == 1001 + 55
    assert clock.frame_at("00:59:59:24") == 1000
    assert clock.frame_at("@1200") == 1200
    assert clock.timecode_at(1056) == "01:00:02:05"


def labels(per_second, dropped):
    """Every label of drop-frame timecode in order, by the rule: minutes but the tenth lack the first labels."""
    for minute, second, frame in itertools.product(range(31), range(60), range(per_second)):
        if not (minute % 10 and second == 0 and frame < dropped):
            yield f"00:{minute:02}:{second:02};{frame:02}"


@pytest.mark.parametrize(("fps", "per_second", "dropped"), [(NTSC, 30, 2), (2 * NTSC, 60, 4)])
def test_drop_frame_labels_count_every_frame_once(fps, per_second, dropped):
    clock = Clock(fps, first_frame=0)
    for number, label in enumerate(labels(per_second, dropped)):
        if number % 7 == 0 or label.endswith((";00", ";02", ";04")):
            assert clock.frame_at(label) == number


def test_drop_frame_stays_with_the_real_time():
    assert Clock(NTSC, first_frame=0).frame_at("01:00:00;00") == pytest.approx(3600 * NTSC, abs=1)
    assert Clock(NTSC, first_frame=0).frame_at("01:00:00:00") == 108000


@pytest.mark.parametrize("fps", [24000 / 1001, 24, 25, NTSC, 30, 48, 50, 60, 120])
@given(frame=st.integers(0, 900_000))
def test_timecode_comes_back(fps, frame):
    clock = Clock(fps, first_frame=1)
    assert clock.frame_at(clock.timecode_at(frame + 1)) == frame + 1


@pytest.mark.parametrize(
    ("fps", "start", "words"),
    [
        (24, "soon", "no place on the timeline"),
        (24, "", "no place on the timeline"),
        (24, "nan", "no place on the timeline"),
        (24, "1:2:3:4:5", "no place on the timeline"),
        (24, "-00:00:01:00", "no place on the timeline"),
        (24, "00:00:01:24", "frame 24, but a second of this scene has frames 0 to 23"),
        (24, "00:61:00:00", "more than 59"),
        (24, "00:00:75.5", "more than 59"),
        (24, "00:00:01;00", "drop-frame"),
        (30, "00:00:01;00", "drop-frame"),
        (NTSC, "00:01:00;01", "does not exist"),
        (12.5, "00:00:01:00", "does not count at 12.5"),
        (24, "@1.5", "no frame"),
        (24, "@x", "no frame"),
        (24, "1e9", "beyond frame"),
        (24, "1e308", "beyond frame"),
        (24, "9" * 400, "beyond frame"),
        (24, f"@{FRAME_LIMIT + 1}", "beyond frame"),
    ],
)
def test_what_is_no_start_is_a_sentence(fps, start, words):
    with pytest.raises(TimeError, match=words):
        Clock(fps).frame_at(start)


def test_a_frame_before_zero_has_no_timecode():
    with pytest.raises(TimeError, match="before 00:00:00:00"):
        Clock(24).timecode_at(0)


@pytest.mark.parametrize("fps", [0, -24, float("inf"), float("nan")])
def test_a_clock_needs_a_rate(fps):
    with pytest.raises(TimeError, match="frame rate"):
        Clock(fps)
