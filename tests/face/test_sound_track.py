"""Words and sounds on a timeline: what is drawn at which pixel, and what the mouse is on."""

import itertools
import runpy
from pathlib import Path

import numpy as np
import pytest
from emotalk.face.alignment import Alignment
from emotalk.face.alignment_edits import change_sound, changed_sounds, sound_at
from emotalk.face.phones import PhoneSegment
from emotalk.face.sound_track import (
    REACH,
    TimeScale,
    boundary_near,
    contact_of,
    rows_in,
    sound_boxes,
    wave_bars,
    word_boxes,
)
from hypothesis import given
from hypothesis import strategies as st

_SPOKEN = runpy.run_path(str(Path(__file__).parents[1] / "spoken_line.py"))
LINE = _SPOKEN["alignment"]()
SECONDS = _SPOKEN["SECONDS"]
UNCHANGED = changed_sounds(LINE, LINE)
SCALES = st.builds(TimeScale, st.floats(-5000, 500), st.floats(1, 3000), st.floats(10, 2000), st.floats(0.5, 3))


def width_of(text):
    return 7.0 * len(text)


@given(SCALES)
def test_boxes_lie_in_the_region_and_names_within_their_boxes(scale):
    for boxes in (word_boxes(LINE, scale, width_of), sound_boxes(LINE, UNCHANGED, scale, width_of)):
        for box in boxes:
            assert 0 <= box.left < box.right <= scale.width
            assert not box.text or width_of(box.text) < box.right - box.left
        assert all(one.right <= other.left + 1e-6 for one, other in itertools.pairwise(boxes))


def test_all_is_written_where_there_is_room():
    scale = TimeScale(0, 1000, 1000 * SECONDS)
    assert [box.text for box in word_boxes(LINE, scale, width_of)] == _SPOKEN["TEXT"].split()
    sounds = sound_boxes(LINE, UNCHANGED, scale, width_of)
    assert [box.text for box in sounds] == [phone.name for phone in LINE.phones if phone.name != "SIL"]
    assert [box.left for box in sounds] == pytest.approx([1000 * p.start for p in LINE.phones if p.name != "SIL"])


def test_short_names_hide_first_and_nothing_is_drawn_too_small():
    names = []
    for per_second in (400, 150, 60, 5):
        scale = TimeScale(0, per_second, per_second * SECONDS)
        boxes = sound_boxes(LINE, UNCHANGED, scale, width_of)
        names.append(sum(bool(box.text) for box in boxes))
        assert all(box.right - box.left >= 2 for box in boxes)
    assert names == sorted(names, reverse=True)
    assert names[0] > names[1] > names[-1] == 0


def test_only_what_is_seen_is_laid_out():
    scale = TimeScale(-3000, 1000, 500)
    seen = {box.number for box in sound_boxes(LINE, UNCHANGED, scale, width_of)}
    assert seen == {i for i, p in enumerate(LINE.phones) if p.end > 3 and p.start < 3.5 and p.name != "SIL"}


def test_contacts_and_changes_are_told():
    number = sound_at(LINE, 2.6)
    changed = change_sound(LINE, number, "F")
    boxes = sound_boxes(changed, changed_sounds(changed, LINE), TimeScale(0, 1000, 6500), width_of)
    assert [box.number for box in boxes if box.is_changed] == [number]
    assert {box.text: box.contact for box in boxes if box.contact} == {
        "B": "lips",
        "M": "lips",
        "F": "teeth",
        "V": "teeth",
    }
    assert [contact_of(name) for name in ("P", "SIL", "W")] == ["lips", "", ""]


def test_sounds_of_a_badly_fitting_word_are_told():
    words = tuple(
        type(word)(word.text, word.start, word.end, 0.1 if i == 2 else 1) for i, word in enumerate(LINE.words)
    )
    line = Alignment(LINE.phones, words)
    boxes = sound_boxes(line, UNCHANGED, TimeScale(0, 1000, 6500), width_of)
    assert [box.text for box in boxes if box.fit < 0.5] == ["AE", "S", "K", "T"]


@given(SCALES, st.floats(-100, 2100))
def test_the_mouse_is_on_the_nearest_boundary_within_reach(scale, pixel):
    found = boundary_near(LINE, scale, pixel)
    distances = [abs(scale.pixel(phone.end) - pixel) for phone in LINE.phones[:-1]]
    if min(distances) > REACH * scale.scale + 1e-6:
        assert found is None
    elif found is not None:
        assert distances[found] == pytest.approx(min(distances), abs=1e-6)


def test_a_single_sound_has_no_boundary():
    assert boundary_near(Alignment((PhoneSegment("SIL", 0, 1),)), TimeScale(0, 100, 100), 100) is None


@given(SCALES, st.floats(0, 100))
def test_time_and_pixel_are_each_others_inverse(scale, seconds):
    assert scale.seconds(scale.pixel(seconds)) == pytest.approx(seconds, abs=1e-6)


@given(st.floats(0, 300), st.floats(0, 300), st.floats(0.5, 3), st.booleans())
def test_rows_lie_in_the_strip_or_are_not_there(bottom, height, scale, has_header):
    rows = rows_in(bottom, bottom + height, scale, has_header)
    if rows is None:
        assert height < 11 * scale + 1e-6
        return
    assert bottom == rows.bottom < rows.middle <= rows.top <= bottom + height + 1e-6
    assert rows.row_at(rows.bottom) == "sounds"
    assert rows.row_at(rows.top) == rows.row_at(rows.bottom - 1) == ""
    assert rows.row_at((rows.middle + rows.top) / 2) == ("words" if rows.top > rows.middle else "")


@given(SCALES, st.integers(0, 700))
def test_the_waveform_is_as_high_as_its_peaks_and_lies_in_the_region(scale, length):
    peaks = np.random.default_rng(length).random(length).astype(np.float32)
    bars = wave_bars(peaks, 100, scale)
    assert all(0 <= left < right <= scale.width and 0 < height <= 1 for left, right, height in bars)
    for loudest in np.argsort(peaks)[-3:]:
        at = scale.pixel((loudest + 0.5) / 100)
        if 0 < at < scale.width:
            assert max(height for left, right, height in bars if left <= at <= right) >= peaks[loudest]


def test_a_low_strip_has_one_row_and_a_high_one_shows_its_name():
    low, usual, high = rows_in(0, 15), rows_in(0, 30), rows_in(0, 90)
    assert low.middle == low.top
    assert (usual.middle, usual.top) == (15, 30)
    assert (high.middle, high.top) == (20, 40)
