"""Performances are unchanged after writing and reading, and invalid files are refused."""

import csv
import json

import numpy as np
import pytest
from emotalk.face import arkit
from emotalk.face.atomic_file import TakenError
from emotalk.face.basis import ARKIT, EYES, FLAME, HEAD
from emotalk.face.curve_files import read_curves, write_curves
from emotalk.face.curves import FaceCurves, Performance, performance_of, still
from emotalk.face.errors import CurveFileError
from emotalk.face.eyes import merge_eyes
from emotalk.face.live_link import LIVE_LINK_CHANNELS
from hypothesis import given, settings
from hypothesis import strategies as st


def performance(frames=40, fps=30.0, seed=0):
    generator = np.random.default_rng(seed)
    face = generator.uniform(0, 1, (frames, 52)).astype(np.float32)
    head = generator.normal(0, 4, (frames, 3)).astype(np.float32)
    return Performance(FaceCurves(face, ARKIT, fps), FaceCurves(head, HEAD, fps), still(EYES, frames, fps))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("curves")


def assert_same(first, second, tolerance):
    assert first.face.channels == second.face.channels
    assert first.head.channels == second.head.channels
    assert first.face.fps == second.face.fps == first.head.fps == second.head.fps
    np.testing.assert_allclose(first.face.values, second.face.values, atol=tolerance)
    np.testing.assert_allclose(first.head.values, second.head.values, atol=200 * tolerance)


@settings(deadline=None)
@given(
    frames=st.integers(0, 80),
    fps=st.sampled_from((23.976, 24.0, 30000 / 1001, 60.0, 120.0)),
    kind=st.sampled_from(("npz", "json", "csv")),
    seed=st.integers(0, 99),
)
def test_round_trip(folder, frames, fps, kind, seed):
    path = folder / f"line.{kind}"
    original = performance(frames, fps, seed)
    write_curves(path, original)
    read = read_curves(path, fps if kind == "csv" else None)
    assert_same(read, original, 0 if kind == "npz" else 1e-6)
    content = path.read_bytes()
    write_curves(path, original)
    assert path.read_bytes() == content


def test_npz_holds_what_pipelines_expect(folder):
    path = folder / "line.npz"
    write_curves(path, performance())
    with np.load(path, allow_pickle=False) as arrays:
        assert arrays["values"].shape == (40, 52)
        assert arrays["values"].dtype == np.float32
        assert tuple(arrays["channels"]) == arkit.CHANNELS
        assert arrays["fps"] == 30
        assert arrays["head"].shape == (40, 3)


def test_json_is_plain(folder):
    path = folder / "line.json"
    write_curves(path, performance())
    content = json.loads(path.read_text())
    assert list(content) == ["fps", "basis", "channels", "head_channels", "values", "head"]
    np.testing.assert_allclose(content["values"], performance().face.values, atol=1e-6)


def test_csv_looks_like_a_take_of_live_link_face(folder):
    path = folder / "line.csv"
    write_curves(path, performance(95))
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    header = list(rows[0])
    assert header[:5] == ["Timecode", "BlendShapeCount", "EyeBlinkLeft", "EyeLookDownLeft", "EyeLookInLeft"]
    assert header[9:11] == ["EyeBlinkRight", "EyeLookDownRight"]
    assert header[16:22] == ["JawForward", "JawRight", "JawLeft", "JawOpen", "MouthClose", "MouthFunnel"]
    assert header[52:57] == ["NoseSneerRight", "TongueOut", "HeadYaw", "HeadPitch", "HeadRoll"]
    assert len(header) == 63
    assert {row["BlendShapeCount"] for row in rows} == {"61"}
    assert [rows[i]["Timecode"] for i in (0, 29, 30, 94)] == [
        "00:00:00:00.000",
        "00:00:00:29.000",
        "00:00:01:00.000",
        "00:00:03:04.000",
    ]
    assert float(rows[7]["JawOpen"]) == pytest.approx(performance(95).face.channel("jawOpen")[7], abs=1e-6)
    assert float(rows[7]["HeadYaw"]) == pytest.approx(performance(95).head.channel("headYaw")[7] / 180, abs=1e-6)


def test_csv_has_the_directions_of_live_link_face(folder):
    path = folder / "head.csv"
    head = FaceCurves(np.array([[9, 18, 27]], np.float32), HEAD, 30.0)
    write_curves(path, Performance(still(ARKIT, 1, 30.0), head, still(EYES, 1, 30.0)))
    with path.open(newline="") as file:
        row = next(csv.DictReader(file))
    # Pitch is + down and yaw + to the actor's left as in ours; roll is + to the actor's right.
    turned = [float(row[name]) for name in ("HeadPitch", "HeadYaw", "HeadRoll")]
    assert turned == pytest.approx([0.05, 0.1, -0.15])


def test_apple_s_order_names_every_channel_once():
    assert sorted(LIVE_LINK_CHANNELS) == sorted(arkit.CHANNELS)


def test_eyes_turn_as_their_look_channels_say(folder):
    values = np.zeros((1, 52), np.float32)
    values[0, arkit.indices(("eyeLookOutLeft", "eyeLookInRight", "eyeLookDownLeft", "eyeLookDownRight"))] = 0.6
    path = folder / "eyes.csv"
    write_curves(path, Performance(FaceCurves(values, ARKIT, 30.0), still(HEAD, 1, 30.0), still(EYES, 1, 30.0)))
    with path.open(newline="") as file:
        row = next(csv.DictReader(file))
    for name in ("LeftEyeYaw", "RightEyeYaw", "LeftEyePitch", "RightEyePitch"):
        assert float(row[name]) == pytest.approx(0.6 * 30 / 180)


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 60.0])
def test_timecodes_tell_the_rate(folder, fps):
    path = folder / "line.csv"
    write_curves(path, performance(150, fps))
    assert read_curves(path).face.fps == fps


def test_a_short_table_does_not_guess_its_rate(folder):
    path = folder / "line.csv"
    write_curves(path, performance(12))
    with pytest.raises(CurveFileError, match="shorter than a second"):
        read_curves(path)
    assert read_curves(path, 30).face.frames == 12


def test_a_recording_of_the_app_is_read(folder):
    path = folder / "take.csv"
    rows = [f"11:34:{39 + (24 + i) // 60}:{(24 + i) % 60}.453,61,0.5,{i / 100},-0.1" for i in range(80)]
    path.write_text("\ufeffTimecode,BlendShapeCount,JawOpen,eyeBlinkLeft,HeadRoll\r\n" + "\r\n".join(rows) + "\r\n\r\n")
    take = read_curves(path)
    assert take.face.fps == 60
    assert take.face.frames == 80
    assert take.face.channel("eyeBlinkLeft")[50] == np.float32(0.5)
    assert take.face.channel("mouthFunnel").max() == 0
    np.testing.assert_allclose(take.head.channel("headRoll"), 18)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"x,y\n1,2\n"),
        ("a.csv", b"Timecode,BlendShapeCount,JawOpen\n00:00:00:00,61\n"),
        ("a.csv", b"Timecode,BlendShapeCount,JawOpen\n00:00:00:00,61,wide\n"),
        ("a.csv", b"Timecode,BlendShapeCount,JawOpen\n00:00:00:00,61,nan\n"),
        ("a.csv", b"\xff\xfe\x00"),
        ("a.json", b""),
        ("a.json", b"[1, 2]"),
        ("a.json", b'{"fps": 30, "channels": ["a"], "values": [[1, 2]]}'),
        ("a.json", b'{"fps": 0, "channels": ["a"], "values": [[1]]}'),
        ("a.json", b'{"fps": 30, "channels": ["a", "a"], "values": [[1, 2]]}'),
        ("a.json", b'{"fps": 30, "channels": ["a"], "values": [[NaN]]}'),
        ("a.json", b'{"fps": 30, "channels": ["a"], "values": [[1]], "head": []}'),
        ("a.json", b"[" * 100_000),
        ("a.npz", b"PK\3\4 not really"),
        ("a.npz", b""),
        ("a.txt", b"hello"),
    ],
)
def test_files_that_hold_no_curves(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    with pytest.raises(CurveFileError, match=rf"^{name} "):
        read_curves(path)


@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_npz_is_a_sentence(folder, data):
    path = folder / "whole.npz"
    write_curves(path, performance(3))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / "bad.npz").write_bytes(content)
    try:
        read = read_curves(folder / "bad.npz")
    except (CurveFileError, OSError):
        return
    assert np.isfinite(read.face.values).all()


def test_pickles_are_not_opened(folder):
    path = folder / "pickle.npz"
    np.savez(path, values=np.array([print], object), channels=np.array(["a"]), fps=30.0)
    with pytest.raises(CurveFileError, match="does not hold curves"):
        read_curves(path)


def test_only_arkit_faces_become_csv(folder):
    path = folder / "flame.csv"
    curves = still(FLAME(1), 2, 25.0)
    with pytest.raises(CurveFileError, match="only ARKit's 52 channels"):
        write_curves(path, Performance(curves, still(HEAD, 2, 25.0), still(EYES, 2, 25.0)))
    assert not path.exists()
    assert not list(folder.glob(".flame*"))


@pytest.mark.parametrize("kind", ["npz", "json", "csv"])
@pytest.mark.parametrize("part", ["face", "head", "eyes"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_not_written(tmp_path, kind, part, value):
    broken = performance()
    getattr(broken, part).values[3, 1] = value
    with pytest.raises(CurveFileError, match=f"hold values that are not numbers; line.{kind} was not written"):
        write_curves(tmp_path / f"line.{kind}", broken)
    assert not list(tmp_path.iterdir())


def test_a_face_without_channels_for_eyes_keeps_them_in_files(folder):
    eyes = FaceCurves(np.random.default_rng(0).random((4, 4)).astype(np.float32), EYES, 25.0)
    face = still(FLAME(10), 4, 25.0)
    for kind in ("npz", "json"):
        path = folder / f"flame.{kind}"
        write_curves(path, Performance(face, still(HEAD, 4, 25.0), eyes))
        np.testing.assert_allclose(read_curves(path).eyes.values, eyes.values, atol=1e-6)


@pytest.mark.parametrize("kind", ["npz", "json"])
@pytest.mark.parametrize("part", ["head", "eyes"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_head_or_eyes_that_are_no_numbers_are_not_read(tmp_path, kind, part, value):
    path = tmp_path / f"line.{kind}"
    write_curves(path, performance_of(still(FLAME(10), 4, 25.0)))
    if kind == "npz":
        with np.load(path) as arrays:
            content = dict(arrays)
        content[part][2, 1] = value
        np.savez(path, **content)
    else:
        content = json.loads(path.read_text())
        content[part][2][1] = value
        path.write_text(json.dumps(content))
    with pytest.raises(CurveFileError, match=rf"^line\.{kind} holds "):
        read_curves(path)


@pytest.mark.parametrize(
    ("look", "turned"),
    [
        ("eyeLookOutLeft", {"LeftEyeYaw": 1}),
        ("eyeLookInLeft", {"LeftEyeYaw": -1}),
        ("eyeLookInRight", {"RightEyeYaw": 1}),
        ("eyeLookOutRight", {"RightEyeYaw": -1}),
        ("eyeLookDownLeft", {"LeftEyePitch": 1}),
        ("eyeLookUpLeft", {"LeftEyePitch": -1}),
        ("eyeLookDownRight", {"RightEyePitch": 1}),
        ("eyeLookUpRight", {"RightEyePitch": -1}),
    ],
)
def test_each_look_turns_its_own_eye(tmp_path, look, turned):
    values = np.zeros((1, 52), np.float32)
    values[0, arkit.INDEX[look]] = 0.6
    write_curves(tmp_path / "eye.csv", performance_of(FaceCurves(values, ARKIT, 30.0)))
    with (tmp_path / "eye.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    angles = {name: float(row[name]) for name in row if name.endswith(("Yaw", "Pitch", "Roll")) and float(row[name])}
    assert angles == pytest.approx({name: 0.6 * 30 / 180 * sign for name, sign in turned.items()})


def test_timecodes_count_minutes_and_hours(tmp_path):
    path = tmp_path / "long.csv"
    write_curves(path, performance_of(still(ARKIT, 3725, 1.0)))
    rows = path.read_text().splitlines()
    assert [rows[1 + second].split(",")[0] for second in (59, 60, 3599, 3600, 3724)] == [
        "00:00:59:00.000", "00:01:00:00.000", "00:59:59:00.000", "01:00:00:00.000", "01:02:04:00.000",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["npz", "json"])
def test_files_name_their_basis_and_the_channels_of_each_part(tmp_path, kind):
    path = tmp_path / f"line.{kind}"
    write_curves(path, performance_of(still(FLAME(2), 3, 24.5)))
    content = dict(np.load(path)) if kind == "npz" else json.loads(path.read_text())
    assert (str(content["basis"]), float(content["fps"])) == (FLAME(2).name, 24.5)
    assert tuple(content["channels"]) == FLAME(2).channels
    assert tuple(content["head_channels"]) == HEAD.channels
    assert tuple(content["eye_channels"]) == EYES.channels


def test_flames_expression_and_jaw_stand_in_npz_by_their_own_names(tmp_path):
    values = np.arange(15, dtype=np.float32).reshape(3, 5)
    write_curves(tmp_path / "line.npz", performance_of(FaceCurves(values, FLAME(2), 25.0)))
    content = dict(np.load(tmp_path / "line.npz"))
    np.testing.assert_array_equal(content["expression"], values[:, :2])
    np.testing.assert_array_equal(content["jaw_pose"], values[:, 2:])
    write_curves(tmp_path / "arkit.npz", performance_of(still(ARKIT, 2, 30.0)))
    assert "expression" not in np.load(tmp_path / "arkit.npz")


@pytest.mark.parametrize(("part", "name"), [("head", "head_channels"), ("eyes", "eye_channels")])
def test_a_part_with_other_channels_is_refused(tmp_path, part, name):
    path = tmp_path / "line.json"
    write_curves(path, performance_of(still(FLAME(2), 3, 24.0)))
    content = json.loads(path.read_text())
    content[name] = content[name][::-1]
    path.write_text(json.dumps(content))
    with pytest.raises(CurveFileError, match=rf"^line\.json names other channels of the {part} than "):
        read_curves(path)
    content[name] = content[name][::-1]
    content[part].append(content[part][0])
    path.write_text(json.dumps(content))
    with pytest.raises(CurveFileError, match=r"^line\.json holds .* that do(es)? not move as long as the face$"):
        read_curves(path)


def test_a_file_without_head_and_eyes_has_motionless_ones(tmp_path):
    path = tmp_path / "line.json"
    path.write_text('{"fps": 25, "channels": ["a"], "values": [[1], [2]]}')
    read = read_curves(path)
    assert read.face.channel("a").tolist() == [1, 2]
    assert (read.head.values.shape, read.eyes.values.shape, read.eyes.fps) == ((2, 3), (2, 4), 25)


def test_json_has_no_negative_zeros(tmp_path):
    values = np.full((1, 52), -1e-9, np.float32)
    write_curves(tmp_path / "line.json", Performance(FaceCurves(values, ARKIT, 30.0), still(HEAD, 1, 30.0),
                                                     still(EYES, 1, 30.0), clamped=False))  # fmt: skip
    assert "-0.0" not in (tmp_path / "line.json").read_text()


@pytest.mark.parametrize("kind", ["npz", "json", "csv"])
def test_a_file_is_replaced_only_if_that_is_allowed(tmp_path, kind):
    path = tmp_path / f"line.{kind}"
    write_curves(path, performance(40), overwrite=False)
    before = path.read_bytes()
    with pytest.raises(TakenError, match="exists already"):
        write_curves(path, performance(41), overwrite=False)
    assert path.read_bytes() == before
    write_curves(path, performance(41))
    assert read_curves(path, 30.0).face.frames == 41


def test_blinks_and_gaze_are_merged_into_a_face_that_has_channels_for_them(tmp_path):
    plain = performance(4)
    moving = Performance(plain.face, plain.head, FaceCurves(np.full((4, 4), 0.5, np.float32), EYES, 30.0))
    for kind in ("npz", "json", "csv"):
        write_curves(tmp_path / f"line.{kind}", moving)
        read = read_curves(tmp_path / f"line.{kind}", 30.0)
        np.testing.assert_allclose(read.face.values, merge_eyes(moving).face.values, atol=1e-6)
        assert not read.eyes.values.any()


def test_a_table_with_values_that_are_no_numbers_is_not_read_at_any_rate(tmp_path):
    for name in ("JawOpen", "HeadRoll"):
        path = tmp_path / "take.csv"
        path.write_text(f"Timecode,BlendShapeCount,eyeBlinkLeft,{name}\n00:00:00:00,61,0,nan\n")
        with pytest.raises(CurveFileError, match=r"^take\.csv holds values that are not numbers$"):
            read_curves(path, 30.0)


def test_other_suffixes_are_not_written(tmp_path):
    for name in ("line.txt", "line"):
        with pytest.raises(CurveFileError, match=rf"^{name} should end in \.npz, \.json or \.csv$"):
            write_curves(tmp_path / name, performance(3))
    assert not list(tmp_path.iterdir())


def test_a_head_that_does_not_name_its_channels_has_the_usual_ones(tmp_path):
    path = tmp_path / "line.json"
    path.write_text('{"fps": 25, "channels": ["a"], "values": [[1]], "head": [[1, 2, 3]]}')
    np.testing.assert_array_equal(read_curves(path).head.values, [[1, 2, 3]])
