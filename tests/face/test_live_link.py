"""Takes whose clock skips frames, and clocks that cannot be read."""

import numpy as np
import pytest
from emotalk.face.curve_files import read_curve_file, write_curves
from emotalk.face.errors import CurveFileError

HEADER = "Timecode,BlendShapeCount,JawOpen,HeadPitch\n"


def write(path, frames, rate=60, text="{:02}:{:02}:{:02}:{:02}.453", start=43_000):
    rows = []
    for frame in frames:
        seconds, rest = divmod(frame, rate)
        seconds += start
        clock = text.format(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60, rest)
        rows.append(f"{clock},61,{frame / 1000:.6f},{frame / 10000:.6f}\n")
    path.write_text(HEADER + "".join(rows))
    return path


def test_frames_that_the_app_left_out_are_filled_in(tmp_path):
    frames = [frame for frame in range(200) if frame not in (17, 18, 60, 151)]
    take = read_curve_file(write(tmp_path / "take.csv", frames))
    assert take.performance.face.frames == 200
    np.testing.assert_allclose(take.performance.face.channel("jawOpen"), np.arange(200) / 1000, atol=1e-6)
    np.testing.assert_allclose(take.performance.head.channel("headPitch"), 180 * np.arange(200) / 10000, atol=2e-4)
    assert take.remarks == ("4 frames that the take lacks were filled in",)


def test_a_take_of_every_other_frame_lasts_as_long_as_it_did(tmp_path):
    take = read_curve_file(write(tmp_path / "take.csv", range(1, 300, 2)))
    assert (take.performance.face.fps, take.performance.face.frames) == (60, 299)


def test_a_rate_that_is_given_counts_more_than_the_clock(tmp_path):
    path = write(tmp_path / "take.csv", [frame for frame in range(200) if frame != 17])
    take = read_curve_file(path, 30)
    assert (take.performance.face.fps, take.performance.face.frames, take.remarks) == (30, 199, ())
    assert read_curve_file(path, 59.94).performance.face.frames == 200


@pytest.mark.parametrize("frames", [[*range(70), *range(400, 500)], [*range(100), *range(50, 120)]])
def test_a_take_that_was_interrupted_is_read_row_by_row(tmp_path, frames):
    take = read_curve_file(write(tmp_path / "take.csv", frames))
    assert (take.performance.face.frames, take.remarks) == (len(frames), ())


def test_midnight(tmp_path):
    take = read_curve_file(write(tmp_path / "take.csv", range(300), start=24 * 3600 - 2))
    assert (take.performance.face.frames, take.remarks) == (300, ())


def test_a_clock_that_is_none_needs_a_rate(tmp_path):
    path = write(tmp_path / "take.csv", range(100), text="now")
    with pytest.raises(CurveFileError, match=r"^take\.csv is shorter than a second, .*; pass fps$"):
        read_curve_file(path)
    assert read_curve_file(path, 30).performance.face.frames == 100


@pytest.mark.parametrize("fps", [23.976, 24.0, 29.97, 59.94])
def test_what_is_written_has_no_gaps(tmp_path, fps, performance):
    write_curves(tmp_path / "line.csv", performance(200, fps))
    take = read_curve_file(tmp_path / "line.csv", fps)
    assert (take.performance.face.frames, take.remarks) == (200, ())


def test_a_take_of_less_than_a_second_is_filled_at_the_rate_that_is_given(tmp_path):
    frames = [frame for frame in range(40) if frame != 11]
    assert read_curve_file(write(tmp_path / "take.csv", frames), 60).performance.face.frames == 40
